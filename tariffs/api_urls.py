"""Endpoints of rates."""

from django.urls import path

from ccportal.api.endpoints import by_method
from tariffs import api

urlpatterns = [
    path("api/tariff/current", api.current),
    path("api/tariff/resolve/<str:identifier>", api.resolve),
    path("api/tariff/global", api.update_global),
    path("api/tariff/concession/<str:code>", by_method(PUT=api.update_concession, DELETE=api.delete_concession)),
    path("api/tariff/customer/<str:customer_id>", by_method(PUT=api.update_customer, DELETE=api.delete_customer)),
    path("api/tariff/history", api.history),
]
