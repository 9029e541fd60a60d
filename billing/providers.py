"""The providers of payments and how their notifications are read: the data in ``billing/messages/rules.toml``."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ccportal.core.errors import InvalidInput

RULES = Path(__file__).parent / "messages" / "rules.toml"
_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9._/-]{2,59}", re.ASCII)


@dataclass(frozen=True)
class Provider:
    """Who receives money for us. ``webhook`` maps our field names to those of the provider's JSON."""

    code: str
    name: str
    currency: str
    webhook: Mapping[str, str] = field(default_factory=dict)
    time_format: str = ""
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    reversed: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def rules_file() -> dict[str, Any]:
    """The whole file as data."""
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def providers() -> dict[str, Provider]:
    """Code -> provider, in the order of the file."""
    found = {}
    for entry in rules_file()["provider"]:
        found[entry["code"]] = Provider(
            code=entry["code"],
            name=entry["name"],
            currency=entry["currency"],
            webhook=entry.get("webhook", {}),
            time_format=entry.get("time_format", ""),
            succeeded=tuple(entry.get("succeeded", ())),
            failed=tuple(entry.get("failed", ())),
            reversed=tuple(entry.get("reversed", ())),
        )
    return found


def provider_name(code: str) -> str:
    return providers()[code].name if code in providers() else code


def known_provider(code: str) -> Provider:
    """The provider of this code; ``InvalidInput`` for one that the file does not name."""
    try:
        return providers()[code.strip().lower()]
    except KeyError:
        raise InvalidInput(
            f"{code[:20]!r} is no provider; it is one of {', '.join(providers())}.", field="provider"
        ) from None


def clean_reference(text: str) -> str:
    """A provider's reference as it is kept: upper case, without blanks; ``InvalidInput`` for what cannot be one.

    >>> clean_reference(" qk7 abc12de ")
    'QK7ABC12DE'
    """
    reference = re.sub(r"\s+", "", text).upper()
    if not _REFERENCE.fullmatch(reference):
        raise InvalidInput(
            "Give the provider’s reference: 3 to 60 letters and digits, as on the confirmation.",
            field="provider_reference",
        )
    return reference
