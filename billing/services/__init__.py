"""Changes of ledgers, and payments from their arrival to their ledger row."""
