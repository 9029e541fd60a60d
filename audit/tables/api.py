"""Tables of the ACDB for programs (contract: schema, tables, export)."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from audit import services
from audit.actors import Actor
from audit.models import Mutation
from audit.tables import counts
from audit.tables import serializers as shapes
from audit.tables.access import is_own, readable_table
from audit.tables.downloads import download_response
from audit.tables.rows import page, rows_of
from ccportal.accounts.callers import caller_of
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table, get_table
from ccportal.acdb.values import Row
from ccportal.api.endpoints import by_method, endpoint, validated
from ccportal.api.permissions import EMPLOYEE, SIGNED_IN
from ccportal.api.schema import faults
from ccportal.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ccportal.core.spreadsheets import XLSX_TYPE

READ, WRITE = "tables.read", "tables.write"


@endpoint(["GET"], permission="view_tables", scope=READ)
@extend_schema(operation_id="listTables", tags=["schema"], responses=shapes.TableInfo(many=True))
def list_tables(request: Request) -> Response:
    """Every table with its number of rows and columns, by name. The rows of very large ones are the engine's figure."""
    sizes = counts.table_sizes()
    return Response(
        [
            {"name": table.name, "row_count": sizes[table], "column_count": len(table.columns)}
            for table in sorted(sizes, key=lambda table: table.name)
        ]
    )


@endpoint(["GET"], permission="view_tables", scope=READ)
@extend_schema(
    operation_id="listColumns", tags=["schema"], responses={200: shapes.ColumnInfo(many=True), **faults(404)}
)
def list_columns(request: Request, table_name: str) -> Response:
    """The columns of a table in stored order, with their Access types."""
    return Response(
        [
            {"name": column.name, "type_name": column.type, "nullable": column.nullable, "size": column.size}
            for column in get_table(table_name).columns
        ]
    )


