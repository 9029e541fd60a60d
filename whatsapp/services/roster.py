"""Technicians and who is on call where."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.phones import parse_typed
from customers.models import Site
from whatsapp.models import OnCall, Technician


def save_technician(technician: Technician | None, values: dict[str, Any]) -> Technician:
    """Write a technician down or correct one; ``InvalidInput`` for a phone that is none, or another's."""
    phone = parse_typed(values["phone"])
    if not phone.e164:
        raise InvalidInput("Give the phone number with its country code, like +266 5812 3456.", field="phone")
    fields = {**values, "phone": phone.e164.lstrip("+")}
    technician = technician or Technician()
    for name, value in fields.items():
        setattr(technician, name, value)
    try:
        with transaction.atomic():
            technician.save()
    except IntegrityError as error:
        raise InvalidInput("Another technician has this phone number.", field="phone") from error
    return technician


def add_duty(technician: Technician, site_code: str) -> OnCall:
    """Put a technician at the end of a site's list; an empty code stands for any site."""
    if site_code and not Site.objects.filter(code=site_code).exists():
        raise InvalidInput("Choose one of the sites.", field="site_code")
    last = OnCall.objects.filter(site_code=site_code).aggregate(last=Max("order"))["last"] or 0
    duty, is_new = OnCall.objects.get_or_create(
        technician=technician, site_code=site_code, defaults={"order": last + 1}
    )
    if not is_new:
        raise InvalidInput(f"{technician.name} is on this list already.", field="technician")
    return duty


@transaction.atomic
def change_duty(duty: OnCall, what: str) -> None:
    """Move a duty ``up`` or ``down`` its list, or ``remove`` it."""
    if what not in ("up", "down", "remove"):
        raise NotFound("There is no such change.")
    if what == "remove":
        duty.delete()
        return
    same = list(OnCall.objects.select_for_update().filter(site_code=duty.site_code).order_by("order", "pk"))
    place = [row.pk for row in same].index(duty.pk)
    other = place - 1 if what == "up" else place + 1
    if 0 <= other < len(same):
        same[place], same[other] = same[other], same[place]
    for number, row in enumerate(same, 1):
        OnCall.objects.filter(pk=row.pk).update(order=number)
