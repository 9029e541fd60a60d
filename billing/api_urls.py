"""Addresses of the account endpoints."""

from django.urls import path

from billing import api

urlpatterns = [
    path("api/customer-data/<str:account_number>", api.customer_data),
    path("api/my/dashboard", api.my_dashboard),
    path("api/my/profile", api.my_profile),
]
