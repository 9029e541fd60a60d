"""Changing a customer's record."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table, get_table
from ccportal.acdb.values import Row
from ccportal.core.errors import Conflict, InvalidInput, NotFound
from customers.forms.editing import EditForm, clashes, merged, read_seen, shown_texts
from customers.forms.person import COLUMNS
from customers.models import Customer
from customers.services import registration

may_write = requires("write_customers")
PAGE = "customers/edit.html"


@require_safe
@may_write
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """The form with the record as it is now."""
    gateway.refuse_if_read_only()
    table, row = _record(number)
    form = EditForm(seen=shown_texts(table, row), table=table, number=number)
    return render(request, PAGE, {"number": number, "form": form})


@require_POST
@may_write
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Write what was changed; a record that somebody else changed meanwhile is shown beside what was typed."""
    table, row = _record(number)
    now = shown_texts(table, row)
    seen = read_seen(request.POST.get("seen", ""), now)
    if clashes(seen, request.POST.dict(), now):
        return _clash(request, number, seen)
    form = EditForm(request.POST, seen=now, table=table, number=number)
    if form.is_valid():
        changes = form.changes()
        if not changes:
            messages.info(request, "Nothing was changed.")
            return redirect("customers:detail", number)
        try:
            reason = form.cleaned_data["reason"]
            registration.change(Actor.of(request), number, changes, _expected(table, row), reason)
            messages.success(request, "The customer’s record is changed.")
            return redirect("customers:detail", number)
        except Conflict:
            return _clash(request, number, seen)
        except InvalidInput as error:
            name = next((name for name, column in COLUMNS.items() if column == error.field), None)
            form.add_error(name, error.message)
    return render(request, PAGE, {"number": number, "form": form}, status=422)


def _expected(table: Table, row: Row) -> Row:
    shown = {column.casefold() for column in COLUMNS.values()}
    return {name: value for name, value in row.items() if name.casefold() in shown}


def _clash(request: HttpRequest, number: int, seen: dict[str, str]) -> HttpResponse:
    """The form with the person's own changes in the present record, and every value that somebody else changed."""
    table, row = _record(number)
    now, typed = shown_texts(table, row), request.POST.dict()
    data = {**typed, **merged(seen, typed, now)}
    context = {
        "number": number,
        "form": EditForm(data, seen=now, table=table, number=number),
        "clashes": list(clashes(seen, typed, now).values()),
    }
    return render(request, PAGE, context, status=409)


def _record(number: int) -> tuple[Table, Row]:
    table = get_table(Customer._meta.db_table)
    row = gateway.fetch_record(table, str(number))
    if row is None:
        raise NotFound(f"There is no customer {number}.")
    return table, row
