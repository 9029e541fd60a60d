from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "ccportal.core"
    label = "core"
