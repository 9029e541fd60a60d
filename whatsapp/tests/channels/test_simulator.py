"""The simulator: a phone on a page, through the same intake and outbox as every channel."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from ccportal.jobs import outbox
from customers.models import DirectoryCustomer, DirectoryPhone
from whatsapp.models import Contact, Media, Message, Technician
from whatsapp.services.messages import send_text

pytestmark = pytest.mark.django_db
PAGE, SEND = "/care/simulator/", "/care/simulator/send/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mpho():
    """A customer with a phone on file."""
    DirectoryCustomer.objects.create(
        number=71, name="Mpho Letsie", sort_name="letsie mpho", site="MAK", status="active", accounts="0045MAK",
        document=" mpho letsie mak 71", extra=" 58123456 0045mak", digest="x",
    )  # fmt: skip
    DirectoryPhone.objects.create(suffix="58123456", digits="58123456", customer_number=71)


def say(client, text, who="58123456", **more):
    return client.post(SEND, {"as": who, "text": text, **more})


def test_a_message_typed_on_the_phone_comes_in_like_any_other(sign_in, palesa):
    client = sign_in(palesa)
    answer = say(client, "Motlakase o tsamaile", "5812 3456")
    assert answer["Location"] == "/care/simulator/?as=26658123456"
    message = Message.objects.get()
    assert (message.channel, message.contact.phone, message.text, message.state) == (
        "simulator", "26658123456", "Motlakase o tsamaile", "received",
    )  # fmt: skip


def test_a_customer_of_the_directory_can_be_played(sign_in, palesa, mpho):
    page = sign_in(palesa).get(PAGE, {"q": "mpho"}).content.decode()
    assert "Mpho Letsie" in page
    assert 'href="/care/simulator/?as=26658123456"' in page


def test_somebody_who_hides_the_number_can_be_played(sign_in, palesa):
    say(sign_in(palesa), "Lumela", "hidden-7731")
    assert list(Contact.objects.values_list("key", "phone")) == [("hidden-7731", "")]


def test_both_sides_are_seen_with_their_states(sign_in, palesa):
    client = sign_in(palesa)
    say(client, "Lumela")
    with transaction.atomic():
        send_text(Contact.objects.get(), "Re ka u thusa ka eng?", key="reply-1")
    outbox.send_due()
    page = client.get(PAGE, {"as": "26658123456"}).content.decode()
    assert "Lumela" in page and "Waiting to be answered" in page
    assert "Re ka u thusa ka eng?" in page and "Delivered" in page


def test_whoever_answers_has_read_what_was_written(sign_in, palesa):
    client = sign_in(palesa)
    say(client, "Lumela")
    with transaction.atomic():
        sent = send_text(Contact.objects.get(), "Re ka u thusa ka eng?", key="reply-1")
    outbox.send_due()
    say(client, "Motlakase o tsamaile")
    sent.refresh_from_db()
    assert sent.state == "read"


def test_nothing_is_sent_to_the_page_when_nothing_changed(sign_in, palesa):
    client = sign_in(palesa)
    say(client, "Lumela")
    page = client.get(PAGE, {"as": "26658123456"})
    again = client.get(PAGE, {"as": "26658123456", "mark": page.context["mark"]}, headers=HTMX)
    assert (again.status_code, again.content) == (204, b"")
    say(client, "Ke na le bothata")
    news = client.get(PAGE, {"as": "26658123456", "mark": page.context["mark"]}, headers=HTMX)
    assert "Ke na le bothata" in news.content.decode()


def test_a_photo_is_kept_in_the_private_folder_and_can_only_be_downloaded(sign_in, palesa):
    client = sign_in(palesa)
    say(client, "terata e oele", file=SimpleUploadedFile("x.html", PNG))
    outbox.send_due()
    media = Media.objects.get()
    assert (media.state, media.mime, media.size, media.message.kind) == ("stored", "image/png", 48, "image")
    answer = client.get(f"/care/media/{media.pk}/")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == PNG


RUN_BY_BROWSERS = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "html": b"<!doctype html><script>1</script>",
    "zip": b"PK\x03\x04zip",
    "program": b"MZ\x90",
}


@pytest.mark.parametrize("what", RUN_BY_BROWSERS)
def test_a_file_that_browsers_run_is_refused(sign_in, palesa, what):
    client = sign_in(palesa)
    say(client, "", file=SimpleUploadedFile("photo.jpg", RUN_BY_BROWSERS[what], "image/jpeg"))
    outbox.send_due()
    media = Media.objects.get()
    assert (media.state, media.error, media.file) == ("refused", "This kind of file is not accepted.", "")
    assert client.get(f"/care/media/{media.pk}/").status_code == 404


def test_a_place_can_be_sent(sign_in, palesa):
    say(sign_in(palesa), "", latitude="-29.71", longitude="27.05")
    message = Message.objects.get()
    assert (message.kind, message.details["location"]) == ("location", {"latitude": -29.71, "longitude": 27.05})


def test_an_empty_message_is_not_sent(sign_in, palesa):
    answer = say(sign_in(palesa), "  ")
    assert answer.status_code == 422
    assert "Write something, or choose a file or a place." in answer.content.decode()
    assert not Message.objects.exists()


def test_markup_in_a_message_is_shown_as_text(sign_in, palesa):
    client = sign_in(palesa)
    say(client, "<script>alert(1)</script>")
    page = client.get(PAGE, {"as": "26658123456"}).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_technician_is_offered_the_words_of_technicians(sign_in, palesa):
    Technician.objects.create(name="Rethabile Mofokeng", phone="26658990001")
    page = sign_in(palesa).get(PAGE, {"as": "26658990001"}).content.decode()
    assert "Rethabile Mofokeng" in page and "Kea amohela" in page


def test_the_group_reads_only(sign_in, palesa):
    client = sign_in(palesa)
    assert "composer" not in client.get(PAGE, {"as": "group"}).content.decode()
    assert say(client, "hello", "group").status_code == 422


def test_it_is_not_for_everybody(sign_in, thabo):
    assert sign_in(thabo).get(PAGE).status_code == 403


def test_it_is_gone_where_it_is_switched_off(sign_in, palesa, settings):
    settings.WHATSAPP_SIMULATOR = False
    client = sign_in(palesa)
    assert client.get(PAGE).status_code == 404
    assert say(client, "hello").status_code == 404
    assert not Message.objects.exists()


def test_a_message_to_a_simulator_that_is_off_is_failed(sign_in, palesa, settings):
    say(sign_in(palesa), "Lumela")
    settings.WHATSAPP_SIMULATOR = False
    with transaction.atomic():
        sent = send_text(Contact.objects.get(), "hello", key="reply-1")
    outbox.send_due()
    sent.refresh_from_db()
    assert (sent.state, sent.error) == ("failed", "The simulator is switched off.")


def test_a_file_that_is_too_large_is_refused(sign_in, palesa, settings):
    settings.WHATSAPP_MEDIA_MAX_BYTES = 1024
    say(sign_in(palesa), "", file=SimpleUploadedFile("big.png", PNG + b"x" * 2000))
    outbox.send_due()
    assert Media.objects.get().state == "refused"
