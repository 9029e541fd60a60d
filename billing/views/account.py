"""Pages of an account: find it, read balance, use, payments, tariff and every transaction."""

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing.exports import as_csv
from billing.figures import charts_of
from billing.forms.account import TransactionForm
from billing.queries.account import account_record
from billing.queries.ledger import Ledger, ledger_of, line_of, transactions
from billing.queries.owners import customer_entry, first_account_of, near_matches
from billing.queries.payments import payments_of_rows
from ccportal.accounts.permissions import requires
from ccportal.acdb.accountnumbers import looks_like_account, parse_typed
from ccportal.core.downloads import saved_as
from ccportal.core.errors import NotFound
from ccportal.core.htmx import render_page, wants_partial
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, ROWS_AT_A_TIME

PAGE_SIZE = 25
LONGEST_QUESTION = 100


@require_safe
@requires("view_billing")
def index(request: HttpRequest) -> HttpResponse:
    """One field: an account or a customer number opens the account, anything else searches the customers."""
    asked = request.GET.get("q", "")[:LONGEST_QUESTION].strip()
    if not asked:
        return render(request, "billing/index.html")
    if looks_like_account(asked):
        return redirect("billing:account", parse_typed(asked))
    found = first_account_of(int(asked)) if asked.isascii() and asked.isdecimal() else ""
    if found:
        return redirect("billing:account", found)
    return redirect(f"{reverse('customers:index')}?{urlencode({'q': asked})}")


@require_safe
@requires("view_billing")
def account(request: HttpRequest, account: str) -> HttpResponse:
    """The account's page, or for htmx only the transactions of it."""
    canonical = parse_typed(account)
    if canonical != account and canonical:
        return _to("billing:account", canonical, request)
    ledger = ledger_of(canonical)
    context = _list_context(request, ledger)
    if not wants_partial(request):
        record = account_record(ledger)
        if not record.known:
            return _unknown(request, canonical)
        context |= {"record": record, "charts": charts_of(record.overview.usage)}
    return render_page(request, "billing/account.html", "billing/htmx/transactions.html", context)


def _list_context(request: HttpRequest, ledger: Ledger) -> dict[str, object]:
    form = TransactionForm(request.GET)
    wanted = form.wanted()
    page = paged(transactions(ledger, wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    lines = replace(page, items=[line_of(row) for row in page.items])
    context = {"account": ledger.account, "form": form, "wanted": wanted, "page": lines, "has_rows": bool(ledger)}
    written_by = payments_of_rows(ledger.model._meta.db_table, [line.id for line in lines.items])
    return {**context, "page_payments": written_by}


def _unknown(request: HttpRequest, text: str) -> HttpResponse:
    context = {
        "text": text[:20],
        "near": near_matches(text),
        "customer": customer_entry(int(text)) if text.isascii() and text.isdecimal() else None,
    }
    return render(request, "billing/unknown.html", context, status=404)


def _to(view: str, account: str, request: HttpRequest) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return redirect(reverse(view, args=[account]) + (f"?{query}" if query else ""))


@require_safe
@requires("view_billing")
def summary(request: HttpRequest, account: str) -> HttpResponse:
    """Balance, last payment and days left, small: for the customer's page."""
    record = account_record(ledger_of(parse_typed(account)))
    if not record.known:
        raise NotFound(f"There is no account {record.account[:20]}.")
    return render_page(request, "billing/summary.html", "billing/htmx/summary.html", {"record": record})


@require_safe
@requires("view_billing")
def transactions_csv(request: HttpRequest, account: str) -> HttpResponseBase:
    """The transactions that the filters of the page select, as CSV, streamed."""
    ledger = ledger_of(parse_typed(account))
    if not ledger:
        raise NotFound(f"There are no transactions on account {ledger.account[:20]}.")
    rows = transactions(ledger, TransactionForm(request.GET).wanted())
    pieces = as_csv(rows.iterator(ROWS_AT_A_TIME), ledger.account)
    return saved_as(f"{ledger.account}-transactions.csv", CSV_TYPE, pieces)
