from django.apps import AppConfig


class AcdbConfig(AppConfig):
    name = "ccportal.acdb"
    label = "acdb"
