"""Amounts: ``Decimal`` throughout, one rounding rule, units in names."""

from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

ZERO = Decimal(0)
SYMBOLS = {"LSL": "M", "XOF": "CFA", "ZMW": "K"}


def rounded(value: Decimal | float | int | None, places: int = 2) -> Decimal:
    """Half up to ``places`` decimals; NULL counts as 0 (semantics 1.4).

    >>> rounded(Decimal("2.345"))
    Decimal('2.35')
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value or 0))
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def ratio(part: Decimal, whole: Decimal | int) -> Decimal:
    """A quotient that is 0 where the divisor is 0 (semantics 1.4)."""
    return part / whole if whole else ZERO


def symbol() -> str:
    """The sign people write before an amount; M for maloti."""
    return SYMBOLS.get(settings.CURRENCY, settings.CURRENCY)
