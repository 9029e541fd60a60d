"""The databases that are measured: made by a generator, or named by the caller.

``BENCH_DB`` and ``BENCH_SEARCH_DB`` name SQLite or Access files with the ACDB's tables. Without them the generator
that ``BENCH_GENERATOR`` names writes them into ``var/bench``: a program with the options ``--customers``,
``--transactions``, ``--readings`` and ``--out``.
"""

import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from demo.environment import ROOT, Stop

NUMPY = "numpy==2.4.6"  # for the generator only


@dataclass(frozen=True)
class Size:
    """How much of everything; ``variable`` names a ready database instead."""

    name: str
    variable: str
    customers: int
    transactions: int
    readings: int


LARGE = Size("large", "BENCH_DB", 10_000, 1_000_000, 1_000_000)
MANY_CUSTOMERS = Size("many customers", "BENCH_SEARCH_DB", 100_000, 100_000, 10_000)
FEW = Size("few transactions", "BENCH_FEW_DB", 10_000, 100_000, 100_000)
HUGE = Size("huge", "BENCH_HUGE_DB", 10_000, 10_000_000, 1_000_000)
QUICK = Size("quick", "BENCH_DB", 300, 20_000, 5_000)


def database(size: Size, folder: Path) -> Path:
    """The file to import for this size, made when it is not there yet."""
    if chosen := os.environ.get(size.variable):
        path = Path(chosen).expanduser().resolve()
        if not path.is_file():
            raise Stop(f"{size.variable}: there is no file {path}")
        return path
    path = folder / f"{size.name.replace(' ', '-')}.db"
    if not path.exists():
        generate(size, path)
    return path


def generate(size: Size, path: Path) -> None:
    generator = Path(os.environ.get("BENCH_GENERATOR", ROOT.parent / "shared" / "bench" / "make_acdb.py"))
    if not generator.is_file():
        raise Stop(
            f"There is no generator for test data here. Set {size.variable} to a database with the ACDB's tables "
            "(a SQLite or Access file), or BENCH_GENERATOR to a program that writes one."
        )
    print(f"Generating {size.customers:,} customers and {size.transactions:,} transactions", flush=True)
    draft = path.with_suffix(".draft")
    counts = {"customers": size.customers, "transactions": size.transactions, "readings": size.readings}
    options = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
    uv = [str(Path(sys.executable).with_name("uv")), "run", "--no-project", "--quiet", "--with", NUMPY]
    command = [*uv, "--python", sys.executable, "python", str(generator), *options, "--out", str(draft)]
    ended = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Stop(f"The generator failed:\n{ended.stderr[-2000:]}")
    draft.rename(path)


@dataclass(frozen=True)
class Samples:
    """Values of real rows to ask for, the same ones in every run."""

    customers: list[str]
    accounts: list[str]
    phones: list[str]
    names: list[str]


def samples(acdb: Path, count: int = 50) -> Samples:
    """Draw values from an imported SQLite ACDB."""
    random = Random(1)
    with sqlite3.connect(f"file:{acdb}?mode=ro", uri=True) as connection:

        def draw(sql: str) -> list[str]:
            values = sorted(str(row[0]) for row in connection.execute(sql))
            return random.sample(values, min(count, len(values)))

        found = Samples(
            customers=draw('SELECT "CUSTOMER ID" FROM tblcustomer'),
            accounts=draw(
                "SELECT DISTINCT upper(trim(accountnumber)) FROM tblaccounthistory1 WHERE accountnumber <> ''"
            ),
            phones=draw('SELECT "CELL PHONE 1" FROM tblcustomer WHERE "CELL PHONE 1" > 10000000'),
            names=draw('SELECT DISTINCT "LAST NAME" FROM tblcustomer WHERE length("LAST NAME") > 3'),
        )
    connection.close()
    return found
