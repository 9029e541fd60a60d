"""Pages that show rates: what is in force, what is to come, how one comes about, and the history."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.downloads import saved_as
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, ROWS_AT_A_TIME
from tariffs.exports import as_csv
from tariffs.forms import HistoryForm
from tariffs.models import Scope
from tariffs.queries import overview
from tariffs.queries.explaining import explain, holder_of
from tariffs.queries.standing import standing

PAGE_SIZE = 25
LONGEST_QUESTION = 100


@require_safe
@requires("view_tariffs")
def index(request: HttpRequest) -> HttpResponse:
    """Everybody's rate, what is to come, and the sites."""
    now = timezone.now()
    everybody = standing(Scope.GLOBAL, "", now)
    context = {
        "everybody": everybody,
        "origin": everybody.running or everybody.latest_in_force,
        "scheduled": list(overview.scheduled(now)),
        "sites": overview.site_lines(now),
        "own_rates": len(overview.numbers_with_own_rate()),
        "now": now,
    }
    return render(request, "tariffs/index.html", context)


@require_safe
@requires("view_tariffs")
def customers(request: HttpRequest) -> HttpResponse:
    """Customers who have a rate of their own or get one."""
    asked = request.GET.get("q", "")[:LONGEST_QUESTION].strip()
    page = paged(overview.numbers_with_own_rate(asked), page_number(request.GET.get("page")), PAGE_SIZE)
    lines = replace(page, items=overview.customer_lines(list(page.items), timezone.now()))
    context: dict[str, object] = {"page": lines, "asked": asked}
    return render_page(request, "tariffs/customers.html", "tariffs/htmx/customers.html", context)


@require_safe
@requires("change_tariffs")
def find_customer(request: HttpRequest) -> HttpResponse:
    """From an account or customer number to the form for that customer's rate."""
    asked = request.GET.get("q", "")[:LONGEST_QUESTION]
    holder = holder_of(asked)
    if holder.number is None or not holder.known:
        named = asked.strip()[:20] or "nothing"
        messages.error(request, f"No customer is known by {named}. Give a customer number or an account.")
        return redirect("tariffs:customers")
    return redirect("tariffs:change", Scope.CUSTOMER.value, str(holder.number))


@require_safe
@requires("view_tariffs")
def explained(request: HttpRequest) -> HttpResponse:
    """The cascade for one account or customer, step by step."""
    asked = request.GET.get("q", "")[:LONGEST_QUESTION].strip()
    context: dict[str, object] = {"asked": asked}
    if asked:
        context["explanation"] = explain(holder_of(asked), timezone.now())
    return render_page(request, "tariffs/explain.html", "tariffs/htmx/explanation.html", context)


@require_safe
@requires("view_tariffs")
def history(request: HttpRequest) -> HttpResponse:
    """Every change of a rate, newest first."""
    form = HistoryForm(request.GET)
    wanted = form.wanted()
    page = paged(overview.history(wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    context: dict[str, object] = {"form": form, "page": page, "filtered": wanted != overview.HistoryFilter()}
    return render_page(request, "tariffs/history.html", "tariffs/htmx/history.html", context)


@require_safe
@requires("view_tariffs")
def history_csv(request: HttpRequest) -> HttpResponseBase:
    """The history that the filters select, as CSV, streamed."""
    rows = overview.history(HistoryForm(request.GET).wanted())
    return saved_as("tariff-history.csv", CSV_TYPE, as_csv(rows.iterator(ROWS_AT_A_TIME)))
