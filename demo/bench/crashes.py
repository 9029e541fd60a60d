"""Kills the process at random moments of the audited write path and checks that log and customer database agree.

    python -m demo.bench.crashes --trials 1000 --seed 7

Each trial forks a process that makes one random change (create, update, delete, several at once, undo) to a random
table and kills itself, as a power cut would, at one random moment: before a statement of either database, or before or
after a commit. Then ``audit_reconcile`` runs, and three things are looked at: that no entry is pending; that the
rows are what they were before plus what the applied entries say, and nothing else; that the hash chain is whole.

The databases are made for this in a temporary folder, unless ``--here`` says to use those of the environment (which
must be empty ones for tests). The same seed tries the same things.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

KEYED, LEDGER, KEYLESS = "tblcustomer", "tblaccounthistory1", "tblaccountnumbers"
NAMES = ["Neo", "Mpho", "Thato", "Pule", "Lineo", "Letšela", None]
#: Statements and commits of a change to choose from; more than it has, so that some changes are made without a crash.
STATEMENTS, COMMITS = 70, 9

Row = tuple[tuple[str, Any], ...]
State = dict[str, Counter[Row]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="use the databases of the environment")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not wanted.here:
            os.environ.update({"VAR_DIR": folder, "ENV_FILE": os.devnull, "PRODUCTION": "0", "DEMO": "0"})
            os.environ.setdefault("SECRET_KEY", "only-for-these-trials-only-for-these-trials-only-for-these")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
        os.environ.setdefault("LOG_LEVEL", "CRITICAL")
        import django

        django.setup()
        if not wanted.here:
            _make_databases()
        return report(Trials(wanted.seed), wanted.trials)


def _make_databases() -> None:
    from django.core.management import call_command
    from django.db import connections

    from ccportal.acdb.testing import create_tables

    call_command("migrate", verbosity=0)
    create_tables(connections["acdb"])


def report(trials: "Trials", number: int) -> int:
    """Run them and print what came out; 1 when log and data disagreed once."""
    for n in range(number):
        trials.one()
        if n % 100 == 99:
            trials.check_chain()
    trials.check_chain()
    print(f"{number} trials, seed {trials.seed}: {number - len(trials.faults)} agree, {len(trials.faults)} do not")
    print("killed:", ", ".join(f"{count} {what}" for what, count in sorted(trials.moments.items())))
    print("entries:", ", ".join(f"{count} {what}" for what, count in sorted(trials.outcomes.items())))
    for fault in trials.faults[:20]:
        print("DISAGREE", fault, file=sys.stderr)
    return 1 if trials.faults else 0


class Trials:
    """The trials of one seed and what became of them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.moments: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []

    def one(self) -> None:
        """One change, killed somewhere, settled and compared."""
        from audit import services
        from audit.models import Mutation

        before, last = rows(), Mutation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        act, label = self._change(before)
        kind, choices = self.random.choice([("statement", STATEMENTS), ("statement", STATEMENTS), ("commit", COMMITS)])
        point = kind, self.random.randrange(choices)
        self.moments[killed(act, point)] += 1
        services.reconcile(timedelta(0))
        entries = list(Mutation.objects.filter(pk__gt=last).order_by("pk"))
        for entry in entries:
            self.outcomes[entry.state] += 1
        expected, actual = replayed(before, entries), rows()
        if any(entry.state == "pending" for entry in entries) or expected != actual:
            said = [(entry.pk, entry.action, entry.state) for entry in entries]
            self.faults.append(f"{label} killed at {point}: the log says {said}, the rows differ from it")

    def check_chain(self) -> None:
        from audit.services import verifying

        found = verifying.verify()
        self.faults += [f"chain: {fault}" for fault in found.faults]

    def _change(self, state: State) -> tuple[Callable[[], object], str]:
        from audit import services
        from audit.actors import Actor
        from audit.models import Mutation
        from audit.services import Change

        actor, chance = Actor.system(), self.random
        table = chance.choice([KEYED, KEYED, LEDGER, KEYLESS])
        record_id = self._record(table, state)
        kind = chance.choice(["create", "update", "update", "delete", "several", "undo"])
        values = self._values(table)
        undone = list(Mutation.objects.filter(database="acdb", state="applied", reversals=None).order_by("-pk")[:20])
        if kind == "undo" and undone:
            entry = chance.choice(undone)
            return lambda: services.revert(actor, entry), f"undo {entry.pk}"
        if kind == "several":
            changes = [Change("create", table, values=self._values(table)) for _ in range(2)]
            if record_id:
                changes.append(Change("update", table, record_id, self._values(table)))
            return lambda: services.apply_changes(actor, changes, event="trials.several"), f"several in {table}"
        if kind == "create" or not record_id:
            return lambda: services.create_record(actor, table, values), f"create in {table}"
        if kind == "delete":
            return lambda: services.delete_record(actor, table, record_id), f"delete {table} {record_id}"
        return lambda: services.update_record(actor, table, record_id, values), f"update {table} {record_id}"

    def _record(self, table: str, state: State) -> str:
        from ccportal.acdb import gateway
        from ccportal.acdb.introspection import get_table

        found = get_table(table)
        one = [dict(row) for row, times in sorted(state[table].items(), key=repr) if times == 1]
        if not one:
            return ""
        from audit.services.rows import typed

        return gateway.record_id_of(found, typed(found, self.random.choice(one)))

    def _values(self, table: str) -> dict[str, Any]:
        chance = self.random
        if table == KEYED:
            return {
                "FIRST NAME": chance.choice(NAMES),
                "LAST NAME": chance.choice(NAMES),
                "GPS X": chance.random() * 30,
            }
        if table == LEDGER:
            amount = f"{chance.randrange(-9999, 9999) / 100:.2f}"
            moment = f"2026-0{chance.randrange(1, 9)}-11 1{chance.randrange(10)}:30:00"
            return {"accountnumber": "0001MAK", "transaction amount": amount, "transaction date": moment}
        return {"accountnumber": f"000{chance.randrange(3)}MAK", "customerid": chance.randrange(3)}


