"""Keeps finished answers for as long as what they rest on stays the same.

The figures change when the rollups, the directory or the table of sites do, and tenure with the day. Asking for that
costs three small rows; computing and writing a long series costs more than everything else in a request.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from rest_framework.utils.encoders import JSONEncoder

from ccportal.core.periods import local_today
from customers.models import DirectoryState, Site
from omreport.queries import Freshness

MOST_ANSWERS = 256
_answers: OrderedDict[Hashable, tuple[Hashable, bytes]] = OrderedDict()
_lock = Lock()


def answer(question: Hashable, fresh: Freshness, make: Callable[[], dict[str, Any]]) -> bytes:
    """The JSON of an answer, made anew when anything it rests on has changed; ``question`` has all its parameters."""
    state = (fresh, DirectoryState.objects.values_list("refreshed_at", flat=True).first(), _sites(), local_today())
    with _lock:
        known = _answers.get(question)
        if known and known[0] == state:
            _answers.move_to_end(question)
            return known[1]
    text = json.dumps(make(), cls=JSONEncoder, separators=(",", ":"), ensure_ascii=False).encode()
    with _lock:
        _answers[question] = state, text
        while len(_answers) > MOST_ANSWERS:
            _answers.popitem(last=False)
    return text


def forget() -> None:
    """Compute every answer anew, as after a refresh."""
    with _lock:
        _answers.clear()


def _sites() -> tuple[tuple[Any, ...], ...]:
    return tuple(Site.objects.order_by("code").values_list("code", "name", "district"))
