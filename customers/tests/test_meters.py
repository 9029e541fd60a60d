"""Palesa gives meters to customers, replaces them and takes them away."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actors import Actor
from audit.models import Mutation
from audit.services import preview, revert
from billing.models import LegacyTransaction, Transaction
from ccportal.core.periods import local_today
from customers.models import AccountNumber, Customer, DirectoryAccount, LegacyMeter, Meter, MeterAssignment
from customers.services import allocation, assignments
from customers.services.directory import refresh_directory
from customers.tests.conftest import MASERU

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]
SERIAL = "SMRSD-03-0001963E"
TODAY = local_today().isoformat()


@pytest.fixture
def client(sign_in, palesa):
    return sign_in(palesa)


def form_of(page):
    """The hidden values of the form, and the accounts that can be chosen."""
    hidden = dict(re.findall(r'<input type="hidden" name="(token|offered)" value="([^"]*)"', page.text))
    labels = re.findall(r'name="account" value="([^"]*)"[^>]*?( checked)?>\s*([^<]*?)\s*</label>', page.text)
    return hidden, [(value, bool(checked), label.strip()) for value, checked, label in labels]


def assign(client, number, serial=SERIAL, account="new", **more):
    hidden, _ = form_of(client.get(f"/customers/{number}/assign-meter/"))
    values = {**hidden, "meter_id": serial, "account": account, "connected_on": TODAY, **more}
    return client.post(f"/customers/{number}/assign-meter/save/", values, follow=True)


def errors(page):
    return dict(re.findall(r'<p class="error" id="id_(\w+?)_error">.*?</svg> (.*?) ?</p>', page.text, re.DOTALL))


def heading(page):
    return re.search(r"<h1>(.*?)</h1>", page.text)[1]


# ---------------------------------------------------------------- numbers


def test_the_next_number_follows_the_highest_of_all_registries_and_both_ledgers(client):
    def next_number():
        refresh_directory()
        hidden, _ = form_of(client.get("/customers/2/assign-meter/"))
        drawn = allocation.claim(allocation.Claim(uuid.uuid4(), 2, "KET", uuid.uuid4().hex))
        MeterAssignment.objects.all().delete()
        return hidden["offered"], drawn.account

    assert next_number() == ("0001KET", "0001KET")
    Meter.objects.create(meter_id="m1", account="0004ket")
    assert next_number() == ("0005KET", "0005KET")
    LegacyMeter.objects.create(meter_id="m2", account=" 0007KET ")
    assert next_number() == ("0008KET", "0008KET")
    AccountNumber.objects.create(account="0009KET")
    assert next_number() == ("0010KET", "0010KET")
    Transaction.objects.create(id=7, account="0020KET")
    assert next_number() == ("0021KET", "0021KET")
    LegacyTransaction.objects.create(id=8, account="0030Ket")
    assert next_number() == ("0031KET", "0031KET")
    Transaction.objects.create(id=9, account="KETTLE 9000KETX")
    assert next_number() == ("0031KET", "0031KET")


def test_a_number_that_another_customers_plot_implies_is_passed_over(client):
    Customer.objects.create(number=7, first_name="Neo", plot_number="MAK 0002 HH", concession="MAK")
    refresh_directory()
    assert "0003MAK" in assign(client, 1, reason="").text
    assert MeterAssignment.objects.get().account == "0003MAK"


def test_the_number_that_the_customers_own_plot_implies_is_his(client):
    Customer.objects.create(number=7, first_name="Neo", plot_number="MAK 0002 HH", concession="MAK")
    refresh_directory()
    assign(client, 7)
    assert MeterAssignment.objects.get().account == "0002MAK"


def test_a_site_without_a_number_left_is_said_so(client):
    Transaction.objects.create(id=7, account="9999MAK")
    page = assign(client, 1)
    assert "9999MAK is in use" in errors(page)["account"]


def test_a_customer_without_a_site_gets_no_new_number_but_a_way_out(client):
    page = client.get("/customers/4/assign-meter/")
    assert "names no known site" in page.text
    assert 'href="/customers/4/edit/"' in page.text
    assert form_of(page)[1] == []


def test_a_drawn_number_counts_even_when_it_is_in_no_registry(client):
    MeterAssignment.objects.create(
        customer_number=1, account="0044MAK", site="MAK", meter_id="x", allocated=True, state="lapsed", employee_no="1"
    )
    assign(client, 1)
    assert MeterAssignment.objects.get(state="done").account == "0045MAK"


# ---------------------------------------------------------------- assigning


def test_a_meter_is_registered_and_the_account_listed_in_one_go(client):
    page = assign(client, 2, "smrsd_03_0001963e", customer_type="SME", village="Ha Moleleki", connected_on="2025-02-21")
    assert heading(page) == "Meter assigned"
    meter = Meter.objects.get(account="0001KET")
    assert (meter.meter_id, meter.customer_number, meter.customer_type) == (SERIAL, 2, "SME")
    assert (meter.community, meter.village, meter.status) == ("KET", "Ha Moleleki", "active")
    assert meter.connected_at == datetime(2025, 2, 21, tzinfo=MASERU)
    listing = AccountNumber.objects.get(account="0001KET")
    assert (listing.customer_number, listing.meter_id) == (2, SERIAL)
    assert listing.opened_at - timezone.now() < timedelta(seconds=5)
    entries = Mutation.objects.filter(event="customers.meter.assigned")
    assert sorted(entry.table_name for entry in entries) == ["tblaccountnumbers", "tblmeter"]
    assert {(entry.state, entry.actor_id) for entry in entries} == {("applied", "1002")}


def test_the_result_page_names_the_next_steps(client):
    page = assign(client, 2).text
    assert 'href="/customer-data/0001KET/"' in page
    assert 'href="/payments/new/?account=0001KET"' in page
    assert "it is the reference of every payment" in page


def test_the_customers_position_goes_with_the_meter(client):
    assign(client, 1)
    meter = Meter.objects.get(meter_id=SERIAL)
    assert (meter.latitude, meter.longitude) == (-29.44, 27.78)


def test_the_account_is_the_customers_at_once(client):
    assign(client, 2)
    assert client.get("/customers/by-account/0001KET").json()["customer"]["customer_id"] == "2"
    assert SERIAL in client.get("/customers/2/").text
    entry = DirectoryAccount.objects.get(account="0001KET")
    assert (entry.customer_number, entry.owner, entry.meter_id) == (2, True, SERIAL)


def test_sending_the_form_twice_assigns_once_and_shows_the_same_page(client):
    hidden, _ = form_of(client.get("/customers/2/assign-meter/"))
    values = {**hidden, "meter_id": SERIAL, "account": "new", "connected_on": TODAY}
    pages = [client.post("/customers/2/assign-meter/save/", values) for _ in range(2)]
    assert [page.status_code for page in pages] == [302, 302]
    assert pages[0]["Location"] == pages[1]["Location"]
    assert Meter.objects.filter(meter_id=SERIAL).count() == 1


def test_a_number_that_somebody_else_got_first_is_said_on_the_result_page(client):
    hidden, _ = form_of(client.get("/customers/2/assign-meter/"))
    AccountNumber.objects.create(account="0001KET", customer_number=99)
    values = {**hidden, "meter_id": SERIAL, "account": "new", "connected_on": TODAY}
    page = client.post("/customers/2/assign-meter/save/", values, follow=True)
    assert (
        "The form showed 0001KET, which somebody else got meanwhile. The account is <strong>0002KET</strong>"
        in page.text
    )


def test_the_form_offers_the_next_number_and_the_customers_own_accounts(client):
    AccountNumber.objects.create(account="0005MAK", customer_number=1)
    refresh_directory()
    _, accounts = form_of(client.get("/customers/1/assign-meter/"))
    assert accounts == [
        ("new", False, "0006MAK – the next free number"),
        ("0001MAK", False, "0001MAK – replaces SMRSD-01-0002"),
        ("0005MAK", True, "0005MAK – no meter runs on it"),
    ]
    _, accounts = form_of(client.get("/customers/2/assign-meter/"))
    assert accounts[1] == ("0914KET", False, "0914KET – as the plot number implies")


def test_a_meter_for_an_account_the_customer_has_makes_no_second_listing(client):
    AccountNumber.objects.create(account="0005MAK", customer_number=1)
    refresh_directory()
    assert heading(assign(client, 1, account="0005MAK")) == "Meter assigned"
    assert AccountNumber.objects.get(account="0005MAK").meter_id == SERIAL
    assert MeterAssignment.objects.get().allocated is False


@pytest.mark.parametrize("account", ["0003MAT", "0001MAK", "0009NKU", "nonsense", ""])
def test_an_account_that_is_not_the_customers_is_refused(client, account):
    page = assign(client, 2, account=account)
    assert page.status_code == 422
    assert "account" in errors(page)
    assert not Meter.objects.filter(meter_id=SERIAL).exists()


def test_the_service_itself_refuses_an_account_of_somebody_else(palesa):
    wish = assignments.Wish(uuid.uuid4(), 2, SERIAL, account="0003MAT")
    with pytest.raises(assignments.InvalidInput, match="Account 0003MAT does not belong to this customer"):
        assignments.assign(Actor.of(palesa), wish)


@pytest.mark.parametrize(
    ("serial", "sentence"),
    [
        ("", "Give the serial of the meter"),
        ("SMRSD-03-1963", "two digits and eight digits"),
        ("???", "letters, digits and hyphens"),
        ("smrsd_02_0003", "two digits and eight digits"),
    ],
)
def test_a_serial_that_does_not_fit_is_refused_and_kept_in_the_form(client, serial, sentence):
    page = assign(client, 2, serial, village="Ha Moleleki")
    assert page.status_code == 422
    assert sentence in errors(page)["meter_id"]
    assert 'value="Ha Moleleki"' in page.text
    assert not MeterAssignment.objects.exists()


@pytest.fixture
def running(db):
    """A meter that runs on the account of Palesa Tau, in the spelling of an old list."""
    return LegacyMeter.objects.create(
        meter_id="SMRSD_03 - 0001963e", account="0003mat", customer_number=3, status="active"
    )


def test_a_meter_that_runs_on_another_account_is_refused_with_the_account(client, running):
    page = assign(client, 2)
    assert f"Meter {SERIAL} runs on account 0003MAT." in errors(page)["meter_id"]
    assert not MeterAssignment.objects.exists()


def test_a_meter_that_only_the_account_list_knows_elsewhere_is_refused(client):
    AccountNumber.objects.create(account="0007MAS", customer_number=3, meter_id=SERIAL)
    assert "runs on account 0007MAS" in errors(assign(client, 2))["meter_id"]


@pytest.mark.parametrize("status", ["replaced", "Removed", "terminated"])
def test_a_meter_that_was_taken_off_its_account_may_be_used_again(client, running, status):
    LegacyMeter.objects.filter(meter_id=running.meter_id).update(status=status)
    assert heading(assign(client, 2)) == "Meter assigned"


def test_a_meter_that_runs_on_the_account_already_is_refused(client):
    LegacyMeter.objects.create(meter_id=SERIAL, account="0005MAK", customer_number=1, status="active")
    AccountNumber.objects.create(account="0005MAK", customer_number=1)
    refresh_directory()
    page = assign(client, 1, account="0005MAK", reason="again")
    assert "runs on account 0005MAK already" in errors(page)["meter_id"]


@pytest.mark.parametrize(
    ("day", "sentence"), [("2199-12-31", "future"), ("1999-01-01", "too far back"), ("x", "valid date")]
)
def test_a_day_that_cannot_be_is_refused(client, day, sentence):
    assert sentence in errors(assign(client, 2, connected_on=day))["connected_on"]


def test_a_refused_assignment_costs_no_number(client, running):
    assign(client, 2)
    assign(client, 2, "SMRSD-03-0000AAAA")
    assert MeterAssignment.objects.get(state="done").account == "0001KET"


def test_a_meter_that_somebody_else_is_giving_out_is_a_conflict(client):
    MeterAssignment.objects.create(
        customer_number=3, account="0099MAT", site="MAT", meter_id=SERIAL, allocated=True, employee_no="1001"
    )
    page = assign(client, 2)
    assert page.status_code == 409
    assert "Somebody is giving out this meter" in page.text
    assert f'value="{SERIAL}"' in page.text


def test_a_claim_that_a_dead_program_left_is_in_nobodys_way_after_two_minutes(client):
    left = MeterAssignment.objects.create(
        customer_number=3, account="0099MAT", site="MAT", meter_id=SERIAL, allocated=True, employee_no="1001"
    )
    MeterAssignment.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    assert heading(assign(client, 2)) == "Meter assigned"
    left.refresh_from_db()
    assert left.state == "lapsed"
    page = client.get(f"/customers/assigned/{left.token}/")
    assert page.status_code == 410
    assert "0099MAT was drawn for it and stays unused" in page.text


def test_a_value_too_long_for_its_column_is_marked_at_its_field(client):
    assert "village" in errors(assign(client, 2, village="x" * 81))


# ---------------------------------------------------------------- replacing


def test_a_replacement_needs_a_reason(client):
    page = assign(client, 1, account="0001MAK")
    assert "Meter SMRSD-01-0002 runs on account 0001MAK: say why it is replaced." in errors(page)["reason"]
    assert not Meter.objects.filter(meter_id=SERIAL).exists()


def test_a_replacement_keeps_the_row_of_the_old_meter_and_marks_it(client):
    page = assign(client, 1, account="0001MAK", reason="Display dead")
    assert "<dt>Replaced</dt><dd>SMRSD-01-0002</dd>" in page.text
    old = LegacyMeter.objects.get(meter_id="SMRSD-01-0002")
    assert (old.status, old.account, old.customer_number) == ("replaced", "0001MAK", 1)
    assert Meter.objects.get(meter_id=SERIAL).status == "active"
    assert AccountNumber.objects.get(account="0001MAK", customer_number=1).meter_id == SERIAL
    assert DirectoryAccount.objects.get(account="0001MAK", owner=True).meter_id == SERIAL
    events = Mutation.objects.filter(event="customers.meter.replaced")
    assert sorted(e.table_name for e in events) == ["Copy Of tblmeter", "tblaccountnumbers", "tblmeter"]
    assert {e.reason for e in events} == {"Display dead"}


def test_the_history_of_an_account_shows_all_its_meters_running_ones_first(client):
    assign(client, 1, account="0001MAK", reason="Display dead")
    page = client.get("/customers/meters/?account=0001mak")
    shown = re.findall(r'<th scope="row">(.*?)</th>\s*<td data-label="Status"><span class="badge \w+">(\w+)', page.text)
    assert shown == [(SERIAL, "active"), ("SMRSD-01-0001", "replaced"), ("SMRSD-01-0002", "replaced")]
    assert "in place of SMRSD-01-0002" in page.text


def test_a_registry_whose_status_is_a_number_loses_the_row_and_the_log_keeps_it(client, acdb_with_status_numbers):
    AccountNumber.objects.create(account="0005MAK", customer_number=1)
    refresh_directory()
    assign(client, 1, "SMRSD-03-0000AAAA", account="0005MAK")
    page = assign(client, 1, account="0005MAK", reason="Display dead")
    assert heading(page) == "Meter assigned"
    assert list(Meter.objects.filter(account="0005MAK").values_list("meter_id", flat=True)) == [SERIAL]
    gone = Mutation.objects.get(event="customers.meter.replaced", action="delete")
    assert gone.old_values["meterid"] == "SMRSD-03-0000AAAA"


@pytest.fixture
def acdb_with_status_numbers(village):
    from django.db import connections

    with connections["acdb"].cursor() as cursor:
        cursor.execute('ALTER TABLE tblmeter DROP COLUMN "current status"')
        cursor.execute('ALTER TABLE tblmeter ADD COLUMN "current status" INTEGER')


# ---------------------------------------------------------------- unassigning


def test_a_meter_is_taken_off_with_a_reason_and_the_account_stays(client):
    assign(client, 2)
    page = client.get("/customers/meters/remove/", {"account": "0001KET", "meter": SERIAL})
    assert heading(page) == f"Unassign meter {SERIAL}?"
    values = {"account": "0001KET", "meter": SERIAL, "reason": "Customer moved away"}
    page = client.post("/customers/meters/unassign/", values, follow=True)
    assert "which stays the customer’s" in page.text
    assert Meter.objects.get(meter_id=SERIAL).status == "removed"
    assert AccountNumber.objects.get(account="0001KET").meter_id is None
    assert DirectoryAccount.objects.get(account="0001KET", owner=True).customer_number == 2
    assert {e.reason for e in Mutation.objects.filter(event="customers.meter.removed")} == {"Customer moved away"}


def test_unassigning_without_a_reason_or_twice_is_refused(client):
    assign(client, 2)
    values = {"account": "0001KET", "meter": SERIAL}
    page = client.post("/customers/meters/unassign/", values)
    assert (page.status_code, "Say why the meter is taken away" in page.text) == (422, True)
    assert client.post("/customers/meters/unassign/", {**values, "reason": "Moved"}).status_code == 302
    again = client.post("/customers/meters/unassign/", {**values, "reason": "Moved"})
    assert again.status_code == 409
    assert "does not run on account 0001KET any more" in again.text


def test_an_unassigned_meter_can_be_given_to_somebody_else(client):
    assign(client, 2)
    client.post("/customers/meters/unassign/", {"account": "0001KET", "meter": SERIAL, "reason": "Moved"})
    assert heading(assign(client, 1)) == "Meter assigned"
    assert MeterAssignment.objects.filter(state="done").count() == 2


def test_an_unassignment_can_be_undone(client, palesa):
    assign(client, 2)
    client.post("/customers/meters/unassign/", {"account": "0001KET", "meter": SERIAL, "reason": "Slip"})
    entry = Mutation.objects.get(event="customers.meter.removed", table_name="tblmeter")
    assert preview(entry).refusal == ""
    revert(Actor.of(palesa), entry)
    assert Meter.objects.get(meter_id=SERIAL).status == "active"


# ---------------------------------------------------------------- pages and hostile input


def test_the_page_finds_customers_and_lists_what_was_assigned_lately(client):
    assert "No meter was assigned here yet" in client.get("/customers/assign-meter/").text
    assert 'href="/customers/1/assign-meter/"' in client.get("/customers/assign-meter/?q=letsela").text
    assert "No customer matches" in client.get("/customers/assign-meter/?q=nobody").text
    assign(client, 2)
    assert SERIAL in client.get("/customers/assign-meter/").text


def test_the_customer_page_offers_replacing_and_unassigning_a_running_meter(client):
    page = client.get("/customers/1/").text
    assert 'href="/customers/1/assign-meter/?account=0001MAK"' in page
    assert 'href="/customers/meters/remove/?account=0001MAK&amp;meter=SMRSD-01-0002"' in page
    assert "meter=SMRSD-01-0001" not in page


def test_odd_registry_rows_do_not_break_the_pages(client):
    Meter.objects.create(meter_id='A/B?&#"<x>', account="00/1 MAK", customer_number=1, status="active")
    Meter.objects.create(meter_id=None or "", account=None, customer_number=1)
    refresh_directory()
    for path in ("/customers/1/", "/customers/1/assign-meter/", "/customers/meters/?account=00/1 mak"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/customers/meters/", "/customers/meters/?account=x"])
def test_the_history_of_no_account_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_conflict_page_for_a_meter_nobody_knows(client):
    assert client.get("/customers/meters/remove/?account=0001MAK&meter=zzz").status_code == 409
    assert client.post("/customers/meters/unassign/", {"reason": "x"}).status_code == 409
    assert client.get(f"/customers/assigned/{uuid.uuid4()}/").status_code == 404
    assert client.get("/customers/77/assign-meter/").status_code == 404


FIELDS = ("token", "offered", "account", "meter_id", "reason", "customer_type", "village", "connected_on")
MEAN = st.one_of(st.text(max_size=100), st.sampled_from(["new", "0001MAK", str(uuid.UUID(int=1)), SERIAL, "a\x00b"]))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(values=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, MEAN)))
def test_whatever_is_sent_the_form_answers_and_only_good_serials_are_written(client, values):
    before = Meter.objects.count()
    page = client.post("/customers/1/assign-meter/save/", values)
    assert page.status_code in (302, 409, 422)
    assert Meter.objects.count() - before == (page.status_code == 302)
