"""Background work of customer care; each module registers its own tasks and outbox handlers."""

from whatsapp.tasks import messages, tickets

__all__ = ["messages", "tickets"]
