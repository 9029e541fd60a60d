"""The board of tickets and the page of one: its clocks, history, people, and what can be done."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.downloads import saved_as
from ccportal.core.errors import NotFound, PortalError
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, csv_pieces
from customers.queries import site_names
from whatsapp.forms.tickets import (
    AssignForm,
    BoardForm,
    ChangeForm,
    CommentForm,
    IncidentForm,
    MergeForm,
    NewTicketForm,
    StepForm,
)
from whatsapp.models import Conversation, Report, Ticket, TicketState
from whatsapp.queries import tickets as queries
from whatsapp.services import dispatch, incidents, lifecycle, tickets

PAGE_SIZE = 25
#: Words on the buttons, in the order of a ticket's life.
STEPS = (
    (TicketState.ACKNOWLEDGED, "Acknowledge"),
    (TicketState.IN_PROGRESS, "Start work"),
    (TicketState.RESOLVED, "Mark as repaired"),
    (TicketState.CLOSED, "Close"),
    (TicketState.REOPENED, "Open again"),
)


@require_safe
@requires("view_care")
def board(request: HttpRequest) -> HttpResponse:
    """Tickets by what has to be seen to first."""
    form = BoardForm(request.GET)
    wanted = form.wanted()
    context = {
        "form": form,
        "wanted": wanted,
        "page": paged(queries.board(wanted), page_number(request.GET.get("page")), PAGE_SIZE),
        "counts": queries.counts(),
        "names": site_names().names,
        "now": timezone.now(),
        "query": request.GET.urlencode(),
    }
    return render_page(request, "whatsapp/tickets.html", "whatsapp/htmx/tickets.html", context)


@require_safe
@requires("view_care")
def export(request: HttpRequest) -> HttpResponseBase:
    """The board as it is filtered, as CSV."""
    rows = queries.csv_rows(queries.board(BoardForm(request.GET).wanted()))
    return saved_as("tickets.csv", CSV_TYPE, csv_pieces(queries.HEAD, rows))


@require_safe
@requires("view_care")
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """One ticket."""
    return _page(request, queries.ticket(number))


def _page(request: HttpRequest, ticket: Ticket, *, status: int = 200, **given: forms.Form) -> HttpResponse:
    version = {"version": ticket.version}
    allowed = lifecycle.STEPS[ticket.state]
    context: dict[str, Any] = {
        "ticket": ticket,
        "site": site_names().names.get(ticket.site_code, ""),
        "reports": list(ticket.reports.select_related("contact", "message")),
        "history": queries.history(ticket),
        "offers": queries.offers(ticket),
        "steps": [(state.value, label) for state, label in STEPS if state in allowed],
        "now": timezone.now(),
        "step_form": StepForm(initial=version),
        "change_form": ChangeForm(
            initial={
                **version, "priority": ticket.priority, "category": ticket.category, "site_code": ticket.site_code,
            }
        ),
        "comment_form": CommentForm(),
        "assign_form": AssignForm(initial={"technician": ticket.technician_id}),
        "merge_form": MergeForm(),
        "incident_form": IncidentForm(
            initial={"customers_affected": ticket.incident.customers_affected, "feeder": ticket.incident.feeder}
            if ticket.incident
            else None
        ),
    }  # fmt: skip
    return render(request, "whatsapp/ticket.html", context | given, status=status)


def _done(
    request: HttpRequest, number: str, name: str, form: forms.Form, work: Callable[[Ticket, dict[str, Any]], object]
) -> HttpResponse:
    """Do what a form of the ticket page asks for; a fault comes back on the page with what was typed."""
    ticket = queries.ticket(number)
    status = 422
    if form.is_valid():
        try:
            work(ticket, form.cleaned_data)
            return redirect("whatsapp:ticket", ticket.number)
        except PortalError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            status, ticket = error.status, queries.ticket(number)
    return _page(request, ticket, status=status, **{name: form})


def _by(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    return {"actor": getattr(user, "name", "") or user.get_username(), "actor_id": user.get_username()}


@require_POST
@requires("handle_care")
def step(request: HttpRequest, number: str, state: str) -> HttpResponse:
    """Take the ticket to another state."""
    wanted = next((known for known in tickets.STEP if known == state), None)
    if wanted is None:
        raise NotFound("There is no such step.")

    def work(ticket: Ticket, given: dict[str, Any]) -> None:
        tickets.STEP[wanted](ticket, note=given["note"], version=given["version"], **_by(request))

    return _done(request, number, "step_form", StepForm(request.POST), work)


@require_POST
@requires("handle_care")
def change(request: HttpRequest, number: str) -> HttpResponse:
    """Correct priority, category or site."""
    return _done(
        request, number, "change_form", ChangeForm(request.POST),
        lambda ticket, given: tickets.change(ticket, **given, **_by(request)),
    )  # fmt: skip


@require_POST
@requires("handle_care")
def comment(request: HttpRequest, number: str) -> HttpResponse:
    """Add a comment, here and in uGridPlan."""
    return _done(
        request, number, "comment_form", CommentForm(request.POST),
        lambda ticket, given: tickets.add_comment(ticket, text=given["text"], **_by(request)),
    )  # fmt: skip


@require_POST
@requires("handle_care")
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """Give the job to a technician."""
    return _done(
        request, number, "assign_form", AssignForm(request.POST),
        lambda ticket, given: dispatch.assign(ticket, given["technician"], **_by(request)),
    )  # fmt: skip


@require_POST
@requires("handle_care")
def incident(request: HttpRequest, number: str) -> HttpResponse:
    """State how many customers an outage affects."""

    def work(ticket: Ticket, given: dict[str, Any]) -> None:
        incidents.declare(ticket, customers_affected=given["customers_affected"], feeder=given["feeder"])

    return _done(request, number, "incident_form", IncidentForm(request.POST), work)


@require_POST
@requires("handle_care")
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Move the reporters of this ticket to another."""
    return _done(
        request, number, "merge_form", MergeForm(request.POST),
        lambda ticket, given: incidents.merge(
            ticket, queries.ticket(given["number"].strip().upper()), **_by(request)
        ),
    )  # fmt: skip


