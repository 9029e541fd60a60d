"""Setting, scheduling, cancelling and removing rates."""

from decimal import Decimal

import pytest

from audit.actors import Actor
from audit.models import Mutation
from ccportal.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tariffs import services, tasks
from tariffs.models import GlobalRate, TariffChange, TariffOverride
from tariffs.queries import rate_book, rate_for
from tariffs.queries.standing import standing
from tariffs.tests.conftest import NOW, local

pytestmark = [
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("clock", "everybody_pays_six"),
]


def logged():
    """Entries of the log that concern rates."""
    return Mutation.objects.filter(table_name__in=("tblconfig", "cc_tariff_overrides")).order_by("pk")


def history():
    rows = TariffChange.objects.order_by("pk")
    return [(row.kind, row.scope, row.scope_key, row.rate, row.previous_rate) for row in rows]


def seen(scope, key):
    return standing(scope, key, NOW).seen


class TestNow:
    def test_a_rate_for_everybody_is_in_the_customer_database_at_once(self, lineo, set_rate):
        outcome = set_rate(lineo, "global", "", "7.25")
        assert (outcome.previous, outcome.scheduled) == (Decimal("6.0"), False)
        assert GlobalRate.objects.get().rate == 7.25
        assert rate_for(1, "MAK").rate == Decimal("7.25")
        assert history() == [("set", "global", "", Decimal("7.25"), Decimal("6"))]

    def test_the_log_says_who_changed_it_why_and_from_what(self, lineo, set_rate):
        set_rate(lineo, "global", "", "7.25")
        entry = logged().get()
        row = TariffOverride.objects.get()
        assert (entry.table_name, entry.action, entry.state) == ("tblconfig", "update", "applied")
        assert (entry.actor_id, entry.reason) == ("1003", f"Tariff change {row.pk}. Board decision 12")
        assert (entry.old_values, entry.new_values) == ({"therate": 6.0}, {"therate": 7.25})

    def test_a_sites_rate_holds_at_once_and_is_logged(self, lineo, set_rate):
        set_rate(lineo, "concession", "MAK", "5.5")
        assert rate_for(None, "MAK").rate == Decimal("5.5")
        assert rate_for(None, "MAS").rate == 6
        entry = logged().get()
        assert (entry.table_name, entry.record_id, entry.action) == (
            "cc_tariff_overrides",
            "concession:MAK",
            "create",
        )
        assert entry.new_values == {"rate": "5.5", "effective_from": "2026-11-21T12:05:00+00:00"}
        assert GlobalRate.objects.get().rate == 6.0

    def test_an_empty_table_gets_a_row(self, lineo, set_rate):
        GlobalRate.objects.all().delete()
        set_rate(lineo, "global", "", "8")
        assert list(GlobalRate.objects.values_list("rate", flat=True)) == [8.0]

    @pytest.mark.parametrize("other", [6.0, 5.0])
    def test_rows_that_could_not_be_told_apart_leave_everything_as_it_was(self, lineo, set_rate, other):
        GlobalRate.objects.create(rate=other)
        with pytest.raises(Conflict, match="equal rows cannot be told apart"):
            set_rate(lineo, "global", "", "8")
        assert sorted(GlobalRate.objects.values_list("rate", flat=True)) == sorted([6.0, other])
        assert rate_for(1, "MAK").rate == 6
        assert [kind for kind, *_ in history()] == ["set", "cancelled"]

    @pytest.mark.parametrize("rate", ["0", "-1", "0.001", "10000", "6.00001", "NaN", "Infinity"])
    def test_it_refuses_a_rate_that_cannot_be_meant(self, lineo, set_rate, rate):
        with pytest.raises(InvalidInput) as fault:
            set_rate(lineo, "concession", "MAK", rate)
        assert fault.value.field == "rate"
        assert not TariffOverride.objects.exists()

    def test_it_refuses_what_changes_nothing(self, lineo, set_rate):
        with pytest.raises(services.NothingToChange):
            set_rate(lineo, "global", "", "6")
        set_rate(lineo, "concession", "MAK", "5.5")
        with pytest.raises(services.NothingToChange):
            set_rate(lineo, "concession", "MAK", "5.50")
        assert len(history()) == 1

    def test_it_refuses_a_care_agent_and_says_who_may(self, thabo, set_rate):
        for scope, key in (("global", ""), ("concession", "MAK"), ("customer", "1")):
            with pytest.raises(NotAllowed, match="Finance team"):
                set_rate(thabo, scope, key, "7")
        assert (history(), logged().count()) == ([], 0)


