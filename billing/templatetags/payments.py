"""Words of payments in templates."""

from django import template

from billing.providers import provider_name

register = template.Library()


@register.filter
def provider(code: str) -> str:
    """What people call a provider: ``M-Pesa`` for ``mpesa``."""
    return provider_name(code)
