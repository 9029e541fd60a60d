"""Addresses that belong to no app."""

from django.urls import path

from ccportal.core import health_api

urlpatterns = [
    path("health", health_api.at_root, name="health"),
    path("api/health", health_api.under_api, name="api-health"),
]
