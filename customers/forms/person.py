"""The fields of a customer, in the groups in which the wizard asks for them; the page for editing has them all.

Every error names what is wrong and what to do. Sizes are those of the columns of the customer database.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings

from ccportal.acdb.coercion import COUNTRIES
from ccportal.acdb.introspection import Table
from ccportal.core.errors import InvalidInput
from ccportal.core.forms import choice_field
from ccportal.core.phones import parse_typed
from customers.formats import CUSTOMER_TYPES, parse_national_id, parse_plot
from customers.lookalikes import plot_holders
from customers.models import Site
from customers.positions import FAR_KM, Position, check_position, distance_km, parse_degrees
from customers.queries import site_middle

#: Field -> column of tblcustomer.
COLUMNS: dict[str, str] = {
    "first_name": "FIRST NAME",
    "middle_name": "MIDDLE NAME",
    "last_name": "LAST NAME",
    "gender": "GENDER",
    "id_number": "ID NUMBER",
    "country": "COUNTRY",
    "phone": "PHONE",
    "phone_2": "CELL PHONE 1",
    "phone_3": "CELL PHONE 2",
    "email": "EMAIL",
    "site": "Concession name",
    "plot_number": "PLOT NUMBER",
    "village": "STREET ADDRESS",
    "city": "CITY",
    "district": "DISTRICT",
    "latitude": "GPS Y",
    "longitude": "GPS X",
    "customer_type": "CUSTOMER POSITION",
}
#: Two-letter code -> name as the customer database writes it (semantics 21.4).
COUNTRY_NAMES: dict[str, str] = {
    "LS": "Lesotho", "BJ": "Benin", "ZM": "Zambia", "ZA": "South Africa", "MZ": "Mozambique", "TZ": "Tanzania",
    "KE": "Kenya", "NG": "Nigeria", "GH": "Ghana", "SN": "Senegal", "MG": "Madagascar", "MW": "Malawi",
    "RW": "Rwanda", "UG": "Uganda", "CD": "DR Congo",
}  # fmt: skip
PHONES = ("phone", "phone_2", "phone_3")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NAMES = ("first_name", "middle_name", "last_name")
_NAME = {"autocapitalize": "words", "spellcheck": "false"}
_CODE = {"autocapitalize": "characters", "spellcheck": "false"}
_PHONE = {"inputmode": "tel"}
#: Which keyboard a phone shows for a field, and what it leaves uncorrected.
_TYPING: dict[str, dict[str, str]] = {
    **dict.fromkeys(_NAMES, _NAME),
    **dict.fromkeys(PHONES, _PHONE),
    **dict.fromkeys(("id_number", "plot_number"), _CODE),
    "email": {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"},
}


class CustomerFields(forms.Form):
    """What the groups share. ``number`` is the customer who is edited: what he did not change is not judged again."""

    def __init__(self, data: Any = None, *, table: Table, number: int | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.table, self.number = table, number
        for name in list(self.fields):
            column = table.column(COLUMNS[name]) if name in COLUMNS else None
            if name in COLUMNS and column is None:
                del self.fields[name]  # a column that this customer database does not have
            elif column is not None and column.size and isinstance(self.fields[name], forms.CharField):
                self._limit(name, column.size)
        for name in self.fields.keys() & _TYPING.keys():
            self.fields[name].widget.attrs |= _TYPING[name]

    def _limit(self, name: str, size: int) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.CharField)  # noqa: S101 - for the type checker; asked just before
        limited = min(size, field.max_length or size)
        field.max_length = limited
        field.validators.append(forms.CharField(max_length=limited).validators[0])
        field.widget.attrs["maxlength"] = str(limited)

    def is_kept(self, name: str) -> bool:
        """Whether a field of a record that is edited stays as it is, however odd."""
        return self.number is not None and name not in self.changed_data

    def judge(self, name: str, rule: Callable[[], Any]) -> None:
        """Put what ``rule`` makes of a field into the cleaned data, or its sentence beside the field."""
        if name in self.errors or self.is_kept(name):
            return
        try:
            self.cleaned_data[name] = rule()
        except InvalidInput as error:
            self.add_error(error.field if error.field in self.fields else name, error.message)

    def clean(self) -> dict[str, Any]:
        for name in list(self.errors):
            if self.is_kept(name):
                del self.errors[name]
        for name, value in self.cleaned_data.items():
            if isinstance(value, str) and not self.is_kept(name):
                self.cleaned_data[name] = " ".join(_CONTROL.sub(" ", value).split())
        return self.cleaned_data


def _example(region: str) -> str:
    """What a mobile number of a country looks like, in brackets; empty where it is not known."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return ""
    return f" (like {phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)})"


