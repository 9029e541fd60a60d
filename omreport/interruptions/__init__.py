"""Reliability of supply: outages from tickets, their indices on a page, as a file and for other programs."""
