"""``Idempotency-Key`` on POST: the same request sent twice is done once and answered twice.

The first answer is kept for a day per caller and key and replayed with ``Idempotency-Replayed: true``. The same key
with another address or body is a 422. While the first request is under way a second one is a 409 with Retry-After.
When the first one stopped without an answer (a crash), what it did is not known, so it is not done again: a 409 says
to look first and use a new key. Answers 409, 429 and 5xx are not kept, so that the request can be sent again.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.callers import caller_for
from ccportal.api.models import IdempotentAnswer

KEPT_FOR = timedelta(days=1)
UNDER_WAY = timedelta(minutes=5)
MAX_KEPT_BODY = 1024 * 1024
_KEY = re.compile(r"^[\x21-\x7e]{1,120}\Z")


def once(request: Request, act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Do ``act``, or replay what it answered when this caller sent the same key before.

    ``act`` turns its own faults into answers; an exception that passes leaves the key without an answer.
    """
    key = request.headers.get("Idempotency-Key")
    caller = caller_for(request.user)
    if key is None or caller is None:
        return act()
    if not _KEY.match(key):
        raise ValidationError({"Idempotency-Key": "Give 1 to 120 visible ASCII characters without blanks."})
    digest = _digest(request)
    row, is_first = _claim(f"{caller.kind}:{caller.id}", key, digest)
    if not is_first:
        return _replay(row, digest)
    response = act()
    _keep(row, cast(HttpResponse, response), request)  # only what is read is streamed
    return response


def _digest(request: Request) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def _claim(caller: str, key: str, digest: str) -> tuple[IdempotentAnswer, bool]:
    IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(caller=caller, key=key, request_digest=digest), True
    except IntegrityError:
        return IdempotentAnswer.objects.get(caller=caller, key=key), False


def _replay(row: IdempotentAnswer, digest: str) -> HttpResponse:
    if row.request_digest != digest:
        raise ValidationError({"Idempotency-Key": "Was used for another request; use a new key for each request."})
    if row.status is None:
        if timezone.now() - row.created_at < UNDER_WAY:
            text = "The same request is still under way; wait for its answer."
            return Response({"detail": text}, status=409, headers={"Retry-After": "5"})
        text = "The same request stopped before it answered. Check whether it took effect, then use a new key."
        return Response({"detail": text}, status=409)
    response = HttpResponse(bytes(row.body), status=row.status, content_type=row.content_type)
    response["Idempotency-Replayed"] = "true"
    return response


def _keep(row: IdempotentAnswer, response: HttpResponse, request: Request) -> None:
    status = response.status_code
    if status in (409, 429) or status >= 500:
        row.delete()
        return
    if isinstance(response, Response):
        content = request.accepted_renderer.render(response.data) if response.data is not None else b""
        content_type = "application/json"
    else:
        content = b"" if response.streaming else response.content
        content_type = response.headers.get("Content-Type", "")
    if response.streaming or len(content) > MAX_KEPT_BODY:
        row.delete()
        return
    row.status, row.body, row.content_type = status, content, content_type[:100]
    row.save(update_fields=["status", "body", "content_type"])
