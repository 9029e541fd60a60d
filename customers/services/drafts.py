"""Customers who are being entered: kept while somebody types, resumed, thrown away, forgotten."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ccportal.core.errors import Conflict, NotFound
from customers.models import CustomerDraft, DraftState

#: A draft that nobody touches for so long is forgotten, with the personal data in it.
KEPT_FOR = timedelta(days=30)
MAX_TEXT = 300
#: More than anybody needs; keeps a program gone wild from filling the database.
MAX_DRAFTS = 50


def my_drafts(owner: str) -> QuerySet[CustomerDraft]:
    """An employee's unfinished drafts, the latest first."""
    return CustomerDraft.objects.filter(owner=owner).exclude(state=DraftState.DONE)


def get_draft(owner: str, token: UUID) -> CustomerDraft:
    """The employee's own draft; ``NotFound`` for another's or one that is gone."""
    draft = CustomerDraft.objects.filter(token=token, owner=owner).first()
    if draft is None:
        raise NotFound("There is no such draft of yours. It was thrown away, or nobody touched it for 30 days.")
    return draft


def keep(owner: str, token: UUID, step: str, typed: Mapping[str, str]) -> CustomerDraft:
    """Keep what was typed in a step, valid or not; the first step begins the draft.

    ``Conflict`` when the customer has been registered meanwhile, or the employee has too many drafts.
    """
    _begin(owner, token)
    with transaction.atomic():
        draft = CustomerDraft.objects.select_for_update().filter(token=token, owner=owner).first()
        if draft is None:
            raise NotFound("There is no such draft of yours.")
        if draft.state != DraftState.OPEN:
            raise Conflict("This customer is registered already, or is being registered at this moment.")
        draft.typed = {**draft.typed, step: {name: _storable(text) for name, text in typed.items()}}
        draft.name = _name(draft.typed.get("personal", {}))
        draft.save(update_fields=["typed", "name", "updated_at"])
    return draft


def _begin(owner: str, token: UUID) -> None:
    if CustomerDraft.objects.filter(token=token).exists():
        return
    if my_drafts(owner).count() >= MAX_DRAFTS:
        raise Conflict(f"You have {MAX_DRAFTS} drafts. Finish or discard some of them first.")
    try:
        with transaction.atomic():
            CustomerDraft.objects.create(token=token, owner=owner)
    except IntegrityError:
        return  # the same form sent twice at once; the other one began it


def _storable(text: str) -> str:
    """A text that every database keeps: PostgreSQL takes no NUL."""
    return text.replace("\x00", "")[:MAX_TEXT]


def _name(personal: Mapping[str, str]) -> str:
    parts = (personal.get(part, "").strip() for part in ("first_name", "last_name"))
    return " ".join(filter(None, parts))[:255]


def discard(owner: str, token: UUID) -> None:
    """Throw a draft away for good; ``Conflict`` while it is being saved."""
    gone, _ = CustomerDraft.objects.filter(token=token, owner=owner, state=DraftState.OPEN).delete()
    if not gone and CustomerDraft.objects.filter(token=token, owner=owner).exists():
        raise Conflict("This customer is registered already, or is being registered at this moment.")


def forget() -> int:
    """Delete drafts that nobody touched for 30 days, finished ones too; how many."""
    gone, _ = CustomerDraft.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR).delete()
    return gone
