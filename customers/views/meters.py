"""Giving a meter to a customer's account, replacing it, taking it away."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.acdb import gateway
from ccportal.acdb.accountnumbers import normalise
from ccportal.core.errors import Conflict, InvalidInput, NotFound
from ccportal.core.paging import page_number, paged
from ccportal.core.periods import local_today
from ccportal.core.text import clean
from customers import queries
from customers.formats import serial_key
from customers.forms.meters import NEW, AssignForm, FindCustomerForm, OwnAccount, RemoveForm, position_of
from customers.models import AccountSource, AssignmentState, Customer, DirectoryAccount, MeterAssignment
from customers.registries import placements_on, placements_on_each
from customers.services import allocation, assignments

PAGE_SIZE = 25
may_write = requires("write_customers")


@require_safe
@may_write
def find(request: HttpRequest) -> HttpResponse:
    """Whose meter: search, then choose; what was assigned lately."""
    gateway.refuse_if_read_only()
    form = FindCustomerForm(request.GET)
    text = form.cleaned_data.get("q", "") if form.is_valid() else ""
    found = paged(
        queries.customer_list(queries.CustomerFilter(q=text)), page_number(request.GET.get("page")), PAGE_SIZE
    )
    context = {
        "form": form,
        "q": text,
        "page": found if text.strip() else None,
        "latest": MeterAssignment.objects.exclude(state=AssignmentState.FAILED)[:10],
    }
    return render(request, "customers/meters/find.html", context)


@require_safe
@may_write
def assign(request: HttpRequest, number: int) -> HttpResponse:
    """The form for a meter; ``?account=0045MAK`` chooses an account, as the link "Replace" does."""
    gateway.refuse_if_read_only()
    customer = queries.get_customer(number)
    _, context = _form_and_context(request, customer)
    return render(request, "customers/meters/assign.html", context)


@require_POST
@may_write
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Assign the meter; sent twice, it leads to the same page."""
    customer = queries.get_customer(number)
    form, context = _form_and_context(request, customer, request.POST)
    if form.is_valid():
        token = form.cleaned_data["token"]
        try:
            assignments.assign(Actor.of(request), _wish(form, customer))
            return redirect("customers:assigned", token)
        except Conflict as error:
            if MeterAssignment.objects.filter(token=token, state=AssignmentState.CLAIMED).exists():
                return redirect("customers:assigned", token)
            return _again(request, customer, "meter_id", error)
        except InvalidInput as error:
            return _again(request, customer, _FIELDS.get(error.field or "", error.field or ""), error)
    return render(request, "customers/meters/assign.html", context, status=422)


#: Column of a registry -> field of the form.
_FIELDS = {"Village name": "village", "customer type": "customer_type", "meterid": "meter_id", "site": "account"}


def _again(request: HttpRequest, customer: Customer, field: str, error: Conflict | InvalidInput) -> HttpResponse:
    """The form with what was typed, the sentence, and a new token: the old one is used up."""
    data = request.POST.copy()
    data["token"] = str(uuid4())
    form, context = _form_and_context(request, customer, data)
    form.add_error(field if field in form.fields else None, error.message)
    return render(request, "customers/meters/assign.html", context, status=409 if isinstance(error, Conflict) else 422)


@require_safe
@may_write
def assigned(request: HttpRequest, token: UUID) -> HttpResponse:
    """What was assigned, and what to do next."""
    assignments.tidy()
    done = assignments.get_assignment(token)
    statuses: dict[str, int] = {AssignmentState.DONE: 200, AssignmentState.CLAIMED: 409}
    context = {"assignment": done, "customer": queries.get_customer(done.customer_number)}
    return render(request, "customers/meters/assigned.html", context, status=statuses.get(done.state, 410))


@require_safe
@requires("view_customers")
def history(request: HttpRequest) -> HttpResponse:
    """Every meter an account has had, as far as the registries and the portal know: ``?account=0045MAK``."""
    wanted = normalise(_given(request.GET, "account"))
    rows = placements_on(wanted) if wanted else []
    owner = DirectoryAccount.objects.filter(account=wanted, owner=True).first()
    if owner is None and not rows:
        raise NotFound(f"There is no account {wanted[:20]}.")
    context = {
        "account": wanted,
        "owner": owner.customer_number if owner else None,
        "meters": [queries.meter_line(placement.row) for placement in rows],
        "assignments": MeterAssignment.objects.filter(account=wanted, state=AssignmentState.DONE),
        "may_write": request.user.has_perm("accounts.write_customers") and not settings.ACDB_READ_ONLY,
        "record": f"{reverse('audit:record')}?{urlencode({'table': 'tblmeter', 'record': wanted})}",
    }
    return render(request, "customers/meters/history.html", context)


