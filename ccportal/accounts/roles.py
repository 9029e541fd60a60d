"""The four roles and what each may do: the one table (semantics 19).

Permissions are Django permissions of the app ``accounts``; roles are Groups that carry them.
The groups are written after every migration and may be edited in the admin site.
"""

from dataclasses import dataclass

SUPERADMIN, ONM_TEAM, FINANCE_TEAM, GENERIC = "superadmin", "onm_team", "finance_team", "generic"

#: Permission -> what it lets one do, as a sentence shown in denials.
PERMISSIONS: dict[str, str] = {
    "view_customers": "look up customers",
    "view_billing": "read account histories and balances",
    "view_reports": "read reports and the dashboard",
    "view_tables": "browse the tables of the customer database",
    "export_tables": "export tables",
    "view_tariffs": "read tariffs",
    "view_mutations": "read the log of changes",
    "write_customers": "change customers, meters and accounts",
    "write_transactions": "add and change transactions",
    "delete_records": "delete records",
    "revert_mutations": "undo changes",
    "change_tariffs": "change tariffs",
    "commission_customers": "commission and decommission customers",
    "run_sync": "run the exchange with uGridPlan",
    "view_care": "read conversations and tickets",
    "handle_care": "answer customers and work on tickets",
    "enter_generation": "enter generation readings",
    "view_jobs": "see background work",
    "link_whatsapp": "link the WhatsApp number",
    "forget_contacts": "delete what a contact wrote",
    "import_acdb": "import the customer database",
    "manage_roles": "manage employees and roles",
    "manage_sites": "manage sites",
    "manage_api_keys": "manage API keys",
}

_READ = {
    "view_customers",
    "view_billing",
    "view_reports",
    "view_tables",
    "export_tables",
    "view_tariffs",
    "view_mutations",
    "view_care",
}
_FINANCE = _READ | {"write_transactions", "change_tariffs"}
_ONM = _FINANCE | {
    "write_customers",
    "delete_records",
    "revert_mutations",
    "commission_customers",
    "run_sync",
    "handle_care",
    "enter_generation",
    "view_jobs",
}


@dataclass(frozen=True)
class Role:
    """A named set of permissions."""

    name: str
    label: str
    permissions: frozenset[str]


ROLES: dict[str, Role] = {
    SUPERADMIN: Role(SUPERADMIN, "Super admin", frozenset(PERMISSIONS)),
    ONM_TEAM: Role(ONM_TEAM, "O&M team", frozenset(_ONM)),
    FINANCE_TEAM: Role(FINANCE_TEAM, "Finance team", frozenset(_FINANCE)),
    GENERIC: Role(GENERIC, "Generic", frozenset(_READ)),
}


def denial(permission: str) -> str:
    """The sentence for somebody who lacks ``permission``: which roles have it and who grants them."""
    holders = [role.label for role in ROLES.values() if permission in role.permissions]
    what = PERMISSIONS.get(permission, "do this")
    return f"Your role may not {what}. It takes the role {' or '.join(holders)}; a super admin can grant it."
