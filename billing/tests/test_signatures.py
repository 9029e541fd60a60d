"""Secrets of senders from the environment, and the signature itself."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from billing.signatures import sign
from ccportal import env


def test_a_signature_is_that_of_the_written_example():
    assert sign("a-secret-of-twenty-chars", "1795260300", b'{"reference": "DM0001"}') == (
        "sha256=3501d4289cbdda3c9b005ee91ac9121cc878e0d1e37097a0e415b08385eb99f0"
    )


def test_secrets_are_read_for_each_sender(monkeypatch):
    monkeypatch.setenv("SECRETS", "MPesa=aaaaaaaaaaaaaaaaaaaa|bbbbbbbbbbbbbbbbbbbb, sms=cccccccccccccccccccc")
    assert env.shared_secrets("SECRETS") == {"mpesa": ("a" * 20, "b" * 20), "sms": ("c" * 20,)}


@pytest.mark.parametrize(
    "value", ["mpesa", "mpesa=", "=aaaaaaaaaaaaaaaaaaaa", "mpesa=short", "mpesa=" + "a" * 20 + "|b"]
)
def test_a_secret_that_is_mistyped_or_short_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("SECRETS", value)
    with pytest.raises(ImproperlyConfigured, match="SECRETS"):
        env.shared_secrets("SECRETS")
