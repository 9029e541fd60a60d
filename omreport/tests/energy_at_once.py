"""Run with both databases on PostgreSQL by test_energy_postgres.py: constraints, and two loggers at once.

Prints one line of JSON.
"""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from audit.actors import Actor
from omreport.energy.models import EnergyDay, EnergyReading
from omreport.energy.parsing import Entry
from omreport.energy.services import readings

START = datetime(2026, 3, 1, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(hour: int, kwh: str, length: int = 1) -> Entry:
    start = START + HOUR * hour
    return Entry(0, "MAK", "pv", "scada", start, start + HOUR * length, Decimal(kwh))


def at_once(*work: Callable[[], Any]) -> list[str]:
    """Do all of it in threads of their own that start together; what came of each."""
    barrier, outcomes = threading.Barrier(len(work)), []

    def run(function: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            outcomes.append(str(function()))
        except readings.Refused as error:
            outcomes.append(f"refused {error.status}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def store(*entries: Entry) -> Callable[[], Any]:
    return lambda: readings.store(list(entries), Actor.system())


def refused_by_the_database(**changed: Any) -> bool:
    fields = {"site": "MAS", "channel": "pv", "source": "a", "entered_by": "1", "kwh": Decimal(1)}
    span = {"starts_at": START, "ends_at": START + HOUR}
    try:
        with transaction.atomic():
            EnergyReading.objects.create(**{**fields, **span, **changed})
    except IntegrityError:
        return True
    return False


def main() -> None:
    answer: dict[str, Any] = {}
    answer["same"] = [at_once(store(entry(n, "5")), store(entry(n, "5"))) for n in range(5)]
    answer["different"] = [at_once(store(entry(n, "5")), store(entry(n, "6"))) for n in range(5, 10)]
    answer["overlapping"] = [at_once(store(entry(n, "5")), store(entry(n, "9", 2))) for n in range(10, 14, 2)]
    answer["neighbours"] = at_once(store(entry(20, "1")), store(entry(21, "2")))
    days = EnergyDay.objects.get(day="2026-03-02")
    stored = EnergyReading.objects.filter(starts_at__lt=START + HOUR * 24)
    answer["day equals readings"] = days.kwh == sum(row.kwh for row in stored)
    assert not refused_by_the_database()
    answer["negative"] = refused_by_the_database(kwh=Decimal(-1), starts_at=START + HOUR, ends_at=START + 2 * HOUR)
    answer["twice"] = refused_by_the_database(ends_at=START + 2 * HOUR)
    answer["backward"] = refused_by_the_database(starts_at=START + 3 * HOUR, ends_at=START + 2 * HOUR)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
