"""Accounts and payments for other programs."""
