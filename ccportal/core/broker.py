"""The broker may be down. Nothing a person does may fail because of that: work waits in the database."""

import logging
import time
from collections.abc import Sequence
from threading import Lock
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
PROBE_SECONDS = 0.25
REMEMBERED_SECONDS = 3.0

_lock = Lock()
_last: tuple[float, bool] = (float("-inf"), False)


def reachable() -> bool:
    """Whether the broker answers a ping; asked at most every few seconds, and never for long."""
    global _last
    with _lock:
        asked, answer = _last
        if time.monotonic() - asked < REMEMBERED_SECONDS:
            return answer
        answer = _ping()
        _last = (time.monotonic(), answer)
        return answer


def _ping() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PROBE_SECONDS, socket_timeout=PROBE_SECONDS, retry=None
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def send(task: str, *args: Any, expires: float | None = None, countdown: float | None = None) -> bool:
    """Hand a task to the broker by name; False when the broker did not take it.

    The caller has a row that says what is to be done, and a sweeper that sends again. ``expires`` and ``countdown``
    are in seconds from now.
    """
    if not reachable():
        logger.warning("the broker is not reachable; %s waits for the sweeper", task)
        return False
    try:
        current_app.send_task(task, args=_plain(args), expires=expires, countdown=countdown, retry=False)
    except (OperationalError, redis.RedisError, OSError) as error:
        logger.warning("the broker did not take %s: %s", task, type(error).__name__)
        return False
    return True


def _plain(args: Sequence[Any]) -> list[Any]:
    return list(args)
