"""Pages of accounts, transactions and payments."""
