"""Confirmation messages: pasted by staff, and those that wait for a decision."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from billing.forms.payments import MessageForm, NoteForm
from billing.messages.parsing import Means, Understood, understand
from billing.models import Notification, NotificationState, Payment, Source
from billing.providers import provider_name
from billing.queries.payments import by_reference
from billing.services import notifications
from billing.services.posting import outlook_of
from billing.services.transactions import Outlook
from billing.views.payments import VIEW, WRITE
from ccportal.accounts.callers import caller_of
from ccportal.accounts.permissions import requires
from ccportal.core.errors import NotFound


@require_safe
@requires(WRITE)
def paste(request: HttpRequest) -> HttpResponse:
    """Where a confirmation message is pasted."""
    return render(request, "billing/sms.html", {"form": MessageForm()})


@require_POST
@requires(WRITE)
def check(request: HttpRequest) -> HttpResponse:
    """What the rules understand of a message; nothing is stored."""
    form = MessageForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/sms.html", {"form": form}, status=422)
    read = understand(form.cleaned_data["text"])
    context = {"form": form, "read": read, "provider": provider_name(read.provider), "may_take": _may_take(read)}
    context["known"] = by_reference(read.reference, read.provider) if read.reference else []
    context["outlook"] = _outlook(read)
    return render(request, "billing/sms.html", context)


def _outlook(read: Understood) -> Outlook | None:
    """What the payment would do to its account; None where there is nothing to be posted by itself."""
    if read.means != Means.PAYMENT or not read.trusted or read.amount is None or not read.account:
        return None
    try:
        return outlook_of(Payment(amount=read.amount, received_at=read.at or timezone.now()), read.account)
    except NotFound:
        return None


def _may_take(read: Understood) -> bool:
    return read.means in (Means.PAYMENT, Means.FAILED, Means.REVERSAL)


@require_POST
@requires(WRITE)
def save(request: HttpRequest) -> HttpResponse:
    """Take a message in as it is; it becomes a payment, or waits for a decision."""
    form = MessageForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/sms.html", {"form": form}, status=422)
    body = form.cleaned_data["text"].encode()
    notice, is_new = notifications.take_in(Source.PASTED, "", body, by=caller_of(request).id)
    if is_new:
        notice = notifications.process(notice.pk, Actor.of(request))
    else:
        messages.warning(request, "This message was taken in before; nothing was recorded twice.")
    if notice.payment is not None and notice.state != NotificationState.REVIEW:
        return redirect("billing:payment", notice.payment.pk)
    return redirect("billing:notification", notice.pk)


@require_safe
@requires(VIEW)
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    """One notification as it came, what was understood of it, and what became of it."""
    return _page(request, _get(pk), NoteForm())


def _page(request: HttpRequest, notice: Notification, form: NoteForm, status: int = 200) -> HttpResponse:
    context = {"notice": notice, "form": form, "waits": notice.state == NotificationState.REVIEW}
    return render(request, "billing/notification.html", context, status=status)


@require_POST
@requires(WRITE)
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a notification out of the queue with a note."""
    notice, form = _get(pk), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, notice, form, 422)
    notifications.dismiss(Actor.of(request), notice, form.cleaned_data["note"])
    messages.success(request, "The notification is dismissed; it stays stored.")
    return redirect("billing:payment_queue")


def _get(pk: int) -> Notification:
    found = Notification.objects.select_related("payment").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such notification.")
    return found