@endpoint(["GET"], permission=SIGNED_IN, scope=READ)
@extend_schema(
    operation_id="listRows",
    tags=["tables"],
    parameters=[shapes.RowsWanted],
    responses={200: shapes.RowPage, **faults(400, 404)},
)
def list_rows(request: Request, table_name: str) -> Response:
    """One page of a table. Customers see their own rows of tblcustomer and tblaccountnumbers.

    Without ``sort`` the rows come by key, in a table without one as the engine keeps them. A page past the end is
    empty. An unknown column or a value that does not fit the filtered column is a 400.
    """
    table, only = readable_table(caller_of(request), table_name)
    wanted = _checked(shapes.RowsWanted, request)
    number, limit = wanted.pop("page"), wanted.pop("limit")
    rows = rows_of(table, only=only, **wanted)
    total = counts.total(rows)
    found = page(rows, total=total, start=(number - 1) * limit, size=limit)
    return Response(
        {
            "rows": [gateway.jsonable(row) for row in found],
            "ids": [gateway.record_id_of(table, row) for row in found],
            "total": total,
            "page": number,
            "limit": limit,
            "pages": max(-(-total // limit), 1),
        }
    )


@endpoint(["GET"], permission=SIGNED_IN, scope=READ)
@extend_schema(operation_id="getRecord", tags=["tables"], responses={200: shapes.RecordEnvelope, **faults(400, 404)})
def get_record(request: Request, table_name: str, record_id: str) -> Response:
    """One record by the value of its key; in a table without key the first of those that share the value.

    The key is the primary key, else the column ID, CUSTOMER ID, customerid or accountnumber, else the first one.
    ``id`` in the answer means this row alone. An unknown table is a 400.
    """
    try:
        table, only = readable_table(caller_of(request), table_name)
    except NotFound as error:
        raise InvalidInput(error.message) from error
    row = _record(table, record_id)
    if row is None:
        raise NotFound(f"There is no record {record_id} in {table.name}.")
    if not is_own(row, only):
        raise NotAllowed("This is another customer's record.")
    return Response(
        {
            "record": gateway.jsonable(row),
            "primary_key": "|".join(gateway.key_of(table)),
            "id": gateway.record_id_of(table, row),
        }
    )


@endpoint(["POST"], permission=EMPLOYEE, scope=WRITE)
@extend_schema(
    operation_id="createRecord",
    tags=["tables"],
    request=shapes.RecordWrite,
    responses={201: shapes.RecordCreated, **faults(400)},
)
def create_record(request: Request, table_name: str) -> Response:
    """Insert a record, with an entry in the log of changes.

    Takes ``write_transactions`` for the transaction tables, else ``write_customers``. Values are converted to the
    types of their columns; one that does not fit is a 400 that names the column. Autonumbers are left to the database.
    """
    actor = _permitted(request, table_name, "create")
    body = validated(shapes.RecordWrite, request)
    table = _writable_table(table_name)
    try:
        entry = services.create_record(actor, table.name, body["data"], reason=body.get("reason", ""))
    except Conflict as error:  # the database refused the row
        raise InvalidInput(error.message) from error
    return Response(_changed("Created.", entry, entry.record_id), status=201)


@endpoint(["PUT"], permission=EMPLOYEE, scope=WRITE)
@extend_schema(
    operation_id="updateRecord",
    tags=["tables"],
    request=shapes.RecordWrite,
    responses={200: shapes.RecordChanged, **faults(400, 404, 409)},
)
def update_record(request: Request, table_name: str, record_id: str) -> Response:
    """Write the given columns of a record; the others stay.

    409 when somebody else changed the record meanwhile, when ``expected`` values stand no more, or when several rows of
    a table without key share the id (the listing's ``ids`` tell them apart).
    """
    actor = _permitted(request, table_name, "update")
    body = validated(shapes.RecordWrite, request)
    table = _writable_table(table_name)
    entry = services.update_record(
        actor, table.name, record_id, body["data"], expected=body.get("expected"), reason=body.get("reason", "")
    )
    return Response(_changed("Updated.", entry, record_id))


@endpoint(["DELETE"], permission="delete_records", scope=WRITE)
@extend_schema(
    operation_id="deleteRecord",
    tags=["tables"],
    responses={200: shapes.RecordChanged, **faults(400, 404, 409)},
)
def delete_record(request: Request, table_name: str, record_id: str) -> Response:
    """Delete a record; the log of changes keeps it whole, and it can be undone there."""
    actor = Actor.of(request)
    table = _writable_table(table_name)
    return Response(_changed("Deleted.", services.delete_record(actor, table.name, record_id), record_id))


@endpoint(["GET"], permission="export_tables", scope=READ)
@extend_schema(
    operation_id="exportTable",
    tags=["export"],
    parameters=[
        shapes.ExportWanted,
        OpenApiParameter("token", str, deprecated=True, description="Ignored; send the token in a header."),
    ],
    responses={
        (200, "text/csv"): OpenApiTypes.STR,
        (200, XLSX_TYPE): OpenApiTypes.BINARY,
        **faults(400, 404),
    },
)
def export_table(request: Request, table_name: str) -> HttpResponseBase:
    """Download a table as CSV or XLSX, with the filters of the listing and without limit of rows.

    A sheet holds 1,048,575 rows; more are a 400 for XLSX. Texts that a spreadsheet would run as a formula get an
    apostrophe in front in CSV and are marked as text in XLSX.
    """
    table = get_table(table_name)
    wanted = _checked(shapes.ExportWanted, request)
    kind = wanted.pop("format")
    rows = rows_of(table, **wanted)
    return download_response(rows, (), kind, table.name)


class AnyAccept(BaseContentNegotiation):
    """Whatever a client accepts, a download is the file that was asked for and a fault is JSON."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers))

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


export_table.cls.content_negotiation_class = AnyAccept  # type: ignore[attr-defined]  # set by as_view()


def _checked(serializer: type, request: Request) -> dict[str, Any]:
    wanted = serializer(data=request.query_params)
    wanted.is_valid(raise_exception=True)
    return dict(wanted.validated_data)


def _permitted(request: Request, table_name: str, effect: str) -> Actor:
    """The actor, if the role may; asked before the body is looked at."""
    actor = Actor.of(request)
    actor.require(services.permission_for(table_name, effect))
    return actor


def _writable_table(name: str) -> Table:
    """The table; the contract answers 400, not 404, when there is none to write to."""
    try:
        return get_table(name)
    except NotFound as error:
        raise InvalidInput(error.message) from error


def _record(table: Table, record_id: str) -> Row | None:
    """The record with that id; of several rows that share it, the first."""
    try:
        return gateway.fetch_record(table, record_id)
    except Conflict:
        rows = rows_of(table, filter_col=gateway.key_of(table)[0], filter_val=record_id)
        return next(iter(page(rows, total=counts.total(rows), start=0, size=1)), None)


def _changed(message: str, entry: Mutation, record_id: str) -> dict[str, Any]:
    return {"message": message, "table": entry.table_name, "id": record_id, "mutation_id": entry.pk}


table = by_method(GET=list_rows, POST=create_record)
record = by_method(GET=get_record, PUT=update_record, DELETE=delete_record)
