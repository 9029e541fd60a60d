"""Photos and documents that staff send, and what they see of those that come in."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from ccportal.core.errors import InvalidInput
from ccportal.jobs import outbox
from whatsapp.models import Contact, Conversation, Media, Message
from whatsapp.services import inbox
from whatsapp.tests.channels.conftest import cloud, cloud_process  # noqa: F401 - fixtures
from whatsapp.tests.tickets.conftest import message_of

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0" + bytes(300)
PDF = b"%PDF-1.7\n" + bytes(300)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "whatsapp"


@pytest.fixture
def lineo():
    return message_of("26658120001", "Motlakase o tsamaile").conversation


def send(client, conversation, content, text="", name="meter.jpg", token="0123456789abcdef"):
    form = {"text": text, "token": token, "file": SimpleUploadedFile(name, content)}
    return client.post(f"/care/inbox/{conversation.pk}/write/", form)


def test_a_photo_is_sent_with_its_caption_and_seen_on_the_phone(sign_in, palesa, lineo):
    client = sign_in(palesa)
    assert send(client, lineo, JPEG, "Is it this meter?").status_code == 302
    outbox.send_due()
    sent = Message.objects.get(direction="out")
    assert (sent.kind, sent.text, sent.state, sent.author_name) == (
        "image",
        "Is it this meter?",
        "delivered",
        "Palesa Molapo",
    )
    photo = sent.media.get()
    address = f'<img class="photo" src="/care/media/{photo.pk}/"'
    assert address in client.get(f"/care/inbox/{lineo.pk}/").content.decode()
    assert address in client.get("/care/simulator/?as=26658120001").content.decode()
    assert b"".join(client.get(f"/care/media/{photo.pk}/").streaming_content) == JPEG


def test_sending_a_file_takes_the_conversation_over(sign_in, palesa, lineo):
    send(sign_in(palesa), lineo, PDF, name="contract.pdf")
    assert Conversation.objects.get().taken_by == "1002"
    assert Message.objects.get(direction="out").kind == "document"


def test_two_presses_send_one_file(sign_in, palesa, lineo):
    client = sign_in(palesa)
    send(client, lineo, JPEG)
    send(client, lineo, JPEG)
    assert (Message.objects.filter(direction="out").count(), Media.objects.count()) == (1, 1)


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"MZ\x90\x00", b"GIF89a"], ids=["svg", "exe", "gif"])
def test_what_is_no_photo_or_pdf_is_refused_whatever_it_is_called(sign_in, palesa, lineo, files, content):
    answer = send(sign_in(palesa), lineo, content, "Look")
    assert answer.status_code == 400
    html = answer.content.decode()
    assert "Only photos (JPEG, PNG) and PDF documents can be sent." in html
    assert ">\nLook</textarea>" in html
    assert not Message.objects.filter(direction="out").exists()


def test_a_photo_that_is_too_large_for_whatsapp_is_refused(sign_in, palesa, lineo):
    answer = send(sign_in(palesa), lineo, JPEG + bytes(5 * 2**20))
    assert "The file is larger than 5 MB." in answer.content.decode()


def test_a_file_beyond_every_limit_is_not_even_read(sign_in, palesa, lineo):
    answer = send(sign_in(palesa), lineo, bytes(17 * 2**20))
    assert (answer.status_code, Message.objects.filter(direction="out").count()) == (400, 0)


def test_who_only_reads_sends_nothing(sign_in, thabo, lineo):
    assert send(sign_in(thabo), lineo, JPEG).status_code == 403
    assert not Media.objects.exists()


def test_a_forged_form_sends_nothing(sign_in, palesa, lineo):
    client = sign_in(palesa)
    client.handler.enforce_csrf_checks = True
    assert send(client, lineo, JPEG).status_code == 403
    assert not Media.objects.exists()


# ---------------------------------------------------------------- the Cloud API
@pytest.fixture
def lineo_on_whatsapp(cloud):  # noqa: F811 - the fixture imported above
    contact = Contact.objects.create(
        channel="cloud", key="26658120001", phone="26658120001", last_inbound_at=timezone.now()
    )
    return Conversation.objects.create(contact=contact, last_message_at=timezone.now())


def test_the_vendor_gets_the_file_and_the_message_that_shows_it(cloud, lineo_on_whatsapp):  # noqa: F811 - the fixture
    inbox.write(lineo_on_whatsapp, "Your contract", who="1002", name="Palesa", token="a1", file=PDF)
    outbox.send_due()
    taken = cloud.taken()[-1]
    assert (taken["type"], taken["document"]["caption"], taken["document"]["filename"]) == (
        "document", "Your contract", "document.pdf",
    )  # fmt: skip
    assert Message.objects.get().state == "sent"


def test_after_24_hours_files_are_refused_and_the_page_says_why(sign_in, palesa, lineo_on_whatsapp, settings):
    settings.WHATSAPP_TEMPLATE = "care_news"
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    client = sign_in(palesa)
    html = client.get(f"/care/inbox/{lineo_on_whatsapp.pk}/").content.decode()
    assert "delivers words in the approved template now, and no files until the customer answers" in html
    assert 'type="file"' not in html
    answer = send(client, lineo_on_whatsapp, JPEG)
    assert "WhatsApp delivers no files now" in answer.content.decode()
    assert not Message.objects.exists()


def test_after_24_hours_without_a_template_nothing_can_be_written(sign_in, palesa, lineo_on_whatsapp):
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    client = sign_in(palesa)
    address = f"/care/inbox/{lineo_on_whatsapp.pk}/"
    html = client.get(address).content.decode()
    assert "nothing can be sent until the customer writes" in html
    assert 'name="text"' not in html
    client.post(f"{address}write/", {"text": "Hello", "token": "0123456789abcdef"})
    assert not Message.objects.exists()


def test_what_would_be_refused_on_its_way_is_refused_while_it_is_written(lineo_on_whatsapp):
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=23, minutes=57))
    lineo_on_whatsapp.contact.refresh_from_db()
    with pytest.raises(InvalidInput, match="nothing can be sent now"):
        inbox.write(lineo_on_whatsapp, "Your contract", who="1002", name="Palesa", token="a3", file=PDF)


def test_a_file_whose_time_ran_out_on_the_way_is_visibly_failed(cloud, lineo_on_whatsapp):  # noqa: F811 - the fixture
    inbox.write(lineo_on_whatsapp, "", who="1002", name="Palesa", token="a2", file=JPEG)
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    before = len(cloud.taken())
    outbox.send_due()
    message = Message.objects.get()
    assert (message.state, message.error) == ("failed", "The 24 hours in which WhatsApp takes files are over.")
    assert len(cloud.taken()) == before
    assert Conversation.objects.get().needs_staff


# ---------------------------------------------------------------- what comes in
def test_a_photo_is_fetched_once_by_a_browser_that_has_it(sign_in, thabo, lineo, files):
    photo = Media.objects.create(
        message=lineo.messages.get(), state="stored", mime="image/jpeg", size=4, sha256="ab" * 32, file="x"
    )
    files.mkdir()
    Path(files / "x").write_bytes(JPEG)
    client = sign_in(thabo)
    first = client.get(f"/care/media/{photo.pk}/")
    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    again = client.get(f"/care/media/{photo.pk}/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, "private, no-cache")
