"""How many queries each page costs: a committed baseline, so that an N+1 shows as a failed test."""

import pytest

from ccportal.acdb.testing import using_acdb
from ccportal.acdb.tests.conftest import imports_in_a_temporary_directory, library  # noqa: F401 - fixtures
from customers.services.directory import refresh_directory
from omreport.services import rollups

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])

PATHS = {
    "dashboard": "/",
    "customer list": "/customers/",
    "customer search": "/customers/?q=letsela",
    "suggestions": "/customers/suggest/?q=letsela",
    "customer": "/customers/23/",
    "new customer": "/customers/new/",
    "edit a customer": "/customers/23/edit/",
    "assign a meter": "/customers/23/assign-meter/",
    "meters of an account": "/customers/meters/?account=0001TLH",
    "account": "/customer-data/0001TLH/",
    "account summary": "/customer-data/0001TLH/summary/",
    "tariffs": "/tariffs/",
    "own rates": "/tariffs/customers/",
    "which rate": "/tariffs/explain/?q=0001TLH",
    "tariff history": "/tariffs/history/",
    "tariff simulator": "/tariffs/simulator/?everybody=7",
    "payments": "/payments/",
    "unmatched payments": "/payments/queue/",
    "mutations": "/mutations/",
    "background work": "/jobs/",
    "imports": "/import/",
    "tables": "/tables/",
    "table": "/tables/tblcustomer/",
    "record": "/tables/tblcustomer/record/?id=1",
    "record form": "/tables/tblcustomer/edit/?id=1",
    "export": "/export/",
    "roles": "/roles/",
    "O&M report": "/reports/om/",
    "financial report": "/reports/financial/",
    "energy balance": "/reports/energy/",
    "energy readings": "/reports/energy/readings/",
    "reliability": "/reports/reliability/",
    "profile": "/profile/",
    "by-phone": "/customers/by-phone/58698650",
    "by-id": "/customers/by-id/1",
    "by-account": "/customers/by-account/0001TLH",
    "search": "/customers/search?q=letsela&limit=100",
    "sites": "/sites",
    "customer-data": "/api/customer-data/0001TLH",
    "site-summary": "/api/stats/site-summary",
}


@pytest.fixture
def sample(library, db):  # noqa: F811 - the fixture imported above
    with using_acdb(library.imported("sqlite", "sample")):
        refresh_directory()
        rollups.refresh()
        yield


@pytest.mark.usefixtures("sample")
def test_every_page_costs_as_many_queries_as_written_down(sign_in, nthabiseng, query_count):
    client = sign_in(nthabiseng)
    for path in PATHS.values():
        client.get(path)  # what is cached once is not counted
    for name, path in PATHS.items():
        with query_count(name):
            response = client.get(path)
        assert response.status_code == 200, path
