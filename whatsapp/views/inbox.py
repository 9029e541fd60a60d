"""The inbox: every conversation, live; read it, take it over, write, correct, link."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.errors import PortalError
from ccportal.core.htmx import render_page, wants_partial
from ccportal.core.paging import page_number, paged
from customers.queries import site_names
from whatsapp.forms.inbox import CorrectionForm, InboxForm, LinkForm, ReplyForm
from whatsapp.models import CannedReply, Conversation, Technician, TriageResult
from whatsapp.queries import inbox as queries
from whatsapp.queries import tickets as ticket_queries
from whatsapp.services import inbox
from whatsapp.views.uploads import takes_file

PAGE_SIZE = 25
QUALITY_DAYS = timedelta(days=30)


@require_safe
@never_cache
@requires("view_care")
def index(request: HttpRequest) -> HttpResponse:
    """All conversations; htmx asks again every few seconds and gets nothing when nothing has changed."""
    mark = queries.mark()
    if wants_partial(request) and request.GET.get("mark") == mark:
        return HttpResponse(status=204)
    form = InboxForm(request.GET)
    wanted = form.wanted(request.user.get_username())
    context = {
        "form": form,
        "wanted": wanted,
        "page": paged(queries.inbox(wanted), page_number(request.GET.get("page")), PAGE_SIZE),
        "counts": queries.counts(),
        "names": site_names().names,
        "mark": mark,
    }
    return render_page(request, "whatsapp/inbox.html", "whatsapp/htmx/inbox.html", context)


@require_safe
@never_cache
@requires("view_care")
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """One conversation with all that is known of the person; htmx fetches new messages alone."""
    found = _conversation(pk)
    if request.user.has_perm("accounts.handle_care"):
        inbox.seen(found)
    return _thread(request, found) if wants_partial(request) else _page(request, found)


def _conversation(pk: int) -> Conversation:
    return get_object_or_404(Conversation.objects.select_related("contact", "ticket"), pk=pk)


def _thread(request: HttpRequest, found: Conversation) -> HttpResponse:
    shown = queries.messages_of(found)
    mark = queries.mark_of(found, shown)
    if request.GET.get("mark") == mark:
        return HttpResponse(status=204)
    return render(request, "whatsapp/htmx/thread.html", {"conversation": found, "thread": shown, "mark": mark})


def _page(request: HttpRequest, found: Conversation, *, status: int = 200, **forms: Any) -> HttpResponse:
    before = request.GET.get("before", "")
    shown = queries.messages_of(found, int(before) if before.isdecimal() and len(before) < 16 else None)
    context = {
        "conversation": found,
        "contact": found.contact,
        "technician": Technician.objects.filter(phone=found.contact.phone or None).first(),
        "thread": shown,
        "older": shown[0].pk if len(shown) == queries.MESSAGES else None,
        "mark": queries.mark_of(found, shown),
        "judgements": queries.judgements_of(found),
        "tickets": queries.tickets_of(found),
        "earlier": queries.earlier_of(found),
        "canned": CannedReply.objects.all(),
        "site": site_names().names.get(found.contact.site_code, ""),
        "outside_window": inbox.window_closed(found),
        "has_template": bool(settings.WHATSAPP_TEMPLATE),
        "reply_form": ReplyForm(initial={"token": secrets.token_hex(8), "text": _prepared(request)}),
        "correction_form": CorrectionForm(),
        "link_form": LinkForm(),
    }
    return render(request, "whatsapp/conversation.html", context | forms, status=status)


def _prepared(request: HttpRequest) -> str:
    """The text of the canned reply that was chosen, in every language it has."""
    number = request.GET.get("canned", "")
    chosen = CannedReply.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
    if chosen is None:
        return ""
    return "\n\n".join(filter(None, [chosen.text_sesotho, chosen.text_english, chosen.text_french]))


@require_POST
@requires("handle_care")
@takes_file
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one's own words, a photo or a document."""
    found, form = _conversation(pk), ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, status=422, reply_form=form)
    given = form.cleaned_data
    file = given["file"].read() if given["file"] else b""
    try:
        inbox.write(found, given["text"], who=_who(request), name=_name(request), token=given["token"], file=file)
    except PortalError as error:
        form.add_error(error.field if error.field in form.fields else "text", error.message)
        return _page(request, found, status=error.status, reply_form=form)
    return redirect("whatsapp:conversation", pk)


def _who(request: HttpRequest) -> str:
    return request.user.get_username()


def _name(request: HttpRequest) -> str:
    return getattr(request.user, "name", "") or _who(request)


@require_POST
@requires("handle_care")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer this conversation oneself."""
    inbox.take_over(_conversation(pk), who=_who(request), name=_name(request))
    return redirect("whatsapp:conversation", pk)


@require_POST
@requires("handle_care")
def hand_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the portal answer again."""
    inbox.hand_back(_conversation(pk))
    messages.success(request, "The portal answers this conversation again.")
    return redirect("whatsapp:conversation", pk)


@require_POST
@requires("handle_care")
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing more is to be done here."""
    inbox.dealt_with(_conversation(pk))
    messages.success(request, "Noted: nobody else need look at this conversation.")
    return redirect("whatsapp:inbox")


@require_POST
@requires("handle_care")
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """State what a message was about."""
    judgement = get_object_or_404(
        TriageResult.objects.select_related("conversation__contact", "conversation__ticket"), pk=pk
    )
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, judgement.conversation, status=422, correction_form=form)
    given = form.cleaned_data
    inbox.correct(judgement, category=given["category"], priority=given["priority"], who=_who(request))
    ticket = judgement.conversation.ticket
    more = f" Ticket {ticket.number} is corrected on its own page." if ticket else ""
    messages.success(request, f"Thank you. The correction is kept as an example to learn from.{more}")
    return redirect("whatsapp:conversation", judgement.conversation_id)


@require_POST
@requires("handle_care")
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which ticket the conversation is about."""
    found, form = _conversation(pk), LinkForm(request.POST)
    if form.is_valid():
        try:
            inbox.link(found, ticket_queries.ticket(form.cleaned_data["number"].strip().upper()))
            return redirect("whatsapp:conversation", pk)
        except PortalError as error:
            form.add_error("number", error.message)
    return _page(request, found, status=422, link_form=form)


@require_safe
@requires("view_care")
def quality(request: HttpRequest) -> HttpResponse:
    """How well messages are understood, by what staff corrected."""
    now = timezone.now()
    context = queries.quality(QUALITY_DAYS, now) | {
        "days": QUALITY_DAYS.days,
        "page": paged(queries.doubtful(QUALITY_DAYS, now), page_number(request.GET.get("page")), PAGE_SIZE),
        "as_of": now,
    }
    return render(request, "whatsapp/quality.html", context)
