"""Understands a provider's notification (JSON), by the field names that ``rules.toml`` gives for the provider."""

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from billing.messages.parsing import Means, Understood, understand
from billing.providers import Provider, clean_reference
from ccportal.acdb.dates import parse_local
from ccportal.core.errors import InvalidInput
from ccportal.core.periods import meter_zone


class Unreadable(ValueError):
    """The body is not what was agreed; the message says what is wrong with it."""


def read_json(body: bytes) -> dict[str, Any]:
    """The object in a body; numbers stay exact. ``Unreadable`` for anything else."""
    try:
        data = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON in UTF-8.") from None
    if not isinstance(data, dict):
        raise Unreadable("The body is no JSON object.")
    return data


def _no_number(text: str) -> Any:
    raise ValueError(text)


def understand_notice(provider: Provider, body: bytes) -> Understood:
    """What a provider's program reports. ``Unreadable`` when a field is missing or does not fit."""
    if not provider.webhook:
        raise Unreadable(f"No rule says how notifications of {provider.name} are read.")
    data = read_json(body)
    fields = {ours: _text(data.get(theirs)) for ours, theirs in provider.webhook.items()}
    try:
        reference = clean_reference(fields.get("reference", ""))
    except InvalidInput:
        raise Unreadable(f"The field {provider.webhook['reference']} holds no reference.") from None
    return Understood(
        means=_means(provider, fields.get("status", "")),
        rule=f"{provider.code}.notification",
        provider=provider.code,
        trusted=True,
        reference=reference,
        amount=_amount(fields.get("amount", ""), provider.webhook["amount"]),
        account=fields.get("account", "").upper()[:60],
        phone=fields.get("phone", "")[:20],
        name=fields.get("name", "")[:120],
        at=_time(provider, fields.get("time", "")),
        currency=(fields.get("currency") or provider.currency).upper(),
    )


def understand_sms(body: bytes) -> Understood:
    """What an SMS gateway passed on: ``{"from": "M-PESA", "text": "..."}``."""
    data = read_json(body)
    sender, text = data.get("from"), data.get("text")
    if not isinstance(sender, str) or not isinstance(text, str) or not text.strip():
        raise Unreadable("The gateway's message needs the texts 'from' and 'text'.")
    return understand(text, sender)


def _text(value: Any) -> str:
    if isinstance(value, dict | list | bool) or value is None:
        return ""
    return str(value).strip().replace("\x00", "")


def _means(provider: Provider, status: str) -> Means:
    words = {
        **dict.fromkeys(provider.succeeded, Means.PAYMENT),
        **dict.fromkeys(provider.failed, Means.FAILED),
        **dict.fromkeys(provider.reversed, Means.REVERSAL),
    }
    found = {word.casefold(): means for word, means in words.items()}.get(status.casefold())
    if found is None:
        raise Unreadable(f"The status {status[:30]!r} is not one that was agreed.")
    return found


def _amount(text: str, field: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise Unreadable(f"The field {field} holds no amount.") from None
    if not amount.is_finite() or not 0 < amount <= 1_000_000 or amount != round(amount, 2):
        raise Unreadable(f"The field {field} holds no amount above 0 with two decimals.")
    return round(amount, 2)


def _time(provider: Provider, text: str) -> datetime | None:
    if not text:
        return None
    if provider.time_format:
        try:
            return datetime.strptime(text, provider.time_format).replace(tzinfo=meter_zone())
        except ValueError:
            raise Unreadable("The time of the payment cannot be read.") from None
    moment = parse_local(text)
    if moment is None:
        raise Unreadable("The time of the payment cannot be read.")
    return moment
