"""The history of a payment, and the log entries of what people did to it."""

from typing import Any

from audit.actors import Actor
from audit.models import ActorKind, Mutation
from audit.services import record_change
from billing.models import Payment, PaymentEvent

_LOGGED = ("state", "account", "queue", "note")


def note(
    payment: Payment,
    kind: str,
    text: str,
    actor: Actor,
    *,
    before: dict[str, Any] | None = None,
    mutation: Mutation | None = None,
) -> None:
    """Add a step to a payment's history; call it in the transaction of the step.

    What a person did is also written to the log of changes; ``before`` is what ``logged`` gave then, None for a payment
    that was just recorded.
    """
    PaymentEvent.objects.create(
        payment=payment, kind=kind, text=text[:500], actor_id=actor.id, actor_name=actor.name, mutation=mutation
    )
    if actor.kind != ActorKind.SYSTEM:
        table = Payment._meta.db_table
        record_change(actor, f"billing.payment.{kind}", table, str(payment.pk), before, logged(payment), reason=text)


def logged(payment: Payment) -> dict[str, Any]:
    """What the log of changes says of a payment: no name and no phone of the payer."""
    values: dict[str, Any] = {name: getattr(payment, name) for name in _LOGGED}
    return {
        "provider": payment.provider,
        "provider_reference": payment.provider_reference,
        "amount": f"{payment.amount:f}",
        **values,
    }
