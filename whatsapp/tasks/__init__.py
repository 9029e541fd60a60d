"""Background work of customer care; each module registers its own tasks and outbox handlers."""
