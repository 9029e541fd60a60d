"""Which of our own models have every change logged.

The floor says what is to be logged; the audit app, which stands above it, listens and writes the log.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from django.db.models import Model
from django.dispatch import Signal

#: Something an administrator did that changes no logged field: ``event`` (dotted, past tense) and ``record`` (a model
#: instance). Sent as ``happened.send(sender=Model, event="accounts.lockout.lifted", record=employee)``.
happened = Signal()

_reason: ContextVar[str] = ContextVar("audited_reason", default="")

_registered: dict[type[Model], frozenset[str]] = {}


def register(model: type[Model], exclude: Iterable[str] = ()) -> type[Model]:
    """Have creations, changes and deletions of ``model`` logged, without the fields in ``exclude``."""
    names = {field.name for field in model._meta.get_fields()}
    unknown = set(exclude) - names
    if unknown:
        raise ValueError(f"{model.__name__} has no fields {sorted(unknown)}")
    _registered[model] = frozenset(exclude)
    return model


def registered() -> Mapping[type[Model], frozenset[str]]:
    """Model -> names of the fields that are not logged. Complete once every app is ready."""
    return MappingProxyType(_registered)


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Let changes made inside be logged with this reason."""
    token = _reason.set(reason)
    try:
        yield
    finally:
        _reason.reset(token)


def current_reason() -> str:
    """Why the change is made that is being logged; empty when nobody said."""
    return _reason.get()
