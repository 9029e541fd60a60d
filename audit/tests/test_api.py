"""GET /api/mutations and its entries in the contract's shape; POST …/revert."""

import re

import pytest
from rest_framework.test import APIClient

from audit import services
from audit.actors import Actor
from audit.models import Mutation
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def api():
    def enter(employee):
        client = APIClient()
        client.force_authenticate(employee)
        return client

    return enter


def test_the_list_has_the_contracts_shape(api, thabo, mpho, renamed):
    body = api(thabo).get("/api/mutations", {"table": "tblcustomer"}).json()
    assert {key: body[key] for key in ("total", "page", "limit", "pages")} == {
        "total": 1,
        "page": 1,
        "limit": 50,
        "pages": 1,
    }
    (item,) = body["mutations"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", item.pop("timestamp"))
    assert item == {
        "id": renamed.pk,
        "user_type": "employee",
        "user_id": "1002",
        "user_name": "Palesa Molapo",
        "action": "update",
        "table_name": "tblcustomer",
        "record_id": str(mpho.pk),
        "reverted": 0,
        "reverted_by": None,
        "reverted_at": None,
    }


def test_an_entry_has_the_values_before_and_after(api, thabo, renamed):
    body = api(thabo).get(f"/api/mutations/{renamed.pk}").json()
    assert (body["old_values"]["FIRST NAME"], body["new_values"]["FIRST NAME"]) == ("Mpho", "Neo")


def test_a_change_is_undone(api, palesa, thabo, mpho, renamed):
    answer = api(palesa).post(f"/api/mutations/{renamed.pk}/revert")
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("message").startswith(f"Entry {renamed.pk} is undone")
    assert body == {"action": "update", "table": "tblcustomer", "record_id": str(mpho.pk)}
    item = api(thabo).get(f"/api/mutations/{renamed.pk}").json()
    assert (item["reverted"], item["reverted_by"]) == (1, "1002")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", item["reverted_at"])


@pytest.mark.parametrize(
    ("query", "total"),
    [({"user": "1002"}, 1), ({"user": "1004"}, 0), ({"action": "delete"}, 0), ({"table": ""}, 1), ({"page": 7}, 1)],
)
def test_filters_are_exact(api, thabo, renamed, query, total):
    body = api(thabo).get("/api/mutations", {"table": "tblcustomer", **query} if query != {"table": ""} else query)
    assert body.status_code == 200
    found = [item for item in body.json()["mutations"] if item["id"] == renamed.pk]
    assert len(found) == (total if query != {"page": 7} else 0)


@pytest.mark.parametrize("query", [{"limit": 201}, {"limit": 0}, {"page": 0}, {"page": "x"}, {"action": "import"}])
def test_a_query_that_does_not_fit_is_refused(api, thabo, query):
    answer = api(thabo).get("/api/mutations", query)
    assert answer.status_code == 422
    assert set(answer.json()) == {"detail"}


def test_changes_that_were_not_made_are_not_listed(api, thabo, renamed):
    Mutation.objects.filter(pk=renamed.pk).update(state="failed")
    assert api(thabo).get("/api/mutations", {"table": "tblcustomer"}).json()["total"] == 0
    assert api(thabo).get(f"/api/mutations/{renamed.pk}").status_code == 404


@pytest.mark.parametrize(("path", "method"), [("", "get"), ("/1", "get"), ("/1/revert", "post")])
def test_it_refuses_strangers(path, method):
    answer = getattr(APIClient(), method)(f"/api/mutations{path}")
    assert answer.status_code == 401


def test_undoing_is_refused_in_the_contracts_order(api, lineo, palesa, renamed):
    assert api(lineo).post(f"/api/mutations/{renamed.pk}/revert").status_code == 403
    assert api(lineo).post("/api/mutations/999999/revert").status_code == 403
    assert api(palesa).post("/api/mutations/999999/revert").status_code == 404
    assert api(palesa).post(f"/api/mutations/{renamed.pk}/revert").status_code == 200
    again = api(palesa).post(f"/api/mutations/{renamed.pk}/revert")
    assert (again.status_code, "undone already" in again.json()["detail"]) == (400, True)


def test_a_record_that_moved_on_is_a_conflict(api, palesa, renamed):
    Customer.objects.update(first_name="Thato")
    answer = api(palesa).post(f"/api/mutations/{renamed.pk}/revert")
    assert answer.status_code == 409
    assert Customer.objects.get().first_name == "Thato"


def test_a_key_that_is_no_number_is_422(api, thabo):
    assert api(thabo).get("/api/mutations/abc").status_code == 422


def test_what_a_program_did_carries_its_key(api, thabo):
    actor = Actor("service", "key:ab12", "om-portal")
    entry = services.record_change(actor, "x.changed", "things", "1", None, {"a": 1})
    item = api(thabo).get(f"/api/mutations/{entry.pk}").json()
    assert (item["user_type"], item["user_id"], item["user_name"]) == ("employee", "key:ab12", "om-portal")
