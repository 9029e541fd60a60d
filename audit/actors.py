"""Who changes something: an employee, a customer, another program, or the portal itself.

Services take an ``Actor``; surfaces make one with ``Actor.of(request)``. Changes to our own administration are
logged by listeners that see no request, so the current actor is also kept per thread of execution.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from audit.models import ActorKind
from ccportal.accounts.callers import Caller, caller_for
from ccportal.accounts.models import Employee
from ccportal.accounts.roles import denial
from ccportal.core.errors import NotAllowed


@dataclass(frozen=True)
class Actor:
    """Who acts. ``id`` is the employee number, the account number, or ``key:<prefix>`` of an API key."""

    kind: str
    id: str
    name: str
    _caller: Caller | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, source: Any) -> "Actor":
        """The actor behind a request (Django's or DRF's), a caller, an employee, a customer or an API key."""
        if isinstance(source, Actor):
            return source
        caller = source if isinstance(source, Caller) else caller_for(getattr(source, "user", source))
        if caller is None:
            return cls(ActorKind.SYSTEM, "anonymous", "Somebody not signed in", _NOBODY)
        return cls(caller.kind, caller.id, caller.name, caller)

    @classmethod
    def system(cls, name: str = "The portal") -> "Actor":
        """The portal itself: schedules, commands, imports. It may do everything."""
        return cls(ActorKind.SYSTEM, "system", name)

    @classmethod
    def employee(cls, employee_no: str) -> "Actor":
        """The employee who asked for a background run, with the rights of this moment; ``NotAllowed`` if gone."""
        employee = Employee.objects.filter(employee_no=employee_no, is_active=True).first()
        if employee is None:
            raise NotAllowed("The employee who asked for this is not active any more.")
        return cls.of(employee)

    def may(self, permission: str) -> bool:
        """Whether the actor has a permission of ``roles.PERMISSIONS`` now."""
        return self._caller is None or self._caller.has_perm(permission)

    def require(self, permission: str) -> None:
        """Raise ``NotAllowed`` saying which role it takes."""
        if not self.may(permission):
            raise NotAllowed(denial(permission))


class _Nobody:
    """What stands for somebody who is not signed in: no permissions."""

    def has_perm(self, permission: str) -> bool:
        return False


_NOBODY = Caller("customer", "", "", _Nobody())
_current: ContextVar[Any] = ContextVar("audit_actor", default=None)


def current_actor() -> Actor:
    """Who acts in this thread: whoever is signed in on the current request, else the portal itself."""
    source = _current.get()
    return Actor.system() if source is None else Actor.of(source)


@contextmanager
def acting_as(source: Any) -> Iterator[None]:
    """Let changes made inside be logged under this actor; takes what ``Actor.of`` takes.

    A request is asked when something is logged, so that it may be signed in later.
    """
    token = _current.set(source)
    try:
        yield
    finally:
        _current.reset(token)