class TestScheduled:
    def test_the_running_rate_stays_until_the_moment(self, lineo, set_rate, clock):
        set_rate(lineo, "concession", "MAK", "8")
        set_rate(lineo, "concession", "MAK", "6.5", "2026-12-01 00:00")
        assert rate_for(None, "MAK").rate == 8
        clock.move_to(local("2026-11-30 23:59"))
        assert rate_for(None, "MAK").rate == 8
        clock.move_to(local("2026-12-01 00:00"))
        assert rate_for(None, "MAK").rate == Decimal("6.5")

    def test_a_rate_for_everybody_is_written_when_its_moment_comes(self, lineo, set_rate, clock):
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        assert services.apply_due() == 0
        assert GlobalRate.objects.get().rate == 6.0
        clock.move_to(local("2026-12-01 00:00"))
        assert rate_for(1, "MAK").rate == 7  # before any worker has looked
        tasks.apply_due()
        assert services.apply_due() == 0
        assert GlobalRate.objects.get().rate == 7.0
        assert history() == [("scheduled", "global", "", 7, 6), ("applied", "global", "", 7, 6)]
        entry = Mutation.objects.get(table_name="tblconfig")
        assert (entry.actor_id, entry.state) == ("system", "applied")
        assert "Decided by Lineo Letsie on 21 Nov 2026, 14:05: Board decision 12" in entry.reason

    def test_rates_that_came_due_while_no_worker_ran_are_written_in_their_order(self, lineo, set_rate, clock):
        set_rate(lineo, "global", "", "8", "2026-12-02 00:00")
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        clock.move_to(local("2026-12-03 08:00"))
        assert services.apply_due() == 2
        written = Mutation.objects.filter(table_name="tblconfig").order_by("pk")
        assert [entry.new_values["therate"] for entry in written] == [7.0, 8.0]
        assert rate_for(1, "MAK").rate == 8

    def test_what_others_write_to_the_table_afterwards_counts(self, lineo, set_rate, clock):
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        clock.move_to(local("2026-12-02 00:00"))
        services.apply_due()
        GlobalRate.objects.update(rate=7.5)
        assert rate_for(1, "MAK").rate == Decimal("7.5")
        assert services.apply_due() == 0
        assert GlobalRate.objects.get().rate == 7.5

    def test_a_rate_set_meanwhile_counts_from_then_until_the_scheduled_moment(self, lineo, set_rate, clock):
        set_rate(lineo, "concession", "MAK", "7", "2026-12-01 00:00")
        set_rate(lineo, "concession", "MAK", "5")
        assert rate_for(None, "MAK").rate == 5
        clock.move_to(local("2026-12-01 00:00"))
        assert rate_for(None, "MAK").rate == 7

    @pytest.mark.parametrize("moment", ["2026-11-21 13:54", "2020-01-01 00:00", "2032-01-01 00:00"])
    def test_it_refuses_the_past_and_a_slip_in_the_year(self, lineo, set_rate, moment):
        with pytest.raises(InvalidInput) as fault:
            set_rate(lineo, "concession", "MAK", "7", moment)
        assert fault.value.field == "effective_from"

    def test_a_moment_a_few_minutes_ago_is_now(self, lineo, set_rate):
        outcome = set_rate(lineo, "concession", "MAK", "7", "2026-11-21 14:00")
        assert (outcome.scheduled, outcome.change.effective_from) == (False, NOW)

    def test_it_refuses_a_second_change_for_the_same_moment(self, lineo, set_rate):
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        with pytest.raises(Conflict, match="that very moment"):
            set_rate(lineo, "global", "", "8", "2026-12-01 00:00")

    def test_it_refuses_a_change_to_what_will_hold_by_then_anyway(self, lineo, set_rate):
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        with pytest.raises(services.NothingToChange):
            set_rate(lineo, "global", "", "7", "2027-01-01 00:00")
        set_rate(lineo, "global", "", "6", "2027-01-01 00:00")  # back again is a change

    def test_several_are_scheduled_together_or_not_at_all(self, lineo, set_rate):
        when = local("2026-12-01 00:00")
        set_rate(lineo, "concession", "MAS", "7", "2026-12-01 00:00")
        wanted = [services.RateChange("concession", site, Decimal("7"), when, "x") for site in ("MAK", "MAS")]
        with pytest.raises(Conflict):
            services.schedule_all(Actor.of(lineo), wanted)
        assert not TariffOverride.objects.filter(scope_key="MAK").exists()
        assert len(services.schedule_all(Actor.of(lineo), wanted[:1])) == 1


