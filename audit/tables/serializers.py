"""What the operations on tables take and answer (contract: TableInfo to RecordEnvelope)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MAX_LIMIT = 500
MAX_TEXT = 300


class TableInfo(serializers.Serializer):
    name = serializers.CharField()
    row_count = serializers.IntegerField(min_value=-1, help_text="-1 when it cannot be read.")
    column_count = serializers.IntegerField(min_value=-1)


class ColumnInfo(serializers.Serializer):
    name = serializers.CharField()
    type_name = serializers.CharField(help_text="As Access calls it: COUNTER, INTEGER, CURRENCY, DATETIME, VARCHAR...")
    nullable = serializers.BooleanField()
    size = serializers.IntegerField(allow_null=True, help_text="Characters of a text, digits of a decimal.")


@extend_schema_field(
    {
        "type": ["string", "number", "boolean"],
        "description": "Dates as YYYY-MM-DD HH:MM:SS (local), amounts and decimals as text.",
    }
)
class Cell(serializers.Field):
    """One value of a row; writing converts it later, when its column is known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class RowFilter(serializers.Serializer):
    """Which rows: shared by the listing and the download."""

    search = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=MAX_TEXT,
        help_text="Text in the first 10 texts.",
    )
    filter_col = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=MAX_TEXT, help_text="A column; acts with filter_val."
    )
    filter_val = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=MAX_TEXT,
        help_text="What the column must equal; texts in any case, a day alone means all of that day.",
    )


class RowsWanted(RowFilter):
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=10**9)
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=MAX_LIMIT)
    sort = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=MAX_TEXT, help_text="A column; empty ones come last."
    )
    order = serializers.ChoiceField(["asc", "desc"], required=False, default="asc")


class ExportWanted(RowFilter):
    format = serializers.ChoiceField(["csv", "xlsx"], required=False, default="csv")


class RowPage(serializers.Serializer):
    rows = serializers.ListField(child=serializers.DictField(child=Cell()), help_text="By exact column name.")
    ids = serializers.ListField(child=serializers.CharField(), help_text="The record id of each row.")
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    pages = serializers.IntegerField(min_value=1)


class RecordEnvelope(serializers.Serializer):
    record = serializers.DictField(child=Cell())
    primary_key = serializers.CharField(help_text="The column used as key; several are joined with |.")
    id = serializers.CharField(help_text="The record id that means this row alone.")


class RecordWrite(serializers.Serializer):
    # The contract's name; it hides Serializer.data, which is the answer's and not asked for here.
    data = serializers.DictField(  # type: ignore[assignment]  # as said above
        child=Cell(), help_text="Column (in any case) to value."
    )
    expected = serializers.DictField(
        child=Cell(),
        required=False,
        help_text="Values the record must still have; 409 when it has others. For updates.",
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="For the log.")


class RecordCreated(serializers.Serializer):
    message = serializers.CharField()
    table = serializers.CharField()
    id = serializers.CharField(help_text="The key of the new record.")
    mutation_id = serializers.IntegerField(help_text="The entry in the log of changes.")


class RecordChanged(RecordCreated):
    id = serializers.CharField(help_text="The record id as given.")
