"""The log of changes for other programs (contract: mutations)."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit import queries, serializers, services
from audit.actors import Actor
from ccportal.accounts.callers import caller_of
from ccportal.api.endpoints import endpoint
from ccportal.api.schema import faults

#: Text in the address, so that one which is no number is a 422 as the contract wants, not an unknown address.
NUMBER = OpenApiParameter("mutation_id", int, OpenApiParameter.PATH)


@endpoint(["GET"], permission="view_mutations", scope="mutations.read")
@extend_schema(
    operation_id="listMutations",
    tags=["mutations"],
    parameters=[serializers.MutationParameters],
    responses=serializers.MutationPage,
)
def mutations(request: Request) -> Response:
    """Changes of records, newest first, without their values. Only changes that were made are listed."""
    query = serializers.MutationParameters(data=request.query_params)
    query.is_valid(raise_exception=True)
    wanted = query.validated_data
    entries = queries.mutations(
        queries.MutationFilter(
            table=wanted["table"], user=wanted["user"], action=wanted["action"], state=queries.APPLIED
        )
    ).filter(action__in=serializers.ACTIONS)
    page, limit, total = wanted["page"], wanted["limit"], entries.count()
    items = [serializers.item(entry) for entry in entries[(page - 1) * limit : page * limit]]
    pages = max(-(-total // limit), 1)
    return Response({"mutations": items, "total": total, "page": page, "limit": limit, "pages": pages})


@endpoint(["GET"], permission="view_mutations", scope="mutations.read")
@extend_schema(
    operation_id="getMutation", tags=["mutations"], responses={200: serializers.MutationDetail, **faults(404)}
)
def mutation(request: Request, mutation_id: str) -> Response:
    """One change with the record before and after."""
    return Response(serializers.detail(queries.get_change(_number(mutation_id), serializers.ACTIONS)))


@endpoint(["POST"], permission="revert_mutations")
@extend_schema(
    operation_id="revertMutation",
    tags=["mutations"],
    parameters=[NUMBER],
    request=None,
    responses={200: serializers.RevertResult, **faults(400, 404, 409)},
)
def revert(request: Request, mutation_id: str) -> Response:
    """Undo a change. Refused with 409 when the record has changed since, with 400 when it is undone already."""
    entry = queries.get_change(_number(mutation_id), serializers.ACTIONS)
    done = services.revert(Actor.of(caller_of(request)), entry)
    return Response(
        {
            "message": f"Entry {entry.pk} is undone; entry {done.pk} says so.",
            "action": entry.effect,
            "table": entry.table_name,
            "record_id": entry.record_id,
        }
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValidationError({"mutation_id": "A whole number is required."})
    return int(text)
