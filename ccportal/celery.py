"""The Celery application: tasks of every app, the schedule in one table."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")

app = Celery("ccportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
