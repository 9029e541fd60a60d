"""A number with four exact decimals that every engine adds up exactly."""

from decimal import Decimal
from typing import Any

from django.db import models

PLACES = 4
SCALE = 10**PLACES


def to_stored(value: Decimal | float | int | None) -> int:
    """Ten-thousandths, rounded to the nearest; NULL counts as 0 (semantics 1.4).

    >>> to_stored(2.5)
    25000
    """
    return round((value or 0) * SCALE)


class FixedField(models.BigIntegerField):
    """``Decimal`` outside, ten-thousandths as an integer inside: SQLite has no exact decimals of its own."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-PLACES)

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        return None if value is None else to_stored(value)