@require_safe
@may_write
def remove(request: HttpRequest) -> HttpResponse:
    """Ask why a meter is taken off an account: ``?account=0045MAK&meter=SMRSD-03-0001963E``."""
    gateway.refuse_if_read_only()
    account, meter_id = _given(request.GET, "account"), _given(request.GET, "meter")
    return render(request, "customers/meters/remove.html", _removal(account, meter_id, RemoveForm()))


@require_POST
@may_write
def unassign(request: HttpRequest) -> HttpResponse:
    """Take a meter off an account."""
    account, meter_id = normalise(_given(request.POST, "account")), _given(request.POST, "meter")
    form = RemoveForm(request.POST)
    if not form.is_valid():
        return render(request, "customers/meters/remove.html", _removal(account, meter_id, form), status=422)
    assignments.remove(Actor.of(request), account, meter_id, reason=form.cleaned_data["reason"])
    messages.success(request, f"Meter {meter_id} is off account {account}, which stays the customer’s.")
    return redirect(f"{reverse('customers:meter_history')}?{urlencode({'account': account})}")


def _given(values: QueryDict, name: str) -> str:
    """An account or meter that a request names; PostgreSQL takes no NUL."""
    return values.get(name, "").replace("\x00", "")[:80]


def _removal(account: str, meter_id: str, form: RemoveForm) -> dict[str, object]:
    wanted = normalise(account)
    running = [p for p in placements_on(wanted) if p.running and p.meter_id == serial_key(meter_id)]
    if not running:
        raise Conflict(f"Meter {meter_id[:60]} does not run on account {wanted[:20]} any more.")
    return {"account": wanted, "placement": running[0], "form": form}


def _form_and_context(
    request: HttpRequest, customer: Customer, data: object = None
) -> tuple[AssignForm, dict[str, object]]:
    names = queries.site_names()
    site = names.code(customer.concession)
    known = names.known(site)
    offered = allocation.offer(site, customer.number) if known else ""
    accounts = _accounts(customer.number)
    form = AssignForm(data, offered=offered, accounts=accounts, initial=_initial(request, customer, offered, accounts))
    return form, {"customer": customer, "form": form, "offered": offered, "site": site, "site_known": known}


def _accounts(number: int) -> list[OwnAccount]:
    owned = list(DirectoryAccount.objects.filter(customer_number=number, owner=True).order_by("account"))
    placements = placements_on_each(entry.account for entry in owned)
    return [
        OwnAccount(
            entry.account,
            entry.source == AccountSource.PLOT,
            [placement for placement in placements[normalise(entry.account)] if placement.running],
        )
        for entry in owned
    ]


def _initial(request: HttpRequest, customer: Customer, offered: str, accounts: list[OwnAccount]) -> dict[str, object]:
    wanted = normalise(request.GET.get("account", ""))
    idle = [own.account for own in accounts if not own.running and not own.from_plot]
    return {
        "token": uuid4(),
        "offered": offered,
        "account": wanted if wanted in [own.account for own in accounts] else (idle or [NEW])[0],
        "customer_type": clean(customer.position).upper(),
        "village": clean(customer.street_address).splitlines()[0][:80] if clean(customer.street_address) else "",
        "connected_on": local_today(),
    }


def _wish(form: AssignForm, customer: Customer) -> assignments.Wish:
    values = form.cleaned_data
    return assignments.Wish(
        token=values["token"],
        customer_number=customer.number,
        meter_id=values["meter_id"],
        account=form.chosen,
        offered="" if form.chosen else values["offered"],
        customer_type=values["customer_type"],
        village=values["village"],
        connected_on=values["connected_on"],
        position=position_of(customer.gps_y, customer.gps_x),
        reason=values.get("reason", ""),
    )
