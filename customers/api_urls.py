"""Addresses of the lookups, exactly as other programs call them, and their aliases under /api."""

from django.urls import path

from customers import api

_LOOKUPS = [
    ("customers/by-phone/<str:phone>", api.by_phone),
    ("customers/by-id/<str:customer_id>", api.by_id),
    ("customers/by-account/<str:account_number>", api.by_account),
    ("customers/search", api.search),
]

urlpatterns = [
    *(path(f"{prefix}{address}", view) for prefix in ("", "api/") for address, view in _LOOKUPS),
    path("sites", api.sites),
    path("api/sites", api.public_sites),
]
