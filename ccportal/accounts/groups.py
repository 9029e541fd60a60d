"""Writes the role table into the Groups that carry the permissions.

After every migration each role's group gets the permissions that the table gives it and that were never given
before; what an administrator took away or added in the admin site stays so. A permission that left the table is
taken back, unless an administrator had given it. ``RoleDefault`` remembers what was given.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission

from ccportal.accounts import roles
from ccportal.accounts.models import RoleDefault


def write_role_groups(**_: Any) -> None:
    """Receiver of ``post_migrate``; running it again changes nothing."""
    permissions = {p.codename: p for p in Permission.objects.filter(content_type__app_label="accounts")}
    given = set(RoleDefault.objects.values_list("role", "permission"))
    for role in roles.ROLES.values():
        group, _created = Group.objects.get_or_create(name=role.name)
        before = {permission for name, permission in given if name == role.name}
        new = [name for name in sorted(role.permissions - before) if name in permissions]
        gone = before - role.permissions
        group.permissions.add(*(permissions[name] for name in new))
        group.permissions.remove(*(permissions[name] for name in gone if name in permissions))
        RoleDefault.objects.bulk_create(RoleDefault(role=role.name, permission=name) for name in new)
        RoleDefault.objects.filter(role=role.name, permission__in=gone).delete()
