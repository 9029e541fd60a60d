"""Adding, changing and deleting transactions: the effect is shown, the right row is written, nobody is overwritten."""

from decimal import Decimal

import pytest

from audit.models import Mutation
from billing.models import LegacyTransaction, Transaction
from billing.tests.forms import effect_of, hidden

pytestmark = [
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("at_noon_on_21_november"),
]
BASE = "/customer-data/0045MAK/transactions/"


def typed(**fields):
    return {"kind": "payment", "at": "2026-11-21T12:00", "amount": "50", "reason": "Cash, receipt 12", **fields}


def write(client, fields, base=f"{BASE}new/"):
    """Type, look at the effect, save; the answer to saving."""
    form = client.get(base)
    shown = client.post(f"{base}check/", {**hidden(form), **fields})
    assert shown.status_code == 200, shown.content.decode()
    return client.post(f"{base}save/", hidden(shown))


@pytest.fixture
def lineo_in(sign_in, lineo, register):
    register()
    return sign_in(lineo)


def test_the_effect_on_the_balance_is_shown_before_anything_is_written(lineo_in, add_row):
    add_row(balance=12.5)
    form = lineo_in.get(f"{BASE}new/")
    shown = lineo_in.post(f"{BASE}new/check/", {**hidden(form), **typed()})
    assert effect_of(shown) == ["12.50", "+10.00", "22.50"]
    assert "M 62.50" in shown.content.decode()
    assert "M 112.50" in shown.content.decode()
    assert Transaction.objects.count() == 1
    assert not Mutation.objects.filter(table_name="tblaccounthistory1").exists()


def test_a_payment_buys_kwh_at_the_tariff_and_carries_the_balance_on(lineo_in, add_row):
    add_row(balance=12.5)
    answer = write(lineo_in, typed(amount="33.33"))
    assert answer.status_code == 302
    row = Transaction.objects.latest("id")
    assert (row.account, row.amount, row.kwh, row.rate, row.is_payment) == (
        "0045MAK",
        Decimal("33.33"),
        6.666,
        5.0,
        True,
    )
    assert row.balance == 19.166
    assert row.meter_id == "SMRSD-01-00019A01"
    entry = Mutation.objects.get(table_name="tblaccounthistory1")
    assert (entry.event, entry.reason, entry.actor_id, entry.record_id) == (
        "billing.transaction.added",
        "Cash, receipt 12",
        "1003",
        str(row.id),
    )


def test_consumption_is_written_as_kwh_and_takes_them_off(lineo_in, add_row):
    add_row(balance=12.5)
    write(lineo_in, {"kind": "consumption", "at": "2026-11-21T12:00", "used_kwh": "2.25", "reason": "Meter read"})
    row = Transaction.objects.latest("id")
    assert (row.is_payment, row.amount, row.kwh, row.balance) == (False, Decimal("2.25"), 0.0, 10.25)


def test_a_reversal_takes_money_and_kwh_back(lineo_in, add_row):
    add_row(balance=12.5)
    write(lineo_in, typed(kind="reversal", amount="20"))
    row = Transaction.objects.latest("id")
    assert (row.is_payment, row.amount, row.kwh, row.balance) == (False, Decimal("-20"), -4.0, 8.5)


def test_a_row_before_the_last_recorded_balance_says_that_the_balance_stays(lineo_in, add_row):
    add_row("2026-11-20 18:30", balance=12.5)
    form = lineo_in.get(f"{BASE}new/")
    shown = lineo_in.post(f"{BASE}new/check/", {**hidden(form), **typed(at="2026-11-01T08:00")})
    assert effect_of(shown) == ["12.50", "+0.00", "12.50"]
    assert "A later transaction records the balance" in shown.content.decode()
    lineo_in.post(f"{BASE}new/save/", hidden(shown))
    assert Transaction.objects.latest("id").balance is None


def test_an_account_whose_balance_is_computed_goes_on_being_computed(lineo_in, add_row):
    add_row("2026-11-01 08:00", kwh=10.0)
    add_row("2026-11-02 08:00", amount=Decimal("4"), kwh=0.0, is_payment=False)
    form = lineo_in.get(f"{BASE}new/")
    shown = lineo_in.post(f"{BASE}new/check/", {**hidden(form), **typed()})
    assert effect_of(shown) == ["6.00", "+10.00", "16.00"]
    lineo_in.post(f"{BASE}new/save/", hidden(shown))
    assert Transaction.objects.latest("id").balance is None
    assert "16.00" in lineo_in.get("/customer-data/0045MAK/summary/").content.decode()


def test_a_new_row_of_a_legacy_account_begins_its_recent_ledger_with_the_balance(lineo_in, add_legacy_row):
    add_legacy_row(balance=7.0)
    form = lineo_in.get(f"{BASE}new/")
    shown = lineo_in.post(f"{BASE}new/check/", {**hidden(form), **typed()})
    assert effect_of(shown) == ["7.00", "+10.00", "17.00"]
    lineo_in.post(f"{BASE}new/save/", hidden(shown))
    assert (Transaction.objects.get().balance, LegacyTransaction.objects.count()) == (17.0, 1)


