from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "ccportal.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Load every app's tasks: they register the kinds of jobs and the handlers of the outbox."""
        autodiscover_modules("tasks")
