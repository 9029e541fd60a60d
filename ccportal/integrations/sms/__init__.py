"""The SMS gateway: short texts to customers' phones."""
