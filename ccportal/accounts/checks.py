"""What must be right before the portal starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured

from ccportal.accounts.signing import key_ring
from ccportal.integrations.addresses import address_is_safe

SHORTEST_SECRET = 20


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
        for name in ("HR_URL", "SMS_URL", "LLM_URL", "UGRIDPLAN_URL")
        if getattr(settings, name) and not address_is_safe(getattr(settings, name))
    ]


@register()
def exchange_of_tickets(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """uGridPlan is signed in to, what it tells is proven, and somebody reads the letters about tickets."""
    found: list[CheckMessage] = []
    secret = settings.UGRIDPLAN_WEBHOOK_SECRET
    if secret and len(secret) < SHORTEST_SECRET:
        found.append(Error(f"UGRIDPLAN_WEBHOOK_SECRET has less than {SHORTEST_SECRET} characters", id="accounts.E003"))
    if settings.UGRIDPLAN_URL and not (settings.UGRIDPLAN_USER and settings.UGRIDPLAN_PASSWORD):
        found.append(Error("UGRIDPLAN_URL needs UGRIDPLAN_USER and UGRIDPLAN_PASSWORD", id="accounts.E004"))
    if not settings.PRODUCTION:
        return found
    if settings.UGRIDPLAN_URL and not secret:
        hint = "Changes there are noticed by asking once a minute; set UGRIDPLAN_WEBHOOK_SECRET to hear at once."
        found.append(Warning("uGridPlan cannot tell the portal of changes", hint=hint, id="accounts.W001"))
    if settings.ONM_EMAILS and not settings.EMAIL_HOST:
        hint = "Set EMAIL_HOST; until then letters to ONM_EMAILS are files in VAR_DIR/mail."
        found.append(Warning("Letters to the O&M team reach nobody", hint=hint, id="accounts.W002"))
    return found
