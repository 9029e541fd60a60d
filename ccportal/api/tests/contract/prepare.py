"""Adds people who may sign in to an installation with the sample and prints them as JSON; conftest.py runs it."""

import json

from ccportal.accounts import keys
from ccportal.accounts.models import CustomerLogin, Employee
from customers.models import AccountSource, DirectoryAccount, DirectoryPhone

PASSWORD = "Katse-e-ntsho-7"
ROLES = {"1001": "superadmin", "1002": "onm_team", "1003": "finance_team", "1004": "generic"}
SCOPES = ["lookup.read", "billing.read", "reports.read", "tables.read", "tables.write", "mutations.read"]
SCOPES += ["tariffs.read", "tariffs.write"]


def main() -> None:
    for number, role in ROLES.items():
        Employee.objects.create_user(number, PASSWORD, name=f"Colleague {number}", role=role)
    owned = DirectoryAccount.objects.filter(owner=True, source=AccountSource.ACCOUNTS, customer_number__isnull=False)
    reachable = owned.filter(customer_number__in=DirectoryPhone.objects.values("customer_number"))
    own, other = reachable.order_by("account")[:2]
    login = CustomerLogin(account=own.account)
    login.set_password(PASSWORD)
    login.save()
    phone = DirectoryPhone.objects.filter(customer_number=own.customer_number).first()
    _, ugridplan = keys.issue("uGridPlan", SCOPES, "1001")
    found = {
        "password": PASSWORD,
        "employees": {role: number for number, role in ROLES.items()},
        "account": own.account,
        "customer": own.customer_number,
        "phone": phone.digits if phone else "",
        "other_account": other.account,
        "other_customer": other.customer_number,
        "key": ugridplan,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
