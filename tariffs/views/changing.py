"""Changing a rate: the form, what the change would do, and doing it. Each step is a page of its own."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.core.errors import Conflict, InvalidInput, NotFound, PortalError
from ccportal.core.money import symbol
from ccportal.core.periods import meter_zone
from customers.models import Site
from tariffs import services
from tariffs.calculations import ResolvedRate
from tariffs.forms import RateForm, ReasonForm
from tariffs.models import Scope, TariffOverride
from tariffs.parsing import parse_key
from tariffs.queries import overview
from tariffs.queries.rates import live, rate_for
from tariffs.queries.standing import standing
from tariffs.templatetags.rates import rate_text

#: A rate that changes by more than this factor is probably a slip of the fingers.
LARGE = Decimal(2)


@dataclass(frozen=True)
class Subject:
    """Whose rate is being changed; ``site`` is where a customer lives."""

    scope: str
    key: str
    title: str
    detail: str = ""
    site: str = ""

    @property
    def url_key(self) -> str:
        return self.key or "all"


def subject_of(scope: str, key: str) -> Subject:
    """What an address names; ``NotFound`` for a level, site or customer that does not exist."""
    if scope == Scope.GLOBAL and key == "all":
        return Subject(scope, "", "the rate for everybody")
    try:
        if scope == Scope.CONCESSION:
            code = parse_key(scope, key, overview.site_codes())
            return Subject(scope, code, f"the rate of site {code}", Site.objects.get(code=code).name, code)
        if scope == Scope.CUSTOMER:
            number = parse_key(scope, key, frozenset())
            person = overview.customer_of(int(number))
            # A rate may have been set for a number without a record; it must be possible to remove it.
            if person or live().filter(scope=scope, scope_key=number).exists():
                name, site = (person.name, person.site) if person else ("no record", "")
                return Subject(scope, number, f"the rate of customer {number}", name, site)
    except InvalidInput as error:
        raise NotFound(error.message) from error
    raise NotFound("There is no such customer." if scope == Scope.CUSTOMER else "There is no such rate.")


@require_safe
@requires("change_tariffs")
def change(request: HttpRequest, scope: str, key: str) -> HttpResponse:
    """The form for a new rate."""
    subject = subject_of(scope, key)
    state = standing(subject.scope, subject.key, timezone.now())
    given = {name: request.GET[name][:40] for name in ("rate", "effective_from") if name in request.GET}
    return _form_page(request, subject, RateForm(initial={"seen": state.seen, **given}))


@require_POST
@requires("change_tariffs")
def review(request: HttpRequest, scope: str, key: str) -> HttpResponse:
    """What the change would do, before anybody does it."""
    subject, form = subject_of(scope, key), RateForm(request.POST)
    if not form.is_valid():
        return _form_page(request, subject, form, status=422)
    rate, moment = form.cleaned_data["rate"], form.cleaned_data["effective_from"]
    state = standing(subject.scope, subject.key, timezone.now())
    before = (state.rate_at(moment) if moment else state.rate) or _present(subject, moment).rate
    context = {
        "subject": subject,
        "form": form,
        "state": state,
        "rate": rate,
        "moment": moment,
        "effect": overview.effect_of(subject.scope, subject.key, rate, moment or timezone.now()),
        "large": not before / LARGE <= rate <= before * LARGE,
        "read_only": subject.scope == Scope.GLOBAL and settings.ACDB_READ_ONLY,
    }
    return render(request, "tariffs/review.html", context)


@require_POST
@requires("change_tariffs")
def set_rate(request: HttpRequest, scope: str, key: str) -> HttpResponse:
    """Set or schedule the rate."""
    subject, form = subject_of(scope, key), RateForm(request.POST)
    if not form.is_valid():
        return _form_page(request, subject, form, status=422)
    given = form.cleaned_data
    wanted = services.RateChange(subject.scope, subject.key, given["rate"], given["effective_from"], given["reason"])
    try:
        outcome = services.set_rate(Actor.of(request), wanted, seen=given["seen"])
    except (InvalidInput, Conflict) as error:
        return _refused(request, subject, form, error)
    what = f"{subject.title[0].upper()}{subject.title[1:]}"
    amount = f"{rate_text(given['rate'])} per kWh"
    if outcome.scheduled:
        when = given["effective_from"].astimezone(meter_zone())
        messages.success(request, f"{what} will be {amount} from {when:%-d %b %Y, %H:%M}.")
    else:
        messages.success(request, f"{what} is {amount} now.")
    return redirect("tariffs:index")


@require_safe
@requires("change_tariffs")
def remove(request: HttpRequest, scope: str, key: str) -> HttpResponse:
    """What removing a site's or customer's own rate would do."""
    subject = subject_of(scope, key)
    return _removal_page(request, subject, None)


@require_POST
@requires("change_tariffs")
def removed(request: HttpRequest, scope: str, key: str) -> HttpResponse:
    """Remove the rate."""
    subject, form = subject_of(scope, key), ReasonForm(request.POST)
    if not form.is_valid():
        return _removal_page(request, subject, form, status=422)
    try:
        services.remove(
            Actor.of(request), subject.scope, subject.key, reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"],
        )  # fmt: skip
    except (InvalidInput, Conflict) as error:
        messages.error(request, error.message)
        return _removal_page(request, subject, None, status=error.status)
    messages.success(request, f"{subject.title[0].upper()}{subject.title[1:]} is removed; the next level decides.")
    return redirect("tariffs:index")


@require_safe
@requires("change_tariffs")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """What calling a scheduled change off would leave."""
    row = get_object_or_404(TariffOverride, pk=pk)
    return render(request, "tariffs/cancel.html", {"row": row, "form": ReasonForm(), "open": _is_open(row)})


@require_POST
@requires("change_tariffs")
def cancelled(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a scheduled change off."""
    row, form = get_object_or_404(TariffOverride, pk=pk), ReasonForm(request.POST)
    if not form.is_valid():
        context = {"row": row, "form": form, "open": _is_open(row)}
        return render(request, "tariffs/cancel.html", context, status=422)
    try:
        services.cancel(Actor.of(request), pk, reason=form.cleaned_data["reason"])
    except Conflict as error:
        messages.error(request, error.message)
        return render(request, "tariffs/cancel.html", {"row": row, "form": form, "open": False}, status=409)
    messages.success(request, "The scheduled change is called off.")
    return redirect("tariffs:index")


