"""The registry as Thabo the care agent sees it."""

import pytest

from customers.models import Customer, DirectoryCustomer
from customers.services.directory import refresh_directory

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]


@pytest.fixture
def portal(sign_in, thabo):
    return sign_in(thabo)


def names(response):
    return [customer.name for customer in response.context["page"].items]


def test_the_list_shows_everybody_by_last_name(portal):
    assert names(portal.get("/customers/")) == [
        "Lerato Letšela", "Thabo 'Mokoena", "Neo Molapo", "Palesa Mpho Tau",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("letsela", ["Lerato Letšela"]),
        ("LETŠELA lerato", ["Lerato Letšela"]),
        ("mokoena", ["Thabo 'Mokoena"]),
        ("5869 8650", ["Lerato Letšela"]),
        ("+266 62001122", ["Thabo 'Mokoena"]),
        ("MAK0001", ["Lerato Letšela", "Neo Molapo"]),
        ("0914 ket", ["Thabo 'Mokoena"]),
        ("ket 0914b hh", ["Thabo 'Mokoena"]),
        ("tsoeu", ["Lerato Letšela"]),
        ("SMRSD-02-0003", ["Palesa Mpho Tau"]),
        ("nobody", []),
        ('" OR 1=1 --', []),
    ],
)
def test_search_finds_by_whatever_is_typed(portal, typed, found):
    assert names(portal.get("/customers/", {"q": typed})) == found


def test_filters_narrow_the_list(portal):
    assert names(portal.get("/customers/?site=MAT")) == ["Palesa Mpho Tau"]
    assert names(portal.get("/customers/?site=-")) == ["Neo Molapo"]
    assert names(portal.get("/customers/?status=terminated")) == ["Palesa Mpho Tau"]
    assert names(portal.get("/customers/?customer_type=SME")) == ["Thabo 'Mokoena", "Palesa Mpho Tau"]


def test_the_list_sorts_both_ways_with_unknown_dates_last(portal):
    assert names(portal.get("/customers/?sort=connected"))[:2] == ["Palesa Mpho Tau", "Lerato Letšela"]
    assert names(portal.get("/customers/?sort=connected&order=desc"))[:2] == ["Lerato Letšela", "Palesa Mpho Tau"]


def test_an_empty_result_says_what_to_do(portal):
    response = portal.get("/customers/?q=nobody")
    assert "No customer matches" in response.text
    assert "Show all customers" in response.text


def test_a_bad_page_number_is_explained(portal):
    response = portal.get("/customers/?page=x")
    assert response.status_code == 400
    assert "The page must be a whole number from 1." in response.text


def test_htmx_gets_only_the_list(portal):
    response = portal.get("/customers/?q=letsela", headers={"HX-Request": "true"})
    assert "<html" not in response.text
    assert "Lerato Letšela" in response.text
    assert "HX-Request" in response["Vary"]


def test_the_search_box_goes_straight_to_the_only_match(portal):
    assert portal.get("/customers/find/?q=5869+8650").url == "/customers/1/"


def test_the_search_box_goes_to_the_list_when_several_or_none_match(portal):
    assert portal.get("/customers/find/?q=mak0001").url == "/customers/?q=mak0001"
    assert portal.get("/customers/find/?q=no+body").url == "/customers/?q=no+body"
    assert portal.get("/customers/find/").url == "/customers/?q="


def test_suggestions_begin_with_the_exact_number(portal):
    response = portal.get("/customers/suggest/?q=3")
    assert response.context["found"][0].number == 3


def test_suggestions_escape_what_was_typed(portal):
    response = portal.get("/customers/suggest/", {"q": "<script>"})
    assert "<script>" not in response.text


def test_the_customer_page_shows_profile_accounts_and_meters(portal):
    response = portal.get("/customers/1/")
    assert response.status_code == 200
    for text in ("Lerato", "Letšela", "58698650", "Thaba-Tšoeu", "7 Dec 2024", "0001MAK", "SMRSD-01-0002", "replaced"):
        assert text in response.text


def test_the_customer_page_links_to_a_map_of_the_right_place(portal):
    response = portal.get("/customers/1/")
    assert "mlat=-29.440000&amp;mlon=27.780000" in response.text


def test_a_shared_account_is_marked(portal):
    response = portal.get("/customers/4/")
    assert "The account counts as another customer’s." in response.text
    assert 'href="/customers/1/"' in response.text


def test_contradicting_dates_are_pointed_out(portal):
    assert "The record says the service ended before it was connected." in portal.get("/customers/3/").text


def test_an_unknown_customer_is_a_404_page(portal):
    response = portal.get("/customers/77/")
    assert response.status_code == 404
    assert "There is no customer 77." in response.text


def test_an_outsider_is_sent_to_the_sign_in_page(client):
    response = client.get("/customers/1/")
    assert response.status_code == 302
    assert response.url.startswith("/sign-in/")


def test_a_refresh_follows_changes_and_deletions(portal):
    Customer.objects.filter(number=1).update(last_name="Phiri", phone="59000000")
    Customer.objects.filter(number=4).delete()
    refresh_directory()
    assert names(portal.get("/customers/?q=phiri")) == ["Lerato Phiri"]
    assert names(portal.get("/customers/?q=59000000")) == ["Lerato Phiri"]
    assert names(portal.get("/customers/?q=letsela")) == []
    assert names(portal.get("/customers/?q=molapo")) == []


def test_a_refresh_without_changes_writes_no_customer(portal):
    DirectoryCustomer.objects.filter(number=1).update(name="untouched")
    refresh_directory()
    assert DirectoryCustomer.objects.get(number=1).name == "untouched"
