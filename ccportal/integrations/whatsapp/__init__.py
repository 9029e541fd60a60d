"""The WhatsApp Cloud API, and a small process that plays it."""
