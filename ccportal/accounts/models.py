"""Employees, what the HR directory says of them, and the keys of programs."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from ccportal.accounts import roles


class EmployeeManager(BaseUserManager["Employee"]):
    """Creates employees; a new one has the role generic until somebody says otherwise."""

    def create_user(self, employee_no: str, password: str | None = None, **fields: Any) -> "Employee":
        employee = self.model(employee_no=employee_no.strip(), **fields)
        employee.set_password(password)
        employee.save(using=self._db)
        return employee

    def create_superuser(self, employee_no: str, password: str | None = None, **fields: Any) -> "Employee":
        fields.setdefault("role", roles.SUPERADMIN)
        return self.create_user(employee_no, password, **fields)


class Employee(AbstractBaseUser, PermissionsMixin):
    """A member of staff, known by the employee number."""

    employee_no = models.CharField(
        "employee number",
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[0-9A-Za-z-]+$", "Letters, digits and hyphens only.")],
    )
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField("e-mail", blank=True)
    department = models.CharField(max_length=100, blank=True)
    role = models.CharField(
        max_length=20, choices=[(r.name, r.label) for r in roles.ROLES.values()], default=roles.GENERIC
    )
    is_active = models.BooleanField(default=True, help_text="Switch off instead of deleting.")
    must_change_password = models.BooleanField(default=False, help_text="Asked for at the next sign-in.")
    theme = models.CharField(
        max_length=5, blank=True, choices=[("", "As the device"), ("light", "Light"), ("dark", "Dark")]
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    tokens_valid_from = models.DateTimeField(null=True, editable=False, help_text="Older API tokens are refused.")

    USERNAME_FIELD = "employee_no"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = EmployeeManager()

    class Meta:
        ordering = ["employee_no"]
        permissions = [(name, sentence[0].upper() + sentence[1:]) for name, sentence in roles.PERMISSIONS.items()]

    def __str__(self) -> str:
        return f"{self.name} ({self.employee_no})" if self.name else self.employee_no

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The role is the one group an employee is in, so that the two cannot differ."""
        self.is_superuser = False
        super().save(*args, **kwargs)
        group, _ = Group.objects.get_or_create(name=self.role)
        if set(self.groups.values_list("pk", flat=True)) != {group.pk}:
            self.groups.set([group])

    @property
    def is_staff(self) -> bool:
        """Who may open the admin site: it holds roles, sites and keys."""
        return self.is_active and self.has_perm("accounts.manage_roles")

    def get_full_name(self) -> str:
        return self.name or self.employee_no

    def get_short_name(self) -> str:
        return (self.name or self.employee_no).split()[0]
