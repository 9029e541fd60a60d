"""What the ACDB tells the apps; the floor does not know who listens."""

from django.dispatch import Signal

#: An import replaced the tables of the ACDB. Sent after the swap, outside any transaction, in the importing process.
#: Arguments: ``import_id`` (``AcdbImport``), ``actor`` (employee number, empty for the command line), ``file_name``,
#: ``sha256``, ``rows`` (all tables together), ``tables`` (table name to rows), ``progress`` (has
#: ``step(text, total=0)`` and ``advance(done)``). A receiver that fails is reported as a warning of the import; the
#: data stays imported.
acdb_imported = Signal()
