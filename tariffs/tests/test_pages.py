"""Pages of rates, by role, without JavaScript, with literal figures."""

import csv
import io
import re

import pytest

from customers.models import Site
from tariffs.models import GlobalRate, TariffChange, TariffOverride
from tariffs.queries import rate_for

pytestmark = [
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("clock", "everybody_pays_six", "villagers"),
]

ALL = "/tariffs/global/all"
MAK = "/tariffs/concession/MAK"
NEO = "/tariffs/customer/1"


@pytest.fixture
def submit(sign_in):
    """Fills the form of a page and sends it to its action, as a browser without scripts does."""

    def go(who, page, **fields):
        client = sign_in(who)
        text = client.get(page).text
        form = re.search(r'<form class="card" method="post" action="([^"]+)"(.*?)</form>', text, re.DOTALL)
        return send(client, form[1], form[2], **fields)

    return go


def send(client, action, form, **fields):
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    hidden.pop("csrfmiddlewaretoken", None)
    return client.post(action, hidden | fields)


def confirm(client, response):
    """Presses the button of a review page."""
    form = re.search(r'<form method="post" action="(/tariffs/[^"]+)"(.*?)</form>', response.text, re.DOTALL)
    return send(client, form[1], form[2])


def change(submit, client, who, subject, rate, moment="", reason="Board decision 12"):
    reviewed = submit(who, f"{subject}/change/", rate=rate, effective_from=moment, reason=reason)
    assert reviewed.status_code == 200, reviewed.text
    return reviewed, confirm(client, reviewed)


class TestChanging:
    def test_everybodys_rate_is_changed_in_three_steps(self, submit, client, lineo):
        reviewed, done = change(submit, client, lineo, ALL, "6.5")
        assert GlobalRate.objects.get().rate == 6.5
        text = re.sub(r"\s+", " ", reviewed.text)
        assert "<dt>Customers affected</dt><dd>3</dd>" in text
        assert "M 6.00" in text
        assert (done.status_code, done["Location"]) == (302, "/tariffs/")
        assert "The rate for everybody is M 6.50 per kWh now." in client.get("/tariffs/").text

    def test_the_review_changes_nothing(self, submit, lineo):
        submit(lineo, f"{ALL}/change/", rate="7", reason="x")
        assert GlobalRate.objects.get().rate == 6.0
        assert not TariffOverride.objects.exists()

    def test_a_site_is_scheduled_and_shown(self, submit, client, lineo):
        _, done = change(submit, client, lineo, MAK, "5.25", "2026-12-01T00:00")
        assert done.status_code == 302
        text = client.get("/tariffs/").text
        assert "M 5.25 from 1 Dec 2026, 00:00" in text
        assert rate_for(None, "MAK").rate == 6

    def test_the_review_says_who_keeps_another_rate(self, submit, set_rate, palesa, lineo):
        set_rate(palesa, "concession", "MAS", "5")
        set_rate(palesa, "customer", "1", "4")
        text = submit(lineo, f"{ALL}/change/", rate="7", reason="x").text
        assert "<dd>1</dd>" in text
        assert "1 customer keeps a rate of their own." in text
        assert "Sites with a rate of their own stay as they are: MAS." in text

    def test_a_large_step_is_pointed_out(self, submit, lineo):
        assert "That is a large step." in submit(lineo, f"{ALL}/change/", rate="62.5", reason="x").text
        assert "That is a large step." in submit(lineo, f"{MAK}/change/", rate="0.65", reason="x").text
        assert "That is a large step." not in submit(lineo, f"{ALL}/change/", rate="6.25", reason="x").text

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"rate": "", "reason": "x"}, "This field is required."),
            ({"rate": "6,5", "reason": "x"}, "Write a number with a point, like 6.25."),
            ({"rate": "0", "reason": "x"}, "A rate lies between 0.01 and 9,999.9999 per kWh."),
            ({"rate": "6.00001", "reason": "x"}, "A rate has at most 4 decimals."),
            ({"rate": "7", "reason": ""}, "This field is required."),
            ({"rate": "7", "reason": "x", "effective_from": "2020-01-01T00:00"}, "That moment has passed."),
            ({"rate": "7", "reason": "x", "effective_from": "2026-02-30T00:00"}, "There is no such day or hour."),
            ({"rate": "7", "reason": "x", "effective_from": "2206-12-01T00:00"}, "Check the year."),
        ],
    )
    def test_what_does_not_fit_is_said_beside_the_field(self, submit, lineo, fields, fault):
        response = submit(lineo, f"{ALL}/change/", **fields)
        assert response.status_code == 422
        assert fault in response.text

    def test_what_changes_nothing_is_said(self, submit, client, lineo):
        _, done = change(submit, client, lineo, ALL, "6")
        assert done.status_code == 400
        assert "The rate for everybody is 6 already." in done.text

    def test_whoever_comes_second_is_told_and_sees_the_new_state(self, submit, client, set_rate, palesa, lineo):
        reviewed = submit(lineo, f"{MAK}/change/", rate="7", reason="x")
        set_rate(palesa, "concession", "MAK", "5")
        done = confirm(client, reviewed)
        assert done.status_code == 409
        assert "Palesa Molapo changed the rate of site MAK meanwhile" in done.text
        assert rate_for(None, "MAK").rate == 5
        # The form that comes back is based on the new state.
        form = re.search(r'<form class="card" method="post" action="([^"]+)"(.*?)</form>', done.text, re.DOTALL)
        reviewed = send(client, form[1], form[2], rate="7", reason="x")
        assert confirm(client, reviewed).status_code == 302

    def test_a_rate_is_removed(self, sign_in, client, set_rate, lineo):
        set_rate(lineo, "concession", "MAK", "5")
        text = sign_in(lineo).get(f"{MAK}/remove/").text
        form = re.search(r'<form method="post" action="(/tariffs/[^"]+)"(.*?)</form>', text, re.DOTALL)
        assert send(client, form[1], form[2], reason="Pilot ended").status_code == 302
        assert rate_for(None, "MAK").rate == 6
        assert client.get(f"{MAK}/remove/").status_code == 404

    def test_a_scheduled_change_is_called_off(self, submit, client, set_rate, lineo):
        row = set_rate(lineo, "global", "", "7", "2026-12-01 00:00").change.override
        done = submit(lineo, f"/tariffs/scheduled/{row.pk}/cancel/", reason="Not yet")
        assert done.status_code == 302
        assert "Nothing is scheduled" in client.get("/tariffs/").text
        again = client.get(f"/tariffs/scheduled/{row.pk}/cancel/").text
        assert "cannot be called off any more" in again

    @pytest.mark.parametrize(
        "path", ["/tariffs/global/x/change/", "/tariffs/concession/ZZZ/change/", "/tariffs/customer/99/change/",
                 "/tariffs/customer/abc/change/", "/tariffs/village/MAK/change/", "/tariffs/global/all/remove/",
                 "/tariffs/scheduled/99999/cancel/"],
    )  # fmt: skip
    def test_what_does_not_exist_is_not_found(self, sign_in, lineo, path):
        assert sign_in(lineo).get(path).status_code == 404


