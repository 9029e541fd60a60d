"""Trying rates out on the last twelve months, and scheduling what was tried."""

from collections import Counter
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.core.charts import BarChart, Series
from ccportal.core.downloads import saved_as
from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.htmx import render_page
from ccportal.core.money import symbol
from ccportal.core.spreadsheets import CSV_TYPE
from tariffs import services
from tariffs.exports import simulation_csv
from tariffs.forms import PlanForm, ProposalForm
from tariffs.models import Scope
from tariffs.queries import rate_book, replaying
from tariffs.simulation import Proposal, Replay, replay

#: More rates than this are not set in one go: each is an entry of the history and of the log.
MOST_AT_ONCE = 2000


def _form(data: QueryDict) -> ProposalForm:
    return ProposalForm(data, replaying.sites_with_customers(), replaying.types_in_use())


def _proposal(form: ProposalForm) -> Proposal:
    given = form.cleaned_data
    return Proposal(
        given["everybody"],
        {code: given[f"site_{code}"] for code in form.sites if given[f"site_{code}"] is not None},
        {kind: given[f"type_{kind}"] for kind in form.types if given[f"type_{kind}"] is not None},
        given["elasticity"] or Proposal.elasticity,
    )


def _replayed(form: ProposalForm, months: replaying.Window) -> Replay:
    return replay(replaying.purchases(months), rate_book().rate_for, _proposal(form))


@require_safe
@requires("view_tariffs")
def simulator(request: HttpRequest) -> HttpResponse:
    """The form, and for rates that were typed their effect on the last twelve months."""
    form, months, book = _form(request.GET), replaying.window(), rate_book()
    context: dict[str, object] = {
        "form": form,
        "months": months,
        "everybody": book.rate_for(None, "").rate,
        "symbol": symbol(),
        "present": [(form[f"site_{code}"], book.rate_for(None, code).rate) for code in form.sites],
    }
    status = 200
    if months and form.asked:
        if form.is_valid():
            result = _replayed(form, months)
            context |= {"result": result, "charts": _charts(result), "query": _query(request.GET)}
        else:
            status = 422
    return render_page(request, "tariffs/simulator.html", "tariffs/htmx/simulation.html", context, status=status)


def _query(data: QueryDict) -> str:
    """The proposal as it stands in an address, without what was left empty."""
    return urlencode(_typed(data))


def _typed(data: QueryDict) -> dict[str, str]:
    return {name: str(value) for name, value in data.dict().items() if str(value).strip()}


def _charts(result: Replay) -> list[BarChart]:
    sites, changes = result.by_site, result.distribution
    return [
        BarChart(
            "Revenue by site",
            symbol(),
            [group.name or "no site" for group in sites],
            [
                Series("At present rates", [round(group.present, 2) for group in sites]),
                Series("Proposed", [round(group.expected, 2) for group in sites]),
            ],
            label_name="Site",
        ),
        BarChart(
            f"Accounts by what changes a month, {symbol()}",
            "accounts",
            [label for label, _ in changes],
            [Series("Accounts", [number for _, number in changes])],
            label_name=f"{symbol()} a month",
            horizontal=True,
        ),
    ]


@require_safe
@requires("view_tariffs")
def simulator_csv(request: HttpRequest) -> HttpResponseBase:
    """Every account of a simulation, as CSV."""
    form, months = _form(request.GET), replaying.window()
    if not form.is_valid() or months is None:
        raise InvalidInput("Give at least one rate, as a number with a point, like 6.25.")
    return saved_as("tariff-simulation.csv", CSV_TYPE, simulation_csv(_replayed(form, months)))


@require_safe
@requires("change_tariffs")
def plan(request: HttpRequest) -> HttpResponse:
    """The rates of a simulation as a list of changes, with the form that schedules them."""
    return _plan_page(request, request.GET, PlanForm())


@require_POST
@requires("change_tariffs")
def schedule(request: HttpRequest) -> HttpResponse:
    """Schedule every rate of a simulation together."""
    form, proposal = PlanForm(request.POST), _form(request.POST)
    if not form.is_valid() or not proposal.is_valid():
        return _plan_page(request, request.POST, form, status=422)
    changes = replaying.planned(_proposal(proposal))
    moment, reason = form.cleaned_data["effective_from"], form.cleaned_data["reason"]
    try:
        if not 0 < len(changes) <= MOST_AT_ONCE:
            raise InvalidInput(f"Between 1 and {MOST_AT_ONCE} rates can change together; these are {len(changes)}.")
        wanted = [services.RateChange(one.scope, one.key, one.rate, moment, reason) for one in changes]
        services.schedule_all(Actor.of(request), wanted)
    except (InvalidInput, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _plan_page(request, request.POST, form, status=error.status)
    messages.success(request, f"{len(changes)} rate{'s' if len(changes) > 1 else ''} scheduled.")
    return redirect("tariffs:index")


def _plan_page(request: HttpRequest, data: QueryDict, form: PlanForm, *, status: int = 200) -> HttpResponse:
    proposal = _form(data)
    if not proposal.is_valid():
        raise InvalidInput("These rates cannot be scheduled; go back to the simulator and correct them.")
    changes = replaying.planned(_proposal(proposal))
    by_customer = Counter(one.rate for one in changes if one.scope == Scope.CUSTOMER)
    context = {
        "form": form,
        "changes": [one for one in changes if one.scope != Scope.CUSTOMER],
        "by_customer": sorted(by_customer.items()),
        "carried": [
            (name, value) for name, value in data.dict().items() if name in proposal.fields and str(value).strip()
        ],
        "total": len(changes),
        "query": _query(data),
    }
    return render(request, "tariffs/plan.html", context, status=status)