@require_POST
@requires("handle_care")
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one report a ticket of its own."""
    report = get_object_or_404(Report.objects.select_related("ticket", "message", "contact"), pk=pk)
    own = tickets.split(report, **_by(request))
    messages.success(request, f"Ticket {own.number} was opened for this report.")
    return redirect("whatsapp:ticket", own.number)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("handle_care")
def new(request: HttpRequest) -> HttpResponse:
    """Write down a ticket; ``conversation`` is the one it comes from."""
    source = _source(request)
    if request.method != "POST":
        return render(
            request, "whatsapp/new_ticket.html", {"form": NewTicketForm(initial=_known(source)), "conversation": source}
        )
    form = NewTicketForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            opened = tickets.open_by_staff(**form.cleaned_data, conversation=source, **_by(request))
            messages.success(request, f"Ticket {opened.number} is open.")
            return redirect("whatsapp:ticket", opened.number)
        except PortalError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            status = error.status
    return render(request, "whatsapp/new_ticket.html", {"form": form, "conversation": source}, status=status)


def _source(request: HttpRequest) -> Conversation | None:
    number = request.GET.get("conversation", "") or request.POST.get("conversation", "")
    if not (number.isdecimal() and len(number) < 16):
        return None
    return Conversation.objects.select_related("contact").filter(pk=int(number)).first()


def _known(source: Conversation | None) -> dict[str, str]:
    """What the conversation tells of the fault."""
    if source is None:
        return {}
    judged = source.judgements.order_by("-pk").first()
    return {
        "site_code": source.contact.site_code,
        "customer_number": source.contact.customer_number,
        "category": judged.category if judged else "",
        "priority": judged.priority if judged else "",
        "description": judged.summary or judged.text if judged else "",
    }
