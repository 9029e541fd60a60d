"""The schedule: every task exists, and a run that nobody takes is dropped before the next one is due."""

import pytest
from celery.schedules import crontab

from ccportal.celery import SCHEDULE, app


@pytest.mark.parametrize("name", sorted(SCHEDULE))
def test_every_scheduled_task_exists(name):
    assert name in app.tasks


@pytest.mark.parametrize("name", sorted(name for name, when in SCHEDULE.items() if not isinstance(when, crontab)))
def test_a_run_that_no_worker_takes_expires_before_the_next(name):
    entry = app.conf.beat_schedule[name]
    assert 1 <= entry["options"]["expires"] < entry["schedule"]
