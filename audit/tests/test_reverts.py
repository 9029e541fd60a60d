"""Undoing: a new entry the other way, refused when the record has moved on."""

from decimal import Decimal

import pytest

from audit import services
from audit.actors import Actor
from audit.models import Mutation
from billing.models import Transaction
from ccportal.core.errors import Conflict, InvalidInput, NotAllowed
from customers.models import AccountNumber, Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def actor(palesa):
    return Actor.of(palesa)


@pytest.fixture
def mpho(db):
    return Customer.objects.create(first_name="Mpho", last_name="Letšela", concession="MAK")


def rename(actor, customer, name):
    return services.update_record(actor, "tblcustomer", str(customer.pk), {"FIRST NAME": name})


def test_a_change_is_undone(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    undone = services.revert(actor, entry, reason="Wrong person")
    mpho.refresh_from_db()
    assert mpho.first_name == "Mpho"
    assert (undone.action, undone.state, undone.reverts_id, undone.reason) == (
        "revert_update",
        "applied",
        entry.pk,
        "Wrong person",
    )


def test_undoing_leaves_later_changes_of_other_columns_alone(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    services.update_record(actor, "tblcustomer", str(mpho.pk), {"GENDER": "Female"})
    services.revert(actor, entry)
    mpho.refresh_from_db()
    assert (mpho.first_name, mpho.gender) == ("Mpho", "Female")


def test_a_creation_is_undone(actor):
    entry = services.create_record(actor, "tblcustomer", {"FIRST NAME": "Lerato"})
    undone = services.revert(actor, entry)
    assert undone.action == "revert_delete"
    assert not Customer.objects.exists()


def test_a_deleted_record_comes_back_with_its_key_and_every_value(actor):
    row = Transaction.objects.create(
        account="0045MAK", amount=Decimal("55.1234"), kwh=10.333333333333334, is_payment=True
    )
    Transaction.objects.filter(pk=row.pk).update(at="2026-11-21T14:05:09+02:00")
    before = Transaction.objects.values().get()
    entry = services.delete_record(actor, "tblaccounthistory1", str(row.pk))
    undone = services.revert(actor, entry)
    assert undone.action == "revert_create"
    assert Transaction.objects.values().get() == before


def test_it_refuses_when_the_record_has_moved_on(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    rename(actor, mpho, "Thato")
    with pytest.raises(Conflict):
        services.revert(actor, entry)
    mpho.refresh_from_db()
    assert mpho.first_name == "Thato"


def test_it_refuses_to_delete_a_created_record_that_was_edited(actor):
    entry = services.create_record(actor, "tblcustomer", {"FIRST NAME": "Lerato"})
    Customer.objects.update(gender="Female")
    with pytest.raises(Conflict):
        services.revert(actor, entry)
    assert Customer.objects.count() == 1


def test_it_refuses_when_the_record_is_gone(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    mpho.delete()
    with pytest.raises(Conflict, match="has changed since"):
        services.revert(actor, entry)


def test_it_refuses_to_restore_over_a_record_with_the_same_key(actor, mpho):
    number = mpho.pk
    entry = services.delete_record(actor, "tblcustomer", str(number))
    Customer.objects.create(number=number, first_name="Somebody else")
    with pytest.raises(Conflict, match="is there again"):
        services.revert(actor, entry)


def test_a_change_is_undone_once(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    services.revert(actor, entry)
    with pytest.raises(InvalidInput, match="undone already"):
        services.revert(actor, entry)
    assert Mutation.objects.filter(reverts=entry).count() == 1


def test_a_revert_that_failed_may_be_tried_again(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    rename(actor, mpho, "Thato")
    with pytest.raises(Conflict):
        services.revert(actor, entry)
    rename(actor, mpho, "Neo")
    assert services.revert(actor, entry).state == "applied"


def test_undoing_can_be_undone(actor, mpho):
    undone = services.revert(actor, rename(actor, mpho, "Neo"))
    again = services.revert(actor, undone)
    mpho.refresh_from_db()
    assert (mpho.first_name, again.action, again.reverts_id) == ("Neo", "revert_update", undone.pk)


def test_a_change_that_was_not_made_cannot_be_undone(actor, mpho):
    with pytest.raises(Conflict):
        services.update_record(
            actor, "tblcustomer", str(mpho.pk), {"FIRST NAME": "x"}, expected={"FIRST NAME": "Thato"}
        )
    with pytest.raises(InvalidInput, match="was not made"):
        services.revert(actor, Mutation.objects.get(state="failed"))


def test_changes_of_our_own_tables_are_not_undone_here(actor):
    entry = services.record_change(actor, "tariffs.rate.changed", "tariffs_rate", "1", {"rate": "5"}, {"rate": "6"})
    with pytest.raises(InvalidInput, match="own pages"):
        services.revert(actor, entry)


def test_it_refuses_finance(lineo, actor, mpho):
    entry = rename(actor, mpho, "Neo")
    with pytest.raises(NotAllowed):
        services.revert(Actor.of(lineo), entry)


def test_a_read_only_database_is_left_alone(actor, mpho, settings):
    entry = rename(actor, mpho, "Neo")
    settings.ACDB_READ_ONLY = True
    with pytest.raises(NotAllowed):
        services.revert(actor, entry)
    assert not Mutation.objects.filter(reverts=entry).exists()


def test_a_row_of_a_table_without_key_is_restored(actor):
    values = {"accountnumber": "0045MAK", "customerid": 7, "meterid": "SMR-1"}
    created = services.create_record(actor, "tblaccountnumbers", values)
    changed = services.update_record(actor, "tblaccountnumbers", "7", {"meterid": "SMR-2"})
    services.revert(actor, changed)
    assert AccountNumber.objects.get().meter_id == "SMR-1"
    deleted = services.delete_record(actor, "tblaccountnumbers", "7")
    services.revert(actor, deleted)
    assert AccountNumber.objects.get().meter_id == "SMR-1"
    assert {created.record_id, changed.record_id, deleted.record_id} == {"7"}


def test_the_preview_shows_what_would_happen(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    outlook = services.preview(entry)
    assert (outlook.effect, outlook.columns, outlook.refusal) == ("update", [("FIRST NAME", "Neo", "Mpho")], "")


def test_the_preview_says_why_it_cannot_be_undone(actor, mpho):
    entry = rename(actor, mpho, "Neo")
    rename(actor, mpho, "Thato")
    assert services.preview(entry).refusal.startswith("The record has changed since")
    mpho.delete()
    assert services.preview(entry).refusal.startswith("The record has changed since")
