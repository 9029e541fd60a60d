"""Payments: the list, one payment with all that is known of it, and recording one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from billing.exports import payments_as_csv
from billing.forms.payments import NoteForm, PaymentFilterForm, RecordForm
from billing.models import NotificationState, Payment, PaymentKind, PaymentState, Queue
from billing.providers import known_provider
from billing.queries import payments as queries
from billing.queries.account import account_record
from billing.queries.ledger import ledger_of
from billing.services import payments as services
from billing.services.payments import AlreadyRecorded, Draft
from billing.services.posting import outlook_of
from billing.services.transactions import Outlook
from ccportal.accounts.permissions import requires
from ccportal.core.downloads import saved_as
from ccportal.core.errors import NotFound
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, ROWS_AT_A_TIME

PAGE_SIZE = 25
VIEW, WRITE = "view_billing", "write_transactions"


@require_safe
@requires(VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """All payments, newest first, with filters and totals."""
    form = PaymentFilterForm(request.GET, queries.sites_seen())
    wanted = form.wanted()
    rows = queries.payments(wanted)
    page = paged(rows, page_number(request.GET.get("page")), PAGE_SIZE)
    context = {
        "form": form,
        "page": page,
        "totals": queries.totals(rows),
        "filtered": wanted != queries.PaymentFilter(),
    }
    context["in_review"] = queries.waiting_notifications().count()
    return render_page(request, "billing/payments.html", "billing/htmx/payments.html", context)


@require_safe
@requires(VIEW)
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The payments that the filters select, as CSV, streamed."""
    rows = queries.payments(PaymentFilterForm(request.GET, queries.sites_seen()).wanted())
    return saved_as("payments.csv", CSV_TYPE, payments_as_csv(rows.iterator(ROWS_AT_A_TIME)))


@require_safe
@requires(VIEW)
def lookup(request: HttpRequest) -> HttpResponse:
    """Find a payment by the provider's reference: one opens at once, several are listed."""
    reference = request.GET.get("reference", "")[:80]
    found = queries.by_reference(reference)
    if len(found) == 1:
        return redirect("billing:payment", found[0].pk)
    if not found and reference.strip():
        messages.warning(request, f"No payment has the reference {reference.strip()[:60]}.")
    return redirect(f"{reverse('billing:payments')}?{urlencode({'q': reference.strip()})}")


@require_safe
@requires(VIEW)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One payment: what was reported, what was understood, where it stands, every step."""
    return payment_page(request, services.get_payment(pk), NoteForm(auto_id="note_%s"))


def payment_page(request: HttpRequest, payment: Payment, note_form: NoteForm, *, status: int = 200) -> HttpResponse:
    """The page of a payment, with the note that somebody typed."""
    is_open = payment.state in services.OPEN
    writes = request.user.has_perm(f"accounts.{WRITE}")
    context = {
        "payment": payment,
        "is_open": is_open,
        "events": payment.events.select_related("mutation"),
        "notices": payment.notifications.order_by("pk"),
        "derived": payment.derived.order_by("pk"),
        "suggestions": queries.suggestions(payment) if is_open else [],
        "note_form": note_form,
        "waits": payment.state == PaymentState.MATCHED,
        "may_reverse": payment.state == PaymentState.POSTED and payment.kind != PaymentKind.REVERSAL,
        "may_match": writes and is_open and payment.queue != Queue.REFUNDED and not payment.is_foreign,
        "following": queries.next_unmatched(payment) if writes else None,
        "review": NotificationState.REVIEW,
    }
    return render(request, "billing/payment.html", context, status=status)


# ---------------------------------------------------------------- recording


@require_safe
@requires(WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """The form for a payment; the account may be in the address."""
    initial = {"account": request.GET.get("account", "")[:20]} if request.GET.get("account") else {}
    return render(request, "billing/payment_form.html", {"form": RecordForm(initial=initial)})


@require_safe
@requires(WRITE)
def effect(request: HttpRequest) -> HttpResponse:
    """While somebody types: whose the account is, and its balance before and after."""
    form = RecordForm(request.GET)
    form.is_valid()
    context: dict[str, object] = {"outlook": None, "record": None, "fault": ""}
    try:
        context |= _shown(form)
    except NotFound as error:
        context["fault"] = error.message
    return render_page(request, "billing/payment_effect.html", "billing/htmx/effect.html", context)


def _shown(form: RecordForm) -> dict[str, object]:
    values = form.cleaned_data
    if not values.get("account"):
        return {}
    if values.get("amount") and values.get("received_at"):
        payment = Payment(amount=values["amount"], received_at=values["received_at"])
        return {"outlook": outlook_of(payment, values["account"])}
    record = account_record(ledger_of(values["account"]))
    return {"record": record} if record.known else {"fault": f"There is no account {record.account[:20]}."}


@require_POST
@requires(WRITE)
def check(request: HttpRequest) -> HttpResponse:
    """What recording this payment would do, before anybody does it."""
    form = RecordForm(request.POST)
    if request.POST.get("back"):
        return render(request, "billing/payment_form.html", {"form": RecordForm(initial=request.POST.dict())})
    if not form.is_valid():
        return render(request, "billing/payment_form.html", {"form": form}, status=422)
    try:
        outlook = outlook_of(_unsaved(form.draft()), form.cleaned_data["account"])
    except NotFound as error:
        form.add_error("account", error.message)
        return render(request, "billing/payment_form.html", {"form": form}, status=422)
    return _confirm(request, form, outlook)


@require_POST
@requires(WRITE)
def save(request: HttpRequest) -> HttpResponse:
    """Record a payment and write its ledger row."""
    form = RecordForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/payment_form.html", {"form": form}, status=422)
    try:
        known = queries.by_reference(form.cleaned_data["provider_reference"], form.cleaned_data["provider"])
        if known:
            raise AlreadyRecorded(known[0])
        outlook = outlook_of(_unsaved(form.draft()), form.cleaned_data["account"])
        if outlook.seen != form.cleaned_data["seen"]:
            return _confirm(request, form, outlook, status=409)
        payment = services.record_and_post(Actor.of(request), form.draft())
    except AlreadyRecorded as error:
        messages.warning(request, error.message)
        return redirect("billing:payment", error.payment.pk)
    except NotFound as error:
        form.add_error("account", error.message)
        return render(request, "billing/payment_form.html", {"form": form}, status=422)
    say_where(request, payment, "The payment is recorded")
    return redirect("billing:payment", payment.pk)


def _unsaved(draft: Draft) -> Payment:
    return Payment(provider=known_provider(draft.provider).code, amount=draft.amount, received_at=draft.received_at)


def _confirm(request: HttpRequest, form: RecordForm, outlook: Outlook, status: int = 200) -> HttpResponse:
    again = RecordForm({**form.data.dict(), "seen": outlook.seen})  # type: ignore[attr-defined]  # data is a QueryDict
    again.is_valid()
    known = queries.by_reference(form.cleaned_data["provider_reference"])
    context = {"form": again, "outlook": outlook, "moved": status == 409, "known": known, "draft": form.draft()}
    return render(request, "billing/payment_confirm.html", context, status=status)


def say_where(request: HttpRequest, payment: Payment, text: str) -> None:
    """Tell whether the ledger has it already."""
    if payment.state == PaymentState.POSTED:
        messages.success(request, f"{text}; its ledger row is written.")
    else:
        messages.warning(request, f"{text}. {payment.problem or 'Its ledger row is being written.'}")
