"""Forms of customer care."""
