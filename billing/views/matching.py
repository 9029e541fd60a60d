"""Working off unmatched payments, and taking posted ones back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from billing.forms.payments import MatchForm, NoteForm, ReverseForm
from billing.models import Payment, PaymentKind, PaymentState, Queue
from billing.queries import payments as queries
from billing.services import payments as services
from billing.services.posting import outlook_of, post
from billing.views.payments import VIEW, WRITE, payment_page, say_where
from ccportal.accounts.permissions import requires
from ccportal.core.errors import Conflict, NotFound
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged

QUEUE_PAGE = 10
QUEUES = {"open": "", "aside": Queue.ASIDE, "refunded": Queue.REFUNDED}


@require_safe
@requires(VIEW)
def queue(request: HttpRequest) -> HttpResponse:
    """Unmatched payments, oldest first, each with accounts that it may be for; and notifications nobody understood."""
    which = request.GET.get("show", "open")
    page = paged(queries.queue(QUEUES.get(which, "")), page_number(request.GET.get("page")), QUEUE_PAGE)
    entries = [(payment, queries.suggestions(payment)) for payment in page.items]
    context = {
        "page": page,
        "entries": entries,
        "which": which if which in QUEUES else "open",
        "notices": queries.waiting_notifications()[:50],
    }
    return render_page(request, "billing/queue.html", "billing/htmx/queue.html", context)


@require_safe
@requires(WRITE)
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """What matching a payment with an account would do."""
    payment = _open_payment(pk)
    form = MatchForm({"account": request.GET.get("account", "")})
    return _confirm_match(request, payment, form)


@require_POST
@requires(WRITE)
def match_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Match a payment with an account and post it."""
    payment, form = _open_payment(pk), MatchForm(request.POST)
    if not form.is_valid():
        return _confirm_match(request, payment, form, 422)
    try:
        outlook = outlook_of(payment, form.cleaned_data["account"])
    except NotFound:
        return _confirm_match(request, payment, form, 422)
    if outlook.seen != form.cleaned_data["seen"]:
        return _confirm_match(request, payment, form, 409)
    matched = services.match(Actor.of(request), payment, form.cleaned_data["account"])
    say_where(request, matched, f"The payment is matched with {matched.account}")
    return redirect("billing:payment", pk)


def _open_payment(pk: int) -> Payment:
    payment = services.get_payment(pk)
    if payment.state not in services.OPEN or payment.queue == Queue.REFUNDED:
        standing = payment.get_queue_display() if payment.queue else payment.get_state_display()
        raise Conflict(f"This payment is {standing.lower()}; it is not waiting to be matched.")
    services.refuse_foreign(payment)
    return payment


def _confirm_match(request: HttpRequest, payment: Payment, form: MatchForm, status: int = 200) -> HttpResponse:
    outlook, fault = None, ""
    if form.is_valid():
        try:
            outlook = outlook_of(payment, form.cleaned_data["account"])
        except NotFound as error:
            fault = error.message
    shown = MatchForm({"account": form.data.get("account", ""), "seen": outlook.seen if outlook else ""})
    context = {"payment": payment, "form": shown, "outlook": outlook, "fault": fault, "moved": status == 409}
    return render(request, "billing/match.html", context, status=status)


@require_POST
@requires(WRITE)
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an unmatched payment aside with a note."""
    return _decide(request, pk, services.put_aside, "The payment is put aside.")


@require_POST
@requires(WRITE)
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the money went back to the payer."""
    return _decide(request, pk, services.note_refund, "The refund is noted.")


@require_POST
@requires(WRITE)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a payment back into the open queue."""
    return _decide(request, pk, services.reopen, "The payment is in the queue again.")


def _decide(request: HttpRequest, pk: int, act: Callable[..., None], done: str) -> HttpResponse:
    payment, form = services.get_payment(pk), NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return payment_page(request, payment, form, status=422)
    try:
        act(Actor.of(request), payment, form.cleaned_data["note"])
    except Conflict as error:
        messages.error(request, error.message)
        return payment_page(request, services.get_payment(pk), form, status=409)
    messages.success(request, done)
    return redirect("billing:payment", pk)


@require_POST
@requires(WRITE)
def post_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Try at once to write the ledger row of a payment that waits."""
    say_where(request, post(services.get_payment(pk).pk, Actor.of(request)), "Tried again")
    return redirect("billing:payment", pk)


# ---------------------------------------------------------------- reversing


@require_safe
@requires(WRITE)
def reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking a payment back would do."""
    return _confirm_reversal(request, services.get_payment(pk), ReverseForm())


@require_POST
@requires(WRITE)
def reverse_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a payment back by a new entry."""
    payment, form = services.get_payment(pk), ReverseForm(request.POST)
    if not form.is_valid():
        return _confirm_reversal(request, payment, form, 422)
    sent = form.cleaned_data
    reversal = services.reverse(Actor.of(request), payment, reason=sent["reason"], moves=sent["moves"] == "yes")
    say_where(request, reversal, "The payment is reversed")
    moved = payment.derived.filter(kind=PaymentKind.CORRECTION, state=PaymentState.UNMATCHED).first()
    return redirect("billing:payment", moved.pk if moved else pk)


def _confirm_reversal(request: HttpRequest, payment: Payment, form: ReverseForm, status: int = 200) -> HttpResponse:
    if payment.state != PaymentState.POSTED or payment.kind == PaymentKind.REVERSAL:
        raise Conflict(
            f"This payment is {payment.get_state_display().lower()}; only a posted one can be reversed, once."
        )
    undoing = Payment(
        kind=PaymentKind.REVERSAL, origin=payment, amount=-payment.amount, received_at=payment.received_at
    )
    context = {"payment": payment, "form": form, "outlook": outlook_of(undoing, payment.account)}
    return render(request, "billing/reverse.html", context, status=status)