class PersonalFields(CustomerFields):
    """Who it is and how to reach the person."""

    first_name = forms.CharField(max_length=80, error_messages={"required": "Give the first name."})
    middle_name = forms.CharField(max_length=80, required=False)
    last_name = forms.CharField(
        max_length=80, error_messages={"required": "Give the last name; for an institution, its name."}
    )
    gender = forms.ChoiceField(required=False, choices=[("", "Not stated"), ("Female", "Female"), ("Male", "Male")])
    id_number = forms.CharField(
        max_length=30, required=False, label="National id or passport", help_text="Needed later for the contract."
    )
    country = forms.ChoiceField(
        help_text="Phone numbers without a country code are taken as numbers of this country.",
        choices=[(name, name) for name in COUNTRY_NAMES.values()],
        error_messages={"required": "Choose the country."},
    )
    phone = forms.CharField(max_length=30, required=False, help_text="As dialled, like 5869 8650, or with +266.")
    phone_2 = forms.CharField(max_length=30, required=False, label="Second phone")
    email = forms.CharField(max_length=100, required=False, label="E-mail")

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name in _NAMES:
            self.judge(name, partial(self._name, name))
        self.judge("id_number", self._national_id)
        for name in PHONES:
            if name in self.fields:
                self.judge(name, partial(self._phone, name))
        self.judge("email", self._email)
        return self.cleaned_data

    def _name(self, field: str) -> str:
        name = self.cleaned_data[field]
        if name and not any(map(str.isalpha, name)):
            raise InvalidInput("A name has letters. Write it as on the identity card.", field=field)
        return str(name)

    def _national_id(self) -> str:
        text = self.cleaned_data["id_number"]
        return parse_national_id(text) if text else ""

    def _phone(self, field: str) -> str:
        """Local digits for a number of the customer's country, else the form with +; D-90 cannot happen."""
        text = self.cleaned_data[field]
        if not text:
            return ""
        default = settings.DEFAULT_COUNTRY
        name = self.cleaned_data.get("country") or COUNTRY_NAMES.get(default, default)
        region = COUNTRIES.get(name.casefold(), default)
        typed = parse_typed(text, region)
        number = phonenumbers.parse(typed.e164) if typed.e164 else None
        if number is None or not phonenumbers.is_valid_number(number):
            raise InvalidInput(
                f"This is no phone number of {name}. Check the digits{_example(region)}, or write another country's "
                "number with + and its code.",
                field=field,
            )
        if number.country_code == phonenumbers.country_code_for_region(region):
            return phonenumbers.national_significant_number(number)
        column = self.table.column(COLUMNS[field])
        if column is not None and column.family == "whole number":
            raise InvalidInput(
                f"The customer database keeps only numbers of {name} in this field. "
                "Choose the number's country above, or write the number into another field.",
                field=field,
            )
        return typed.e164

    def _email(self) -> str:
        text = self.cleaned_data["email"]
        if text:
            try:
                forms.EmailField().clean(text)
            except forms.ValidationError:
                raise InvalidInput(
                    "An e-mail address is written like name@example.com. Correct it, or leave the field empty.",
                    field="email",
                ) from None
        return str(text)


