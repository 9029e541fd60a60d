"""Rates for other programs, as the contract says."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from ccportal.accounts import keys
from tariffs.models import GlobalRate, TariffChange, TariffOverride
from tariffs.queries import rate_for

pytestmark = [
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("clock", "everybody_pays_six", "villagers"),
]


@pytest.fixture
def api():
    def enter(employee):
        client = APIClient()
        client.force_authenticate(employee)
        return client

    return enter


def put(client, path, **body):
    return client.put(f"/api/tariff/{path}", body, format="json")


class TestSetting:
    def test_everybodys_rate_is_applied_at_once(self, api, lineo):
        assert put(api(lineo), "global", rate_lsl=6.5, notes="Board").json() == {
            "status": "applied",
            "rate_lsl": 6.5,
            "previous_rate": 6.0,
            "effective_from": "2026-11-21 14:05:00",
        }
        assert GlobalRate.objects.get().rate == 6.5

    def test_a_browsers_local_time_is_local(self, api, lineo):
        answer = put(api(lineo), "global", rate_lsl=7, effective_from="2026-12-01T00:00", notes=None)
        assert (answer.json()["status"], answer.json()["effective_from"]) == ("scheduled", "2026-12-01 00:00:00")
        utc = put(api(lineo), "concession/mak", rate_lsl=7, effective_from="2026-11-30T22:00:00Z")
        assert utc.json()["effective_from"] == "2026-12-01 00:00:00"
        assert GlobalRate.objects.get().rate == 6.0

    def test_a_site_and_a_customer_get_their_own(self, api, lineo):
        assert put(api(lineo), "concession/ mak ", rate_lsl="5.5").json() == {
            "status": "set",
            "scope": "concession",
            "scope_key": "MAK",
            "rate_lsl": 5.5,
            "previous_rate": None,
            "effective_from": "2026-11-21 14:05:00",
        }
        assert put(api(lineo), "customer/0017", rate_lsl=4).json()["scope_key"] == "17"
        assert put(api(lineo), "customer/17", rate_lsl=4.25).json()["previous_rate"] == 4.0
        assert (rate_for(17, "MAK").rate, rate_for(1, "MAK").rate) == (Decimal("4.25"), Decimal("5.5"))

    def test_put_may_be_repeated(self, api, lineo):
        client = api(lineo)
        assert put(client, "concession/MAK", rate_lsl=5.5).json()["previous_rate"] is None
        again = put(client, "concession/MAK", rate_lsl=5.5)
        assert (again.status_code, again.json()["previous_rate"]) == (200, 5.5)
        assert TariffChange.objects.count() == 1

    def test_an_expected_rate_guards_against_somebody_elses_change(self, api, lineo):
        assert put(api(lineo), "global", rate_lsl=7, expected_rate_lsl=5.9).status_code == 409
        assert put(api(lineo), "global", rate_lsl=7, expected_rate_lsl=6).status_code == 200

    @pytest.mark.parametrize(
        ("path", "body", "fault"),
        [
            ("global", {}, "rate_lsl: This field is required."),
            ("global", {"rate_lsl": 0}, "rate_lsl: A rate lies between 0.01 and 9,999.9999 per kWh."),
            ("global", {"rate_lsl": True}, "rate_lsl: Give the rate per kWh, like 6.25."),
            ("global", {"rate_lsl": "1e3"}, "rate_lsl: Write a number with a point, like 6.25."),
            ("global", {"rate_lsl": [6]}, "rate_lsl: Write a number with a point, like 6.25."),
            ("global", {"rate_lsl": 6.00001}, "rate_lsl: A rate has at most 4 decimals."),
            ("global", {"rate_lsl": 7, "effective_from": "soon"}, "effective_from: Write the moment like"),
            ("global", {"rate_lsl": 7, "effective_from": "2020-01-01"}, "effective_from: That moment has passed."),
            ("concession/ZZZ", {"rate_lsl": 7}, "code: ZZZ is not a site of the portal."),
            ("customer/abc", {"rate_lsl": 7}, "customer_id: A customer number is a whole number above 0."),
            ("customer/99999999999999999999999", {"rate_lsl": 7}, "customer_id: A customer number"),
        ],
    )
    def test_what_does_not_fit_is_422_and_names_the_field(self, api, lineo, path, body, fault):
        answer = put(api(lineo), path, **body)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(fault)
        assert not TariffOverride.objects.exists()

    def test_a_read_only_database_is_said(self, api, lineo, settings):
        settings.ACDB_READ_ONLY = True
        answer = put(api(lineo), "global", rate_lsl=7)
        assert (answer.status_code, "read-only" in answer.json()["detail"]) == (403, True)


class TestRemoving:
    def test_a_rate_is_removed_once(self, api, lineo):
        client = api(lineo)
        put(client, "concession/MAK", rate_lsl=5.5)
        assert client.delete("/api/tariff/concession/mak").json() == {
            "status": "removed",
            "scope": "concession",
            "scope_key": "MAK",
            "previous_rate": 5.5,
        }
        assert client.delete("/api/tariff/concession/MAK").status_code == 404
        assert client.delete("/api/tariff/customer/17").status_code == 404
        entry = client.get("/api/tariff/history").json()["history"][0]
        assert (entry["rate_lsl"], entry["previous_rate"], entry["notes"]) == (0, 5.5, "Removed")


class TestReading:
    def test_current_rates_with_what_is_pending(self, api, lineo, thabo, set_rate):
        set_rate(lineo, "global", "", "7", "2026-12-01 00:00")
        set_rate(lineo, "concession", "MAK", "5")
        set_rate(lineo, "concession", "MAK", "5.5")
        set_rate(lineo, "customer", "17", "4", "2027-01-01 00:00")
        body = api(thabo).get("/api/tariff/current").json()
        assert body["global_rate"] == 6.0
        assert body["pending_global"] == {
            "rate_lsl": 7.0,
            "effective_from": "2026-12-01 00:00:00",
            "notes": "Board decision 12",
        }
        assert [(row["scope_key"], row["rate_lsl"], row["pending"]) for row in body["concession_overrides"]] == [
            ("MAK", 5.5, False)
        ]
        assert [(row["scope_key"], row["pending"]) for row in body["customer_overrides"]] == [("17", True)]
        assert body["customer_override_count"] == 1

    def test_without_any_rate_five_stands_in(self, api, thabo):
        GlobalRate.objects.all().delete()
        body = api(thabo).get("/api/tariff/current").json()
        assert (body["global_rate"], body["pending_global"]) == (5.0, None)

    def test_a_rate_is_resolved_by_account_and_by_number(self, api, thabo, lineo, set_rate):
        set_rate(lineo, "concession", "MAK", "5.5")
        for identifier in ("1", "0001MAK", "mak 0001"):
            assert api(thabo).get(f"/api/tariff/resolve/{identifier}").json() == {
                "rate_lsl": 5.5,
                "source": "concession",
                "source_key": "MAK",
                "effective_from": "2026-11-21 14:05:00",
                "customer_id": "1",
                "concession": "MAK",
                "cascade": [
                    {
                        "level": "concession", "key": "MAK", "rate_lsl": 5.5,
                        "effective_from": "2026-11-21 14:05:00",
                    },
                    {"level": "global", "key": "", "rate_lsl": 6.0, "effective_from": ""},
                ],
            }  # fmt: skip

    def test_somebody_unknown_gets_everybodys_rate(self, api, thabo):
        body = api(thabo).get("/api/tariff/resolve/nobody").json()
        assert (body["rate_lsl"], body["customer_id"], body["concession"]) == (6.0, "nobody", None)

    def test_the_history_is_paged_and_filtered(self, api, thabo, lineo, set_rate):
        for number in range(1, 6):
            set_rate(lineo, "customer", str(number), "4")
        set_rate(lineo, "concession", "MAK", "5")
        client = api(thabo)
        body = client.get("/api/tariff/history", {"limit": 4}).json()
        assert {key: body[key] for key in ("total", "page", "limit", "pages")} == {
            "total": 6, "page": 1, "limit": 4, "pages": 2,
        }  # fmt: skip
        assert body["history"][0]["timestamp"] == "2026-11-21 12:05:00"
        assert client.get("/api/tariff/history", {"scope": "customer", "key": "3"}).json()["total"] == 1
        assert client.get("/api/tariff/history", {"from": "2026-11-21", "to": "2026-11-21"}).json()["total"] == 6
        assert client.get("/api/tariff/history", {"to": "2026-11-20"}).json()["total"] == 0
        assert client.get("/api/tariff/history", {"from": "yesterday"}).status_code == 422
        assert client.get("/api/tariff/history", {"limit": 201}).status_code == 422


class TestRoles:
    WRITES = [("put", "global"), ("put", "concession/MAK"), ("delete", "concession/MAK"), ("put", "customer/17"),
              ("delete", "customer/17")]  # fmt: skip
    READS = ["current", "resolve/1", "history"]

    @pytest.mark.parametrize(("method", "path"), WRITES)
    def test_a_care_agent_may_not_change(self, api, thabo, method, path):
        answer = getattr(api(thabo), method)(f"/api/tariff/{path}", {"rate_lsl": 7}, format="json")
        assert answer.status_code == 403
        assert "It takes the role" in answer.json()["detail"]

    @pytest.mark.parametrize("who", ["lineo", "palesa", "nthabiseng"])
    def test_finance_onm_and_the_super_admin_may(self, api, request, who):
        assert put(api(request.getfixturevalue(who)), "concession/MAK", rate_lsl=7).status_code == 200

    @pytest.mark.parametrize(("method", "path"), [*WRITES, *(("get", path) for path in READS)])
    def test_an_outsider_is_asked_for_a_token(self, method, path):
        assert getattr(APIClient(), method)(f"/api/tariff/{path}").status_code == 401

    @pytest.mark.parametrize("path", READS)
    def test_every_employee_reads(self, api, thabo, path):
        assert api(thabo).get(f"/api/tariff/{path}").status_code == 200

    def test_a_program_needs_the_scope(self, nthabiseng):
        _, reader = keys.issue("Reader", ["tariffs.read"], "1001")
        _, writer = keys.issue("Writer", ["tariffs.write"], "1001")
        client = APIClient()
        read, write = {"X-API-Key": reader}, {"X-API-Key": writer}
        body = {"rate_lsl": 7}
        assert client.get("/api/tariff/current", headers=read).status_code == 200
        assert client.get("/api/tariff/current", headers=write).status_code == 403
        assert client.put("/api/tariff/global", body, format="json", headers=read).status_code == 403
        assert client.put("/api/tariff/global", body, format="json", headers=write).status_code == 200
        assert TariffChange.objects.get().set_by.startswith("key:")
