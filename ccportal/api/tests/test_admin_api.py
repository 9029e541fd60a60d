"""Role assignments and remembered e-mails over the API."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ccportal.accounts.models import Employee, EmployeeEmail, RoleAssignment


@pytest.fixture
def admin(sign_in, nthabiseng):
    client = sign_in(nthabiseng)

    class Admin:
        def get(self, path):
            return client.get(path)

        def post(self, path, body):
            return client.post(path, body, content_type="application/json")

        def put(self, path, body):
            return client.put(path, body, content_type="application/json")

        def delete(self, path):
            return client.delete(path)

    return Admin()


OPERATIONS = [
    ("get", "/api/admin/roles"),
    ("post", "/api/admin/roles"),
    ("put", "/api/admin/roles/1004"),
    ("delete", "/api/admin/roles/1004"),
    ("get", "/api/admin/employee-emails"),
    ("post", "/api/admin/employee-emails"),
    ("post", "/api/admin/employee-emails/bulk"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("who", ["thabo", "lineo", "palesa"])
def test_only_super_admins_may(request, sign_in, who, method, path):
    client = sign_in(request.getfixturevalue(who))
    response = getattr(client, method)(path, data={}, content_type="application/json")
    assert response.status_code == 403
    assert response.json() == {
        "detail": "Your role may not manage employees and roles. It takes the role Super admin; "
        "a super admin can grant it."
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_strangers_are_asked_to_sign_in(client, db, method, path):
    assert getattr(client, method)(path, data={}, content_type="application/json").status_code == 401


def test_a_role_is_assigned_and_listed(admin, thabo):
    response = admin.post("/api/admin/roles", {"employee_id": "1004", "cc_role": "onm_team"})
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", response.json()["assigned_at"])
    RoleAssignment.objects.update(assigned_at=datetime(2026, 11, 21, 14, 5, 9, tzinfo=ZoneInfo("Africa/Maseru")))
    expected = {
        "employee_id": "1004",
        "cc_role": "onm_team",
        "assigned_by": "1001",
        "assigned_at": "2026-11-21 12:05:09",
        "name": "Thabo Mokoena",
        "email": None,
    }
    assert (response.status_code, response.json()) == (201, expected | {"assigned_at": response.json()["assigned_at"]})
    assert admin.get("/api/admin/roles").json() == [expected]
    assert Employee.objects.get(pk=thabo.pk).role == "onm_team"


def test_a_number_nobody_knows_may_be_given_a_role(admin):
    response = admin.post("/api/admin/roles", {"employee_id": "9001", "cc_role": "finance_team"})
    assert (response.json()["name"], response.json()["email"]) == (None, None)


def test_the_remembered_email_is_listed_with_the_role(admin):
    admin.post("/api/admin/employee-emails", {"employee_id": "9001", "email": "N@Example.org"})
    assert (
        admin.post("/api/admin/roles", {"employee_id": "9001", "cc_role": "generic"}).json()["email"] == "n@example.org"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"employee_id": "", "cc_role": "generic"},
        {"employee_id": "1004", "cc_role": "king"},
        {"employee_id": "10 04", "cc_role": "generic"},
        {"employee_id": "1004"},
        {"cc_role": "generic"},
    ],
)
def test_a_body_that_does_not_fit_is_422_and_assigns_nothing(admin, thabo, body):
    assert admin.post("/api/admin/roles", body).status_code == 422
    assert not RoleAssignment.objects.exists()


def test_an_assignment_is_changed_by_the_number_in_the_address(admin, thabo, lineo):
    admin.post("/api/admin/roles", {"employee_id": "1004", "cc_role": "onm_team"})
    response = admin.put("/api/admin/roles/1004", {"employee_id": "1003", "cc_role": "finance_team"})
    assert (response.status_code, response.json()["employee_id"]) == (200, "1004")
    assert Employee.objects.get(employee_no="1004").role == "finance_team"


def test_an_assignment_that_is_not_there_cannot_be_changed_or_removed(admin, thabo):
    assert admin.put("/api/admin/roles/1004", {"employee_id": "1004", "cc_role": "generic"}).status_code == 404
    assert admin.delete("/api/admin/roles/1004").status_code == 404


def test_removing_it_gives_the_automatic_role_back(admin, thabo):
    admin.post("/api/admin/roles", {"employee_id": "1004", "cc_role": "onm_team"})
    response = admin.delete("/api/admin/roles/1004")
    assert (response.status_code, response.json()) == (200, {"message": "Removed; the role is now generic."})
    assert Employee.objects.get(employee_no="1004").role == "generic"


def test_the_last_super_admin_cannot_demote_herself(admin):
    response = admin.post("/api/admin/roles", {"employee_id": "1001", "cc_role": "generic"})
    assert response.status_code == 409
    assert "last super admin" in response.json()["detail"]


def test_an_email_is_remembered_lower_cased_and_replaced(admin):
    admin.post("/api/admin/employee-emails", {"employee_id": "1004", "email": "old@example.org"})
    response = admin.post("/api/admin/employee-emails", {"employee_id": "1004", "email": " Thabo@Example.ORG "})
    assert (response.status_code, response.json()) == (201, {"employee_id": "1004", "email": "thabo@example.org"})
    assert admin.get("/api/admin/employee-emails").json() == [{"employee_id": "1004", "email": "thabo@example.org"}]


def test_many_emails_are_remembered_together(admin):
    body = [{"employee_id": "1", "email": "A@example.org"}, {"employee_id": "2", "email": "b@example.org"}]
    response = admin.post("/api/admin/employee-emails/bulk", body)
    assert response.status_code == 201
    assert response.json() == {
        "count": 2,
        "mappings": [{"employee_id": "1", "email": "a@example.org"}, {"employee_id": "2", "email": "b@example.org"}],
    }


def test_many_emails_are_remembered_all_or_none(admin):
    response = admin.post("/api/admin/employee-emails/bulk", [{"employee_id": "1", "email": "a@b.c"}, {"email": "x"}])
    assert (response.status_code, response.json()) == (422, {"detail": "[1].employee_id: This field is required."})
    assert not EmployeeEmail.objects.exists()


def test_a_list_of_numbers_costs_the_same_queries_as_one(admin, django_assert_max_num_queries):
    for number in range(20):
        RoleAssignment.objects.create(employee_no=str(6000 + number), role="generic", assigned_by="1001")
    with django_assert_max_num_queries(8):
        assert len(admin.get("/api/admin/roles").json()) == 20
