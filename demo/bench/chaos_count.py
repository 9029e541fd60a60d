"""What the portal's own database says after a trial, as one line of JSON: ``python -m demo.bench.chaos_count``."""

import json
import os
from typing import Any

import django


def count() -> dict[str, Any]:
    from ccportal.jobs import outbox
    from whatsapp.models import Author, Direction, Message, MessageState, Ticket, TriageResult

    inbound = list(Message.objects.filter(direction=Direction.IN).values_list("external_id", flat=True))
    out = Message.objects.filter(direction=Direction.OUT, author=Author.PORTAL)
    replies = [{"key": key, "state": state} for key, state in out.values_list("outbox_key", "state")]
    answered = {reply["key"] for reply in replies}
    judged = TriageResult.objects.values_list("message_id", flat=True)
    tickets = Ticket.objects.values("number", "reference", "customer_number", "category")
    return {
        "stored": sorted(set(inbound)),
        "doubled": len(inbound) - len(set(inbound)),
        "unanswered": Message.objects.filter(direction=Direction.IN, state=MessageState.RECEIVED).count(),
        "outbox waiting": outbox.backlog(),
        "tickets": [{**ticket, "customer": ticket["customer_number"]} for ticket in tickets],
        "replies": replies,
        "without reply": [pk for pk in judged if f"reply-{pk}" not in answered],
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
    django.setup()
    print(json.dumps(count()))
