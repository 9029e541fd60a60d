"""A walk through the registry by Thabo, prints what he saw; test_postgres.py runs it."""

import json
import re

from django.test import Client
from django.test.utils import setup_test_environment

from ccportal.accounts.models import Employee
from customers.models import MeterAssignment

setup_test_environment()
palesa = Employee.objects.create_user("1002", None, name="Palesa Molapo", role="onm_team")
thabo = Employee.objects.create_user("1004", None, name="Thabo Mokoena", role="generic")
client = Client()
client.force_login(thabo, backend="django.contrib.auth.backends.ModelBackend")


def listed(query):
    page = client.get("/customers/", {"q": query}).context["page"]
    return [page.total, page.items[0].name]


def form_token(page):
    return re.search(r'name="token" value="([^"]+)"', page.text)[1]


def onboarded():
    """Palesa registers a customer who looks like another one, gives him a meter, replaces it and takes it away."""
    office = Client()
    office.force_login(palesa, backend="django.contrib.auth.backends.ModelBackend")
    base = re.search(r'action="(/customers/new/[0-9a-f-]{36}/)', office.get("/customers/new/").text)[1]
    name = {"first_name": "Thato\x00", "last_name": "Molefe", "country": "Lesotho", "id_number": "90343 8064168"}
    office.post(f"{base}personal/keep/", name)
    office.post(f"{base}personal/keep/", {**name, "first_name": "Thato"})
    place = {"site": "TLH", "plot_number": "tlh 0999 hh", "latitude": "-29.25", "longitude": "29.08"}
    office.post(f"{base}location/keep/", place)
    office.post(f"{base}service/keep/", {"customer_type": "HH"})
    asked = "same national id" in office.get(f"{base}review/").text
    saved = office.post(f"{base}save/", {"different": "on", "seen": ["1"]}, follow=True)
    number = int(re.search(r"Customer (\d+)", saved.text)[1])
    accounts = []
    for serial, account in (("SMRSD-03-0000AAAA", "new"), ("SMRSD-03-0000BBBB", "")):
        token = form_token(office.get(f"/customers/{number}/assign-meter/"))
        sent = {"token": token, "meter_id": serial, "account": account or accounts[0], "connected_on": "2025-01-02"}
        office.post(f"/customers/{number}/assign-meter/save/", {**sent, "reason": "Display dead"})
        accounts.append(MeterAssignment.objects.get(token=token).account)
    taken = {"account": accounts[0], "meter": "SMRSD-03-0000BBBB", "reason": "Moved"}
    office.post("/customers/meters/unassign/", taken)
    history = office.get(f"/customers/meters/?account={accounts[0]}").text
    return {
        "asked": asked,
        "accounts": accounts,
        "statuses": re.findall(r'<span class="badge \w+">(\w+)<', history),
        "found": listed("thato molefe"),
    }


print(
    json.dumps(
        {
            "onboarded": onboarded(),
            "letsela": listed("letsela"),
            "plot": listed("tlh 0001 hh"),
            "two letters": listed("le"),
            "phone": client.get("/customers/by-phone/+266 5869 8650").json()["customers"][0]["customer_id"],
            "search": client.get("/customers/search?q=etsela&limit=100").json()["count"],
            "account": client.get("/customers/by-account/TLH0001").json()["customer"]["customer_id"],
            "sites": client.get("/sites").json()["total_sites"],
            "summary": client.get("/api/stats/site-summary").json()["totals"],
            "pages": [client.get(path).status_code for path in ("/", "/customers/1/", "/customer-data/0001TLH/")],
            "balance": client.get("/api/customer-data/0001TLH").json()["dashboard"]["balance_kwh"],
        }
    )
)
