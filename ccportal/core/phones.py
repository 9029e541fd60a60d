"""Phone numbers (semantics 4): one normaliser for lookup, search, storage and messages."""

import re
from dataclasses import dataclass

import phonenumbers
from django.conf import settings

from ccportal.core.errors import InvalidInput

_NOT_DIGIT = re.compile(r"\D")
#: Digits of a full local number by country; shorter input would match strangers (D-18).
LOCAL_LENGTH = {"LS": 8, "BJ": 10, "ZM": 9, "ZA": 9}
SUFFIX = 8


@dataclass(frozen=True)
class Phone:
    """A number as it is compared: ``suffix`` its last 8 digits, ``e164`` the dialable form if valid."""

    digits: str
    e164: str

    @property
    def suffix(self) -> str:
        return self.digits[-SUFFIX:]


def digits_of(value: object) -> str:
    """The digits of a stored or typed number without international prefix zeros."""
    text = "" if value is None else str(value)
    return _NOT_DIGIT.sub("", text).lstrip("0")


def parse_stored(value: object, country: str | None = None) -> Phone | None:
    """A number as the ACDB holds it (text in any spelling, or an integer); None when it is no number."""
    digits = digits_of(value)
    if len(digits) < SUFFIX - 1:
        return None
    region = country or settings.DEFAULT_COUNTRY
    text = str(value).strip()
    if len(digits) == LOCAL_LENGTH.get(region) and text == digits:
        # The usual case; the full parser costs a hundred times as much.
        return Phone(digits, f"+{phonenumbers.country_code_for_region(region)}{digits}")
    # Stored integers and 00-prefixes lose the plus sign; a known country code in front says so.
    dial = str(phonenumbers.country_code_for_region(region))
    international = text.startswith(("+", "00")) or len(digits) > LOCAL_LENGTH.get(region, 9)
    if international and not digits.startswith(dial) and not text.startswith(("+", "00")):
        international = False
    try:
        number = phonenumbers.parse(f"+{digits}" if international else digits, None if international else region)
    except phonenumbers.NumberParseException:
        return Phone(digits, "")
    if not phonenumbers.is_possible_number(number):
        return Phone(digits, "")
    national = phonenumbers.national_significant_number(number)
    return Phone(national, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def local_digits(value: object) -> str:
    """A stored number as the API writes it: its digits without country code; what is no number keeps its digits."""
    phone = parse_stored(value)
    return phone.digits if phone else digits_of(value)


def parse_typed(text: str, country: str | None = None) -> Phone:
    """A number that a person or program asks for; too short a number is ``InvalidInput`` (D-18).

    Any spelling is accepted: ``5869 8650``, ``+266 58698650``, ``0026658698650``, ``058698650``.
    """
    region = country or settings.DEFAULT_COUNTRY
    phone = parse_stored(text, region)
    needed = LOCAL_LENGTH.get(region, SUFFIX)
    if phone is None or len(phone.digits) < min(needed, SUFFIX):
        raise InvalidInput(f"Give the whole phone number, at least {needed} digits.", field="phone")
    return phone
