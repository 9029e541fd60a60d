"""manage.py employee and manage.py demo_employees."""

import json

import pytest
from django.core.management import CommandError, call_command

from ccportal.accounts.models import Employee, RoleAssignment

pytestmark = pytest.mark.django_db
DEMO = [
    ("1001", "Nthabiseng Phiri", "superadmin"),
    ("1002", "Palesa Molapo", "onm_team"),
    ("1003", "Lineo Letsie", "finance_team"),
    ("1004", "Thabo Mokoena", "generic"),
]


def run(capsys, *arguments):
    call_command(*arguments)
    return capsys.readouterr().out


class TestEmployee:
    def test_it_makes_the_first_super_admin_with_a_temporary_password(self, capsys):
        out = run(capsys, "employee", "1PWR-2001", "--name", "Mpho Nteso", "--role", "superadmin")
        employee = Employee.objects.get(employee_no="2001")
        password = out.split("Temporary password: ")[1].strip()
        assert employee.check_password(password)
        assert employee.must_change_password
        assert employee.has_perm("accounts.manage_roles")
        assert RoleAssignment.objects.get().assigned_by == "command line"

    def test_it_gives_an_employee_a_new_temporary_password(self, capsys, thabo):
        out = run(capsys, "employee", "1004")
        employee = Employee.objects.get(pk=thabo.pk)
        assert employee.check_password(out.split("Temporary password: ")[1].splitlines()[0])
        assert employee.must_change_password

    def test_it_changes_a_role_and_keeps_the_password(self, capsys, thabo):
        out = run(capsys, "employee", "1004", "--role", "onm_team", "--keep-password")
        employee = Employee.objects.get(pk=thabo.pk)
        assert (employee.role, employee.password, employee.must_change_password) == ("onm_team", thabo.password, False)
        assert "Temporary" not in out

    def test_it_asks_for_a_password_when_told_so(self, capsys, thabo, monkeypatch):
        monkeypatch.setattr("getpass.getpass", lambda prompt: "Pula-ea-na-42")
        run(capsys, "employee", "1004", "--ask")
        assert Employee.objects.get(pk=thabo.pk).check_password("Pula-ea-na-42")

    def test_it_refuses_a_password_against_the_rules(self, thabo, monkeypatch):
        monkeypatch.setattr("getpass.getpass", lambda prompt: "1234")
        with pytest.raises(CommandError, match="too short"):
            call_command("employee", "1004", "--ask")

    def test_it_refuses_to_demote_the_last_super_admin(self, nthabiseng):
        with pytest.raises(CommandError, match="last super admin"):
            call_command("employee", "1001", "--role", "generic", "--keep-password")

    def test_it_unlocks_a_number(self, capsys, thabo, enter):
        for _ in range(5):
            enter(password="wrong")
        assert run(capsys, "employee", "1004", "--unlock") == "1004 can try again now.\n"
        assert enter().status_code == 302


class TestDemoEmployees:
    @pytest.fixture(autouse=True)
    def demo(self, settings):
        settings.DEMO = True

    def test_it_makes_one_employee_per_role_and_prints_them(self, capsys):
        people = json.loads(run(capsys, "demo_employees", "--json"))
        assert [(p["employee_no"], p["name"], p["role"]) for p in people] == DEMO
        for person in people:
            employee = Employee.objects.get(employee_no=person["employee_no"])
            assert employee.check_password(person["password"])
            assert not employee.must_change_password
        assert len({person["password"] for person in people}) == 4

    def test_a_second_start_keeps_the_passwords_of_the_first(self, capsys, tmp_path):
        first = run(capsys, "demo_employees")
        stored = dict(Employee.objects.values_list("employee_no", "password"))
        remembered = tmp_path / "demo.json"
        remembered.write_text(json.dumps({"url": "http://127.0.0.1:8000/", "accounts": json.loads(first)}))
        assert run(capsys, "demo_employees", "--accounts", str(remembered)) == first
        assert dict(Employee.objects.values_list("employee_no", "password")) == stored

    def test_one_password_for_all_can_be_given(self, capsys):
        people = json.loads(run(capsys, "demo_employees", "--password", "Katse-e-ntsho-7"))
        assert {person["password"] for person in people} == {"Katse-e-ntsho-7"}

    def test_a_given_password_replaces_an_earlier_one(self, capsys):
        run(capsys, "demo_employees")
        run(capsys, "demo_employees", "--password", "Katse-e-ntsho-7")
        assert Employee.objects.get(employee_no="1003").check_password("Katse-e-ntsho-7")

    def test_it_refuses_outside_a_demonstration(self, settings):
        settings.DEMO = False
        with pytest.raises(CommandError, match="DEMO=1"):
            call_command("demo_employees")

    def test_it_refuses_a_file_that_holds_something_else(self, tmp_path):
        odd = tmp_path / "demo.json"
        odd.write_text("[1, 2]")
        with pytest.raises(CommandError, match=r"demo\.json is not a list of accounts"):
            call_command("demo_employees", "--accounts", str(odd))
