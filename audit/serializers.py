"""The log as the contract shows it."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from audit.models import Mutation
from audit.queries import reversal_of
from audit.tables.serializers import Cell

#: Imports concern whole databases, not records; other programs do not know them.
ACTIONS = ["create", "update", "delete", "revert_create", "revert_update", "revert_delete"]


class MutationParameters(serializers.Serializer):
    """Query of the list; filters are exact matches."""

    page = serializers.IntegerField(min_value=1, max_value=10**9, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    table = serializers.CharField(required=False, allow_blank=True, default="", help_text="Table name.")
    user = serializers.CharField(required=False, allow_blank=True, default="", help_text="Employee number.")
    action = serializers.ChoiceField(ACTIONS, required=False, allow_blank=True, default="")


class MutationItem(serializers.Serializer):
    """One entry without its values."""

    id = serializers.IntegerField()
    timestamp = serializers.CharField(help_text="YYYY-MM-DD HH:MM:SS, UTC.")
    user_type = serializers.ChoiceField(["employee", "customer"])
    user_id = serializers.CharField()
    user_name = serializers.CharField()
    action = serializers.ChoiceField(ACTIONS)
    table_name = serializers.CharField()
    record_id = serializers.CharField()
    reverted = serializers.ChoiceField([0, 1])
    reverted_by = serializers.CharField(allow_null=True)
    reverted_at = serializers.CharField(allow_null=True, help_text="ISO form with T and microseconds, UTC.")


class MutationPage(serializers.Serializer):
    mutations = MutationItem(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    pages = serializers.IntegerField(min_value=1)


class MutationDetail(MutationItem):
    """One entry with the record before and after."""

    old_values = serializers.DictField(child=Cell(), allow_null=True)
    new_values = serializers.DictField(child=Cell(), allow_null=True)


class RevertResult(serializers.Serializer):
    message = serializers.CharField()
    action = serializers.ChoiceField(["create", "update", "delete"], help_text="The action that was undone.")
    table = serializers.CharField()
    record_id = serializers.CharField()


def item(entry: Mutation) -> dict[str, Any]:
    """An entry in the contract's shape. It knows employees and customers only: what programs and the portal itself
    do counts as an employee's, and ``user_id`` tells them apart (``key:…``, ``system``)."""
    undone = reversal_of(entry)
    return {
        "id": entry.pk,
        "timestamp": entry.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "user_type": "customer" if entry.actor_kind == "customer" else "employee",
        "user_id": entry.actor_id,
        "user_name": entry.actor_name,
        "action": entry.action,
        "table_name": entry.table_name,
        "record_id": entry.record_id,
        "reverted": 1 if undone else 0,
        "reverted_by": undone.actor_id if undone else None,
        "reverted_at": undone.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        if undone
        else None,
    }


def detail(entry: Mutation) -> dict[str, Any]:
    return {**item(entry), "old_values": entry.old_values, "new_values": entry.new_values}
