"""Addresses of the endpoints of accounts and payments."""

from django.urls import path

from billing.api import account, payments

urlpatterns = [
    path("api/customer-data/<str:account_number>", account.customer_data),
    path("api/my/dashboard", account.my_dashboard),
    path("api/my/profile", account.my_profile),
    path("api/payments/webhook", payments.webhook_by_header),
    path("api/payments/webhook/<slug:provider>", payments.webhook),
    path("api/payments/sms", payments.sms),
    path("api/payments/<path:reference>", payments.lookup),
]