def test_a_row_of_the_long_ledger_is_changed_there_and_not_its_namesake(lineo_in, add_row, add_legacy_row):
    add_row(id=7, account="0099SEH", amount=Decimal("80"))
    add_legacy_row(id=7, balance=10.0)
    answer = write(lineo_in, typed(amount="60", at="2024-05-01T08:00"), f"{BASE}long/7/edit/")
    assert answer.status_code == 302
    assert Transaction.objects.get(id=7).amount == Decimal("80")
    changed = LegacyTransaction.objects.get(id=7)
    assert (changed.amount, changed.kwh, changed.balance) == (Decimal("60"), 12.0, 12.0)


def test_a_change_keeps_the_rate_that_the_row_was_sold_at(lineo_in, add_row):
    row = add_row(rate=4.0, kwh=12.5, balance=12.5)
    write(lineo_in, typed(amount="60"), f"{BASE}recent/{row.id}/edit/")
    row.refresh_from_db()
    assert (row.rate, row.kwh, row.balance) == (4.0, 15.0, 15.0)


def test_deleting_shows_the_balance_without_the_row_and_needs_a_reason(sign_in, palesa, register, add_row):
    register()
    client = sign_in(palesa)
    add_row("2026-11-19 08:00", balance=8.0)
    row = add_row("2026-11-20 08:00", balance=18.0)
    url = f"{BASE}recent/{row.id}/delete/"
    shown = client.get(url)
    assert effect_of(shown) == ["18.00", "-10.00", "8.00"]
    assert client.post(f"{url}save/", hidden(shown)).status_code == 422
    assert client.post(f"{url}save/", {**hidden(shown), "reason": "Typed twice"}).status_code == 302
    assert not Transaction.objects.filter(id=row.id).exists()
    assert Mutation.objects.get(table_name="tblaccounthistory1").old_values["transaction amount"] == "50"


def test_two_people_change_one_row_and_the_second_is_told_with_what_was_typed(lineo_in, add_row):
    row = add_row(balance=10.0)
    base = f"{BASE}recent/{row.id}/edit/"
    shown = lineo_in.post(f"{base}check/", {**hidden(lineo_in.get(base)), **typed(amount="60")})
    write(lineo_in, typed(amount="70"), base)
    answer = lineo_in.post(f"{base}save/", hidden(shown))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert 'name="amount" value="60"' in page
    assert "The account changed while you were deciding" in page
    row.refresh_from_db()
    assert row.amount == Decimal("70")
    # The page shows the effect as it is now, so that confirming again is an informed choice.
    assert effect_of(answer) == ["14.00", "-2.00", "12.00"]
    assert lineo_in.post(f"{base}save/", hidden(answer)).status_code == 302
    row.refresh_from_db()
    assert row.amount == Decimal("60")


def test_a_row_that_was_deleted_meanwhile_leaves_what_was_typed_on_the_page(lineo_in, add_row):
    row = add_row(balance=10.0)
    base = f"{BASE}recent/{row.id}/edit/"
    shown = lineo_in.post(f"{base}check/", {**hidden(lineo_in.get(base)), **typed(amount="61.5")})
    Transaction.objects.filter(id=row.id).delete()
    answer = lineo_in.post(f"{base}save/", hidden(shown))
    assert answer.status_code == 409
    assert "not there any more" in answer.content.decode()
    assert "61.5" in answer.content.decode()


def test_the_same_form_sent_twice_writes_one_row(lineo_in, add_row):
    add_row(balance=10.0)
    shown = lineo_in.post(f"{BASE}new/check/", {**hidden(lineo_in.get(f"{BASE}new/")), **typed()})
    lineo_in.post(f"{BASE}new/save/", hidden(shown))
    again = lineo_in.post(f"{BASE}new/save/", hidden(shown), follow=True)
    assert "This was saved already; nothing was written twice." in again.content.decode()
    assert Transaction.objects.count() == 2


def test_what_does_not_fit_is_said_beside_the_field_and_stays(lineo_in, add_row):
    add_row()
    answer = lineo_in.post(f"{BASE}new/check/", {"token": "t", **typed(amount="-5", reason="")})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Give a number above 0" in page
    assert 'value="-5"' in page
    assert "This field is required." in page


def test_a_date_in_the_future_is_refused(lineo_in, add_row):
    add_row()
    answer = lineo_in.post(f"{BASE}new/check/", {"token": "t", **typed(at="2026-11-22T08:00")})
    assert "This lies in the future." in answer.content.decode()


def test_the_time_that_was_typed_is_local(lineo_in, add_row):
    add_row(balance=1.0)
    write(lineo_in, typed(at="2026-11-21T00:30"))
    assert Transaction.objects.latest("id").at.isoformat() == "2026-11-21T00:30:00+02:00"


def test_an_unknown_account_gets_no_form(lineo_in):
    assert lineo_in.get("/customer-data/0999MAK/transactions/new/").status_code == 404


def test_each_row_leads_to_its_changes(lineo_in, add_row):
    row = add_row()
    page = lineo_in.get("/customer-data/0045MAK/").content.decode()
    assert f"/mutations/record/?table=tblaccounthistory1&amp;record={row.id}" in page
    assert f"{BASE}recent/{row.id}/edit/" in page


def test_while_the_access_file_is_the_master_nothing_is_written(lineo_in, add_row, settings):
    settings.ACDB_READ_ONLY = True
    add_row(balance=10.0)
    assert write(lineo_in, typed()).status_code == 403
    assert Transaction.objects.count() == 1
