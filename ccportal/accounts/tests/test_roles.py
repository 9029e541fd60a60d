"""Roles: the table in code, the groups, assignments and departments."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError

from ccportal.accounts import roles, services
from ccportal.accounts.groups import write_role_groups
from ccportal.accounts.models import DepartmentRole, Employee, RoleAssignment, RoleDefault
from ccportal.core.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.django_db
#: semantics 19, the flags of the contract.
FLAGS = {
    "superadmin": {"write_customers", "write_transactions", "manage_roles"},
    "onm_team": {"write_customers", "write_transactions"},
    "finance_team": {"write_transactions"},
    "generic": set(),
}


def permissions_of(role):
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


@pytest.mark.parametrize("role", FLAGS)
def test_each_role_has_the_flags_of_the_contract(role, make_employee):
    employee = make_employee("3001", "Tau Sello", role)
    every = {"write_customers", "write_transactions", "manage_roles"}
    assert {flag for flag in every if employee.has_perm(f"accounts.{flag}")} == FLAGS[role]


@pytest.mark.parametrize("role", FLAGS)
def test_every_role_may_read(role, make_employee):
    employee = make_employee("3001", "Tau Sello", role)
    for permission in ("view_customers", "view_billing", "view_reports", "view_tables", "export_tables"):
        assert employee.has_perm(f"accounts.{permission}")


def test_the_groups_are_written_by_migrations():
    assert permissions_of("superadmin") == set(roles.PERMISSIONS)


def test_what_was_taken_away_in_the_admin_site_stays_away():
    group = Group.objects.get(name="generic")
    group.permissions.remove(Permission.objects.get(codename="export_tables"))
    write_role_groups()
    assert "export_tables" not in permissions_of("generic")


def test_what_was_added_in_the_admin_site_stays():
    Group.objects.get(name="generic").permissions.add(Permission.objects.get(codename="view_jobs"))
    write_role_groups()
    assert "view_jobs" in permissions_of("generic")


def test_a_permission_that_is_new_in_code_is_added_even_to_an_edited_group():
    group = Group.objects.get(name="generic")
    group.permissions.remove(Permission.objects.get(codename="export_tables"))
    # As if view_tables had not been in the table before.
    RoleDefault.objects.filter(permission="view_tables").delete()
    group.permissions.remove(Permission.objects.get(codename="view_tables"))
    write_role_groups()
    assert "view_tables" in permissions_of("generic")
    assert "export_tables" not in permissions_of("generic")


def test_a_permission_that_left_the_code_is_taken_back(monkeypatch):
    slimmer = roles.Role("generic", "Generic", roles.ROLES["generic"].permissions - {"view_tariffs"})
    monkeypatch.setitem(roles.ROLES, "generic", slimmer)
    write_role_groups()
    assert "view_tariffs" not in permissions_of("generic")
    assert "view_tariffs" in permissions_of("finance_team")


def test_an_employee_is_in_the_group_of_the_role_and_no_other(thabo):
    thabo.role = "finance_team"
    thabo.save()
    assert [group.name for group in thabo.groups.all()] == ["finance_team"]


class TestAssignments:
    def test_an_assignment_changes_the_employee_at_once(self, thabo):
        services.assign_role("1004", "onm_team", assigned_by="1001")
        assert Employee.objects.get(pk=thabo.pk).has_perm("accounts.commission_customers")

    def test_an_assignment_may_come_before_the_employee(self):
        services.assign_role("5001", "finance_team", assigned_by="1001")
        assert RoleAssignment.objects.get().role == "finance_team"

    def test_an_unknown_role_is_refused(self):
        with pytest.raises(InvalidInput, match="The role must be one of superadmin, onm_team"):
            services.assign_role("1004", "king", assigned_by="1001")

    def test_without_it_the_department_decides(self, thabo):
        thabo.department = "Finance"
        thabo.save()
        services.assign_role("1004", "onm_team", assigned_by="1001")
        assert services.remove_assignment("1004") == "finance_team"
        assert Employee.objects.get(pk=thabo.pk).role == "finance_team"

    def test_without_it_and_without_department_the_role_is_generic(self, palesa):
        services.assign_role("1002", "onm_team", assigned_by="1001")
        assert services.remove_assignment("1002") == "generic"
        assert Employee.objects.get(pk=palesa.pk).role == "generic"

    def test_one_that_is_not_there_cannot_be_removed(self, thabo):
        with pytest.raises(NotFound):
            services.remove_assignment("1004")

    def test_the_last_super_admin_stays(self, nthabiseng):
        with pytest.raises(Conflict, match="last super admin"):
            services.assign_role("1001", "generic", assigned_by="1001")
        assert Employee.objects.get(pk=nthabiseng.pk).role == "superadmin"
        assert not RoleAssignment.objects.exists()


class TestDepartments:
    @pytest.mark.parametrize(
        ("department", "role"),
        [
            ("O&M", "onm_team"),
            (" Reticulation_SMP ", "onm_team"),
            ("asset management", "onm_team"),
            ("CFO", "finance_team"),
            ("finance", "finance_team"),
            ("Finance & Legal", "generic"),
            ("human resources", "generic"),
            ("", "generic"),
        ],
    )
    def test_the_seeded_departments_give_their_roles(self, department, role):
        assert services.department_role(department) == role

    def test_a_department_can_never_make_a_super_admin(self):
        with pytest.raises(IntegrityError):
            DepartmentRole.objects.create(department="board", role="superadmin")