READS = ["/tariffs/", "/tariffs/customers/", "/tariffs/explain/?q=0001MAK", "/tariffs/history/", "/tariffs/history.csv",
         "/tariffs/simulator/?everybody=7"]  # fmt: skip
FORMS = [f"{ALL}/change/", f"{MAK}/change/", f"{NEO}/change/", f"{MAK}/remove/", "/tariffs/plan/?everybody=7",
         "/tariffs/customers/find/?q=1"]  # fmt: skip
POSTS = [f"{subject}/{verb}/" for subject in (ALL, MAK, NEO) for verb in ("review", "set", "end")] + [
    "/tariffs/plan/schedule/"
]


class TestRoles:
    @pytest.mark.parametrize("path", READS)
    def test_every_employee_reads(self, sign_in, thabo, path):
        assert sign_in(thabo).get(path).status_code == 200

    @pytest.mark.parametrize("path", READS + FORMS)
    def test_a_stranger_is_asked_to_sign_in(self, client, path):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")

    @pytest.mark.parametrize("path", FORMS)
    def test_a_care_agent_is_told_who_may_change(self, sign_in, thabo, path):
        response = sign_in(thabo).get(path)
        assert response.status_code == 403
        assert "It takes the role Super admin or O&amp;M team or Finance team" in response.text

    @pytest.mark.parametrize("path", POSTS)
    def test_a_care_agent_changes_nothing(self, sign_in, thabo, path):
        fields = {
            "rate": "7",
            "reason": "x",
            "seen": "0:6.0000",
            "everybody": "7",
            "effective_from": "2026-12-01T00:00",
        }
        assert sign_in(thabo).post(path, fields).status_code == 403
        assert not TariffOverride.objects.exists()

    @pytest.mark.parametrize("who", ["lineo", "palesa", "nthabiseng"])
    def test_finance_onm_and_the_super_admin_change_rates(self, submit, client, request, who):
        _, done = change(submit, client, request.getfixturevalue(who), MAK, "5")
        assert done.status_code == 302
        assert rate_for(None, "MAK").rate == 5

    def test_a_care_agent_sees_no_buttons_for_changes(self, sign_in, thabo, set_rate, lineo):
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        text = sign_in(thabo).get("/tariffs/").text
        assert "/change/" not in text
        assert "Call off" not in text

    @pytest.mark.parametrize("path", POSTS)
    def test_a_changing_address_takes_post_only(self, sign_in, lineo, path):
        assert sign_in(lineo).get(path).status_code == 405


