"""Whether the customer database answers."""

from django.db import connections
from django.db.utils import Error as DatabaseError

from ccportal.acdb.router import ACDB

KEY_TABLE = "tblcustomer"


def acdb_fault() -> str | None:
    """None when the ACDB answers and holds customers' table; else a sentence without internals."""
    try:
        with connections[ACDB].cursor() as cursor:
            tables = connections[ACDB].introspection.table_names(cursor)
    except DatabaseError:
        return "The customer database does not answer."
    except OSError:
        return "The customer database cannot be reached."
    return None if KEY_TABLE in tables else "The customer database is empty; import it first."
