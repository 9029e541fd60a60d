"""The one write path to the ACDB: nothing without an entry, no entry that claims what is not."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connections

from audit import services
from audit.actors import Actor
from audit.models import Mutation
from audit.services import Change
from audit.signals import acdb_changed
from billing.models import LegacyTransaction, Transaction
from ccportal.core.errors import AcdbUnavailable, Conflict, InvalidInput, NotAllowed, NotFound
from customers.models import AccountNumber, Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def mpho(db):
    return Customer.objects.create(first_name="Mpho", last_name="Letšela", concession="MAK", cell_phone_1=58000001)


def entries():
    return Mutation.objects.filter(database="acdb")


def test_a_change_is_made_and_logged_with_the_whole_record(palesa, mpho):
    entry = services.update_record(
        Actor.of(palesa),
        "tblcustomer",
        str(mpho.pk),
        {"plot number": " MAK 0045 HH "},
        event="customers.plot.corrected",
        reason="The surveyor's list",
    )
    mpho.refresh_from_db()
    assert mpho.plot_number == "MAK 0045 HH"
    entry = Mutation.objects.get(pk=entry.pk)
    assert (entry.state, entry.action, entry.event) == ("applied", "update", "customers.plot.corrected")
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("employee", "1002", "Palesa Molapo")
    assert (entry.table_name, entry.record_id, entry.reason) == ("tblcustomer", str(mpho.pk), "The surveyor's list")
    assert entry.old_values["PLOT NUMBER"] is None
    assert entry.new_values["PLOT NUMBER"] == "MAK 0045 HH"
    assert entry.new_values["LAST NAME"] == entry.old_values["LAST NAME"] == "Letšela"


def test_a_creation_is_logged_with_the_key_the_database_gave(palesa):
    entry = services.create_record(Actor.of(palesa), "tblcustomer", {"FIRST NAME": "Lerato", "Concession name": "MAK"})
    lerato = Customer.objects.get(first_name="Lerato")
    assert (entry.state, entry.record_id) == ("applied", str(lerato.pk))
    assert entry.new_values["CUSTOMER ID"] == lerato.pk
    assert entry.old_values is None


def test_a_deletion_keeps_the_whole_record(palesa, mpho):
    entry = services.delete_record(Actor.of(palesa), "tblcustomer", str(mpho.pk))
    assert not Customer.objects.exists()
    assert (entry.action, entry.new_values) == ("delete", None)
    assert entry.old_values["CELL PHONE 1"] == 58000001


def test_amounts_and_times_are_logged_exactly(lineo):
    values = {"accountnumber": "0045mak", "transaction date": "2026-11-21 14:05", "transaction amount": "55.50"}
    entry = services.create_record(Actor.of(lineo), "tblaccounthistory1", values)
    row = Transaction.objects.get()
    assert (row.account, row.amount) == ("0045MAK", Decimal("55.5"))
    assert entry.new_values["transaction amount"] == "55.5"
    assert entry.new_values["transaction date"] == "2026-11-21 14:05:00"


def test_it_refuses_a_record_that_changed_since_it_was_seen(palesa, mpho):
    with pytest.raises(Conflict, match="Somebody changed Concession name"):
        services.update_record(
            Actor.of(palesa),
            "tblcustomer",
            str(mpho.pk),
            {"Concession name": "MAS"},
            expected={"Concession name": "TOS"},
        )
    mpho.refresh_from_db()
    assert mpho.concession == "MAK"
    entry = entries().get()
    assert entry.state == "failed"
    assert "Somebody changed" in entry.error


def test_it_refuses_a_value_that_does_not_fit_without_an_entry(palesa, mpho):
    with pytest.raises(InvalidInput) as refusal:
        services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"GPS X": "north"})
    assert refusal.value.field == "GPS X"
    assert not entries().exists()


@pytest.mark.parametrize(("table", "record"), [("tblnothing", "1"), ("tblcustomer", "999")])
def test_an_unknown_table_or_record_is_not_found(palesa, table, record):
    with pytest.raises(NotFound):
        services.update_record(Actor.of(palesa), table, record, {"FIRST NAME": "x"})
    assert not entries().exists()


def test_a_read_only_database_is_refused_with_a_clear_sentence_and_no_entry(palesa, mpho, settings):
    settings.ACDB_READ_ONLY = True
    with pytest.raises(NotAllowed, match="changed in Access and imported again"):
        services.delete_record(Actor.of(palesa), "tblcustomer", str(mpho.pk))
    assert Customer.objects.count() == 1
    assert not entries().exists()


def test_finance_may_change_transactions(lineo):
    row = Transaction.objects.create(account="0045MAK", amount=Decimal("10"))
    services.update_record(Actor.of(lineo), "TBLACCOUNTHISTORY1", str(row.pk), {"transaction amount": 20})
    row.refresh_from_db()
    assert row.amount == Decimal("20")


def test_finance_may_change_the_long_ledger_whose_name_has_a_capital(lineo):
    row = LegacyTransaction.objects.create(account="0045MAK", amount=Decimal("10"))
    entry = services.update_record(
        Actor.of(lineo), "tblaccounthistoryOriginal", str(row.pk), {"transaction amount": 20}
    )
    assert entry.state == "applied"


def test_it_refuses_finance_a_change_of_customers(lineo, mpho):
    with pytest.raises(NotAllowed, match="O&M team"):
        services.update_record(Actor.of(lineo), "tblcustomer", str(mpho.pk), {"FIRST NAME": "x"})
    assert not entries().exists()


def test_it_refuses_finance_a_deletion(lineo):
    row = Transaction.objects.create(account="0045MAK", amount=Decimal("10"))
    with pytest.raises(NotAllowed):
        services.delete_record(Actor.of(lineo), "tblaccounthistory1", str(row.pk))
    assert Transaction.objects.count() == 1


def test_it_refuses_a_care_agent_any_change(thabo, mpho):
    for table, values in (("tblcustomer", {"FIRST NAME": "x"}), ("tblaccounthistory1", {"transaction amount": 1})):
        with pytest.raises(NotAllowed):
            services.create_record(Actor.of(thabo), table, values)
    assert not entries().exists()


def test_a_service_may_state_another_permission(lineo):
    entry = services.create_record(Actor.of(lineo), "tblconfig", {"therate": 5.5}, permission="change_tariffs")
    assert entry.state == "applied"


def test_somebody_not_signed_in_may_do_nothing(mpho):
    class Visitor:
        user = None

    with pytest.raises(NotAllowed):
        services.delete_record(Actor.of(Visitor()), "tblcustomer", str(mpho.pk))


def test_several_changes_are_made_together_or_not_at_all(palesa, mpho):
    changes = [
        Change("update", "tblcustomer", str(mpho.pk), {"CUSTOMER POSITION": "HH"}),
        Change("update", "tblcustomer", str(mpho.pk), {"GENDER": "Female"}, {"GENDER": "Male"}),
    ]
    with pytest.raises(Conflict):
        services.apply_changes(Actor.of(palesa), changes, event="customers.edited")
    mpho.refresh_from_db()
    assert mpho.position is None
    assert list(entries().values_list("state", flat=True)) == ["failed", "failed"]


def test_a_row_of_a_table_without_key_is_changed_alone(palesa):
    for number in (1, 2):
        AccountNumber.objects.create(account="0045MAK", customer_number=number)
    from ccportal.acdb import gateway

    table = gateway.get_table("tblaccountnumbers")
    row = {"accountnumber": "0045MAK", "customerid": 2, "meterid": None, "opened date": None}
    entry = services.update_record(
        Actor.of(palesa), "tblaccountnumbers", gateway.record_id_of(table, row), {"meterid": "SMR-1"}
    )
    assert entry.record_id == "2"
    assert AccountNumber.objects.filter(meter_id="SMR-1").count() == 1


def test_a_database_that_refuses_the_write_leaves_a_failed_entry(palesa, mpho):
    with connections["acdb"].cursor() as cursor:
        cursor.execute("CREATE TRIGGER no_more BEFORE UPDATE ON tblcustomer BEGIN SELECT * FROM no_such_table; END")
    with pytest.raises(AcdbUnavailable) as fault:
        services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"FIRST NAME": "x"})
    assert "no_such_table" not in fault.value.message
    assert entries().get().state == "failed"


def test_other_apps_hear_of_a_change_when_it_is_applied(palesa, mpho):
    heard = []

    def listen(mutation, **_):
        heard.append((mutation.table_name, mutation.state, mutation.new_values["FIRST NAME"]))

    acdb_changed.connect(listen)
    try:
        services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"FIRST NAME": "Neo"})
    finally:
        acdb_changed.disconnect(listen)
    assert heard == [("tblcustomer", "applied", "Neo")]


def test_a_listener_that_fails_does_not_hide_the_change(palesa, mpho):
    def fail(mutation, **_):
        raise DatabaseError

    acdb_changed.connect(fail)
    try:
        entry = services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"FIRST NAME": "Neo"})
    finally:
        acdb_changed.disconnect(fail)
    assert Mutation.objects.get(pk=entry.pk).state == "applied"


@pytest.mark.django_db(transaction=True, databases=["default", "acdb"])
def test_it_refuses_to_write_inside_a_transaction_that_could_take_the_entry_back(palesa):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        services.create_record(Actor.of(palesa), "tblcustomer", {"FIRST NAME": "x"})
    assert not Customer.objects.exists()
