"""Addresses that no page leads to: days at the ends of the calendar, characters that no database holds."""

import pytest

from billing.models import Transaction

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])

FILTERS = [
    "/payments/?first={}",
    "/payments/?last={}",
    "/customer-data/0045MAK/?first={}",
    "/customer-data/0045MAK/?last={}",
    "/mutations/?since={}",
    "/mutations/?until={}",
    "/mutations/record/?table=tblcustomer&record=1&at={}T00:00",
    "/tariffs/history/?since={}",
    "/tariffs/history/?until={}",
]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("address", FILTERS)
def test_a_day_that_no_time_can_be_reckoned_from_is_refused_beside_its_field(sign_in, thabo, address, day):
    Transaction.objects.create(account="0045MAK", amount=50, kwh=10.0, is_payment=True)
    page = sign_in(thabo).get(address.format(day))
    assert page.status_code == 200
    assert "Give a day from 1900 to 2199." in page.text


@pytest.mark.parametrize(
    "address",
    [
        "/payments/lookup/?reference=%00",
        "/customer-data/0045MAK%00/",
        "/mutations/record/?table=tblcustomer&record=%00",
        "/tables/tblcustomer/?search=a%00b",
        "/tariffs/explain/?q=%00",
        "/customers/?q=%00",
    ],
)
def test_a_nul_character_in_an_address_is_refused_before_any_database_is_asked(sign_in, thabo, address):
    page = sign_in(thabo).get(address)
    assert page.status_code == 400
    assert "leave it out" in page.text
