"""ASGI entry point; production serves WSGI, which measured faster for this application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
application = get_asgi_application()
