"""The admin site: people, roles, keys, locks."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from ccportal.accounts import keys
from ccportal.accounts.models import ApiKey, CustomerLogin, DepartmentRole, Employee, RoleAssignment, SignIn

LISTS = [
    "accounts/employee",
    "accounts/roleassignment",
    "accounts/departmentrole",
    "accounts/employeeemail",
    "accounts/apikey",
    "accounts/customerlogin",
    "accounts/signin",
    "auth/group",
    "axes/accessattempt",
]


@pytest.fixture
def admin(sign_in, nthabiseng):
    return sign_in(nthabiseng)


def secret_of(response):
    return re.search(r"<code>([^<]+)</code>", response.content.decode())[1]


@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in LISTS)])
def test_every_list_opens_for_a_super_admin(admin, path):
    assert admin.get(f"/admin/{path}").status_code == 200


@pytest.mark.parametrize("who", ["thabo", "lineo", "palesa"])
@pytest.mark.parametrize("path", ["", "accounts/employee/", "accounts/apikey/add/"])
def test_it_is_closed_to_other_roles_with_the_reason(request, sign_in, who, path):
    response = sign_in(request.getfixturevalue(who)).get(f"/admin/{path}", follow=True)
    assert response.status_code == 403
    assert "takes the role Super admin" in response.content.decode()


def test_signing_in_happens_on_the_portals_own_page(client, db, nthabiseng, enter):
    response = client.get("/admin/accounts/employee/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/sign-in/?next=")
    back = enter("1001", next=response.context["next"])
    assert client.get(back["Location"], follow=True).request["PATH_INFO"] == "/admin/accounts/employee/"


def test_signing_out_is_the_portals_own(admin):
    assert 'action="/sign-out/"' in admin.get("/admin/").content.decode()


@pytest.mark.parametrize("path", ["", "accounts/employee/", "accounts/employee/add/", "accounts/apikey/add/"])
def test_nothing_is_inline_on_its_pages(admin, path):
    response = admin.get(f"/admin/{path}")
    page = response.content.decode()
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>\s*\S", page) == []
    assert re.findall(r"<style|\sstyle=\"|\son[a-z]+=\"", page) == []


class TestEmployees:
    def add(self, admin, **fields):
        form = {"employee_no": "5001", "name": "Tau Sello", "role": "finance_team", "is_active": "on", **fields}
        return admin.post("/admin/accounts/employee/add/", form)

    def test_a_new_employee_gets_a_temporary_password_shown_once(self, admin):
        response = self.add(admin)
        employee = Employee.objects.get(employee_no="5001")
        assert employee.check_password(secret_of(response))
        assert employee.must_change_password
        assert "no-store" in response["Cache-Control"]

    def test_the_role_given_there_is_an_assignment_by_hand(self, admin):
        self.add(admin)
        assignment = RoleAssignment.objects.get(employee_no="5001")
        assert (assignment.role, assignment.assigned_by) == ("finance_team", "1001")
        assert Employee.objects.get(employee_no="5001").has_perm("accounts.change_tariffs")

    def test_a_temporary_password_can_be_given_again(self, admin, thabo, enter):
        enter(to=(browser := Client()))
        response = admin.post(
            "/admin/accounts/employee/", {"action": "temporary_password", "_selected_action": [thabo.pk]}
        )
        employee = Employee.objects.get(pk=thabo.pk)
        assert employee.check_password(secret_of(response))
        assert employee.must_change_password
        assert browser.get("/profile/").status_code == 302

    def test_switching_somebody_off_signs_them_out(self, admin, thabo, enter):
        enter(to=(browser := Client()))
        admin.post(f"/admin/accounts/employee/{thabo.pk}/change/", {"name": "Thabo Mokoena", "role": "generic"})
        assert not Employee.objects.get(pk=thabo.pk).is_active
        assert browser.get("/profile/").status_code == 302
        assert SignIn.objects.filter(employee=thabo, ended_at=None).count() == 0

    def test_the_last_super_admin_cannot_be_switched_off_or_demoted(self, admin, nthabiseng):
        for form in ({"role": "superadmin"}, {"role": "generic", "is_active": "on"}):
            response = admin.post(f"/admin/accounts/employee/{nthabiseng.pk}/change/", {"name": "N", **form})
            assert "This is the last super admin" in response.content.decode()
        assert Employee.objects.get(pk=nthabiseng.pk).is_staff

    def test_employees_are_never_deleted(self, admin, thabo):
        assert admin.post(f"/admin/accounts/employee/{thabo.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_no_password_hash_is_shown(self, admin, thabo):
        assert "md5$" not in admin.get(f"/admin/accounts/employee/{thabo.pk}/change/").content.decode()


class TestKeys:
    def add(self, admin, **fields):
        return admin.post("/admin/accounts/apikey/add/", {"name": "om-portal", "scopes": ["lookup.read"], **fields})

    def test_a_new_key_is_shown_once_and_works(self, admin):
        text = secret_of(self.add(admin))
        assert keys.find(text).scopes == ["lookup.read"]
        page = admin.get(f"/admin/accounts/apikey/{ApiKey.objects.get().pk}/change/").content.decode()
        assert text not in page
        assert text.rsplit("_", 1)[1] not in page
        assert ApiKey.objects.get().created_by == "1001"

    def test_a_scope_that_does_not_exist_is_refused(self, admin):
        self.add(admin, scopes=["everything"])
        assert not ApiKey.objects.exists()

    def test_it_is_revoked_there(self, admin):
        text = secret_of(self.add(admin))
        admin.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]})
        assert keys.find(text) is None


class TestRoles:
    def test_an_assignment_made_there_counts_at_once(self, admin, thabo):
        admin.post("/admin/accounts/roleassignment/add/", {"employee_no": "1pwr1004", "role": "onm_team"})
        assert Employee.objects.get(pk=thabo.pk).role == "onm_team"
        assert RoleAssignment.objects.get().assigned_by == "1001"

    def test_an_assignment_deleted_there_gives_the_automatic_role_back(self, admin, thabo):
        admin.post("/admin/accounts/roleassignment/add/", {"employee_no": "1004", "role": "onm_team"})
        pk = RoleAssignment.objects.get().pk
        admin.post(f"/admin/accounts/roleassignment/{pk}/delete/", {"post": "yes"})
        assert Employee.objects.get(pk=thabo.pk).role == "generic"

    def test_a_department_is_kept_in_small_letters_and_offers_no_super_admin(self, admin):
        admin.post("/admin/accounts/departmentrole/add/", {"department": " Metering ", "role": "onm_team"})
        assert DepartmentRole.objects.filter(department="metering", role="onm_team").exists()
        admin.post("/admin/accounts/departmentrole/add/", {"department": "board", "role": "superadmin"})
        assert not DepartmentRole.objects.filter(department="board").exists()

    def test_a_roles_permissions_are_edited_there(self, admin, thabo):
        group = Group.objects.get(name="generic")
        keep = group.permissions.exclude(codename="export_tables").values_list("pk", flat=True)
        admin.post(f"/admin/auth/group/{group.pk}/change/", {"permissions": list(keep)})
        assert not Employee.objects.get(pk=thabo.pk).has_perm("accounts.export_tables")
        assert Employee.objects.get(pk=thabo.pk).has_perm("accounts.view_tables")

    def test_super_admins_cannot_lock_themselves_out(self, admin):
        group = Group.objects.get(name="superadmin")
        response = admin.post(f"/admin/auth/group/{group.pk}/change/", {"permissions": []})
        assert "Super admins keep manage_roles" in response.content.decode()
        assert group.permissions.filter(codename="manage_roles").exists()

    @pytest.mark.parametrize("action", ["add/", "1/delete/"])
    def test_roles_are_neither_added_nor_deleted(self, admin, action):
        assert admin.post(f"/admin/auth/group/{action}", {"post": "yes"}).status_code == 403


def test_deleting_a_customers_login_lets_the_customer_register_again(admin):
    login = CustomerLogin.objects.create(account="0045MAK", password="x")
    admin.post(f"/admin/accounts/customerlogin/{login.pk}/delete/", {"post": "yes"})
    assert not CustomerLogin.objects.exists()


def test_a_sign_in_is_ended_there(admin, thabo, enter):
    enter(to=(browser := Client()))
    row = SignIn.objects.get(employee=thabo)
    admin.post("/admin/accounts/signin/", {"action": "end", "_selected_action": [str(row.pk)]})
    assert browser.get("/profile/").status_code == 302


def test_secrets_and_counters_are_not_registered_for_the_log():
    from ccportal.core.audited import registered

    assert {"password", "last_login", "tokens_valid_from"} <= registered()[Employee]
    assert "digest" in registered()[ApiKey]
    assert "password" in registered()[CustomerLogin]


def test_its_lists_have_names_that_administrators_know(admin):
    page = admin.get("/admin/").content.decode()
    for name in ("People and keys", "What each role may do", "Wrong passwords"):
        assert name in page


def test_its_times_cannot_be_misread(admin, nthabiseng):
    nthabiseng.last_login = datetime(2026, 11, 2, 12, 5, tzinfo=UTC)
    nthabiseng.save()
    assert "2 Nov 2026, 14:05" in admin.get("/admin/accounts/employee/").content.decode()


def test_what_is_done_there_is_in_the_log_of_changes(admin, thabo):
    from audit.models import Mutation

    admin.post("/admin/accounts/roleassignment/add/", {"employee_no": "1004", "role": "onm_team"})
    entry = (
        Mutation.objects.filter(table_name="accounts_employee", record_id=str(thabo.pk))
        .exclude(new_values__role=None)
        .first()
    )
    assert (entry.actor_id, entry.old_values["role"], entry.new_values["role"]) == ("1001", "generic", "onm_team")
    admin.post("/admin/accounts/employee/", {"action": "temporary_password", "_selected_action": [thabo.pk]})
    assert Mutation.objects.filter(event="accounts.password.reset", actor_id="1001").exists()
    assert "md5$" not in str(list(Mutation.objects.values("old_values", "new_values")))
