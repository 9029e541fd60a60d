"""Adding, changing and deleting transactions: a form, the effect on the balance, and only then the change."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from audit.models import Mutation
from billing.forms.transactions import DraftForm, ReasonForm
from billing.queries.ledger import line_of
from billing.queries.position import known_position, ledger_row
from billing.services import transactions
from billing.services.transactions import Moved, Outlook, SavedAlready
from ccportal.accounts.permissions import requires
from ccportal.acdb.accountnumbers import parse_typed
from ccportal.core.errors import Conflict, NotFound, PortalError

WRITE, DELETE = "write_transactions", "delete_records"
ADD, CHANGE, REMOVE = "add", "change", "delete"


@require_safe
@requires(WRITE)
def new(request: HttpRequest, account: str) -> HttpResponse:
    """The empty form for a transaction."""
    position = known_position(account)
    return _form(request, position.account, DraftForm(), ADD)


@require_POST
@requires(WRITE)
def new_check(request: HttpRequest, account: str) -> HttpResponse:
    """What a new transaction would do to the balance."""
    return _check(request, parse_typed(account), ADD)


@require_POST
@requires(WRITE)
def new_save(request: HttpRequest, account: str) -> HttpResponse:
    """Write a new transaction as it was shown."""
    return _save(request, parse_typed(account), ADD)


@require_safe
@requires(WRITE)
def edit(request: HttpRequest, account: str, ledger: str, pk: int) -> HttpResponse:
    """A transaction to be changed, in the table where it stands."""
    account = parse_typed(account)
    row = ledger_row(account, ledger, pk)
    transactions.refuse_payment_row(row)
    return _form(request, account, DraftForm.of_row(row), CHANGE, ledger, pk)


@require_POST
@requires(WRITE)
def edit_check(request: HttpRequest, account: str, ledger: str, pk: int) -> HttpResponse:
    """What the changed transaction would do to the balance."""
    return _check(request, parse_typed(account), CHANGE, ledger, pk)


@require_POST
@requires(WRITE)
def edit_save(request: HttpRequest, account: str, ledger: str, pk: int) -> HttpResponse:
    """Write the changed transaction as it was shown."""
    return _save(request, parse_typed(account), CHANGE, ledger, pk)


@require_safe
@requires(DELETE)
def delete(request: HttpRequest, account: str, ledger: str, pk: int) -> HttpResponse:
    """What deleting a transaction would do to the balance."""
    account = parse_typed(account)
    outlook = transactions.outlook_of_deleting(account, ledger, pk)
    return _confirm_deletion(request, ReasonForm(initial={"seen": outlook.seen}), outlook, ledger, pk)


@require_POST
@requires(DELETE)
def delete_save(request: HttpRequest, account: str, ledger: str, pk: int) -> HttpResponse:
    """Delete a transaction as it was shown."""
    account, form = parse_typed(account), ReasonForm(request.POST)
    if not form.is_valid():
        return _confirm_deletion(
            request, form, transactions.outlook_of_deleting(account, ledger, pk), ledger, pk, status=422
        )
    sent = form.cleaned_data
    try:
        entry = transactions.delete_transaction(Actor.of(request), account, ledger, pk, **sent)
    except SavedAlready as error:
        return _done(request, account, error.mutation, "This was deleted already.")
    except Conflict as error:
        outlook = transactions.outlook_of_deleting(account, ledger, pk)
        shown = _again(form, outlook)
        return _confirm_deletion(request, shown, outlook, ledger, pk, status=error.status, fault=error.message)
    return _done(request, account, entry, "The transaction is deleted.")


# ---------------------------------------------------------------- what they share


def _form(
    request: HttpRequest, account: str, form: DraftForm, act: str, ledger: str = "", pk: int = 0, status: int = 200
) -> HttpResponse:
    context = {"account": account, "form": form, "act": act, "ledger": ledger, "pk": pk}
    return render(request, "billing/transaction_form.html", context, status=status)


def _check(request: HttpRequest, account: str, act: str, ledger: str = "", pk: int = 0) -> HttpResponse:
    form = DraftForm(request.POST)
    if request.POST.get("back") or not form.is_valid():
        status = 200 if request.POST.get("back") else 422
        shown = DraftForm(initial=request.POST.dict()) if status == 200 else form
        return _form(request, account, shown, act, ledger, pk, status)
    outlook = _outlook(account, act, ledger, pk, form)
    return _confirm(request, _again(form, outlook), outlook, act, ledger, pk)


def _outlook(account: str, act: str, ledger: str, pk: int, form: DraftForm) -> Outlook:
    if act == ADD:
        return transactions.outlook_of_adding(account, form.draft())
    return transactions.outlook_of_changing(account, ledger, pk, form.draft())


def _save(request: HttpRequest, account: str, act: str, ledger: str = "", pk: int = 0) -> HttpResponse:
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _form(request, account, form, act, ledger, pk, 422)
    try:
        entry = _write(Actor.of(request), account, act, ledger, pk, form)
    except SavedAlready as error:
        return _done(request, account, error.mutation, "This was saved already; nothing was written twice.")
    except (Moved, Conflict, NotFound) as error:
        return _moved(request, account, act, ledger, pk, form, error)
    return _done(request, account, entry, "The transaction is saved.")


def _write(actor: Actor, account: str, act: str, ledger: str, pk: int, form: DraftForm) -> Mutation:
    sent = {name: form.cleaned_data[name] for name in ("reason", "seen", "token")}
    if act == ADD:
        return transactions.add_transaction(actor, account, form.draft(), **sent)
    return transactions.change_transaction(actor, account, ledger, pk, form.draft(), **sent)


def _moved(
    request: HttpRequest, account: str, act: str, ledger: str, pk: int, form: DraftForm, error: PortalError
) -> HttpResponse:
    """Somebody was faster: what was typed stays on the page, with the effect that it would have now."""
    try:
        outlook = _outlook(account, act, ledger, pk, form)
    except PortalError as gone:
        context = {"account": account, "form": form, "fault": gone.message, "act": act}
        return render(request, "billing/transaction_gone.html", context, status=409)
    return _confirm(request, _again(form, outlook), outlook, act, ledger, pk, status=error.status, fault=error.message)


def _again(form: Any, outlook: Outlook) -> Any:
    """The same form with what is shown now."""
    return type(form)({**form.data.dict(), "seen": outlook.seen})


def _confirm(
    request: HttpRequest, form: DraftForm, outlook: Outlook, act: str, ledger: str, pk: int, **more: Any
) -> HttpResponse:
    status = more.pop("status", 200)
    context = {"account": outlook.position.account, "form": form, "outlook": outlook, "act": act, **more}
    context |= {"ledger": ledger, "pk": pk, "rows": [(field.label, field.value()) for field in form.visible_fields()]}
    context["draft"] = form.draft() if form.is_valid() else None
    return render(request, "billing/transaction_confirm.html", context, status=status)


def _confirm_deletion(
    request: HttpRequest, form: ReasonForm, outlook: Outlook, ledger: str, pk: int, **more: Any
) -> HttpResponse:
    status, account = more.pop("status", 200), outlook.position.account
    line = line_of(ledger_row(account, ledger, pk))
    context = {"account": account, "form": form, "outlook": outlook, "act": REMOVE, "line": line, **more}
    return render(request, "billing/transaction_delete.html", {**context, "ledger": ledger, "pk": pk}, status=status)


def _done(request: HttpRequest, account: str, entry: Mutation, text: str) -> HttpResponse:
    messages.success(request, f"{text} Entry {entry.pk} of the log of changes has it.")
    return redirect("billing:account", account)
