"""Addresses of the statistics."""

from django.urls import path

from omreport import api

urlpatterns = [
    path("api/stats/site-summary", api.site_summary),
]
