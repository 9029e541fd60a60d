"""A walk through the registry by Thabo, for a portal whose databases the environment names; prints what he saw."""

import json

import django
from django.test.utils import setup_test_environment

django.setup()
setup_test_environment()

from django.test import Client  # noqa: E402 - settings first

from ccportal.accounts.models import Employee  # noqa: E402 - settings first

thabo = Employee.objects.create_user("1004", None, name="Thabo Mokoena", role="generic")
client = Client()
client.force_login(thabo, backend="django.contrib.auth.backends.ModelBackend")


def listed(query):
    page = client.get("/customers/", {"q": query}).context["page"]
    return [page.total, page.items[0].name]


print(
    json.dumps(
        {
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
