"""Named people, an ACDB to write rows into, and signed-in clients."""

import os
from collections import Counter

import pytest
from django.apps import apps
from django.conf import settings as portal_settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import blocking_manager_key

# Playwright's event loop makes Django see an async context where there is none.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# No test judges how fast the machine is, nor how fast it makes examples.
hypothesis_settings.register_profile(
    "patient", hypothesis_settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")

pytest_plugins = [
    "ccportal.core.testing.processes",
    "ccportal.core.testing.browser",
    "ccportal.core.testing.broker",
    "ccportal.core.testing.queries",
    "ccportal.core.testing.postgres",
]

#: Apps whose rows are written again after emptying: by Django, or in the log of what is written then.
_WRITTEN_AGAIN = {"auth", "contenttypes", "sessions", "admin", "audit"}
PASSWORD = "Katse-e-ntsho-7"


#: Tests with these markers take seconds, most others a few hundredths of one.
_LONG = ("slow", "browser", "broker", "postgres")
_TIMES_LONGER = 50


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """In several processes the longest files come first: one that starts last keeps one process busy, others idle.

    Each process (``workerinput``) runs whole files (``--dist loadfile``) in this order (``--no-loadscope-reorder``).
    """
    if hasattr(config, "workerinput"):
        weights = Counter()
        for item in items:
            weights[item.path] += _TIMES_LONGER if any(map(item.get_closest_marker, _LONG)) else 1
        items.sort(key=lambda item: -weights[item.path])


@pytest.fixture(scope="session")
def real_acdb():
    return portal_settings.DATABASES["acdb"]["NAME"]


#: Rows that migrations put into an empty database.
_seeds = []


@pytest.fixture(scope="session")
def django_db_setup(real_acdb, django_db_setup, django_db_blocker):
    """Adds the ACDB's tables, which no migration makes, to its test database.

    There is one only when a test asks for it; otherwise the name still means the developer's own file.
    """
    from ccportal.acdb.testing import create_tables

    with django_db_blocker.unblock():
        models = [model for model in apps.get_models() if model._meta.managed]
        own = [model for model in models if model._meta.app_label not in _WRITTEN_AGAIN]
        _seeds.extend(found for model in own if (found := list(model._base_manager.all())))
    if connections["acdb"].settings_dict["NAME"] == real_acdb:
        return
    with django_db_blocker.unblock():
        create_tables(connections["acdb"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Put the seeds back after a test that commits: it empties every table when it ends.

    pytest-django runs such tests last; in two processes each file is run as a whole.
    """
    result = yield
    marker = item.get_closest_marker("django_db")
    commits = marker and marker.kwargs.get("transaction")
    if commits or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
        with item.config.stash[blocking_manager_key].unblock():
            for rows in _seeds:
                type(rows[0])._base_manager.bulk_create(rows, ignore_conflicts=True)
    return result


@pytest.fixture(autouse=True)
def fast_passwords(settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def make_employee(db):
    from ccportal.accounts.models import Employee

    def make(employee_no, name, role, **fields):
        return Employee.objects.create_user(employee_no, PASSWORD, name=name, role=role, **fields)

    return make


@pytest.fixture
def thabo(make_employee):
    """The care agent: role generic."""
    return make_employee("1004", "Thabo Mokoena", "generic")


@pytest.fixture
def lineo(make_employee):
    """Lineo works in finance."""
    return make_employee("1003", "Lineo Letsie", "finance_team")


@pytest.fixture
def palesa(make_employee):
    """Palesa runs O&M."""
    return make_employee("1002", "Palesa Molapo", "onm_team")


@pytest.fixture
def nthabiseng(make_employee):
    """Nthabiseng is the super admin."""
    return make_employee("1001", "Nthabiseng Phiri", "superadmin")


@pytest.fixture
def sign_in(client):
    """Signs an employee in on the test client and returns the client."""

    def enter(employee):
        client.force_login(employee, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
