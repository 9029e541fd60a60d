"""Whether a position can be that of a customer: pure functions of degrees (WGS 84)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from statistics import median

from ccportal.core.errors import InvalidInput

#: Farther than this from its site, a position needs a second look.
FAR_KM = 15.0
_EARTH_KM = 6371.0
#: South, north, west, east of the countries where the utility has sites, rounded outwards.
_COUNTRIES = {
    "LS": ("Lesotho", -30.7, -28.5, 27.0, 29.5),
    "BJ": ("Benin", 6.1, 12.5, 0.7, 3.9),
    "ZM": ("Zambia", -18.1, -8.1, 21.9, 33.8),
}


@dataclass(frozen=True)
class Position:
    """Degrees north and east."""

    latitude: float
    longitude: float

    def __str__(self) -> str:
        return f"{self.latitude:.6f}, {self.longitude:.6f}"

    @property
    def turned(self) -> "Position":
        return Position(self.longitude, self.latitude)


def distance_km(one: Position, other: Position) -> float:
    """Great-circle distance in kilometres.

    >>> round(distance_km(Position(-29.31, 27.48), Position(-29.31, 27.58)), 1)
    9.7
    """
    north, south = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(chord, 1.0)))


def is_in_country(place: Position, country: str) -> bool:
    """Whether a position lies in the box around a country (two-letter code); an unknown country holds every place."""
    if country not in _COUNTRIES:
        return True
    _, south, north, west, east = _COUNTRIES[country]
    return south <= place.latitude <= north and west <= place.longitude <= east


def check_position(place: Position, country: str) -> None:
    """``InvalidInput`` for a position outside the country, or on no customer's door at all."""
    if abs(place.latitude) > 90 or abs(place.longitude) > 180:
        raise InvalidInput(
            "Latitude goes from -90 to 90 and longitude from -180 to 180 degrees. Check the digits.", field="latitude"
        )
    if place.latitude == 0 and place.longitude == 0:
        raise InvalidInput("0, 0 is in the sea. Leave both fields empty when the place is unknown.", field="latitude")
    if is_in_country(place, country):
        return
    name = _COUNTRIES[country][0]
    if is_in_country(place.turned, country):
        raise InvalidInput(
            f"Latitude and longitude look exchanged: {place.turned} would be in {name}. Exchange them.",
            field="latitude",
        )
    mirrored = Position(-place.latitude, place.longitude)
    if is_in_country(mirrored, country):
        raise InvalidInput(
            f"The sign of the latitude looks wrong: {mirrored} would be in {name}. Correct it.", field="latitude"
        )
    raise InvalidInput(f"This position is not in {name}. Check the digits, or leave both empty.", field="latitude")


def middle(places: Iterable[Position]) -> Position | None:
    """The middle of many positions, hardly moved by a few wrong ones; None of nothing."""
    known = list(places)
    if not known:
        return None
    return Position(median(p.latitude for p in known), median(p.longitude for p in known))


_DEGREES = re.compile(r"([+-]?\d{1,3}(?:[.,]\d{1,12})?)\s*°?\s*([NSEW]?)", re.ASCII)


def parse_degrees(text: str, field: str) -> float:
    """Degrees as people write them: ``-29.6417``, ``29,6417 S``, ``29.6417° S``; ``InvalidInput`` otherwise.

    >>> parse_degrees("29,6417 S", "latitude")
    -29.6417
    """
    match = _DEGREES.fullmatch(text.strip().upper().replace("−", "-").replace("–", "-"))
    letters = "NS" if field == "latitude" else "EW"
    example = "-29.641735" if field == "latitude" else "27.836413"
    if not match or (match[2] and (match[2] not in letters or match[1][0] in "+-")):
        raise InvalidInput(f"Write the {field} in degrees, like {example}.", field=field)
    degrees = float(match[1].replace(",", "."))
    return -degrees if match[2] in ("S", "W") else degrees
