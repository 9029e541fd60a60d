"""Forgets what people wrote and sent once its time is over (docs/operations.md, "Disk and memory").

What happened stays: messages and files keep their rows with time and state, tickets their history with its words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import timezone

from whatsapp.models import Conversation, Media, MediaState, Message, TriageResult
from whatsapp.services.media import path_of

Row = TypeVar("Row", bound=Model)
#: Rows that one statement changes, so that nobody waits for it.
AT_A_TIME = 500


@dataclass(frozen=True)
class Due:
    """How many files and how many texts are past their time, or were deleted."""

    files: int
    texts: int


def due() -> Due:
    """What the next run will delete."""
    now = timezone.now()
    return Due(_files(now).count(), _texts(now).count())


def run() -> Due:
    """Delete what is past its time, a few hundred rows at once."""
    now = timezone.now()
    deleted = Due(
        sum(_delete_files(batch) for batch in _batches(_files(now))),
        sum(_empty(batch, text="", details={}) for batch in _batches(_texts(now))),
    )
    for batch in _batches(_judgements(now)):
        _empty(batch, text="", summary="")
    for asked in _batches(_questions(now)):
        _empty(asked, awaiting_details={})
    return deleted


def _before(days: int, now: datetime) -> datetime | None:
    """What is older is to go; None when it is kept for ever."""
    return now - timedelta(days=days) if days > 0 else None


def _files(now: datetime) -> QuerySet[Media]:
    before = _before(settings.WHATSAPP_KEEP_FILES_DAYS, now)
    rows = Media.objects.filter(created_at__lt=before, state=MediaState.STORED) if before else Media.objects.none()
    return rows.order_by("pk")


def _texts(now: datetime) -> QuerySet[Message]:
    before = _before(settings.WHATSAPP_KEEP_TEXTS_DAYS, now)
    rows = Message.objects.filter(created_at__lt=before) if before else Message.objects.none()
    return rows.exclude(text="", details={}).order_by("pk")


def _judgements(now: datetime) -> QuerySet[TriageResult]:
    before = _before(settings.WHATSAPP_KEEP_TEXTS_DAYS, now)
    rows = TriageResult.objects.filter(at__lt=before) if before else TriageResult.objects.none()
    return rows.exclude(text="", summary="").order_by("pk")


def _questions(now: datetime) -> QuerySet[Conversation]:
    """Questions of ours may name several customers to choose from."""
    before = _before(settings.WHATSAPP_KEEP_TEXTS_DAYS, now)
    rows = Conversation.objects.filter(last_message_at__lt=before) if before else Conversation.objects.none()
    return rows.exclude(awaiting_details={}).order_by("pk")


def _batches(rows: QuerySet[Row]) -> Iterator[QuerySet[Row]]:
    """The rows in pieces, none looked at twice."""
    last = 0
    while found := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:AT_A_TIME]):
        last = found[-1]
        yield rows.model._default_manager.filter(pk__in=found)


def _delete_files(batch: QuerySet[Media]) -> int:
    """The bytes first: a row without its file is found again by the next run, a file without its row never."""
    for media in batch:
        path_of(media).unlink(missing_ok=True)
    return batch.update(state=MediaState.DELETED, file="")


def _empty(batch: QuerySet[Any], **columns: object) -> int:
    return batch.update(**columns)