class TestCancelled:
    def test_a_cancelled_change_never_comes(self, lineo, palesa, set_rate, clock):
        outcome = set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        services.cancel(Actor.of(palesa), outcome.change.override_id, reason="The board changed its mind")
        clock.move_to(local("2026-12-02 00:00"))
        assert services.apply_due() == 0
        assert rate_for(1, "MAK").rate == 6
        assert history()[-1] == ("cancelled", "global", "", None, 7)
        entry = logged().latest("pk")
        assert (entry.actor_id, entry.reason, entry.new_values) == ("1002", "The board changed its mind", None)

    def test_what_is_in_force_cannot_be_cancelled(self, lineo, set_rate, clock):
        outcome = set_rate(lineo, "concession", "MAK", "7", "2026-12-01 00:00")
        clock.move_to(local("2026-12-01 00:00"))
        with pytest.raises(Conflict, match="came into force on 1 Dec 2026, 00:00"):
            services.cancel(Actor.of(lineo), outcome.change.override_id)

    def test_it_cannot_be_cancelled_twice(self, lineo, set_rate):
        outcome = set_rate(lineo, "concession", "MAK", "7", "2026-12-01 00:00")
        services.cancel(Actor.of(lineo), outcome.change.override_id)
        with pytest.raises(Conflict):
            services.cancel(Actor.of(lineo), outcome.change.override_id)

    def test_a_care_agent_may_not(self, lineo, thabo, set_rate):
        outcome = set_rate(lineo, "concession", "MAK", "7", "2026-12-01 00:00")
        with pytest.raises(NotAllowed):
            services.cancel(Actor.of(thabo), outcome.change.override_id)


class TestRemoved:
    def test_the_next_level_decides_again_and_nothing_scheduled_is_left(self, lineo, set_rate, clock):
        set_rate(lineo, "concession", "MAK", "8")
        set_rate(lineo, "concession", "MAK", "9", "2026-12-01 00:00")
        outcome = services.remove(Actor.of(lineo), "concession", "MAK", reason="Pilot ended")
        assert outcome.previous == 8
        assert rate_for(None, "MAK").rate == 6
        clock.move_to(local("2026-12-02 00:00"))
        assert rate_for(None, "MAK").rate == 6
        assert history()[-1] == ("removed", "concession", "MAK", None, 8)

    def test_a_rate_that_is_not_there_is_not_found(self, lineo):
        with pytest.raises(NotFound):
            services.remove(Actor.of(lineo), "customer", "17")

    def test_the_rate_for_everybody_stays(self, lineo):
        with pytest.raises(InvalidInput):
            services.remove(Actor.of(lineo), "global", "")


