"""Words of payments in templates."""

from django import template
from django.conf import settings

from billing.models import Payment
from billing.providers import provider_name
from ccportal.core.templatetags.portal import money

register = template.Library()


@register.filter(name="sum")
def amount_with_currency(payment: Payment) -> str:
    """What was paid: ``M 50.00``, and ``ZAR 50.00`` in a currency that is not the ledger's."""
    return (
        money(payment.amount) if payment.currency == settings.CURRENCY else f"{payment.currency} {payment.amount:,.2f}"
    )


@register.filter
def provider(code: str) -> str:
    """What people call a provider: ``M-Pesa`` for ``mpesa``."""
    return provider_name(code)