class TestExplained:
    def test_the_winning_level_is_named_with_who_since_when_and_what_comes(self, sign_in, thabo, lineo, set_rate):
        set_rate(lineo, "concession", "MAK", "5.5", reason="Pilot")
        set_rate(lineo, "customer", "1", "4.75", "2026-12-01 00:00")
        text = re.sub(r"\s+", " ", sign_in(thabo).get("/tariffs/explain/?q=mak 0001").text)
        assert "<dd>M 5.50 <small>per kWh</small></dd>" in text
        assert "Lineo Letsie: Pilot" in text
        assert "M 4.75 from 1 Dec 2026, 00:00" in text
        assert text.count("Decides") == 1
        assert "Neo Sello 1" in text

    def test_a_customer_number_does_as_well(self, sign_in, thabo, lineo, set_rate):
        set_rate(lineo, "customer", "4", "4.75")
        text = sign_in(thabo).get("/tariffs/explain/?q=4").text
        assert "M 4.75" in text
        assert "set for this customer" in text

    def test_somebody_unknown_is_not_passed_over_in_silence(self, sign_in, thabo):
        text = sign_in(thabo).get("/tariffs/explain/?q=9999MAK").text
        assert "Nobody is known by 9999MAK." in text
        assert "Nobody is known by" in sign_in(thabo).get("/tariffs/explain/?q=<b>").text

    def test_the_account_page_leads_here(self, sign_in, thabo):
        from billing.models import Transaction

        Transaction.objects.create(account="0001MAK", amount=50, kwh=10, is_payment=True)
        assert "/tariffs/explain/?q=0001MAK" in sign_in(thabo).get("/customer-data/0001MAK/").text


class TestCustomers:
    def test_customers_with_own_rates_are_searched_and_paged(self, sign_in, thabo, lineo, set_rate):
        for number in range(1, 30):
            set_rate(lineo, "customer", str(number), "4")
        client = sign_in(thabo)
        assert "29 customers" in client.get("/tariffs/customers/").text
        assert "26–29 of 29" in client.get("/tariffs/customers/?page=2").text
        assert "1 customer" in client.get("/tariffs/customers/?q=0004MAS").text
        assert "4 customers" in client.get("/tariffs/customers/?q=sello").text
        assert "Nobody matches" in client.get("/tariffs/customers/?q=xyz").text

    def test_a_number_or_account_leads_to_the_form(self, sign_in, lineo):
        client = sign_in(lineo)
        for asked in ("4", "0004MAS", "mas 4", "MAS0004"):
            response = client.get("/tariffs/customers/find/", {"q": asked})
            if asked != "mas 4":
                assert response["Location"] == "/tariffs/customer/4/change/"
        told = client.get("/tariffs/customers/find/", {"q": "77"}, follow=True).text
        assert "No customer is known by 77." in told

    def test_a_rate_of_a_number_without_a_record_can_be_removed(self, sign_in, lineo, set_rate):
        set_rate(lineo, "customer", "77", "4")
        client = sign_in(lineo)
        assert "/tariffs/customer/77/remove/" in client.get("/tariffs/customers/").text
        text = client.get("/tariffs/customer/77/remove/").text
        form = re.search(r'<form method="post" action="(/tariffs/[^"]+)"(.*?)</form>', text, re.DOTALL)
        assert send(client, form[1], form[2], reason="Nobody").status_code == 302
        assert client.get("/tariffs/customer/77/change/").status_code == 404


class TestHistory:
    def test_it_is_filtered_and_downloaded(self, sign_in, thabo, lineo, palesa, set_rate):
        set_rate(lineo, "concession", "MAK", "5", reason="=cmd")
        set_rate(palesa, "concession", "MAS", "5.5")
        client = sign_in(thabo)
        assert "2 changes" in client.get("/tariffs/history/").text
        assert "1 change<" in client.get("/tariffs/history/?key=mak").text
        assert "1 change<" in client.get("/tariffs/history/?user=1002&since=2026-11-21&until=2026-11-21").text
        assert "No change matches" in client.get("/tariffs/history/?until=2026-11-20").text
        rows = list(csv.DictReader(io.StringIO(client.get("/tariffs/history.csv?key=MAK").getvalue().decode())))
        assert rows == [
            {
                "time": "2026-11-21 14:05:00", "what": "set", "level": "concession", "key": "MAK", "rate_per_kwh": "5",
                "previous_rate_per_kwh": "", "effective_from": "2026-11-21 14:05:00", "set_by": "1003",
                "set_by_name": "Lineo Letsie", "reason": "'=cmd",
            }
        ]  # fmt: skip

    def test_the_list_costs_the_same_for_one_and_for_many(self, sign_in, thabo, lineo, set_rate, query_count_of):
        set_rate(lineo, "concession", "MAK", "5")
        client = sign_in(thabo)
        client.get("/tariffs/history/")
        few = query_count_of(lambda: client.get("/tariffs/history/"))
        for number in range(1, 20):
            set_rate(lineo, "customer", str(number), "5")
        assert query_count_of(lambda: client.get("/tariffs/history/")) == few
        assert query_count_of(lambda: client.get("/tariffs/customers/")) < 12


def test_the_overview_costs_the_same_for_any_number_of_sites(sign_in, thabo, lineo, set_rate, query_count_of):
    client = sign_in(thabo)
    client.get("/tariffs/")
    few = query_count_of(lambda: client.get("/tariffs/"))
    for site in Site.objects.all():
        set_rate(lineo, "concession", site.code, "5")
    assert query_count_of(lambda: client.get("/tariffs/")) == few
    assert TariffChange.objects.count() == Site.objects.count()
