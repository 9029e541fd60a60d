"""The webhook of the WhatsApp Cloud API."""

from django.urls import path

from ccportal.api.endpoints import by_method
from whatsapp import api

urlpatterns = [
    path("api/whatsapp/webhook", by_method(GET=api.verify, POST=api.receive)),
]
