"""Why an import did not happen. In each case the data that was there is untouched, and the message says so."""

from ccportal.core.errors import Conflict, InvalidInput, Unavailable

KEPT = "The data that was there is unchanged."


class BadFile(InvalidInput):
    """The file cannot be taken as it is."""

    title = "The file was not imported"

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} {KEPT}", field="file")


class ImportBusy(Conflict):
    title = "An import is running"

    def __init__(self) -> None:
        super().__init__("Another import of the customer database is running; wait until it has ended.")


class ImportImpossible(Unavailable):
    """This machine cannot import now: a program is missing, the disk is full, the database does not answer."""

    title = "The file was not imported"

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} {KEPT}")


class DiskFull(ImportImpossible):
    def __init__(self, where: str) -> None:
        super().__init__(f"The disk is full: there was no room for {where}. Free some space and import again.")


class RepeatedKey(BadFile):
    """Two rows with one key: the file is damaged, or account numbers differ only in blanks and case."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table} holds the same key twice (account numbers are compared without blanks and in capitals); "
            "compact and repair the file in Access, or remove one of the two rows."
        )
