"""What an import found: kept as JSON with the import, shown on its page and printed by the command."""

from dataclasses import asdict, dataclass, field
from typing import Any

#: So many row keys are named for each kind of finding in a column.
EXAMPLES = 5


@dataclass
class Finding:
    """Values of one column that were not taken as they stood.

    ``kind``: ``rejected`` (became NULL), ``empty date`` (Access's zero date, became NULL), ``next midnight``
    (printed as 24:00:00), ``account`` (trimmed, upper-cased) or ``rounded`` (more digits than the engine keeps).
    """

    column: str
    kind: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, row_key: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(row_key)

    @property
    def sentence(self) -> str:
        return f"{self.column}: {self.count} {_MEANINGS.get(self.kind, self.kind)}"


_MEANINGS = {
    "rejected": "unreadable, left empty",
    "empty date": "empty dates of Access (30 Dec 1899), left empty",
    "time without day": "times without a day, left empty",
    "next midnight": "times of 24:00:00, read as the next midnight",
    "account": "account numbers trimmed or upper-cased",
    "rounded": "amounts with more digits than SQLite keeps exactly",
}


@dataclass
class TableReport:
    """One table: ``expected`` is the row count stored in the file, ``known`` whether the portal has a use for it."""

    name: str
    known: bool
    columns: int
    expected: int
    rows: int = 0
    findings: list[Finding] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(finding.count for finding in self.findings if finding.kind == kind)

    @property
    def rejected(self) -> int:
        """Values that became NULL because they could not be read."""
        return self.count("rejected") + self.count("time without day")


@dataclass
class ImportReport:
    """The whole import; table names as in the file."""

    format: str
    tables: list[TableReport] = field(default_factory=list)
    missing_optional: list[str] = field(default_factory=list)
    linked_tables: list[str] = field(default_factory=list)
    removed_tables: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def rejected(self) -> int:
        return sum(table.rejected for table in self.tables)

    @property
    def account_fixes(self) -> int:
        return sum(table.count("account") for table in self.tables)

    @property
    def unknown_tables(self) -> list[str]:
        return [table.name for table in self.tables if not table.known]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ImportReport":
        tables = [
            TableReport(**{**table, "findings": [Finding(**found) for found in table["findings"]]})
            for table in data["tables"]
        ]
        return cls(**{**data, "tables": tables})
