"""Who is asking: one face for employees, customers and programs."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ccportal.accounts.models import ApiKey, CustomerLogin, Employee

Kind = Literal["employee", "customer", "service"]


@dataclass(frozen=True)
class Caller:
    """Who is asking.

    ``id`` is the employee number, the account number, or ``key:<prefix>`` of an API key; ``name`` is for people.
    Roles and scopes are those of the database at this moment, never those a token was issued with.
    """

    kind: Kind
    id: str
    name: str
    user: Any = field(repr=False, compare=False)

    def has_perm(self, permission: str) -> bool:
        """Whether the caller may do what ``roles.PERMISSIONS`` names; customers never may."""
        return self.user.has_perm(f"accounts.{permission}")

    def has_scope(self, scope: str | None) -> bool:
        """Whether an API key opens a view that states ``scope``; employees need none."""
        return self.kind != "service" or (scope is not None and scope in self.user.scopes)


def caller_for(user: Any) -> Caller | None:
    """The caller behind ``request.user``; None for somebody who is not signed in."""
    if isinstance(user, Employee):
        return Caller("employee", user.employee_no, user.get_full_name(), user)
    if isinstance(user, CustomerLogin):
        return Caller("customer", user.account, user.account, user)
    if isinstance(user, ApiKey):
        return Caller("service", f"key:{user.prefix}", user.name, user)
    return None


def caller_of(request: Any) -> Caller:
    """The caller of a view that is not public.

    >>> caller_of(request).id
    '1004'
    """
    caller = caller_for(request.user)
    if caller is None:
        raise LookupError("caller_of() was asked in a view that anybody may use; use caller_for(request.user) there")
    return caller
