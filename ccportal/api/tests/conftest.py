import pytest
from django.core.cache import cache

from ccportal.accounts import keys


@pytest.fixture(autouse=True)
def test_addresses(settings):
    settings.ROOT_URLCONF = "ccportal.api.tests.urls"
    cache.clear()


@pytest.fixture
def api_key(db):
    """Makes a key with these scopes and returns the headers that carry it."""

    def make(*scopes, name="om-portal", expires_at=None):
        _, text = keys.issue(name, list(scopes), "1001", expires_at)
        return {"X-API-Key": text}

    return make
