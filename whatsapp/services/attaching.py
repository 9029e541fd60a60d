"""Files that staff send: judged like those that come in, by their bytes, and kept in the same folder."""

import hashlib
import os
import secrets

from django.conf import settings
from django.db import transaction

from ccportal.core.errors import InvalidInput
from whatsapp.channels.kinds import recognise
from whatsapp.models import Media, MediaState, Message, MessageKind
from whatsapp.services import media

#: What WhatsApp delivers as it is -> how it shows it, and the most bytes it takes.
SENDABLE = {
    "image/jpeg": (MessageKind.IMAGE, 5 * 2**20),
    "image/png": (MessageKind.IMAGE, 5 * 2**20),
    "application/pdf": (MessageKind.DOCUMENT, 100 * 2**20),
}


def judge(content: bytes) -> tuple[str, MessageKind]:
    """Media type and kind of a file that can be sent; ``InvalidInput`` otherwise, whatever its name says."""
    mime = recognise(content[: media.HEAD])
    if mime not in SENDABLE:
        raise InvalidInput("Only photos (JPEG, PNG) and PDF documents can be sent.", field="file")
    kind, most = SENDABLE[mime]
    most = min(most, settings.WHATSAPP_MEDIA_MAX_BYTES)
    if len(content) > most:
        raise InvalidInput(f"The file is larger than {most // 2**20} MB.", field="file")
    return mime, kind


def attach(message: Message, content: bytes, mime: str) -> Media:
    """Keep a file as that of a message, inside the caller's transaction."""
    name = secrets.token_hex(16)
    path = media.folder() / name
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        with transaction.atomic():
            return Media.objects.create(
                message=message, mime=mime, size=len(content), sha256=hashlib.sha256(content).hexdigest(), file=name,
                state=MediaState.STORED,
            )  # fmt: skip
    except BaseException:
        path.unlink()
        raise
