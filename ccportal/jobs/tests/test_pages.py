"""Who sees background work and the outbox, and what they may do with it."""

import pytest
from django.db import transaction

from ccportal.jobs import outbox, registry, services
from ccportal.jobs.models import Job

registry.register("test.pages", label="Printing the almanac", task="job.test.pages")


@pytest.fixture
def job(thabo):
    return services.create_job("test.pages", requested_by=thabo.employee_no)


@pytest.fixture
def message(db):
    with transaction.atomic():
        return outbox.enqueue("test.pages", "almanac-3", {"to": "+26650000123", "text": "Lumela Thabo"})


def page(client, path, **headers):
    return client.get(path, headers=headers)


def test_those_who_may_see_all_background_work(sign_in, palesa, job):
    response = page(sign_in(palesa), "/jobs/")
    assert response.status_code == 200
    assert "Printing the almanac" in response.text


def test_it_refuses_the_list_to_a_care_agent(sign_in, thabo, job):
    response = page(sign_in(thabo), "/jobs/")
    assert response.status_code == 403
    assert "super admin can grant it" in response.text


def test_the_list_can_be_narrowed_to_failures(sign_in, palesa, job):
    failed = services.create_job("test.pages")
    Job.objects.filter(pk=failed.pk).update(state="failed", error="Out of paper.")
    response = page(sign_in(palesa), "/jobs/?state=failed")
    assert "Out of paper." in response.text
    assert f"/jobs/{job.pk}/" not in response.text


def test_a_filter_that_matches_nothing_says_so(sign_in, palesa, job):
    assert "No run matches" in page(sign_in(palesa), "/jobs/?state=done").text


def test_whoever_asked_for_a_run_may_watch_it(sign_in, thabo, job):
    response = page(sign_in(thabo), f"/jobs/{job.pk}/")
    assert response.status_code == 200
    assert "It starts as soon as a worker is free." in response.text


def test_it_refuses_a_run_of_somebody_else(sign_in, lineo, job):
    assert page(sign_in(lineo), f"/jobs/{job.pk}/").status_code == 403


def test_an_unknown_run_is_not_found(sign_in, palesa):
    assert page(sign_in(palesa), "/jobs/999/").status_code == 404


def test_the_page_asks_again_while_the_run_lasts(sign_in, thabo, job):
    Job.objects.filter(pk=job.pk).update(state="running", step="Printing", done=30, total=120)
    text = page(sign_in(thabo), f"/jobs/{job.pk}/", HX_Request="true").text
    assert "<html" not in text
    assert 'hx-trigger="every 2s"' in text
    assert "Printing: 30 of 120" in text
    assert 'value="25"' in text


def test_the_page_stops_asking_when_the_run_has_ended(sign_in, thabo, job):
    services.run_job(job.pk, lambda progress: {"pages_printed": 365, "url": "/import/7/", "_internal": "x"})
    text = page(sign_in(thabo), f"/jobs/{job.pk}/", HX_Request="true").text
    assert "hx-trigger" not in text
    assert "Pages printed" in text
    assert 'href="/import/7/"' in text
    assert "internal" not in text


def test_a_result_never_links_to_another_house(sign_in, thabo, job):
    services.run_job(job.pk, lambda progress: {"url": "//example.org/"})
    assert "example.org" not in page(sign_in(thabo), f"/jobs/{job.pk}/").text


def test_the_outbox_shows_no_personal_data(sign_in, palesa, message):
    client = sign_in(palesa)
    for path in ("/jobs/outbox/", f"/jobs/outbox/{message.pk}/"):
        text = page(client, path).text
        assert "test.pages" in text
        assert "50000123" not in text
        assert "Lumela" not in text


def test_it_refuses_the_outbox_to_a_care_agent(sign_in, thabo, message):
    client = sign_in(thabo)
    assert page(client, "/jobs/outbox/").status_code == 403
    assert client.post(f"/jobs/outbox/{message.pk}/cancel/").status_code == 403
    message.refresh_from_db()
    assert message.state == "queued"


def test_a_waiting_message_is_cancelled_and_sent_again_by_hand(sign_in, palesa, message):
    client = sign_in(palesa)
    response = client.post(f"/jobs/outbox/{message.pk}/cancel/", follow=True)
    assert "The message will not be sent." in response.text
    response = client.post(f"/jobs/outbox/{message.pk}/retry/", follow=True)
    assert "The message will be sent again in a moment." in response.text
    message.refresh_from_db()
    assert message.state == "queued"


def test_cancelling_by_a_link_is_refused(sign_in, palesa, message):
    assert sign_in(palesa).get(f"/jobs/outbox/{message.pk}/cancel/").status_code == 405
