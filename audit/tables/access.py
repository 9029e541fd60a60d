"""Who may read which table: employees all of them, customers their own rows of two (semantics 19, D-85)."""

from typing import Any

from ccportal.accounts.callers import Caller
from ccportal.accounts.customers import owner_of
from ccportal.accounts.roles import denial
from ccportal.acdb.introspection import Table, get_table
from ccportal.acdb.values import Row
from ccportal.core.errors import NotAllowed

#: The tables of which customers read their own rows, each with the column that holds the customer number.
OWN_TABLES = {"tblcustomer": "CUSTOMER ID", "tblaccountnumbers": "customerid"}
ACCOUNT = "accountnumber"


def readable_table(caller: Caller, name: str) -> tuple[Table, dict[str, Any]]:
    """The table, and what its rows must be (column to value) for this caller to read them.

    ``NotAllowed`` before ``NotFound``: a customer does not learn which tables there are.
    """
    if caller.kind != "customer":
        if not caller.has_perm("view_tables"):
            raise NotAllowed(denial("view_tables"))
        return get_table(name), {}
    column = OWN_TABLES.get(name.strip().casefold())
    if column is None:
        raise NotAllowed("Customers may read their own rows of tblcustomer and tblaccountnumbers only.")
    table, owner = get_table(name), owner_of(caller.id)
    if owner is None and ACCOUNT in table.column_names:
        return table, {ACCOUNT: caller.id}
    # An account of nobody has no customer record; no row has the number -1.
    return table, {column: -1 if owner is None else owner}


def is_own(row: Row, only: dict[str, Any]) -> bool:
    """Whether a row is one that the caller may read."""
    return all(row.get(name) == value for name, value in only.items())
