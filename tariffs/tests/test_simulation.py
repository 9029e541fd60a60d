"""The simulator: literal purchases, literal money (docs/algorithms/tariffs.md holds the same example)."""

import csv
import io
import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omreport.models import AccountMonth, RollupState
from tariffs.calculations import GLOBAL, ResolvedRate
from tariffs.models import TariffOverride
from tariffs.simulation import Proposal, Purchases, distribution, replay, step_for
from tariffs.tests.conftest import NOW, local

D = Decimal


def account(name, kwh, paid="0", site="MAK", kind="HH", customer=1):
    return Purchases(name, customer, "Neo Sello", site, kind, D(kwh), D(paid))


def everybody_pays(rate, own=None):
    """The rate in force: everybody's, but a site's where ``own`` names one, and 4 for customer 7."""

    def rate_of(customer, site):
        if customer == 7:
            return ResolvedRate(D("4"), "customer", "7", NOW, ())
        if own and site in own:
            return ResolvedRate(D(own[site]), "concession", site, NOW, ())
        return ResolvedRate(D(rate), GLOBAL, "", None, ())

    return rate_of


class TestTheWorkedExample:
    """Four accounts, everybody at 6; the proposal is 7 for everybody, 5 at MAS, 8 for SME."""

    ACCOUNTS = [
        account("0001MAK", "100", "550"),
        account("0002MAK", "300", "1800", kind="SME", customer=2),
        account("0003MAS", "200", "1000", site="MAS", customer=3),
        account("0007MAK", "50", "200", customer=7),
        account("0009MAK", "0", "0", customer=9),
    ]
    PROPOSAL = Proposal(D("7"), {"MAS": D("5")}, {"SME": D("8")})

    @pytest.fixture
    def result(self):
        return replay(self.ACCOUNTS, everybody_pays("6"), self.PROPOSAL)

    def test_revenue_at_present_and_proposed_rates(self, result):
        total = result.total
        assert (total.accounts, total.kwh, total.paid) == (4, D("650"), D("3550"))
        assert (total.present, total.proposed, total.expected) == (D("3800"), D("4300"), D("4300"))
        assert (total.change, round(total.percent, 2)) == (D("500"), D("13.16"))

    def test_winners_and_losers(self, result):
        assert [(line.purchases.account, line.change) for line in result.paying_more] == [
            ("0002MAK", D("600")),
            ("0001MAK", D("100")),
        ]
        assert [(line.purchases.account, line.change) for line in result.paying_less] == [("0003MAS", D("-200"))]
        assert (result.total.paying_more, result.total.paying_less, result.total.unchanged) == (2, 1, 1)

    def test_by_site_and_by_type(self, result):
        assert [(group.name, group.present, group.proposed) for group in result.by_site] == [
            ("MAK", D("2600"), D("3300")),
            ("MAS", D("1200"), D("1000")),
        ]
        assert [(group.name, group.change) for group in result.by_type] == [("HH", D("-100")), ("SME", D("600"))]

    def test_how_many_pay_how_much_more_a_month(self, result):
        # +50.00, +8.33, -16.67 and 0 a month
        assert result.distribution == [
            ("0 to 20 less", 1),
            ("no change", 1),
            ("0 to 20 more", 1),
            ("20 to 40 more", 0),
            ("40 to 60 more", 1),
        ]

    def test_when_use_reacts_revenue_does_but_the_bill_for_the_same_energy_does_not(self):
        wanted = Proposal(D("12"), elasticity=D("-0.5"))
        line = replay([account("0001MAK", "100")], everybody_pays("6"), wanted).lines[0]
        assert line.change == D("600")
        assert round(line.expected_kwh, 4) == D("70.7107")
        assert round(line.expected, 4) == D("848.5281")


def test_a_sites_own_rate_stays_when_only_everybodys_is_tried():
    result = replay([account("0001MAK", "10")], everybody_pays("6", {"MAK": "5"}), Proposal(D("7")))
    assert (result.total.present, result.total.proposed) == (D("50"), D("50"))


def test_step_sizes_are_round():
    assert [step_for(D(text)) for text in ("0.03", "4", "37", "401", "1")] == [
        D("0.01"), D("1"), D("10"), D("200"), D("0.5"),
    ]  # fmt: skip


def test_one_outlier_does_not_hide_the_others():
    assert distribution([D(n) for n in range(1, 20)] + [D("900")])[-1] == ("over 20 more", 1)


amounts = st.decimals("0.01", "9999", places=4)


