from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ccportal.api"
    label = "api"
