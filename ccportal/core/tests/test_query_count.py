"""The device that guards the number of queries per page."""

import json

import pytest

from ccportal.accounts.models import Employee
from ccportal.core.testing.queries import counted

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def baseline(tmp_path, monkeypatch):
    monkeypatch.delenv("UPDATE_QUERY_COUNTS", raising=False)
    path = tmp_path / "query_counts.json"
    path.write_text(json.dumps({"one employee": {"acdb": 0, "default": 1}}), encoding="utf-8")
    return path


def test_the_known_number_of_queries_passes(baseline):
    with counted("one employee", baseline):
        Employee.objects.first()


def test_one_query_more_fails_and_shows_the_queries(baseline):
    with pytest.raises(AssertionError, match="accounts_employee"), counted("one employee", baseline):
        Employee.objects.first()
        Employee.objects.first()


def test_a_page_without_a_count_fails(baseline):
    with pytest.raises(AssertionError, match="UPDATE_QUERY_COUNTS=1"), counted("a new page", baseline):
        Employee.objects.first()


def test_counts_are_written_anew_when_asked(baseline, monkeypatch):
    monkeypatch.setenv("UPDATE_QUERY_COUNTS", "1")
    with counted("a new page", baseline):
        Employee.objects.first()
    assert json.loads(baseline.read_text(encoding="utf-8"))["a new page"] == {"acdb": 0, "default": 1}
