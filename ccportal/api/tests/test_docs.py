"""The API's own documents."""

import pytest


@pytest.fixture(autouse=True)
def real_addresses(settings):
    settings.ROOT_URLCONF = "ccportal.urls"


def test_staff_read_every_operation_with_who_may_call_it(sign_in, thabo):
    page = sign_in(thabo).get("/api/docs/").content.decode()
    for text in ("/api/auth/employee-login", "/api/admin/roles/{employee_id}", "manage_roles", "lookup.read"):
        assert text in page


def test_the_page_needs_nothing_from_elsewhere_and_nothing_inline(sign_in, thabo):
    page = sign_in(thabo).get("/api/docs/").content.decode()
    assert "https://" not in page
    assert " style=" not in page
    assert "<style" not in page


def test_the_document_says_what_each_operation_takes_and_answers(sign_in, thabo):
    document = sign_in(thabo).get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    login = document["paths"]["/api/auth/employee-login"]["post"]
    assert login["operationId"] == "employeeLogin"
    assert login["security"] == []
    assert set(login["responses"]) == {"200", "401", "403", "406", "413", "415", "422", "429", "500", "503"}
    roles = document["paths"]["/api/admin/roles"]
    assert (roles["get"]["x-permission"], roles["post"]["x-permission"]) == ("manage_roles", "manage_roles")
    assert "201" in roles["post"]["responses"]


def test_every_operation_has_a_summary_and_an_id_of_its_own(sign_in, thabo):
    document = sign_in(thabo).get("/api/openapi.json").json()
    operations = [item[method] for item in document["paths"].values() for method in item]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert [operation["operationId"] for operation in operations if not operation.get("description")] == []


def test_customers_and_programs_do_not_read_them(client, api_key):
    assert client.get("/api/docs/").status_code == 302
    assert client.get("/api/openapi.json", headers=api_key("lookup.read")).status_code == 403


@pytest.mark.parametrize("path", ["/api/nothing", "/api/auth/nothing", "/api/auth/me/", "/api/"])
def test_an_address_that_does_not_exist_is_404_in_json(client, db, path):
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
