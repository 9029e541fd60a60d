"""The project package: a floor every app stands on, and the roof that joins them."""

from ccportal.celery import app as celery_app

__all__ = ["celery_app"]
