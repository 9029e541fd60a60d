"""The webhooks of the WhatsApp Cloud API and of uGridPlan."""

from django.urls import path

from ccportal.api.endpoints import by_method
from whatsapp import api, exchange_api

urlpatterns = [
    path("api/whatsapp/webhook", by_method(GET=api.verify, POST=api.receive)),
    path("api/ugridplan/webhook", by_method(POST=exchange_api.receive)),
]
