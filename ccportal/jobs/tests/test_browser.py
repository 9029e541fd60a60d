"""A background run watched in a real browser."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from ccportal.core.testing.browser import assert_accessible
from ccportal.jobs import outbox, registry, services
from ccportal.jobs.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(databases=["default", "acdb"])]
registry.register("test.browser", label="Printing the almanac", task="job.test.browser")


def test_the_page_follows_a_run_until_it_ends(signed_in_page, palesa):
    job = services.create_job("test.browser", requested_by="1002")
    page = signed_in_page(palesa)
    page.goto(f"/jobs/{job.pk}/")
    expect(page.get_by_text("It starts as soon as a worker is free.")).to_be_visible()
    Job.objects.filter(pk=job.pk).update(state="running", step="Printing", done=30, total=120)
    expect(page.get_by_text("Printing: 30 of 120")).to_be_visible()
    assert_accessible(page)
    Job.objects.filter(pk=job.pk).update(state="queued")
    services.run_job(job.pk, lambda progress: {"pages_printed": 365})
    expect(page.get_by_text("Pages printed")).to_be_visible()
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
    assert_accessible(page)


def test_the_lists_are_accessible(signed_in_page, palesa):
    services.create_job("test.browser", requested_by="1002")
    with transaction.atomic():
        message = outbox.enqueue("test.browser", "k", {"to": "x"})
    page = signed_in_page(palesa)
    for path in ("/jobs/", "/jobs/outbox/", f"/jobs/outbox/{message.pk}/"):
        page.goto(path)
        assert_accessible(page)
