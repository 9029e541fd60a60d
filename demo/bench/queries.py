"""Counts the database queries of each page, in the process itself: ``python -m demo.bench.queries SAMPLES.json``.

Prints JSON: page name to the counts for three different samples (they should be equal).
"""

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import django

from demo.bench.data import Samples
from demo.bench.pages import PAGES


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    samples = Samples(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    client = Client(headers={"host": "127.0.0.1"})
    employee = get_user_model().objects.get(employee_no="1001")
    client.force_login(employee, backend="django.contrib.auth.backends.ModelBackend")
    counts: dict[str, list[int]] = {}
    for page in PAGES:
        client.get(page.address(samples, 0), headers=page.headers or {})
        for n in range(3):
            with ExitStack() as stack:
                captured = [
                    stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in ("default", "acdb")
                ]
                client.get(page.address(samples, n), headers=page.headers or {})
            counts.setdefault(page.name, []).append(sum(len(capture) for capture in captured))
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
