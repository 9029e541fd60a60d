"""What must be right before the portal starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from ccportal.accounts.signing import key_ring
from ccportal.integrations.addresses import address_is_safe


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
def vendor_addresses(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Vendors are called over HTTPS only; plain HTTP is for a program on this machine."""
    return [
        Error(f"{name} must begin with https:// (http:// only for this machine)", id="accounts.E002")
        for name in ("HR_URL", "SMS_URL", "LLM_URL")
        if getattr(settings, name) and not address_is_safe(getattr(settings, name))
    ]
