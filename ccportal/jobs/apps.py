from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "ccportal.jobs"
    label = "jobs"
