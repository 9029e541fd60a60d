"""Background runs without a broker: what the row says, whatever the messages do."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from ccportal.core.errors import Conflict
from ccportal.jobs import registry, services
from ccportal.jobs.models import Job, JobState

registry.register("test.count", label="Counting sheep", task="job.test.count")
registry.register("test.once", label="Counting once", task="job.test.once", max_attempts=1)


@pytest.fixture
def job(db):
    return services.create_job("test.count", requested_by="1004", input={"sheep": 3})


def test_a_new_job_waits_and_says_who_asked(job):
    job.refresh_from_db()
    assert (job.state, job.requested_by, job.input) == ("queued", "1004", {"sheep": 3})
    assert job.enqueued_at is None


def test_it_refuses_a_kind_that_no_task_runs(db):
    with pytest.raises(LookupError):
        services.create_job("test.unheard-of")
    assert not Job.objects.exists()


def test_a_broker_that_is_down_leaves_the_job_waiting(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = services.create_job("test.count")
    job.refresh_from_db()
    assert (job.state, job.enqueued_at) == ("queued", None)


def test_a_run_records_progress_and_result(job):
    def work(progress):
        progress.step("Counting", total=3)
        progress.advance(2)
        progress.advance(3)
        return {"counted": 3}

    services.run_job(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.step, job.done, job.total) == ("done", "Counting", 3, 3)
    assert job.result == {"counted": 3}
    assert job.percent == 100
    assert job.finished_at >= job.started_at


def test_a_message_that_comes_twice_runs_the_job_once(job):
    runs = []

    def work(progress):
        runs.append("outer")
        services.run_job(job.pk, lambda progress: runs.append("inner"))

    services.run_job(job.pk, work)
    services.run_job(job.pk, lambda progress: runs.append("late"))
    assert runs == ["outer"]


def test_an_expected_fault_is_shown_in_its_own_words(job):
    def work(progress):
        raise Conflict("The file changed while it was read. Copy it again.")

    services.run_job(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The file changed while it was read. Copy it again.")


def test_an_unexpected_fault_is_logged_and_shown_without_internals(job, caplog):
    def work(progress):
        raise KeyError("Thabo's secret")

    with caplog.at_level(logging.ERROR):
        services.run_job(job.pk, work)
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error.startswith("Something went wrong on our side.")
    assert "secret" not in job.error
    assert caplog.records[0].exc_info[0] is KeyError


def test_progress_is_written_at_most_twice_a_second(job, django_assert_max_num_queries):
    def work(progress):
        progress.step("Counting", total=10_000)
        with django_assert_max_num_queries(4):
            for number in range(10_000):
                progress.advance(number + 1)

    services.run_job(job.pk, work)
    job.refresh_from_db()
    assert job.done == 10_000


def lose_worker(job, seconds):
    """As a worker leaves it that was killed so many seconds ago."""
    claimed = services.claim(job.pk)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))
    return claimed


def test_a_job_whose_worker_died_waits_again(job):
    lose_worker(job, 31)
    services.sweep()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 1)


def test_a_job_whose_worker_is_alive_is_left_alone(job):
    lose_worker(job, 20)
    services.sweep()
    job.refresh_from_db()
    assert job.state == "running"


def test_a_job_that_kills_every_worker_is_given_up(job):
    for _ in range(2):
        lose_worker(job, 31)
        services.sweep()
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error.startswith("The worker stopped in the middle of this.")


def test_work_that_must_not_be_repeated_fails_when_its_worker_dies(db):
    job = services.create_job("test.once")
    lose_worker(job, 31)
    services.sweep()
    job.refresh_from_db()
    assert job.state == "failed"


def test_a_worker_thought_dead_cannot_overwrite_the_second_run(job):
    def slow(progress):
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=31))
        services.sweep()
        services.run_job(job.pk, lambda progress: {"by": "second"})
        return {"by": "first"}

    services.run_job(job.pk, slow)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"by": "second"})


def test_a_kind_this_version_does_not_know_fails_instead_of_waiting_for_ever(db):
    job = Job.objects.create(kind="test.from-the-future")
    services.sweep()
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "This version cannot do this kind of work.")