class LocationFields(CustomerFields):
    """Where the connection is."""

    site = forms.ChoiceField(error_messages={"required": "Choose the site."})
    plot_number = forms.CharField(
        max_length=30, required=False, label="Plot number", help_text="Like MAK 0045 HH or KET 0914B SME."
    )
    plot_shared = forms.BooleanField(required=False, label="Several customers share this plot")
    village = forms.CharField(max_length=255, required=False)
    city = forms.CharField(max_length=80, required=False, label="Town")
    district = forms.CharField(max_length=80, required=False, help_text="Empty: the district of the site.")
    latitude = forms.CharField(max_length=30, required=False, help_text="Degrees, south is negative: -29.641735")
    longitude = forms.CharField(max_length=30, required=False, help_text="Degrees, east is positive: 27.836413")
    far_away = forms.BooleanField(required=False, label="The position is right")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sites: Mapping[str, Site] = {site.code: site for site in Site.objects.filter(active=True)}
        choices = [("", "Choose a site"), *((code, str(site)) for code, site in self.sites.items())]
        written = self.initial.get("site", "")
        if self.number is not None and written and written not in self.sites:
            choices.append((written, f"{written} (as it is)"))
        choice_field(self, "site").choices = choices

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.judge("plot_number", self._plot)
        for name in ("latitude", "longitude"):
            self.judge(name, partial(self._degrees, name))
        if not {"latitude", "longitude"} & set(self.errors):
            self.judge("latitude" if not self.is_kept("latitude") else "longitude", self._place)
        if not self.cleaned_data.get("district") and not self.is_kept("site") and self._site():
            self.cleaned_data["district"] = self._site().district  # type: ignore[union-attr]  # asked just before
        return self.cleaned_data

    def _site(self) -> Site | None:
        return self.sites.get(self.cleaned_data.get("site", ""))

    def _plot(self) -> str:
        text, site = self.cleaned_data["plot_number"], self._site()
        if not text:
            return ""
        plot = parse_plot(text)
        if site and plot.site != site.code:
            raise InvalidInput(
                f"The plot number begins with {plot.site}, but the site is {site.code}. Correct one of the two.",
                field="plot_number",
            )
        holders = [number for number in plot_holders(str(plot), plot.site) if number != self.number]
        if holders and not self.cleaned_data.get("plot_shared"):
            who = ", ".join(f"customer {number}" for number in holders[:5])
            raise InvalidInput(
                f"{plot} is the plot of {who}. Correct the number, or tick that several customers share the plot.",
                field="plot_number",
            )
        return str(plot)

    def _degrees(self, field: str) -> float | None:
        text = self.cleaned_data[field]
        return parse_degrees(text, field) if text else None

    def _place(self) -> float | None:
        """The degrees again, after looking at the two as one place."""
        name = "latitude" if not self.is_kept("latitude") else "longitude"
        latitude, longitude = (self._number(field) for field in ("latitude", "longitude"))
        if (latitude is None) != (longitude is None):
            missing = "latitude" if latitude is None else "longitude"
            raise InvalidInput(f"Give the {missing} too, or leave both empty.", field=missing)
        if latitude is None or longitude is None:
            return None
        place, site = Position(latitude, longitude), self._site()
        check_position(place, site.country if site else "")
        self._check_distance(place, site)
        return latitude if name == "latitude" else longitude

    def _number(self, field: str) -> float | None:
        value = self.cleaned_data.get(field)
        if isinstance(value, str):  # kept as it is stored
            return parse_degrees(value, field) if value else None
        return value

    def _check_distance(self, place: Position, site: Site | None) -> None:
        centre = site_middle(site) if site else None
        if centre is None or site is None or self.cleaned_data.get("far_away"):
            return
        away = distance_km(place, centre)
        if away > FAR_KM:
            raise InvalidInput(
                f"This position is {away:,.0f} km from {site}. Check the digits and the site, or tick that the "
                "position is right.",
                field="latitude",
            )

    @property
    def asks_about_plot(self) -> bool:
        """Whether the question of a shared plot is shown: only when it arises."""
        return bool(self["plot_shared"].value()) or "share the plot" in str(self.errors.get("plot_number", ""))

    @property
    def asks_about_distance(self) -> bool:
        return bool(self["far_away"].value()) or "position is right" in str(self.errors.get("latitude", ""))


class ServiceFields(CustomerFields):
    """What the connection is for."""

    customer_type = forms.ChoiceField(
        label="Customer type",
        choices=[("", "Choose a type"), *((code, f"{code} – {words}") for code, words in CUSTOMER_TYPES.items())],
        error_messages={"required": "Choose the customer type."},
    )
