import pytest

from audit import services
from audit.actors import Actor
from customers.models import Customer


@pytest.fixture
def mpho(db):
    return Customer.objects.create(first_name="Mpho", last_name="Letšela", concession="MAK")


@pytest.fixture
def renamed(palesa, mpho):
    """The entry of Palesa renaming Mpho to Neo."""
    return services.update_record(
        Actor.of(palesa),
        "tblcustomer",
        str(mpho.pk),
        {"FIRST NAME": "Neo"},
        event="customers.name.corrected",
        reason="As in the passport",
    )
