"""What people and programs send, made to fit the columns of the ACDB (semantics 21, D-89 to D-91).

A value that does not fit is refused with the column's name; nothing is cut, guessed or left out.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from ccportal.acdb.accountnumbers import normalise
from ccportal.acdb.dates import FIRST_YEAR, parse_local, to_local
from ccportal.acdb.introspection import BINARIES, DECIMALS, FLOATS, TEXTS, WHOLE_NUMBERS, Column, Table
from ccportal.acdb.values import Row
from ccportal.core.errors import InvalidInput
from ccportal.core.phones import parse_stored

PHONE_COLUMNS = frozenset({"phone", "cell phone", "cell phone 1", "cell phone 2"})
ACCOUNT_COLUMNS = frozenset({"accountnumber"})
COUNTRY_COLUMN = "country"
#: Country names as the ACDB writes them (semantics 21.4), folded.
COUNTRIES = {
    "lesotho": "LS", "benin": "BJ", "zambia": "ZM", "south africa": "ZA", "mozambique": "MZ", "tanzania": "TZ",
    "kenya": "KE", "nigeria": "NG", "ghana": "GH", "senegal": "SN", "madagascar": "MG", "malawi": "MW", "rwanda": "RW",
    "uganda": "UG", "drc": "CD", "dr congo": "CD",
}  # fmt: skip
_RANGES = {
    "BYTE": (0, 255),
    "SMALLINT": (-(2**15), 2**15 - 1),
    "INTEGER": (-(2**31), 2**31 - 1),
    "COUNTER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
}
_BITS = {
    **dict.fromkeys(("1", "-1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
_WHOLE = re.compile(r"[+-]?\d{1,19}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


def coerce(table: Table, payload: Mapping[str, Any], *, current: Mapping[str, Any] | None = None) -> Row:
    """The payload as values of the portal's types, keyed by the columns' stored names.

    Autonumbers are dropped, blank text is NULL, account numbers are trimmed and upper-cased. Phone numbers in number
    columns become local numbers of the country that the payload names, else the ``current`` row, else the default.
    ``InvalidInput`` names the first column that is unknown or whose value does not fit.
    """
    region = _region(table, payload, current or {})
    values: Row = {}
    for name, value in payload.items():
        column = table.column(str(name))
        if column is None:
            raise InvalidInput(f"The table {table.name} has no column {str(name)!r}.", field=str(name))
        if column.name in values:
            raise InvalidInput(f"The column {column.name} is given twice.", field=column.name)
        if column.type != "COUNTER":
            values[column.name] = coerce_value(column, value, region=region)
    if not values:
        raise InvalidInput(f"Nothing to write: name at least one column of {table.name}.")
    return values


def coerce_value(column: Column, value: Any, *, region: str = "") -> Any:
    """One value in the portal's type; ``InvalidInput`` with the column's name when it does not fit."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return _empty(column)
    if isinstance(value, list | tuple | dict | set):
        raise _misfit(column, "a single value")
    if column.name.casefold() in PHONE_COLUMNS:
        return _phone(column, value, region or settings.DEFAULT_COUNTRY)
    return _CONVERTERS.get(column.type, _text)(column, value)


def _misfit(column: Column, wanted: str) -> InvalidInput:
    return InvalidInput(f"{column.name} must be {wanted}.", field=column.name)


def _empty(column: Column) -> bool | None:
    if column.nullable:
        return None
    if column.type == "BIT":
        return False
    raise InvalidInput(f"{column.name} may not be empty.", field=column.name)


def _region(table: Table, payload: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    for source in (payload, current):
        for name, value in source.items():
            if str(name).strip().casefold() == COUNTRY_COLUMN and value:
                return COUNTRIES.get(str(value).strip().casefold(), settings.DEFAULT_COUNTRY)
    return settings.DEFAULT_COUNTRY


def _phone(column: Column, value: Any, region: str) -> Any:
    is_number = column.type in WHOLE_NUMBERS
    if is_number and str(value).strip("0 ") == "":
        return None  # Access people write 0 for no phone
    phone = None if isinstance(value, bool | float) else parse_stored(value, region)
    if phone is None:
        raise _misfit(column, "a phone number of at least 7 digits")
    if not is_number:
        return _text(column, value)
    if not phone.e164:
        raise _misfit(column, "a possible phone number of its country")
    return _whole(column, phone.digits)


def _whole(column: Column, value: Any) -> int:
    if isinstance(value, bool):
        raise _misfit(column, "a whole number")
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value):
        number = int(value)
    elif isinstance(value, int):
        number = value
    elif isinstance(value, str) and _WHOLE.fullmatch(value):
        number = int(value.split(".")[0])
    else:
        raise _misfit(column, "a whole number")
    low, high = _RANGES[column.type]
    if not low <= number <= high:
        raise _misfit(column, f"a whole number from {low:,} to {high:,}")
    return number


def _float(column: Column, value: Any) -> float:
    number = float(_decimal_of(column, value))
    if not math.isfinite(number):
        raise _misfit(column, "a number")
    return number


def _decimal(column: Column, value: Any) -> Decimal:
    number = _decimal_of(column, value)
    if column.scale is None or column.size is None:
        return number
    step = Decimal(1).scaleb(-column.scale)
    try:
        fitted = number.quantize(step)
    except InvalidOperation:
        raise _misfit(column, f"a number of at most {column.size} digits") from None
    if fitted != number:
        raise _misfit(column, f"a number with at most {column.scale} decimals")
    if column.type == "CURRENCY" and not -(2**63) <= fitted.scaleb(4) < 2**63:
        raise _misfit(column, "an amount below 922 trillion")
    if len(fitted.as_tuple().digits) > column.size:
        raise _misfit(column, f"a number of at most {column.size} digits")
    return fitted


def _decimal_of(column: Column, value: Any) -> Decimal:
    text = repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise _misfit(column, "a number")
    return Decimal(text)


def _bit(column: Column, value: Any) -> bool:
    try:
        return value if isinstance(value, bool) else _BITS[str(value).lower()]
    except KeyError:
        raise _misfit(column, "yes or no") from None


def _time(column: Column, value: Any) -> Any:
    moment = None
    if isinstance(value, date):
        moment = to_local(value)
    elif isinstance(value, str):
        moment = parse_local(value)
    if moment is None or moment.year < FIRST_YEAR:
        raise _misfit(column, "a date like 2026-11-21 or 2026-11-21 14:05")
    return moment.replace(microsecond=0)


def _text(column: Column, value: Any) -> str:
    if isinstance(value, bool):
        raise _misfit(column, "text")
    text = str(value).strip()
    if column.name.casefold() in ACCOUNT_COLUMNS:
        text = normalise(text)
    if "\x00" in text or not _is_unicode(text):
        raise _misfit(column, "readable text")
    if column.size is not None and len(text) > column.size:
        raise _misfit(column, f"at most {column.size} characters long")
    return text


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refused(column: Column, value: Any) -> Any:
    raise InvalidInput(f"{column.name} holds pictures or files, which cannot be written here.", field=column.name)


_CONVERTERS: dict[str, Callable[[Column, Any], Any]] = {
    **dict.fromkeys(WHOLE_NUMBERS, _whole),
    **dict.fromkeys(FLOATS, _float),
    **dict.fromkeys(DECIMALS, _decimal),
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(BINARIES, _refused),
    "BIT": _bit,
    "DATETIME": _time,
}
