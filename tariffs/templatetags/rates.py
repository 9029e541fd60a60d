"""How templates write a rate per kWh."""

from decimal import Decimal

from django import template

from ccportal.core.money import rounded, symbol

register = template.Library()


def rate_text(value: Decimal | None) -> str:
    """``M 6.25``, with up to four decimals where there are any, ``M 6.0525``."""
    number = rounded(value, 4)
    return f"{symbol()} {number:,.2f}" if number == rounded(number) else f"{symbol()} {number:,.4f}".rstrip("0")


@register.filter
def rate(value: Decimal | str | None) -> str:
    """A rate with its currency; an en dash for none."""
    return "–" if value is None or isinstance(value, str) else rate_text(value)
