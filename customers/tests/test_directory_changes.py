"""A single change leaves the directory as a full refresh would."""

import random

import pytest

from audit.actors import Actor
from audit.services import create_record, delete_record, update_record
from ccportal.acdb import gateway
from ccportal.acdb.introspection import get_table
from customers.models import (
    AccountNumber,
    Customer,
    DirectoryAccount,
    DirectoryCustomer,
    DirectoryPhone,
    DirectoryState,
    LegacyMeter,
    Meter,
)
from customers.services import directory as directory_service
from customers.services.directory import refresh_directory

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]
PALESA = Actor.system("Palesa Molapo")


def directory():
    accounts = DirectoryAccount.objects.values_list(
        "account", "customer_number", "site", "customer_type", "meter_id", "source", "owner"
    )
    state = DirectoryState.objects.values_list("customers", "accounts", "sites", "types").get()
    return (
        list(DirectoryCustomer.objects.order_by("number").values_list()),
        sorted(DirectoryPhone.objects.values_list("customer_number", "digits")),
        sorted(accounts, key=str),
        state,
    )


def same_as_after_a_full_refresh():
    followed = directory()
    refresh_directory()
    assert followed == directory()


def record_ids(model):
    table = get_table(model._meta.db_table)
    columns = [field.column for field in model._meta.concrete_fields]
    for values in model.objects.values_list():
        yield gateway.record_id_of(table, dict(zip(columns, values, strict=True)))


def test_a_new_customer(db):
    create_record(
        PALESA, "tblcustomer", {"FIRST NAME": "Thato", "PLOT NUMBER": "MAK 0077 HH", "Concession name": "MAK"}
    )
    assert DirectoryCustomer.objects.get(name="Thato").accounts == "0077MAK"
    same_as_after_a_full_refresh()


def test_a_customer_who_moves_to_another_site_and_one_who_is_deleted():
    update_record(PALESA, "tblcustomer", "2", {"Concession name": "MAS", "PLOT NUMBER": "MAS 0011 HH"})
    same_as_after_a_full_refresh()
    delete_record(PALESA, "tblcustomer", "1")
    assert DirectoryAccount.objects.get(account="0001MAK", owner=True).customer_number == 4
    same_as_after_a_full_refresh()


def test_a_plot_counts_only_until_a_registry_gives_an_account():
    assert DirectoryAccount.objects.get(customer_number=2).account == "0914KET"
    create_record(PALESA, "tblaccountnumbers", {"accountnumber": "0001ket", "customerid": 2})
    assert DirectoryAccount.objects.get(customer_number=2).account == "0001KET"
    same_as_after_a_full_refresh()


def test_an_account_nobody_had_gets_an_owner():
    create_record(PALESA, "tblmeter", {"accountnumber": "0009NKU", "customer id": 3, "meterid": "m9"})
    assert DirectoryAccount.objects.get(account="0009NKU").customer_number == 3
    same_as_after_a_full_refresh()


def test_other_tables_do_not_concern_the_directory():
    before = directory()
    create_record(PALESA, "tblconfig", {"therate": 5})
    assert directory() == before


def test_a_change_during_a_full_refresh_is_not_lost(monkeypatch):
    real, overtaken = directory_service._ownerships, []

    def read_too_early(sites):
        found = real(sites)
        if not overtaken:
            overtaken.append(create_record(PALESA, "tblmeter", {"accountnumber": "0050MAS", "customer id": 3}))
            create_record(PALESA, "tblcustomer", {"FIRST NAME": "Thato", "Concession name": "MAS"})
        return found

    monkeypatch.setattr(directory_service, "_ownerships", read_too_early)
    refresh_directory()
    assert DirectoryAccount.objects.get(account="0050MAS").customer_number == 3
    assert DirectoryCustomer.objects.filter(name="Thato").exists()
    same_as_after_a_full_refresh()


@pytest.mark.parametrize("seed", range(6))
def test_after_any_series_of_changes_nothing_is_left_to_refresh(seed):
    dice = random.Random(seed)
    accounts = ["0001MAK", "0914KET", "0009NKU", "0003mat", "0050MAS"]
    people = [1, 2, 3, 4, 900000, None]
    for _ in range(12):
        kind = dice.choice(["listing", "meter", "legacy", "person", "remove"])
        account, person = dice.choice(accounts), dice.choice(people)
        if kind == "listing":
            create_record(PALESA, "tblaccountnumbers", {"accountnumber": account, "customerid": person})
        elif kind in ("meter", "legacy"):
            table = "tblmeter" if kind == "meter" else "Copy Of tblmeter"
            values = {"accountnumber": account, "customer id": person, "meterid": f"m{dice.random()}"}
            values["current status"] = dice.choice(["active", "removed"])
            create_record(PALESA, table, values)
        elif kind == "person" and person in (1, 2, 3, 4) and Customer.objects.filter(number=person).exists():
            plot = dice.choice(["MAK 0001 HH", "NKU 0009 HH", None])
            update_record(PALESA, "tblcustomer", str(person), {"PLOT NUMBER": plot, "Concession name": "NKU"})
        elif kind == "remove":
            model = dice.choice([AccountNumber, Meter, LegacyMeter])
            ids = list(record_ids(model))
            if ids:
                delete_record(PALESA, model._meta.db_table, dice.choice(ids))
        same_as_after_a_full_refresh()
