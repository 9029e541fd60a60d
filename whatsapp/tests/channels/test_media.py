"""Files from the Cloud API: limits hold whatever the vendor or the sender says."""

import pytest

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from whatsapp.models import Media
from whatsapp.services.media import folder

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 60


@pytest.fixture
def photo(deliver, cloud):
    """A message with this file arrives, and the file is fetched."""

    def arrive(content, mime="image/jpeg", kind="image", **query):
        name = cloud.keep(content, mime, **query)
        part = {"id": name, "mime_type": mime}
        message = {"from": "26658120001", "id": f"wamid.{name}", "timestamp": "1790000000", "type": kind, kind: part}
        deliver({"messages": [message]})
        outbox.send_due()
        return Media.objects.get()

    return arrive


def test_a_photo_is_fetched_and_judged_by_its_bytes(photo):
    media = photo(JPEG)
    assert (media.state, media.mime, media.size) == ("stored", "image/jpeg", 64)
    assert (folder() / media.file).read_bytes() == JPEG
    assert (folder() / media.file).stat().st_mode & 0o077 == 0


def test_a_voice_message_is_kept(photo):
    assert photo(b"OggS" + b"\x00" * 40, "audio/ogg; codecs=opus", "audio").mime == "audio/ogg"


def test_a_file_that_says_it_is_small_and_is_not_is_refused(photo, settings):
    settings.WHATSAPP_MEDIA_MAX_BYTES = 5000
    media = photo(JPEG + b"x" * 20_000, liar="1")
    assert (media.state, media.file) == ("refused", "")
    assert list(folder().iterdir()) == []


@pytest.mark.parametrize(
    ("content", "mime", "kind"),
    [
        (b"<svg onload='alert(1)'>", "image/svg+xml", "image"),
        (b"GIF89a/*<script>*/", "image/jpeg", "image"),
        (b"<html>", "image/jpeg", "image"),
        (b"PK\x03\x04", "application/zip", "document"),
        (b"%PDF-1.7", "image/jpeg", "image"),
        (b"", "image/jpeg", "image"),
    ],
)
def test_a_file_of_another_kind_than_phones_send_is_refused(photo, content, mime, kind):
    assert photo(content, mime, kind).state == "refused"


def test_a_file_the_vendor_does_not_have_is_failed_and_said_so(deliver, cloud):
    part = {"id": "gone", "mime_type": "image/jpeg"}
    message = {"from": "26658120001", "id": "wamid.G", "timestamp": "1790000000", "type": "image", "image": part}
    deliver({"messages": [message]})
    outbox.send_due()
    assert (Media.objects.get().state, OutboxMessage.objects.get().state) == ("failed", "failed")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "https://evil.example/x", "x?y=1"])
def test_an_id_that_is_no_id_asks_the_vendor_nothing(deliver, cloud, name):
    part = {"id": name, "mime_type": "image/jpeg"}
    message = {"from": "26658120001", "id": "wamid.E", "timestamp": "1790000000", "type": "image", "image": part}
    deliver({"messages": [message]})
    outbox.send_due()
    assert (Media.objects.get().state, Media.objects.get().error) == ("failed", "that is no id of a file")