@given(st.lists(st.tuples(amounts, amounts), max_size=20), amounts, amounts, st.sampled_from(["HH", "SME"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_groups_add_up_and_everybody_is_counted_once(bought, present, proposed, kind):
    accounts = [account(f"{n:04d}MAK", kwh, paid, kind=kind) for n, (kwh, paid) in enumerate(bought)]
    result = replay(accounts, everybody_pays(present), Proposal(proposed))
    assert sum(number for _, number in result.distribution) == len(bought)
    assert sum((group.proposed for group in result.by_site), D(0)) == result.total.proposed
    assert result.total.proposed == sum((one.kwh for one in accounts), D(0)) * proposed


@pytest.mark.django_db(databases=["default", "acdb"])
@pytest.mark.usefixtures("clock", "everybody_pays_six", "villagers")
class TestPages:
    @pytest.fixture(autouse=True)
    def bought(self):
        """Customers 1 and 2 at MAK and 4 at MAS buy 10, 30 and 20 kWh each month; 1 bought more long ago."""
        RollupState.objects.create(refreshed_at=NOW, version=1)
        months = [202511, 202512, *range(202601, 202612)]
        for name, kwh in (("0001MAK", 10), ("0002MAK", 30), ("0004MAS", 20)):
            for period in months:
                self.month(name, period, kwh)
        self.month("0001MAK", 202510, 1000)

    def month(self, name, period, kwh):
        AccountMonth.objects.create(
            account=name, site=name[-3:], period=period, transactions=2, payments=1, revenue=kwh * 5 + 7, kwh=kwh,
            paid=kwh * 5, paid_kwh=kwh, consumed=7, days=1, vended=kwh,
        )  # fmt: skip

    def test_the_last_twelve_whole_months_are_charged_anew(self, sign_in, thabo):
        text = re.sub(r"\s+", " ", sign_in(thabo).get("/tariffs/simulator/?everybody=7&site_MAS=5&type_SME=8").text)
        assert "What was bought from November 2025 to October 2026" in text
        # 12 months: 120 + 360 + 240 = 720 kWh; 720 x 6 = 4320; 120 x 7 + 360 x 8 + 240 x 5 = 4920
        assert '<dd>M 4,320.00</dd><dd class="note muted">720 kWh in twelve months</dd>' in text
        assert "<dd>M 4,920.00</dd>" in text
        assert '<dd>M 600.00</dd><dd class="note muted">13.9 %</dd>' in text
        assert "Energy volumes are taken as unchanged" in text
        assert "Really paid in these months, at the rates of then: M 3,600.00." in text

    def test_every_account_is_downloaded(self, sign_in, thabo):
        text = sign_in(thabo).get("/tariffs/simulator.csv?everybody=7").text
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows[0] == {
            "account": "0001MAK", "customer": "1", "site": "MAK", "type": "HH", "kwh": "120.00", "paid": "600.00",
            "present_rate": "6.0", "proposed_rate": "7", "at_present_rate": "720.00", "at_proposed_rate": "840.00",
            "change": "120.00", "expected_kwh": "120.00", "expected": "840.00",
        }  # fmt: skip
        assert len(rows) == 3

    def test_a_rate_that_does_not_fit_is_said(self, sign_in, thabo):
        response = sign_in(thabo).get("/tariffs/simulator/?everybody=seven")
        assert response.status_code == 422
        assert "Write a number with a point, like 6.25." in response.text

    def test_a_proposal_is_scheduled_together(self, sign_in, lineo):
        client = sign_in(lineo)
        text = client.get("/tariffs/plan/?everybody=7&site_MAS=5&type_SME=8").text
        assert "3 changes together, or none" in text
        fields = {"everybody": "7", "site_MAS": "5", "type_SME": "8", "reason": "Board"}
        response = client.post("/tariffs/plan/schedule/", fields | {"effective_from": "2026-12-01T00:00"})
        assert response.status_code == 302
        rows = TariffOverride.objects.order_by("scope").values_list("scope", "scope_key", "rate", "effective_from")
        moment = local("2026-12-01 00:00")
        assert list(rows) == [
            ("concession", "MAS", 5, moment),
            ("customer", "2", 8, moment),
            ("global", "", 7, moment),
        ]

    def test_a_plan_needs_a_moment_to_come_and_a_reason(self, sign_in, lineo):
        response = sign_in(lineo).post("/tariffs/plan/schedule/", {"everybody": "7", "reason": ""})
        assert response.status_code == 422
        assert "This field is required." in response.text
        assert not TariffOverride.objects.exists()

    def test_it_costs_the_same_for_any_number_of_accounts(self, sign_in, thabo, query_count_of):
        client = sign_in(thabo)
        client.get("/tariffs/simulator/?everybody=7")
        few = query_count_of(lambda: client.get("/tariffs/simulator/?everybody=7"))
        for number in range(100, 150):
            self.month(f"{number:04d}MAK", 202601, 5)
        assert query_count_of(lambda: client.get("/tariffs/simulator/?everybody=7")) == few


@pytest.mark.django_db(databases=["default", "acdb"])
def test_without_report_sums_the_page_says_so(sign_in, thabo):
    assert "There are no report sums yet" in sign_in(thabo).get("/tariffs/simulator/?everybody=7").text
