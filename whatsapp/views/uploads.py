"""Forms that bring a photo or a document for a conversation."""

from ccportal.core import uploads

LARGEST_FILE = 16 * 1024 * 1024
takes_file = uploads.takes_file(lambda: LARGEST_FILE)
