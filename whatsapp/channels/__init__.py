"""The ways in and out: each channel is a driver, and all of them deliver the same events."""
