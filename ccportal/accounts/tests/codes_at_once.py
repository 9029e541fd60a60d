"""Asks for codes from several threads at once and prints how many were given; test_codes_at_once.py runs it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from ccportal.accounts import registration
from customers.models import AccountSource, DirectoryAccount, DirectoryCustomer, DirectoryPhone, Status

ACCOUNT = "0045MAK"
TOGETHER = 8


def prepare() -> None:
    DirectoryCustomer.objects.create(number=45, name="Mpho Nteso", site="MAK", status=Status.ACTIVE, digest="x")
    DirectoryPhone.objects.create(customer_number=45, suffix="50123456", digits="50123456")
    DirectoryAccount.objects.create(
        account=ACCOUNT, customer_number=45, site="MAK", source=AccountSource.ACCOUNTS, owner=True
    )


def ask(start: Barrier) -> bool:
    """Whether a code was given."""
    try:
        connections["default"].ensure_connection()
        start.wait()
        registration.send_code(ACCOUNT)
    except registration.TooManyCodes:
        return False
    finally:
        connections.close_all()
    return True


prepare()
with ThreadPoolExecutor(TOGETHER) as pool:
    print(sum(pool.map(ask, [Barrier(TOGETHER)] * TOGETHER)))
