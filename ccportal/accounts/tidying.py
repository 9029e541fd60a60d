"""Forgets what signing in leaves behind: expired sessions, used codes, old sign-ins and wrong passwords."""

from datetime import timedelta

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone

from ccportal.accounts.models import OneTimeCode, SignIn

#: Codes count against guessing for minutes only; locks last minutes.
KEPT_FOR = timedelta(days=30)
SIGN_INS_KEPT_FOR = timedelta(days=365)


def forget() -> int:
    """Delete what is over; the number of rows."""
    now = timezone.now()
    gone = (
        Session.objects.filter(expire_date__lt=now),
        OneTimeCode.objects.filter(expires_at__lt=now - KEPT_FOR),
        AccessAttempt.objects.filter(attempt_time__lt=now - KEPT_FOR),
        SignIn.objects.filter(seen_at__lt=now - SIGN_INS_KEPT_FOR),
    )
    return sum(rows.delete()[0] for rows in gone)
