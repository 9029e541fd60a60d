"""Signatures of webhooks."""

import pytest

from ccportal.core.signatures import age, same, sign


def test_the_time_and_the_body_are_signed():
    # Computed with: printf '1795260300.{}' | openssl dgst -sha256 -hmac secret
    wanted = "sha256=362368d5772fb274fdbc0be6bbea3b892bd4ddf6d05ed2140394a1184ec09ae9"
    assert sign("secret", b"{}", "1795260300") == wanted
    assert sign("secret", b"{}", "1795260301") != wanted


def test_without_a_time_the_body_alone_is_signed():
    # Computed with: printf '{}' | openssl dgst -sha256 -hmac secret
    assert sign("secret", b"{}") == "sha256=77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13"


@pytest.mark.parametrize(("given", "good"), [("sha256=ab", True), ("sha256=ac", False), ("", False), ("\udcff", False)])
def test_only_the_same_text_is_the_same(given, good):
    assert same("sha256=ab", given) is good


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [("1000", 60), ("1120", 60), ("", None), ("-5", None), ("1e3", None), ("١٠٠٠", None), ("1" * 16, None)],
)
def test_a_timestamp_is_as_old_as_it_says_or_no_timestamp(timestamp, seconds):
    assert age(timestamp, now=1060) == seconds
