"""The new-customer wizard: person, location, service, review, saved as a draft at each step.

Every POST answers with a redirect, so that back, forward and reload never send anything twice.
"""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.acdb import gateway
from ccportal.core.errors import Conflict, InvalidInput
from customers.forms.person import COLUMNS
from customers.forms.registration import STEPS, Registration, SaveForm
from customers.lookalikes import lookalikes
from customers.models import CustomerDraft, DraftState
from customers.queries import get_customer
from customers.services import drafts, registration

may_write = requires("write_customers")


def _owner(request: HttpRequest) -> str:
    return request.user.employee_no  # type: ignore[union-attr]  # the view requires an employee


@require_safe
@may_write
def new(request: HttpRequest) -> HttpResponse:
    """Drafts to go on with, and the first step of a new one."""
    gateway.refuse_if_read_only()
    context = _step_context(Registration(None), "personal", uuid4())
    context["drafts"] = drafts.my_drafts(_owner(request))
    return render(request, "customers/new/step.html", context)


@require_safe
@may_write
def step(request: HttpRequest, token: UUID, step: str) -> HttpResponse:
    """One step of a draft, as it was left."""
    draft = drafts.get_draft(_owner(request), token)
    if draft.state != DraftState.OPEN:
        return redirect("customers:new_done", token)
    return render(request, "customers/new/step.html", _step_context(Registration(draft), step, token))


@require_POST
@may_write
def keep(request: HttpRequest, token: UUID, step: str) -> HttpResponse:
    """Keep a step; on to the next one when everything in it fits, else back to it."""
    gateway.refuse_if_read_only()
    names = STEPS[step][1].base_fields
    typed = {name: request.POST[name] for name in names if name in request.POST}
    try:
        draft = drafts.keep(_owner(request), token, step, typed)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect("customers:new_done", token)
    valid = Registration(draft).form(step).is_valid()
    steps = [*STEPS, "review"]
    following = steps[steps.index(step) + 1] if valid else step
    return redirect(_address(token, following))


@require_safe
@may_write
def review(request: HttpRequest, token: UUID) -> HttpResponse:
    """Everything typed, what is unusual about it, and who may be the same person."""
    draft = drafts.get_draft(_owner(request), token)
    if draft.state != DraftState.OPEN:
        return redirect("customers:new_done", token)
    found = Registration(draft)
    if not found.is_complete:
        messages.warning(request, "This step is not complete yet.")
        return redirect(_address(token, found.next_step))
    doubles = lookalikes(found.person())
    context = {
        "draft": draft,
        "steps": _progress(found, "review", token),
        "sections": [(step, label, _lines(found, step)) for step, (label, _) in STEPS.items()],
        "remarks": found.remarks(),
        "doubles": doubles,
        "form": SaveForm(),
        "must_answer": "answer" in request.GET,
    }
    return render(request, "customers/new/review.html", context)


@require_POST
@may_write
def save(request: HttpRequest, token: UUID) -> HttpResponse:
    """Register the customer; sending it twice leads to the same page."""
    draft = drafts.get_draft(_owner(request), token)
    found = Registration(draft)
    if draft.state == DraftState.OPEN:
        if not found.is_complete:
            return redirect("customers:new_review", token)
        shown = [double.number for double in lookalikes(found.person())]
        accepted = SaveForm(request.POST).accepted(shown, request.POST.getlist("seen"))
        if set(shown) - set(accepted):
            messages.error(request, "Say first whether it is one of the customers below.")
            return redirect(f"{_address(token, 'review')}?{urlencode({'answer': 1})}")
        return _register(request, draft, found, accepted)
    return redirect("customers:new_done", token)


def _register(request: HttpRequest, draft: CustomerDraft, found: Registration, accepted: list[int]) -> HttpResponse:
    try:
        registration.register(Actor.of(request), draft, found.values(), found.person(), accepted)
    except (Conflict, InvalidInput) as error:
        label = next((name for name, column in COLUMNS.items() if column == error.field), "")
        messages.error(request, f"Not saved. {error.message}")
        target = next((step for step in STEPS if label in found.form(step).fields), "review")
        return redirect(_address(draft.token, target))
    return redirect("customers:new_done", draft.token)


@require_POST
@may_write
def discard(request: HttpRequest, token: UUID) -> HttpResponse:
    """Throw a draft away."""
    drafts.discard(_owner(request), token)
    messages.success(request, "The draft is thrown away.")
    return redirect("customers:new")


@require_safe
@may_write
def done(request: HttpRequest, token: UUID) -> HttpResponse:
    """What became of a draft: the customer, and what to do next."""
    registration.tidy()
    draft = drafts.get_draft(_owner(request), token)
    if draft.state == DraftState.OPEN:
        return redirect(_address(token, Registration(draft).next_step))
    if draft.customer_number is None:
        return render(request, "customers/new/saving.html", {"draft": draft}, status=409)
    context = {"draft": draft, "customer": get_customer(draft.customer_number)}
    return render(request, "customers/new/done.html", context)


def _address(token: UUID, step: str) -> str:
    if step == "review":
        return reverse("customers:new_review", args=[token])
    return reverse("customers:new_step", args=[token, step])


def _step_context(found: Registration, step: str, token: UUID) -> dict[str, object]:
    names = list(STEPS)
    place = names.index(step)
    return {
        "draft": found.draft,
        "form": found.form(step),
        "step": step,
        "step_label": STEPS[step][0],
        "number": place + 1,
        "action": reverse("customers:new_keep", args=[token, step]),
        "previous": _address(token, names[place - 1]) if place else "",
        "steps": _progress(found, step, token),
    }


def _progress(found: Registration, current: str, token: UUID) -> list[dict[str, object]]:
    """The steps for the line above the form; links lead to those that can be opened."""
    lines = []
    for number, name in enumerate([*STEPS, "review"], 1):
        filled = name in found.typed and found.form(name).is_valid() if name in STEPS else False
        reachable = found.draft is not None and (name in found.typed or (name == "review" and found.is_complete))
        lines.append(
            {
                "number": number,
                "label": STEPS[name][0] if name in STEPS else "Review",
                "url": _address(token, name) if reachable and name != current else "",
                "current": name == current,
                "filled": filled,
            }
        )
    return lines


def _lines(found: Registration, step: str) -> list[tuple[str, object]]:
    """Label and value of each field of a step, for reading."""
    form = found.form(step)
    lines = []
    for field in form:
        value = form.cleaned_data.get(field.name)
        if isinstance(value, bool):
            value = "yes" if value else None
            if value is None:
                continue
        choices = dict(getattr(field.field, "choices", []))
        lines.append((str(field.label), choices.get(value, value)))
    return lines
