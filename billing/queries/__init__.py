"""What is known of an account: its ledger, its meters, its owner, its use."""
