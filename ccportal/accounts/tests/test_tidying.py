"""What signing in leaves behind is forgotten; what still counts stays."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone

from ccportal.accounts.models import OneTimeCode, SignIn
from ccportal.accounts.tasks import clean

pytestmark = pytest.mark.django_db


@pytest.fixture
def left_behind(thabo):
    """A day, a month and a year ago, beside now."""
    now = timezone.now()
    for key, days in (("over", -1), ("valid", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    for days in (1, 31):
        past = now - timedelta(days=days)
        OneTimeCode.objects.create(account=f"00{days:02}MAK", digest="x", expires_at=past)
        attempt = AccessAttempt.objects.create(username=f"n{days}", ip_address="192.0.2.7", failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=past)
    for days in (300, 366):
        SignIn.objects.create(employee=thabo, seen_at=now - timedelta(days=days))


def test_only_what_is_over_is_forgotten(left_behind):
    clean()
    assert [session.session_key for session in Session.objects.all()] == ["valid"]
    assert OneTimeCode.objects.count() == 1
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["n1"]
    assert SignIn.objects.count() == 1
