import pytest
from django.core.cache import cache

from conftest import PASSWORD


@pytest.fixture(autouse=True)
def no_throttles_of_other_tests():
    cache.clear()


@pytest.fixture
def enter(client, db):
    """Fills in the sign-in page."""

    def send(employee_no="1004", password=PASSWORD, address="192.0.2.1", to=client, **data):
        return to.post("/sign-in/", {"employee_no": employee_no, "password": password, **data}, REMOTE_ADDR=address)

    return send
