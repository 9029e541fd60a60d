"""Channels and their health; linking an ordinary WhatsApp number."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.errors import InvalidInput
from ccportal.core.htmx import render_page
from whatsapp.channels import linked, registry
from whatsapp.models import Channel
from whatsapp.services import linking
from whatsapp.services.qr import picture


class LinkForm(forms.Form):
    """How to link, and that the warning was read."""

    phone = forms.CharField(
        required=False,
        max_length=30,
        label="Number of the phone",
        help_text="Leave it empty to scan a QR code; with a number a code to type on the phone is shown.",
    )
    risk_accepted = forms.BooleanField(required=False, label="I have read the warning and accept the risk")


@require_safe
@never_cache
@requires("link_whatsapp")
def page(request: HttpRequest) -> HttpResponse:
    """Every channel and how it is; htmx asks again while a phone is being linked."""
    return _render(request, LinkForm())


@require_POST
@requires("link_whatsapp")
def link(request: HttpRequest) -> HttpResponse:
    """Begin to link a phone."""
    form = LinkForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            linking.order_link(
                by=request.user.get_username(), phone=given["phone"], risk_accepted=given["risk_accepted"]
            )
        except InvalidInput as error:
            form.add_error(error.field, error.message)
        else:
            return redirect("whatsapp:channels")
    return _render(request, form, status=422)


@require_POST
@requires("link_whatsapp")
def unlink(request: HttpRequest) -> HttpResponse:
    """End the link."""
    linking.order_unlink(by=request.user.get_username())
    messages.success(request, "The link is being ended. Look on the phone, under Linked devices, that it is gone.")
    return redirect("whatsapp:channels")


def _render(request: HttpRequest, form: LinkForm, *, status: int = 200) -> HttpResponse:
    state, details = linked.status()
    context: dict[str, object] = {
        "form": form,
        "channels": [(channel.label, registry.driver(channel).health(), _is_used(channel)) for channel in Channel],
        "default": registry.default().label,
        "linked_on": settings.WHATSAPP_LINKED,
        "state": state,
        "state_words": linked.WORDS[state],
        "details": details,
        "qr": picture(details["qr"]) if state == "pairing" and details.get("qr") else "",
        "group": settings.WHATSAPP_GROUP,
        "waiting": linking.waiting_messages(),
    }
    return render_page(request, "whatsapp/channels.html", "whatsapp/htmx/link.html", context, status=status)


def _is_used(channel: Channel) -> bool:
    switched = {Channel.SIMULATOR: settings.WHATSAPP_SIMULATOR, Channel.LINKED: settings.WHATSAPP_LINKED}
    return registry.default() == channel or bool(switched.get(channel, settings.WHATSAPP_PHONE_NUMBER_ID))
