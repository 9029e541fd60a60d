"""What a file is, by its first bytes. Only kinds that phones send and browsers do not run are known."""

#: Beginning -> media type; a place for the length is skipped where the format has one.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"#!AMR", "audio/amr"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
)
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"3gp4": "video/3gpp", b"3gp5": "video/3gpp"}


def recognise(head: bytes) -> str:
    """The media type of a file that begins with these bytes; empty for kinds that are not accepted.

    >>> recognise(b"\\xff\\xd8\\xff\\xe0"), recognise(b"<svg onload=...")
    ('image/jpeg', '')
    """
    for place, beginning, mime in _BEGINNINGS:
        if head[place : place + len(beginning)] == beginning and (place == 0 or head[:4] == b"RIFF"):
            return mime
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    return ""


def family(mime: str) -> str:
    """``image``, ``sound`` (voice and film share containers) or ``application``."""
    kind = mime.partition("/")[0].strip().lower()
    return "sound" if kind in ("audio", "video") else kind
