"""WhatsApp care: channels, conversations and tickets. The tables come with the feature."""
