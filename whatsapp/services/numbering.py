"""Our own ticket numbers: CC-MAK-2026-0065, counted per site and year."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models.functions import Length

from ccportal.core.errors import Conflict
from ccportal.core.periods import local_today
from whatsapp.models import Ticket

#: Stands for the site while it is not known.
NOWHERE = "XXX"
_TRIES = 50


def create(make: Callable[[str], Ticket], site_code: str) -> Ticket:
    """Create a ticket under the next number; who was overtaken by another takes the one after."""
    prefix = f"CC-{site_code or NOWHERE}-{local_today().year}-"
    for _ in range(_TRIES):
        number = f"{prefix}{_highest(prefix) + 1:04d}"
        try:
            with transaction.atomic():
                return make(number)
        except IntegrityError:
            if not Ticket.objects.filter(number=number).exists():
                raise
    raise Conflict("Many tickets are being opened at this moment. Try again.")


def _highest(prefix: str) -> int:
    """The longest of the numbers with this beginning is the highest, after 9999 too."""
    numbers = Ticket.objects.filter(number__startswith=prefix).order_by(Length("number").desc(), "-number")
    newest = numbers.values_list("number", flat=True).first()
    return int(newest.removeprefix(prefix)) if newest else 0
