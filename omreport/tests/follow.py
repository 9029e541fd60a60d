"""Edits the ledgers at random and prints how the rollups followed: started by the tests, for databases they choose."""

import json
import sys
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from billing.models import LegacyTransaction, Transaction
from omreport.services import rollups
from omreport.services.check import differences
from omreport.tests.test_refresh import summaries

MASERU = ZoneInfo("Africa/Maseru")
ACCOUNTS = ["0001MAK", " 0001mak", "0001MAK\t", "0002MAK", "0001KET", "9001TOS", "12345", "", None]


def main() -> None:
    seed = int(sys.argv[1])
    random, first_id = Random(seed), 900_000 + 1_000 * seed
    rollups.rebuild()
    version = 0
    for step in range(40):
        edit(random, Transaction if random.random() < 0.7 else LegacyTransaction, first_id + step)
        if random.random() < 0.4:
            version = rollups.refresh(thorough=random.random() < 0.3).version
    rollups.refresh(thorough=True)
    wrong = differences()
    followed = summaries()
    rollups.rebuild()
    print(json.dumps({"differences": wrong, "followed": followed == summaries(), "refreshes": version > 5}))


def edit(random: Random, model: type, number: int) -> None:
    """One insertion, change or deletion."""
    values = {
        "account": random.choice(ACCOUNTS),
        "at": None
        if random.random() < 0.1
        else datetime(2025, 11, 1, tzinfo=MASERU) + timedelta(minutes=random.randrange(200_000)),
        "amount": random.choice([None, -5.5, 0, 10, 123.45]),
        "kwh": random.choice([None, -1, 0, 2.5, 31.125]),
        "is_payment": random.random() < 0.5,
    }
    rows = list(model.objects.order_by("-id").values_list("id", flat=True)[:50])
    kind = random.random()
    if kind < 0.5 or not rows:
        model.objects.create(id=number, **values)
    elif kind < 0.75:
        model.objects.filter(id=random.choice(rows)).update(**values)
    else:
        model.objects.filter(id=random.choice(rows)).delete()


if __name__ == "__main__":
    main()