def rows() -> State:
    """All rows of the tables, as the log writes them."""
    from ccportal.acdb import gateway
    from ccportal.acdb.browse import Wanted, every_row
    from ccportal.acdb.introspection import get_table

    return {
        name: Counter(flat(gateway.jsonable(row)) for row in every_row(get_table(name), Wanted()))
        for name in (KEYED, LEDGER, KEYLESS)
    }


def flat(row: dict[str, Any]) -> Row:
    """A row as something that can be counted; PostgreSQL keeps the columns of logged rows in an order of its own."""
    return tuple(sorted(row.items()))


def replayed(state: State, entries: list[Any]) -> State:
    """The rows after what the applied entries say, from the rows before."""
    after = {name: Counter(found) for name, found in state.items()}
    for entry in entries:
        if entry.state != "applied":
            continue
        found = after[entry.table_name]
        if entry.old_values is not None:
            found[flat(entry.old_values)] -= 1
        if entry.new_values is not None:
            found[flat(entry.new_values)] += 1
    return {name: Counter({row: times for row, times in found.items() if times}) for name, found in after.items()}


def killed(act: Callable[[], object], point: tuple[str, int]) -> str:
    """Do something in a forked process that kills itself at a point; where that was."""
    from django.db import connections

    from ccportal.core.errors import PortalError

    connections.close_all()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        with Bomb(point, writer).armed():
            try:
                act()
            except PortalError as error:
                os.write(writer, json.dumps(f"nowhere: {type(error).__name__}").encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(said) if said else "nowhere: made"


class Bomb:
    """Counts statements and commits on both databases, and kills the process at one of them."""

    def __init__(self, point: tuple[str, int], pipe: int) -> None:
        self.kind, self.left = point
        self.pipe = pipe

    def tick(self, kind: str, where: str) -> None:
        if kind != self.kind:
            return
        if self.left == 0:
            os.write(self.pipe, json.dumps(where).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    @contextmanager
    def armed(self) -> Iterator[None]:
        from django.db import connections

        with ExitStack() as stack:
            for alias in ("default", "acdb"):
                connection = connections[alias]
                connection.ensure_connection()
                stack.enter_context(connection.execute_wrapper(self._statement(alias)))
                connection.commit = self._commit(alias, connection.commit)  # type: ignore[method-assign]  # for one process that ends here
            yield

    def _statement(self, alias: str) -> Callable[..., Any]:
        def run(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            self.tick("statement", f"before a statement of {alias}")
            return execute(sql, *rest)

        return run

    def _commit(self, alias: str, commit: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            self.tick("commit", f"before a commit of {alias}")
            commit()
            self.tick("commit", f"after a commit of {alias}")

        return run


if __name__ == "__main__":
    sys.exit(main())