def _is_open(row: TariffOverride) -> bool:
    return overview.scheduled(timezone.now()).filter(pk=row.pk).exists()


def _present(subject: Subject, moment: datetime | None = None) -> ResolvedRate:
    """What is paid by whom the rate is changed for, now or at a moment."""
    number = int(subject.key) if subject.scope == Scope.CUSTOMER else None
    return rate_for(number, subject.site, moment)


def _form_page(request: HttpRequest, subject: Subject, form: RateForm, *, status: int = 200) -> HttpResponse:
    context = {
        "subject": subject,
        "form": form,
        "state": standing(subject.scope, subject.key, timezone.now()),
        "resolved": _present(subject),
        "symbol": symbol(),
    }
    return render(request, "tariffs/change.html", context, status=status)


def _refused(request: HttpRequest, subject: Subject, form: RateForm, error: PortalError) -> HttpResponse:
    """The form again with the refusal, on the state as it is now."""
    state = standing(subject.scope, subject.key, timezone.now())
    again = RateForm({**request.POST.dict(), "seen": state.seen})
    again.is_valid()
    again.add_error(error.field if error.field in again.fields else None, error.message)
    return _form_page(request, subject, again, status=error.status)


def _removal_page(
    request: HttpRequest, subject: Subject, form: ReasonForm | None, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    state = standing(subject.scope, subject.key, now)
    if subject.scope == Scope.GLOBAL or (state.running is None and not state.scheduled and form is None):
        raise NotFound(f"There is nothing to remove: {subject.title} was never set, or is removed.")
    context = {
        "subject": subject,
        "state": state,
        "form": form or ReasonForm(initial={"seen": state.seen}),
        "effect": overview.effect_of(subject.scope, subject.key, None, now),
    }
    return render(request, "tariffs/remove.html", context, status=status)
