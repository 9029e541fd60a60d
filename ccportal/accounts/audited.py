"""Changes to people, roles and keys are logged; secrets and counters are not part of the log."""

from django.contrib.auth.models import Group

from ccportal.accounts import models
from ccportal.core.audited import register

# An employee's group is the role, which is logged itself.
register(models.Employee, exclude=["password", "last_login", "tokens_valid_from", "theme", "groups"])
register(models.RoleAssignment)
register(models.DepartmentRole)
register(models.EmployeeEmail)
register(models.ApiKey, exclude=["digest", "last_used_at"])
register(models.CustomerLogin, exclude=["password", "last_login", "tokens_valid_from"])
register(Group)
