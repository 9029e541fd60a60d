"""What people and programs send as a rate, a moment or a key, in domain types; the faults name the field."""

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from ccportal.core.errors import InvalidInput
from ccportal.core.periods import meter_zone
from tariffs.models import Scope

PLACES = 4
LOWEST, HIGHEST = Decimal("0.01"), Decimal("9999.9999")
#: What was typed as "now" may be a few minutes old when it arrives.
GRACE = timedelta(minutes=10)
#: A date further away is a slip of the fingers.
FURTHEST = timedelta(days=5 * 366)
MAX_NUMBER = 2**31 - 1
LONGEST_REASON = 500
_NUMBER = re.compile(r"\d{1,9}(\.\d{0,20})?|\.\d{1,20}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def parse_rate(value: object, field: str = "rate") -> Decimal:
    """A rate per kWh with at most four decimals, from 0.01 to 9,999.9999; ``InvalidInput`` says what is wrong.

    >>> parse_rate(" 6.25 ")
    Decimal('6.25')
    """
    text = "" if value is None or isinstance(value, bool) else str(value).strip()
    if not text:
        raise InvalidInput("Give the rate per kWh, like 6.25.", field=field)
    try:
        number = Decimal(text) if _NUMBER.fullmatch(text) or not isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidInput("Write a number with a point, like 6.25.", field=field)
    if not LOWEST <= number <= HIGHEST:
        raise InvalidInput(f"A rate lies between {LOWEST} and {HIGHEST:,} per kWh.", field=field)
    fitted = number.quantize(Decimal(1).scaleb(-PLACES))
    if fitted != number:
        raise InvalidInput(f"A rate has at most {PLACES} decimals.", field=field)
    return number


def parse_moment(value: object, now: datetime, field: str = "effective_from") -> datetime | None:
    """A moment still to come, aware; None for now. Without a zone it is local time in the meters' zone (D-51).

    A moment a few minutes ago counts as now; earlier ones are refused, because what was sold is not charged anew.
    """
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if not _MOMENT.fullmatch(text):
        raise InvalidInput("Write the moment like 2026-12-01T00:00.", field=field)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=meter_zone())
        return check_moment(moment, now, field)
    except (ValueError, OverflowError):
        raise InvalidInput("There is no such day or hour.", field=field) from None


def check_moment(moment: datetime, now: datetime, field: str = "effective_from") -> datetime | None:
    """The moment when it is still to come, None when it is now; ``InvalidInput`` for the past and the far future."""
    if moment < now - GRACE:
        raise InvalidInput(
            "That moment has passed. A rate holds for what is sold from now on; what was sold is not charged anew.",
            field=field,
        )
    if moment > now + FURTHEST:
        raise InvalidInput("That is more than five years away. Check the year.", field=field)
    return moment if moment > now else None


def parse_key(scope: str, text: str, sites: frozenset[str]) -> str:
    """A site code in capitals or a customer number without leading zeros; ``InvalidInput`` names the field."""
    if scope == Scope.GLOBAL:
        return ""
    key = text.strip().upper()
    if scope == Scope.CONCESSION:
        if key not in sites:
            raise InvalidInput(f"{key[:20] or 'nothing'} is not a site of the portal.", field="code")
        return key
    if not (key.isascii() and key.isdecimal() and 0 < int(key[:20]) <= MAX_NUMBER):
        raise InvalidInput("A customer number is a whole number above 0.", field="customer_id")
    return str(int(key))
