"""Creates employees, gives new passwords, changes roles: for the first super admin, and when nobody can sign in."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ccportal.accounts import lockout, roles, services
from ccportal.accounts.models import Employee, normalise_employee_no
from ccportal.core.errors import PortalError


class Command(BaseCommand):
    help = (
        "Create an employee, or reset the password, role or lock of one. Without --ask a temporary password is "
        "made and printed; it must be changed at the first sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("employee_no")
        parser.add_argument("--name", default="", help="for a new employee, or a new name")
        parser.add_argument("--role", choices=list(roles.ROLES), help="a new employee without it is generic")
        parser.add_argument("--ask", action="store_true", help="ask for the password; it need not be changed then")
        parser.add_argument("--keep-password", action="store_true", help="change only what else is given")
        parser.add_argument("--unlock", action="store_true", help="forget wrong passwords; changes nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        number = normalise_employee_no(options["employee_no"])
        employee = Employee.objects.filter(employee_no=number).first()
        try:
            if options["unlock"]:
                self._unlock(number)
            elif employee is None:
                self._create(number, options)
            else:
                self._change(employee, options)
        except PortalError as error:
            raise CommandError(error.message) from None

    def _unlock(self, number: str) -> None:
        was_locked = lockout.unlock(number)
        self.stdout.write(f"{number} can try again now." if was_locked else f"{number} had no wrong passwords.")

    def _create(self, number: str, options: dict[str, Any]) -> None:
        own = self._asked(options)
        password = own or services.generated_password()
        employee = services.create_employee(
            number,
            name=options["name"],
            role=options["role"] or roles.GENERIC,
            password=password,
            created_by="command line",
            must_change_password=own is None,
        )
        self.stdout.write(f"Created {employee} with role {employee.role}.")
        if own is None:
            self.stdout.write(f"Temporary password: {password}")

    def _change(self, employee: Employee, options: dict[str, Any]) -> None:
        own = self._asked(options, employee)
        if options["role"]:
            services.assign_role(employee.employee_no, options["role"], assigned_by="command line")
            employee.refresh_from_db()
        if options["name"]:
            employee.name = options["name"]
            employee.save(update_fields=["name"])
        if own is not None:
            services.change_password(employee, own)
        elif not options["keep_password"]:
            self.stdout.write(f"Temporary password: {services.give_temporary_password(employee)}")
        self.stdout.write(f"Changed {employee}, role {employee.role}.")

    def _asked(self, options: dict[str, Any], employee: Employee | None = None) -> str | None:
        """The password typed at a prompt; given as an argument, others on the machine could read it."""
        if not options["ask"]:
            return None
        password = getpass.getpass("Password: ")
        services.check_password_rules(password, employee)
        return password
