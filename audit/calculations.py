"""Digests of the chain that makes tampering with the log of changes evident (docs/decisions/0009).

Pure functions: what is hashed here is what anybody can hash again from a copy of the two tables.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: Never changed after an entry is written.
IMMUTABLE = (
    "id", "at", "actor_kind", "actor_id", "actor_name", "action", "event", "database", "table_name", "old_values",
    "reason", "request_id", "reverts_id", "floor",
)  # fmt: skip
#: Known only when the change is settled.
SETTLED = ("record_id", "new_values", "state", "settled_at", "error")
GENESIS = "0" * 64


def content_digest(entry: Any, *, settled: bool) -> str:
    """SHA-256 of what an entry says: its immutable part, and with ``settled`` how it ended as well."""
    names = IMMUTABLE + (SETTLED if settled else ())
    return _sha256({name: getattr(entry, name) for name in names})


def link_digest(previous: str, number: int, entry: int, kind: str, content: str) -> str:
    """SHA-256 of a link: its place, what it vouches for, and the digest of the link before it."""
    return _sha256([previous, number, entry, kind, content])


def _sha256(value: object) -> str:
    text = json.dumps(_canonical(value), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> object:
    """The same for the same value from every engine: times in UTC, whole floats as integers (as jsonb keeps them)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _canonical(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    return value
