"""Pages of background work and of the outbox."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts.permissions import check, requires, signed_in
from ccportal.core.audited import happened
from ccportal.core.errors import Conflict
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.jobs import forms, outbox, queries, registry
from ccportal.jobs.models import OutboxMessage

PAGE_SIZE = 25


@require_safe
@requires("view_jobs")
def index(request: HttpRequest) -> HttpResponse:
    """All background runs, newest first."""
    form = forms.job_filter(request.GET, queries.kinds_seen())
    wanted = form.wanted()
    page = paged(queries.job_list(**wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    rows = [(job, registry.label_of(job.kind)) for job in page.items]
    context = {"form": form, "page": page, "rows": rows, "filtered": any(wanted.values())}
    return render_page(request, "jobs/index.html", "jobs/htmx/list.html", context)


@require_safe
@never_cache
@signed_in
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run; for whoever asked for it and for those who may see all. htmx asks again until it has ended."""
    job = queries.get_job(pk)
    if job.requested_by != request.user.get_username():
        check(request.user, "view_jobs")
    context = {
        "job": job,
        "label": registry.label_of(job.kind),
        "by": queries.name_of(job.requested_by),
        "lines": queries.result_lines(job),
        "result_url": queries.result_url(job),
    }
    return render_page(request, "jobs/detail.html", "jobs/htmx/job.html", context)


@require_safe
@requires("view_jobs")
def outbox_index(request: HttpRequest) -> HttpResponse:
    """Everything that leaves the house, newest first."""
    form = forms.outbox_filter(request.GET, queries.outbox_kinds())
    wanted = form.wanted()
    page = paged(queries.outbox_list(**wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    context = {"form": form, "page": page, "counts": queries.outbox_counts(), "filtered": any(wanted.values())}
    return render_page(request, "jobs/outbox.html", "jobs/htmx/outbox_list.html", context)


@require_safe
@requires("view_jobs")
def outbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: its state, and the shape of what it says, never the words or the number."""
    message = queries.get_message(pk)
    context = {"message": message, "shape": outbox.masked(message.payload)}
    return render(request, "jobs/message.html", context)


@require_POST
@requires("view_jobs")
def outbox_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message again."""
    message = queries.get_message(pk)
    try:
        outbox.retry(pk)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        happened.send(sender=OutboxMessage, event="jobs.message.retried", record=message)
        messages.success(request, "The message will be sent again in a moment.")
    return redirect("jobs:message", pk)


@require_POST
@requires("view_jobs")
def outbox_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Never send a message."""
    message = queries.get_message(pk)
    try:
        outbox.cancel(pk)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        happened.send(sender=OutboxMessage, event="jobs.message.cancelled", record=message)
        messages.success(request, "The message will not be sent.")
    return redirect("jobs:message", pk)
