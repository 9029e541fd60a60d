"""Small programs written against the contract alone, as the real ones are: what they do must work."""

import httpx
import pytest

pytestmark = pytest.mark.slow


class OmPortal:
    """Signs in as an employee, shows who that is, draws the reports."""

    def __init__(self, url, employee_id, password):
        self.http = httpx.Client(base_url=url, timeout=60)
        answer = self.http.post("/api/auth/employee-login", json={"employee_id": employee_id, "password": password})
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def profile(self):
        return self.get("/api/auth/me")

    def get(self, path, **params):
        answer = self.http.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def revenue_by_quarter(self):
        return {point["quarter"]: point["total_revenue"] for point in self.get("/api/om-report/arpu")["arpu"]}


class UGridPlan:
    """Reads sites, customers and meter readings with a service's key."""

    def __init__(self, url, key):
        self.http = httpx.Client(base_url=url, timeout=60, headers={"X-API-Key": key})

    def sites(self):
        return {site["concession"]: site["customer_count"] for site in self.http.get("/sites").json()["sites"]}

    def customer(self, **by):
        ((kind, value),) = by.items()
        answer = self.http.get(f"/customers/by-{kind}/{value}")
        return answer.json() if answer.status_code == 200 else None

    def search(self, text):
        return self.http.get("/customers/search", params={"q": text, "limit": 100}).json()["customers"]

    def readings(self, **filters):
        answer = self.http.get("/api/om-report/meter-export", params=filters)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def om_portal(portal):
    return OmPortal(portal.url, portal.people["employees"]["generic"], portal.people["password"])


@pytest.fixture
def ugridplan(portal):
    return UGridPlan(portal.url, portal.people["key"])


def test_om_portal_signs_in_and_knows_the_person(om_portal, portal):
    me = om_portal.profile()
    assert (me["user_type"], me["user_id"], me["role"]) == (
        "employee",
        portal.people["employees"]["generic"],
        "generic",
    )
    assert me["permissions"] == {"write_customers": False, "write_transactions": False, "manage_roles": False}


def test_om_portal_draws_its_reports(om_portal):
    overview = om_portal.get("/api/om-report/overview")
    assert overview["total_customers"] == overview["active_customers"] + overview["terminated_customers"]
    sales = om_portal.get("/api/om-report/sales-by-site")
    assert sales["total_lsl"] == pytest.approx(sum(site["total_lsl"] for site in sales["sites"]), abs=0.1)
    quarters = om_portal.revenue_by_quarter()
    assert list(quarters) == sorted(quarters)
    trends = om_portal.get("/api/om-report/cumulative-trends")["trends"]
    assert trends[-1]["cumulative_lsl"] == pytest.approx(sum(point["lsl"] for point in trends), abs=0.1)


def test_om_portal_is_told_when_its_token_is_not_believed(om_portal):
    om_portal.http.headers["Authorization"] = "Bearer nonsense"
    with pytest.raises(httpx.HTTPStatusError) as refusal:
        om_portal.profile()
    assert refusal.value.response.status_code == 401
    assert refusal.value.response.json()["detail"]


def test_ugridplan_reads_sites_and_the_customers_of_each(ugridplan):
    sites = ugridplan.sites()
    assert len(sites) > 5
    assert sum(sites.values()) > 290
    assert {customer["concession"] for customer in ugridplan.search("mak")} >= {"MAK"}


def test_ugridplan_finds_one_customer_by_number_account_and_phone(ugridplan, portal):
    number = str(portal.people["customer"])
    by_number = ugridplan.customer(id=number)["customer"]
    assert portal.people["account"] in by_number["account_numbers"]
    assert ugridplan.customer(account=portal.people["account"])["customer"] == by_number
    phones = ugridplan.customer(phone=portal.people["phone"])
    assert number in {customer["customer_id"] for customer in phones["customers"]}
    assert ugridplan.customer(id=999999) is None


def test_ugridplan_reads_the_meters_of_a_site(ugridplan):
    everything, one_site = ugridplan.readings(), ugridplan.readings(site="MAK")
    assert 0 < len(one_site["readings"]) < len(everything["readings"])
    assert one_site["meta"]["total_readings"] == len(one_site["readings"])
    assert {reading["site"] for reading in one_site["readings"]} == {"MAK"}
