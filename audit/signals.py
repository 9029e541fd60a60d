"""What other apps may listen to."""

from django.dispatch import Signal

#: Sent for each applied change of an ACDB record, inside the transaction of our own database that settles it, so
#: that a receiver's outbox messages and marks exist exactly when the log says "applied". Sent by the reconciler too.
#: Arguments: ``mutation`` (Mutation). ``old_values`` and ``new_values`` of the mutation are whole rows or None.
acdb_changed = Signal()
