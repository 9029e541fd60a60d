"""Photos, voice messages and files: fetched with limits, judged by their bytes, kept in a private folder."""

import hashlib
import logging
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from ccportal.integrations.whatsapp.client import TooLarge
from ccportal.jobs.outbox import PermanentError
from whatsapp.channels import registry
from whatsapp.channels.kinds import family, recognise
from whatsapp.models import Media, MediaState
from whatsapp.services.messages import touch

logger = logging.getLogger(__name__)
FOLDER = "whatsapp"
HEAD = 64
GONE = "There is no such file any more: its sender was forgotten."


def folder() -> Path:
    """The private folder; nothing in it is named by what comes from outside."""
    made = Path(settings.MEDIA_ROOT) / FOLDER
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def path_of(media: Media) -> Path:
    """Where a stored file lies."""
    return folder() / Path(media.file).name


def fetch(media_id: int) -> str:
    """Fetch a file once; the name under which it is kept. The outbox's faults say what to do otherwise."""
    media = Media.objects.select_related("message__conversation").filter(pk=media_id).first()
    if media is None:
        raise PermanentError(GONE)
    if media.state in (MediaState.STORED, MediaState.REFUSED):
        return media.file
    limit = settings.WHATSAPP_MEDIA_MAX_BYTES
    if media.size > limit:
        return _refuse(media, _too_large())
    draft = folder() / f"{secrets.token_hex(16)}.part"
    try:
        return _fetch_into(media, draft, limit)
    except PermanentError as fault:
        _settle(media, state=MediaState.FAILED, error=str(fault)[:300])
        raise
    finally:
        draft.unlink(missing_ok=True)


def _fetch_into(media: Media, draft: Path, limit: int) -> str:
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            stated = _fetch(media, file, limit)
        except TooLarge:
            return _refuse(media, _too_large())
    size = draft.stat().st_size
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        mime = recognise(file.read(HEAD))
    if not mime:
        return _refuse(media, "This kind of file is not accepted.")
    stated = stated or media.mime
    if stated and family(stated) not in (family(mime), "application"):
        return _refuse(media, "The file is not what it says it is.")
    # Not by the extension of the sender: the name is ours, and says nothing of the content.
    name = f"{digest[:2]}{secrets.token_hex(15)}"
    kept = draft.rename(folder() / name)
    if not _settle(media, state=MediaState.STORED, file=name, mime=mime, size=size, sha256=digest, error=""):
        kept.unlink()
        raise PermanentError(GONE)
    return name


def _fetch(media: Media, file: BinaryIO, limit: int) -> str:
    return registry.driver(media.message.channel).fetch_media(media.external_id, file, limit)


def _too_large() -> str:
    return f"The file is larger than {settings.WHATSAPP_MEDIA_MAX_BYTES // 2**20} MB."


def _refuse(media: Media, reason: str) -> str:
    _settle(media, state=MediaState.REFUSED, error=reason)
    return ""


def _settle(media: Media, **fields: object) -> bool:
    """Write the outcome, and let open pages notice; False when the sender was forgotten meanwhile."""
    with transaction.atomic():
        found = Media.objects.filter(pk=media.pk).update(**fields)
        if found and media.message.conversation is not None:
            touch(media.message.conversation)
    return bool(found)
