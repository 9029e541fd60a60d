"""Writes customers with a phone and an account each into the directory: ``python -m demo.bench.care_people N``."""

import os
import sys

import django


def write(count: int) -> None:
    from customers.models import DirectoryAccount, DirectoryCustomer, DirectoryPhone, Site
    from demo.bench.care import phone
    from whatsapp.triage import assess, known_for

    sites = list(Site.objects.filter(active=True).order_by("code").values_list("code", flat=True))
    people, phones, accounts = [], [], []
    for number in range(1, count + 1):
        site = sites[number % len(sites)]
        account, digits = f"{number:04}{site}", phone(number)[3:]
        fields = {"name": f"Customer {number}", "sort_name": f"customer {number:06}", "accounts": account}
        fields |= {"document": f" customer {number}", "extra": f" {digits}", "digest": str(number)}
        people.append(DirectoryCustomer(number=number, site=site, status="active", **fields))
        phones.append(DirectoryPhone(suffix=digits[-8:], digits=digits, customer_number=number))
        accounts.append(DirectoryAccount(account=account, customer_number=number, site=site, source=1, owner=True))
    DirectoryCustomer.objects.bulk_create(people, batch_size=500)
    DirectoryPhone.objects.bulk_create(phones, batch_size=500)
    DirectoryAccount.objects.bulk_create(accounts, batch_size=500)
    assess("Lumela", known_for())  # the classifier's file is made once


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
    django.setup()
    write(int(sys.argv[1]))
