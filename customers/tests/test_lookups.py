"""The lookups other programs use, over HTTP (contract: lookup)."""

import pytest

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]

LERATO = {
    "customer_id": "1",
    "first_name": "Lerato",
    "middle_name": "",
    "last_name": "Letšela",
    "phone": "58698650",
    "cell_phone_1": "58698650",
    "cell_phone_2": "",
    "email": "lerato@example.com",
    "plot_number": "MAK 0001 HH",
    "street_address": "Thaba-Tšoeu",
    "city": "Ha Makebe",
    "district": "Maseru",
    "concession": "MAK",
    "date_connected": "2024-12-07 00:30:00",
    "date_terminated": "",
}


@pytest.fixture
def api(sign_in, thabo):
    return sign_in(thabo)


def numbers(answer):
    return [customer["customer_id"] for customer in answer.json()["customers"]]


@pytest.mark.parametrize("typed", ["58698650", "+266 5869 8650", "0026658698650", "266-58698650", "058698650"])
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_phone_is_found_in_any_spelling(api, prefix, typed):
    answer = api.get(f"{prefix}/customers/by-phone/{typed}")
    assert answer.status_code == 200
    assert answer.json() == {"customers": [{**LERATO, "account_numbers": ["0001MAK"]}], "count": 1}


def test_a_phone_stored_with_country_code_is_found_by_its_local_digits(api):
    assert numbers(api.get("/customers/by-phone/62001122")) == ["2"]


def test_seven_digits_are_refused_and_match_no_stranger(api):
    answer = api.get("/customers/by-phone/8698650")
    assert answer.status_code == 400
    assert answer.json() == {"detail": "Give the whole phone number, at least 8 digits."}


def test_an_unknown_phone_is_404(api):
    answer = api.get("/customers/by-phone/59999999")
    assert (answer.status_code, answer.json()) == (404, {"detail": "No customer has this phone number."})


def test_a_stored_zero_is_no_phone(api):
    assert api.get("/customers/by-phone/00000000").status_code == 400


def test_a_customer_is_found_by_number(api):
    assert api.get("/customers/by-id/1").json() == {"customer": {**LERATO, "account_numbers": ["0001MAK"]}}


@pytest.mark.parametrize("number", ["77", "abc", "-1", "1.5", "99999999999999999999", "٣"])
def test_what_is_no_customer_number_is_404(api, number):
    answer = api.get(f"/customers/by-id/{number}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize("account", ["0001MAK", "0001mak", "MAK0001", " 0001MAK ", "1MAK".zfill(7)])
def test_an_account_is_found_in_either_order_and_any_case(api, account):
    assert api.get(f"/customers/by-account/{account}").json()["customer"]["customer_id"] == "1"


def test_an_account_that_only_follows_from_the_plot_is_found(api):
    customer = api.get("/customers/by-account/0914KET").json()["customer"]
    assert (customer["customer_id"], customer["concession"]) == ("2", "KET")


def test_an_account_of_nobody_says_so(api):
    answer = api.get("/customers/by-account/0009NKU")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Account 0009NKU has transactions but belongs to no customer."}


def test_an_account_whose_customer_has_no_record_has_its_own_text(api):
    answer = api.get("/customers/by-account/9000TOS")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Account 9000TOS belongs to customer 900000, who has no record."}


def test_an_unknown_account_is_404(api):
    answer = api.get("/customers/by-account/7777MAK")
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no account 7777MAK."})


def test_search_finds_parts_of_words_without_regard_to_carons(api):
    answer = api.get("/customers/search?q=ETSELA").json()
    assert answer == {"customers": [LERATO], "count": 1, "query": "ETSELA"}


def test_search_leaves_phones_and_villages_out(api):
    assert api.get("/customers/search?q=58698650").json()["count"] == 0
    assert api.get("/customers/search?q=tsoeu").json()["count"] == 0


def test_search_finds_the_site_by_an_older_name(api):
    assert numbers(api.get("/customers/search?q=matsoaing")) == ["3"]


def test_search_keeps_to_the_limit(api):
    assert api.get("/customers/search?q=ma&limit=1").json()["count"] == 1


@pytest.mark.parametrize("query", ["", "q=", "q=x", "q=mak&limit=0", "q=mak&limit=101", "q=mak&limit=many"])
def test_search_refuses_what_does_not_fit(api, query):
    answer = api.get(f"/customers/search?{query}")
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


def test_sites_are_counted_under_their_codes(api):
    assert api.get("/sites").json() == {
        "sites": [
            {"concession": "KET", "customer_count": 1},
            {"concession": "MAK", "customer_count": 1},
            {"concession": "MAT", "customer_count": 1},
        ],
        "total_sites": 3,
    }


def test_the_sign_in_page_of_a_client_can_list_the_sites(client):
    assert client.get("/api/sites").json()["total_sites"] == 3


@pytest.mark.parametrize(
    "path",
    ["/sites", "/customers/by-phone/58698650", "/customers/by-id/1", "/customers/by-account/0001MAK",
     "/customers/search?q=mak", "/api/customers/by-id/1"],
)  # fmt: skip
def test_a_stranger_learns_nothing(client, path):
    answer = client.get(path)
    assert answer.status_code == 401
    assert set(answer.json()) == {"detail"}
    assert "Lerato" not in answer.text


def test_a_phone_lookup_costs_a_constant_number_of_queries(api, django_assert_num_queries):
    api.get("/customers/by-phone/58698650")
    with django_assert_num_queries(7, using="default"):  # session, employee, 2 permissions; phone, sites, accounts
        api.get("/customers/by-phone/58698650")
    with django_assert_num_queries(1, using="acdb"):
        api.get("/customers/by-phone/58698650")
