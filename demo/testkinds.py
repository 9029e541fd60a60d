"""A pytest plugin that counts the tests by kind, for the summary of `make test`.

The kind of a test is the first of its markers that names one; without such a marker it is ``property`` when
hypothesis drives it, else ``unit``. The counts go to the file that ``TEST_KINDS_FILE`` names.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

KINDS = ("browser", "postgres", "broker", "sqlserver", "slow")
OUTCOMES = ("passed", "failed", "skipped")


def kind_of(item: pytest.Item) -> str:
    for kind in KINDS:
        if item.get_closest_marker(kind):
            return "long-running" if kind == "slow" else kind
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return "property" if is_property else "unit"


class KindCounter:
    """Counts each test once: failed when any of its phases failed."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.kinds = {item.nodeid: kind_of(item) for item in session.items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid)
        if report.failed or before == "failed":
            self.outcomes[report.nodeid] = "failed"
        elif report.skipped:
            self.outcomes[report.nodeid] = "skipped"
        elif report.when == "call":
            self.outcomes[report.nodeid] = "passed"

    def pytest_sessionfinish(self) -> None:
        counts: dict[str, Counter[str]] = {}
        for nodeid, outcome in self.outcomes.items():
            counts.setdefault(self.kinds.get(nodeid, "unit"), Counter())[outcome] += 1
        if target := os.environ.get("TEST_KINDS_FILE"):
            Path(target).write_text(json.dumps(counts), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(KindCounter())
