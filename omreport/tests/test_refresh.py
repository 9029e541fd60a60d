"""Rollups follow every change of the ledger, by whomever, and equal a direct computation."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Mutation
from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.signals import acdb_imported
from ccportal.celery import SCHEDULE
from ccportal.core.errors import Conflict
from ccportal.core.periods import Month
from omreport import queries, tasks
from omreport.models import (
    AccountFirstSeen,
    ChangedMonth,
    ConnectionMonth,
    DataFault,
    FaultKind,
    RollupState,
    SiteMonth,
    TenurePoint,
    TenureStart,
    TypeMonth,
)
from omreport.receivers import follow_change, follow_import, month_in
from omreport.services import ledger, rollups
from omreport.services.check import differences

MASERU = ZoneInfo("Africa/Maseru")
pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def revenue():
    return {(row.site, row.period): float(row.revenue) for row in SiteMonth.objects.all()}


@pytest.fixture
def two_months(pay):
    pay(1, "0001MAK", (2026, 3, 31, 23, 45), 10, 2)
    pay(2, "0001KET", (2026, 4, 1), 20, 4)
    rollups.rebuild()


def test_new_rows_are_added_by_a_quick_refresh(two_months, pay):
    pay(3, "0002MAK", (2026, 4, 2), 5)
    rollups.refresh()
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 20, ("MAK", 202604): 5}


def test_a_quick_refresh_notices_that_the_newest_row_is_gone(two_months):
    Transaction.objects.filter(id=2).delete()
    rollups.refresh()
    assert revenue() == {("MAK", 202603): 10}


def test_a_row_deleted_by_another_program_is_left_to_the_thorough_refresh(two_months):
    Transaction.objects.filter(id=1).delete()
    rollups.refresh()
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 20}
    tasks.verify_rollups()
    assert revenue() == {("KET", 202604): 20}
    assert RollupState.objects.get().source_rows == 1


def test_every_month_is_compared_at_least_every_ten_minutes():
    assert SCHEDULE["omreport.verify_rollups"] <= 600


def test_a_deletion_of_the_portal_is_followed_without_comparing_every_month(two_months):
    verified = RollupState.objects.get().verified_at
    Transaction.objects.filter(id=2).delete()
    rollups.mark_changed(Month(2026, 4))
    rollups.refresh()
    state = RollupState.objects.get()
    assert revenue() == {("MAK", 202603): 10}
    assert (state.verified_at, state.source_rows, state.source_max_id) == (verified, 1, 1)
    assert state.latest_transaction == datetime(2026, 3, 31, 23, 45, tzinfo=MASERU)


def test_a_refresh_without_changes_asks_the_ledger_only_for_its_highest_number(two_months):
    with CaptureQueriesContext(connections["acdb"]) as asked:
        rollups.refresh()
    ledger = [query["sql"] for query in asked if "MAX(" in query["sql"] or "COUNT(" in query["sql"]]
    assert ledger[0] == 'SELECT MAX("tblaccounthistory1"."ID") AS "newest" FROM "tblaccounthistory1"'
    assert all('"ID" > 2' in sql for sql in ledger[1:])


def test_rows_added_on_top_are_the_only_ones_that_a_quick_refresh_reads(two_months, pay):
    pay(3, "0001KET", (2026, 4, 1, 9), 5, 1)
    with CaptureQueriesContext(connections["acdb"]) as asked:
        rollups.refresh()
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 25}
    sums = [query["sql"] for query in asked if "SUM(" in query["sql"]]
    assert len(sums) == 2
    assert all('"ID" > 2' in sql for sql in sums)


def test_months_that_grew_are_added_up_from_nothing_by_the_next_comparison(two_months, pay):
    pay(3, "0001KET", (2026, 4, 1, 9), 0, 0.00004)
    pay(4, "0001KET", (2026, 4, 1, 9), 0, 0.00004)
    rollups.refresh()
    pay(5, "0001KET", (2026, 4, 1, 9), 0, 0.00004)
    rollups.refresh()
    assert SiteMonth.objects.get(period=202604).kwh == Decimal("4.0001")
    rollups.refresh(thorough=True)
    assert SiteMonth.objects.get(period=202604).kwh == Decimal("4.0001")
    assert differences() == []


def test_adding_up_sees_the_same_months_as_comparing(two_months, pay):
    pay(3, "0001MAK", None, 0.3333, 1.23456)
    pay(4, "12345", (2026, 4, 9), None, 7.00005)
    pay(5, "0001ket ", (2026, 4, 1, 5), -2.5, 3.00001)
    looks = ledger.Looks()
    for _ in ledger.account_months(ledger.source(), looks):
        pass
    assert looks.sums() == ledger.checksums(ledger.source())


def test_an_edit_by_another_program_is_noticed_by_its_checksum(two_months):
    Transaction.objects.filter(id=2).update(amount=21)
    rollups.refresh(thorough=True)
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 21}


def test_an_exchange_that_keeps_every_sum_is_noticed(two_months, pay):
    pay(3, "0001MAK", (2026, 4, 3), 20, 4)
    pay(4, "0002MAK", (2026, 4, 3), 7, 1)
    rollups.refresh()
    Transaction.objects.filter(id=3).update(account="0001TOS")
    rollups.refresh(thorough=True)
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 20, ("TOS", 202604): 20, ("MAK", 202604): 7}


def test_a_month_that_the_portal_marks_is_added_up_at_once(two_months):
    Transaction.objects.filter(id=2).update(amount=30)
    rollups.mark_changed(Month(2026, 4))
    rollups.refresh()
    assert revenue()["KET", 202604] == 30
    assert not ChangedMonth.objects.exists()


def logged(number, when):
    return Mutation(
        table_name="tblaccounthistory1", record_id=str(number), new_values={"ID": number, "transaction date": when}
    )


def test_a_row_that_the_portal_puts_on_top_is_added_without_adding_up_its_month(two_months, pay):
    pay(3, "0002MAK", (2026, 4, 2), 5)
    follow_change(sender=None, mutation=logged(3, "2026-04-02 00:00:00"))
    assert not ChangedMonth.objects.exists()
    rollups.refresh()
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 20, ("MAK", 202604): 5}


def test_a_row_that_the_portal_restores_under_its_old_number_is_added_up_with_its_month(two_months, pay):
    pay(-5, "0002MAK", (2026, 3, 2), 5)
    follow_change(sender=None, mutation=logged(-5, "2026-03-02 00:00:00"))
    rollups.refresh()
    assert revenue() == {("MAK", 202603): 15, ("KET", 202604): 20}


def test_a_thorough_refresh_writes_only_months_that_differ(two_months, django_assert_num_queries):
    before = dict(SiteMonth.objects.values_list("period", "id"))
    Transaction.objects.filter(id=2).update(amount=30)
    rollups.refresh(thorough=True)
    after = dict(SiteMonth.objects.values_list("period", "id"))
    assert after[202603] == before[202603]
    assert after[202604] != before[202604]


def test_two_refreshes_at_a_time_do_not_mix(two_months, pay, monkeypatch):
    """Another worker finishes between our reading and our writing."""
    real = rollups.ledger.account_months

    def overtaken(*args):
        monkeypatch.undo()
        rollups.refresh(thorough=True)
        return real(*args)

    pay(3, "0002MAK", (2026, 4, 2), 5)
    monkeypatch.setattr(rollups.ledger, "account_months", overtaken)
    with pytest.raises(Conflict):
        rollups.refresh()
    assert revenue()["MAK", 202604] == 5


class Quiet:
    def step(self, text, total=0):
        pass


def test_an_import_brings_everything_up_to_date(two_months, pay):
    Transaction.objects.all().delete()
    pay(1, "0009TOS", (2025, 1, 1), 99)
    acdb_imported.send(
        sender=None, import_id=1, actor="", file_name="new.accdb", sha256="0", rows=1, tables={}, progress=Quiet()
    )
    assert revenue() == {("TOS", 202501): 99}


def test_an_import_compares_again_when_the_schedule_got_in_between(two_months, pay, monkeypatch):
    real = rollups.ledger.account_months

    def overtaken(*args):
        rows = real(*args)
        monkeypatch.undo()
        rollups.refresh()
        return rows

    Transaction.objects.filter(id=2).update(amount=30)
    monkeypatch.setattr(rollups.ledger, "account_months", overtaken)
    pay(3, "0002MAK", (2026, 4, 2), 5)
    follow_import(sender=None, progress=Quiet())
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 30, ("MAK", 202604): 5}


def test_a_failed_refresh_keeps_the_figures_and_says_so(two_months):
    with connections["acdb"].cursor() as cursor:
        cursor.execute("ALTER TABLE tblaccounthistory1 RENAME TO away")
    tasks.refresh_rollups()
    state = RollupState.objects.get()
    assert (state.error, bool(state.failed_at)) == ("The customer database could not be read.", True)
    assert revenue() == {("MAK", 202603): 10, ("KET", 202604): 20}


def test_a_later_success_clears_the_failure(two_months):
    rollups.record_failure()
    tasks.refresh_rollups()
    assert queries.freshness().error == ""


def test_the_command_lists_what_differs_and_fails(two_months, capsys):
    Transaction.objects.filter(id=2).update(amount=30)
    with pytest.raises(CommandError, match="figures differ"):
        call_command("rollups", "check")
    assert "('KET', 202604): customer database 1, 30.0000, 4.0000, rollup 1, 20.0000, 4.0000" in capsys.readouterr().err


def test_the_command_rebuilds_what_differs(two_months, capsys):
    SiteMonth.objects.update(revenue=1)
    call_command("rollups", "rebuild")
    call_command("rollups", "check")
    assert "Every figure equals the customer database." in capsys.readouterr().out


def test_the_month_of_a_logged_row():
    assert month_in({"transaction date": "2026-03-31 23:45:00"}) == Month(2026, 3)
    assert month_in({"transaction date": None}) is None


def test_faults_are_counted_with_examples(pay, rolled_up, reading):
    pay(1, "0001MAK", None, 5, 1)
    pay(2, "", (2026, 1, 1), 5, 1)
    pay(3, "0001QQQ", (2026, 1, 1), 5, 1)
    pay(4, "0002MAK", (2026, 1, 1), 5, 1)
    pay(5, "0002mak", (2026, 1, 1), 5, 1)
    pay(6, "0002MAK", (1999, 1, 1), 5, 6000)
    pay(7, "0002MAK", (2026, 1, 1), 0, 0)
    pay(8, "0002MAK", (2026, 1, 1), 5, None)
    reading("M-1", (2026, 1, 1), 450)
    rolled_up()
    assert {kind.value: count for kind, count in queries.fault_counts()} == {
        "no-date": 1, "no-account": 1, "unknown-site": 1, "spellings": 1, "odd-date": 1, "odd-amount": 1,
        "odd-energy": 1, "no-energy": 1, "odd-power": 1,
    }  # fmt: skip
    assert DataFault.objects.get(kind=FaultKind.SPELLINGS).detail == "“0002MAK”, “0002mak”"
    assert DataFault.objects.get(kind=FaultKind.NO_ENERGY).row_id == 8


# ---------------------------------------------------------------- property

ACCOUNTS = ["0001MAK", "0001mak ", "0002MAK", "0001KET", "12345", "", None]
moments = st.none() | st.datetimes(datetime(2025, 11, 1), datetime(2026, 4, 30), timezones=st.just(MASERU)).map(
    lambda when: when.replace(microsecond=0)
)
values = st.fixed_dictionaries(
    {
        "account": st.sampled_from(ACCOUNTS),
        "at": moments,
        "amount": st.none() | st.decimals(-50, 500, places=2),
        "kwh": st.none() | st.floats(-10, 100).map(lambda kwh: round(kwh, 3)),
        "is_payment": st.sampled_from([True, False, None]),
    }
)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.booleans(), values),
        st.tuples(st.just("update"), st.booleans(), st.integers(0, 20), values),
        st.tuples(st.just("move"), st.booleans(), st.integers(0, 20), moments),
        st.tuples(st.just("delete"), st.booleans(), st.integers(0, 20)),
        st.tuples(st.just("copy"), st.integers(0, 20)),
        st.tuples(st.just("refresh"), st.booleans()),
    ),
    max_size=14,
)


def apply(edit, serial):
    kind, *rest = edit
    if kind == "refresh":
        rollups.refresh(thorough=rest[0])
        return
    if kind == "copy":
        row = _nth(Transaction, rest[0])
        if row:
            same = {name: getattr(row, name) for name in ("account", "at", "amount", "kwh", "is_payment")}
            LegacyTransaction.objects.create(id=serial, **same)
        return
    model = Transaction if rest[0] else LegacyTransaction
    if kind == "insert":
        model.objects.create(id=serial, **rest[1])
        return
    row = _nth(model, rest[1])
    if row is None:
        return
    rows = model.objects.filter(id=row.id)
    if kind == "delete":
        rows.delete()
    else:
        rows.update(**(rest[2] if kind == "update" else {"at": rest[2]}))


def _nth(model, place):
    rows = list(model.objects.order_by("id"))
    return rows[place % len(rows)] if rows else None


@given(edits)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_after_any_edits_the_rollups_equal_a_direct_computation(db, edits):
    Transaction.objects.all().delete()
    LegacyTransaction.objects.all().delete()
    rollups.rebuild()
    for serial, edit in enumerate(edits, 1):
        apply(edit, serial)
    rollups.refresh(thorough=True)
    assert differences() == []
    followed = summaries()
    rollups.rebuild()
    assert followed == summaries()


def summaries():
    """Everything that reports read, without the numbers of the rows."""
    found = {}
    for model in (SiteMonth, TypeMonth, AccountFirstSeen, ConnectionMonth, TenureStart, TenurePoint):
        names = [field.name for field in model._meta.concrete_fields if field.name != "id"]
        found[model.__name__] = sorted(map(repr, model.objects.values_list(*names)))
    return found
