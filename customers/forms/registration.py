"""The steps of the new-customer wizard and what they make of a draft."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings

from ccportal.acdb.introspection import Table, get_table
from ccportal.core.errors import InvalidInput
from customers.formats import parse_plot
from customers.forms.person import (
    COLUMNS,
    COUNTRY_NAMES,
    CustomerFields,
    LocationFields,
    PersonalFields,
    ServiceFields,
)
from customers.lookalikes import Person
from customers.models import Customer, CustomerDraft

#: Step -> its heading and its form, in order.
STEPS: dict[str, tuple[str, type[CustomerFields]]] = {
    "personal": ("Person", PersonalFields),
    "location": ("Location", LocationFields),
    "service": ("Service", ServiceFields),
}


class Registration:
    """A draft with the forms of its steps. ``form(step)`` is bound, and judged, once the step has been filled in."""

    def __init__(self, draft: CustomerDraft | None) -> None:
        self.draft = draft
        self.typed: Mapping[str, Mapping[str, str]] = draft.typed if draft else {}
        self.table: Table = get_table(Customer._meta.db_table)
        self._forms: dict[str, CustomerFields] = {}

    def form(self, step: str) -> CustomerFields:
        if step not in self._forms:
            typed = self.typed.get(step)
            self._forms[step] = STEPS[step][1](typed, table=self.table, initial=self._initial(step))
        return self._forms[step]

    def _initial(self, step: str) -> dict[str, str]:
        if step == "personal":
            return {"country": COUNTRY_NAMES.get(settings.DEFAULT_COUNTRY, "")}
        if step == "service":
            return {"customer_type": self._type_of_plot()}
        return {}

    def _type_of_plot(self) -> str:
        try:
            return parse_plot(self.typed.get("location", {}).get("plot_number", "")).kind
        except InvalidInput:
            return ""

    @property
    def is_complete(self) -> bool:
        return all(self.form(step).is_valid() for step in STEPS)

    @property
    def next_step(self) -> str:
        """The first step that is not filled in as it should be, else the review."""
        return next((step for step in STEPS if not self.form(step).is_valid()), "review")

    @property
    def cleaned(self) -> dict[str, Any]:
        return {name: value for step in STEPS for name, value in self.form(step).cleaned_data.items()}

    def values(self) -> dict[str, Any]:
        """The columns of tblcustomer; empty fields are left out."""
        return {
            COLUMNS[name]: value for name, value in self.cleaned.items() if name in COLUMNS and value not in ("", None)
        }

    def person(self) -> Person:
        cleaned = self.cleaned
        return Person(
            first_name=cleaned["first_name"],
            last_name=cleaned["last_name"],
            middle_name=cleaned.get("middle_name", ""),
            national_id=cleaned.get("id_number", ""),
            phones=[cleaned[name] for name in ("phone", "phone_2") if cleaned.get(name)],
            site=cleaned["site"],
            plot=cleaned.get("plot_number", ""),
        )

    def remarks(self) -> list[str]:
        """What is allowed but unusual: a sentence each, for the review."""
        cleaned, found = self.cleaned, []
        if not any(cleaned.get(name) for name in ("phone", "phone_2")):
            found.append("No phone number: the customer cannot be called, sent messages or sign in.")
        if not cleaned.get("id_number"):
            found.append("No national id: it is needed before a contract can be made.")
        if cleaned.get("latitude") is None:
            found.append("No position: technicians will not find the connection on the map.")
        kind = self._type_of_plot()
        if kind and kind != cleaned["customer_type"]:
            found.append(f"The plot number says {kind}, the customer type is {cleaned['customer_type']}.")
        site = self.form("location").sites[cleaned["site"]]  # type: ignore[attr-defined]  # LocationFields
        if COUNTRY_NAMES.get(site.country, cleaned["country"]) != cleaned["country"]:
            found.append(
                f"The site is in {COUNTRY_NAMES[site.country]}, the customer’s country is {cleaned['country']}."
            )
        return found


class SaveForm(forms.Form):
    """The answer to "is it one of these?": the customers that were shown, and that it is none of them."""

    different = forms.BooleanField(required=False, label="None of them: it is somebody else")

    def accepted(self, shown: Iterable[int], seen: Iterable[str]) -> list[int]:
        """Those of the similar customers that were ``seen`` and of whom it was said that they are somebody else."""
        said = self.is_valid() and self.cleaned_data["different"]
        return sorted(set(shown) & {int(text) for text in seen if text.isdecimal()}) if said else []
