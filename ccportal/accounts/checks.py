"""What must be right before the portal starts."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from ccportal.accounts.signing import key_ring

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@register()
def signing_keys(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """The token keys are there and of the right kind."""
    if not settings.JWT_SIGNING_KEY and not settings.PRODUCTION:
        return []  # made on first use
    try:
        key_ring()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="accounts.E001")]
    return []


@register()
def directory_address(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """The HR directory is asked over HTTPS only; plain HTTP is for a program on this machine."""
    parts = urlsplit(settings.HR_URL)
    if not settings.HR_URL or parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return []
    return [Error("HR_URL must begin with https:// (http:// only for this machine)", id="accounts.E002")]
