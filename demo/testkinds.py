"""A pytest plugin that counts the tests by kind, for the summary of `make test`.

The kind of a test is the first of its markers that names one; without such a marker it is ``property`` when
hypothesis drives it, else ``unit``. The counts go to the file that ``TEST_KINDS_FILE`` names.
"""

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

KINDS = ("browser", "postgres", "broker", "sqlserver", "slow")


def kind_of(item: pytest.Item) -> str:
    for kind in KINDS:
        if item.get_closest_marker(kind):
            return "long-running" if kind == "slow" else kind
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return "property" if is_property else "unit"


class KindCounter:
    """Counts each test once: failed when any of its phases failed. Tests may run in several processes."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.outcomes: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Where the test runs its kind is known; the report carries it to where tests are counted."""
        report = yield
        report.user_properties.append(("kind", kind_of(item)))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.kinds[report.nodeid] = str(dict(report.user_properties).get("kind", "unit"))
        before = self.outcomes.get(report.nodeid)
        if report.failed or before == "failed":
            self.outcomes[report.nodeid] = "failed"
        elif report.skipped:
            self.outcomes[report.nodeid] = "skipped"
        elif report.when == "call":
            self.outcomes[report.nodeid] = "passed"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        counts: dict[str, Counter[str]] = {}
        for nodeid, outcome in self.outcomes.items():
            counts.setdefault(self.kinds[nodeid], Counter())[outcome] += 1
        is_helper = hasattr(session.config, "workerinput")
        if (target := os.environ.get("TEST_KINDS_FILE")) and not is_helper:
            Path(target).write_text(json.dumps(counts), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(KindCounter())