class TestTwoPeople:
    def test_the_second_is_told_who_was_first(self, lineo, palesa, set_rate):
        state = seen("concession", "MAK")
        set_rate(palesa, "concession", "MAK", "7", seen=state)
        with pytest.raises(Conflict, match="Palesa Molapo changed the rate of site MAK meanwhile"):
            set_rate(lineo, "concession", "MAK", "8", seen=state)
        assert rate_for(None, "MAK").rate == 7

    def test_pressing_twice_changes_once(self, lineo, set_rate):
        state = seen("global", "")
        set_rate(lineo, "global", "", "7", seen=state)
        with pytest.raises(Conflict):
            set_rate(lineo, "global", "", "7", seen=state)
        assert logged().count() == 1

    def test_a_rate_changed_past_the_portal_is_noticed(self, lineo, set_rate):
        state = seen("global", "")
        GlobalRate.objects.update(rate=6.5)
        with pytest.raises(Conflict, match="changed outside the portal"):
            set_rate(lineo, "global", "", "7", seen=state)
        assert GlobalRate.objects.get().rate == 6.5


class TestTheTableBrowser:
    def test_a_change_of_the_table_is_in_the_history_of_rates(self, palesa):
        from audit.services import update_record
        from ccportal.acdb import gateway

        record = gateway.record_id_of(gateway.get_table("tblconfig"), {"therate": 6.0})
        update_record(Actor.of(palesa), "tblconfig", record, {"therate": 6.75}, reason="Typed by hand")
        assert history() == [("elsewhere", "global", "", Decimal("6.75"), 6)]

    def test_undoing_a_change_is_in_the_history_of_rates(self, lineo, palesa, set_rate):
        from audit.services import revert

        set_rate(lineo, "global", "", "7")
        revert(Actor.of(palesa), logged().get(), reason="Wrong month")
        assert rate_for(1, "MAK").rate == 6
        assert history()[-1] == ("elsewhere", "global", "", 6, 7)


class TestReadOnly:
    def test_a_change_for_everybody_now_is_refused_with_the_reason(self, lineo, set_rate, settings):
        settings.ACDB_READ_ONLY = True
        with pytest.raises(NotAllowed, match="read-only"):
            set_rate(lineo, "global", "", "7")
        assert history() == []

    def test_a_scheduled_one_stays_due_counts_in_the_portal_and_says_so(self, lineo, set_rate, settings, clock):
        settings.ACDB_READ_ONLY = True
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        clock.move_to(local("2026-12-01 00:01"))
        assert services.apply_due() == 0
        row = TariffOverride.objects.get()
        assert row.applied_at is None
        assert row.error.startswith("The customer database is read-only here")
        assert rate_for(1, "MAK").rate == 7
        settings.ACDB_READ_ONLY = False
        assert services.apply_due() == 1
        row.refresh_from_db()
        assert (row.error, GlobalRate.objects.get().rate) == ("", 7.0)

    def test_one_that_is_due_but_not_written_can_be_cancelled(self, lineo, set_rate, settings, clock):
        settings.ACDB_READ_ONLY = True
        outcome = set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        clock.move_to(local("2026-12-01 00:01"))
        services.apply_due()
        services.cancel(Actor.of(lineo), outcome.change.override_id)
        assert rate_for(1, "MAK").rate == 6


def test_many_customers_are_asked_about_with_two_queries(set_rate, lineo, django_assert_num_queries):
    set_rate(lineo, "concession", "MAK", "5.5")
    set_rate(lineo, "customer", "17", "4")
    with django_assert_num_queries(1, using="default"), django_assert_num_queries(1, using="acdb"):
        book = rate_book()
        found = [
            book.rate_for(number, site).rate for number, site in ((17, "MAK"), (18, "mak "), (19, "MAS"), (None, ""))
        ]
    assert found == [4, Decimal("5.5"), 6, 6]
    assert book.with_own_rate("concession") == {"MAK"}
