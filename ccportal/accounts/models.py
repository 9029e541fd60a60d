"""Employees, what the HR directory says of them, and the keys of programs."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from ccportal.accounts import roles, scopes

EMPLOYEE_NO = RegexValidator(r"^[0-9A-Za-z-]+\Z", "Letters, digits and hyphens only.")
ROLE_CHOICES = [(role.name, role.label) for role in roles.ROLES.values()]


def normalise_employee_no(text: str) -> str:
    """Outer blanks gone, capitals, and without the company's prefix: ``1pwr-1001`` is ``1001``.

    Doing it twice changes nothing more. Wrong passwords are counted under the outcome, so a spelling that only a
    second round would resolve would be a way past the lock.
    """
    number, prefix = text.strip().upper(), settings.EMPLOYEE_PREFIX.upper()
    while prefix and number.startswith(prefix):
        rest = number[len(prefix) :].lstrip(" -_").strip()
        if not rest:
            break
        number = rest
    return number


class EmployeeManager(BaseUserManager["Employee"]):
    """Creates employees; a new one has the role generic until somebody says otherwise."""

    def create_user(self, employee_no: str, password: str | None = None, **fields: Any) -> "Employee":
        employee = self.model(employee_no=normalise_employee_no(employee_no), **fields)
        employee.set_password(password)
        employee.save(using=self._db)
        return employee

    def create_superuser(self, employee_no: str, password: str | None = None, **fields: Any) -> "Employee":
        fields.setdefault("role", roles.SUPERADMIN)
        return self.create_user(employee_no, password, **fields)

    def get_by_natural_key(self, username: str | None) -> "Employee":
        """The employee with this number in any accepted spelling."""
        return self.get(employee_no=normalise_employee_no(username or ""))


class Employee(AbstractBaseUser, PermissionsMixin):
    """A member of staff, known by the employee number."""

    employee_no = models.CharField(
        "employee number",
        max_length=20,
        unique=True,
        validators=[EMPLOYEE_NO],
    )
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField("e-mail", blank=True)
    department = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=20, choices=ROLE_CHOICES, default=roles.GENERIC)
    is_active = models.BooleanField(default=True, help_text="Switch off instead of deleting.")
    must_change_password = models.BooleanField(default=False, help_text="Asked for at the next sign-in.")
    theme = models.CharField(
        max_length=5, blank=True, choices=[("", "As the device"), ("light", "Light"), ("dark", "Dark")]
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    tokens_valid_from = models.DateTimeField(null=True, editable=False, help_text="Older API tokens are refused.")

    USERNAME_FIELD = "employee_no"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
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

    def set_password(self, raw_password: str | None) -> None:
        """A new password ends every earlier sign-in, browsers and tokens alike."""
        super().set_password(raw_password)
        self.tokens_valid_from = timezone.now()

    @property
    def is_staff(self) -> bool:
        """Who may open the admin site: it holds roles, sites and keys, each with its own permission."""
        wanted = ("manage_roles", "manage_sites", "manage_api_keys")
        return self.is_active and any(self.has_perm(f"accounts.{name}") for name in wanted)

    def get_full_name(self) -> str:
        return self.name or self.employee_no

    def get_short_name(self) -> str:
        return (self.name or self.employee_no).split()[0]


class RoleAssignment(models.Model):
    """A role given to an employee number by hand; it outranks the department and may precede the employee."""

    employee_no = models.CharField("employee number", max_length=20, unique=True, validators=[EMPLOYEE_NO])
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    assigned_by = models.CharField(max_length=40, help_text="Employee number, or what assigned it.")
    assigned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["employee_no"]

    def __str__(self) -> str:
        return f"{self.employee_no}: {self.role}"


class DepartmentRole(models.Model):
    """The role that a department of the HR directory gives (semantics 20.3); never superadmin."""

    department = models.CharField(
        max_length=100, unique=True, help_text="As the directory writes it; capitals and outer blanks do not count."
    )
    role = models.CharField(max_length=20, choices=[c for c in ROLE_CHOICES if c[0] != roles.SUPERADMIN])

    class Meta:
        ordering = ["department"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(role=roles.SUPERADMIN),
                name="department_never_superadmin",
                violation_error_message="A department cannot make somebody super admin; assign that role by hand.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.department}: {self.role}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.department = self.department.strip().lower()
        super().save(*args, **kwargs)


class EmployeeEmail(models.Model):
    """The e-mail remembered for an employee number; finds people whom the directory knows by e-mail only."""

    employee_no = models.CharField("employee number", max_length=20, unique=True, validators=[EMPLOYEE_NO])
    email = models.CharField("e-mail", max_length=254)

    class Meta:
        ordering = ["employee_no"]

    def __str__(self) -> str:
        return f"{self.employee_no}: {self.email}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)


class RoleDefault(models.Model):
    """A permission that the role table once put into a role's group, so that it is not put back when taken away."""

    role = models.CharField(max_length=20)
    permission = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint("role", "permission", name="role_default_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.permission}"


class ApiKey(models.Model):
    """The key of another program. Only its digest is kept; the key itself is shown once, when it is made."""

    name = models.CharField(max_length=100, unique=True, help_text="Which program uses it, like om-portal.")
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=20, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is revoked.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    is_authenticated = True
    is_anonymous = False

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def has_perm(self, permission: str) -> bool:
        """Whether one of the scopes stands for ``accounts.<permission>``."""
        name = permission.removeprefix("accounts.")
        return any(name in scopes.SCOPES[scope].permissions for scope in self.scopes if scope in scopes.SCOPES)


class CustomerLogin(AbstractBaseUser):
    """The password of a customer's account, set by somebody who holds a phone on file for it."""

    account = models.CharField(max_length=20, unique=True, help_text="Canonical account number.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tokens_valid_from = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "account"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["account"]
        verbose_name = "customer's sign-in"
        verbose_name_plural = "customers' sign-ins"

    def __str__(self) -> str:
        return self.account

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.tokens_valid_from = timezone.now()

    def has_perm(self, permission: str) -> bool:
        """Customers see their own account only; the permissions are those of staff."""
        return False


class OneTimeCode(models.Model):
    """A code sent to a phone on file, which proves that the sender of the second step holds the phone."""

    account = models.CharField(max_length=20, db_index=True)
    digest = models.CharField(max_length=64, help_text="Of the code, keyed.")
    sent_to = models.CharField(max_length=8, help_text="Last digits of the phone, for people.")
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"code for {self.account}"


class SignIn(models.Model):
    """One sign-in: a browser's session, or the family of tokens that a program refreshes. Ending it ends them all."""

    WEB, API = "web", "api"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=3, choices=[(WEB, "Browser"), (API, "Program")])
    employee = models.ForeignKey(Employee, null=True, on_delete=models.CASCADE, related_name="sign_ins")
    customer = models.ForeignKey(CustomerLogin, null=True, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, blank=True, db_index=True)
    refresh_jti = models.CharField(max_length=32, blank=True, help_text="The one refresh token that still works.")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-seen_at"]
        verbose_name = "sign-in"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(employee__isnull=False) ^ models.Q(customer__isnull=False), name="sign_in_of_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} since {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Neither ended nor older than the moment from which its owner's sign-ins count."""
        owner = self.employee or self.customer
        if self.ended_at is not None or owner is None or not owner.is_active:
            return False
        return owner.tokens_valid_from is None or self.started_at >= owner.tokens_valid_from
