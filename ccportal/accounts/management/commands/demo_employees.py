"""The four employees of the demonstration, one per role."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ccportal.accounts import roles, services
from ccportal.accounts.models import Employee

PEOPLE = {
    "1001": ("Nthabiseng Phiri", roles.SUPERADMIN),
    "1002": ("Palesa Molapo", roles.ONM_TEAM),
    "1003": ("Lineo Letsie", roles.FINANCE_TEAM),
    "1004": ("Thabo Mokoena", roles.GENERIC),
}


class Command(BaseCommand):
    help = (
        "Create the employees of the demonstration and print them with their passwords as JSON. Passwords that "
        "--accounts knows stay as they are; others are generated, unless --password gives one for all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", help="one password for all four")
        parser.add_argument("--accounts", type=Path, help="JSON file with the passwords of an earlier start")
        parser.add_argument("--json", action="store_true", help="only JSON on standard output (the default)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo employees exist in a demonstration only (DEMO=1).")
        known = read_passwords(options["accounts"])
        people = []
        for number, (name, role) in PEOPLE.items():
            password = options["password"] or known.get(number) or services.generated_password()
            _ensure(number, name, role, password)
            people.append({"employee_no": number, "name": name, "role": role, "password": password})
        self.stdout.write(json.dumps(people))


def _ensure(number: str, name: str, role: str, password: str) -> None:
    employee = Employee.objects.filter(employee_no=number).first()
    if employee is None:
        services.create_employee(
            number, name=name, role=role, password=password, created_by="demonstration", must_change_password=False
        )
        return
    services.assign_role(number, role, assigned_by="demonstration")
    if not employee.check_password(password) or employee.must_change_password or not employee.is_active:
        employee.set_password(password)
        employee.is_active, employee.must_change_password = True, False
        employee.save()


def read_passwords(path: Path | None) -> dict[str, str]:
    """Employee number -> password, from a list of accounts or an object with such a list as ``accounts``."""
    if path is None or not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        accounts = content["accounts"] if isinstance(content, dict) else content
        return {account["employee_no"]: account["password"] for account in accounts}
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{path.name} is not a list of accounts; delete it to have new passwords made.") from None
