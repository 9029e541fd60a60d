"""Reading what providers send: notifications as JSON and confirmation messages as text, by rules that are data."""
