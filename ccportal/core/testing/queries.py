"""A committed count of database queries per page, so that an N+1 shows as a failed test.

``with query_count("the customer list"): client.get(...)`` compares with ``query_counts.json`` beside the test.
Every change fails, also for the better; UPDATE_QUERY_COUNTS=1 writes the counts anew.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

QueryCount = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def query_count(request: pytest.FixtureRequest) -> QueryCount:
    """``query_count(name)``: a context in which as many queries must run as ``query_counts.json`` says for the name."""
    return lambda name: counted(name, request.path.parent / "query_counts.json")


@contextmanager
def counted(name: str, baseline: Path) -> Iterator[None]:
    """Count the queries of both databases inside the context and compare them with the baseline file."""
    with ExitStack() as stack:
        captured = {c.alias: stack.enter_context(CaptureQueriesContext(c)) for c in connections.all()}
        yield
    found = {alias: len(queries) for alias, queries in sorted(captured.items())}
    known = json.loads(baseline.read_text(encoding="utf-8")) if baseline.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        known[name] = found
        baseline.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return
    assert name in known, f"no count for {name!r}: run with UPDATE_QUERY_COUNTS=1 (found {found})"
    statements = "\n".join(f"{alias}: {q['sql'][:300]}" for alias, queries in captured.items() for q in queries)
    assert found == known[name], f"{name}: {found} queries, {known[name]} in {baseline.name}\n{statements}"
