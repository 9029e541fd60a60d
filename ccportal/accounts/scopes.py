"""What an API key may be allowed to do: the one table.

A view names the scope that opens it to programs; a key without that scope is refused. Each scope also says which
of the employees' permissions it stands for, so that services can ask any caller the same question.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """``label`` is shown in the admin site; ``permissions`` are names of ``roles.PERMISSIONS``."""

    name: str
    label: str
    permissions: frozenset[str]


SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("lookup.read", "Look up customers and sites", frozenset({"view_customers"})),
        Scope("billing.read", "Read account histories and balances", frozenset({"view_billing"})),
        Scope("reports.read", "Read reports", frozenset({"view_reports"})),
        Scope("tables.read", "Read and export tables", frozenset({"view_tables", "export_tables"})),
        Scope("tables.write", "Change records", frozenset({"write_customers", "write_transactions", "delete_records"})),
        Scope("tariffs.read", "Read tariffs", frozenset({"view_tariffs"})),
        Scope("tariffs.write", "Change tariffs", frozenset({"change_tariffs"})),
        Scope("mutations.read", "Read the log of changes", frozenset({"view_mutations"})),
        Scope("generation.write", "Send generation readings", frozenset({"enter_generation"})),
        Scope("commission", "Commission and decommission customers", frozenset({"commission_customers"})),
        Scope("sync", "Exchange with uGridPlan", frozenset({"run_sync"})),
    )
}
