"""The webhook of the Cloud API: proven, stored once, acknowledged only then."""

import json
import time
from unittest.mock import patch

import pytest
from django.db import OperationalError

from whatsapp.models import Contact, Conversation, Media, Message, Receipt
from whatsapp.services.intake import with_ids
from whatsapp.tasks.messages import check_cloud
from whatsapp.tests.channels.conftest import WEBHOOK, contact, text

pytestmark = pytest.mark.django_db


def challenge(client, token="our-word", mode="subscribe"):
    return client.get(WEBHOOK, {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": "1158201444"})


def test_it_answers_the_challenge_that_carries_our_word(client, cloud):
    answer = challenge(client)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (
        200, b"1158201444", "text/plain; charset=utf-8",
    )  # fmt: skip


def test_it_refuses_a_challenge_with_another_word(client, cloud):
    assert challenge(client, "guess").status_code == 403


def test_it_refuses_every_challenge_when_no_word_was_agreed(client, cloud, settings):
    settings.WHATSAPP_VERIFY_TOKEN = ""
    assert challenge(client, "").status_code == 403


def test_a_message_is_stored_with_its_sender_and_opens_a_conversation(deliver):
    assert deliver(text("Motlakase o tsamaile", number="wamid.A")).status_code == 200
    message = Message.objects.get(external_id="wamid.A")
    assert (message.text, message.state, message.direction, message.kind) == (
        "Motlakase o tsamaile", "received", "in", "text",
    )  # fmt: skip
    assert (message.contact.key, message.contact.phone, message.contact.name) == ("26658120001", "26658120001", "Lineo")
    assert (message.conversation.unread, message.conversation.mode) == (1, "bot")


def test_the_same_delivery_twice_is_one_message(deliver):
    deliver(text("hello"))
    assert deliver(text("hello")).status_code == 200
    assert Message.objects.count() == 1
    assert Conversation.objects.get().unread == 1


def test_one_delivery_may_hold_messages_of_several_people(deliver):
    both = {
        "messages": text("one", number="wamid.1")["messages"]
        + text("two", number="wamid.2", sender="26658120002")["messages"],
        "contacts": [contact("26658120001"), contact("26658120002", "Thabo")],
    }
    deliver(both, text("three", number="wamid.3"))
    assert list(Message.objects.order_by("pk").values_list("contact__name", "text")) == [
        ("Lineo", "one"), ("Thabo", "two"), ("Lineo", "three"),
    ]  # fmt: skip


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "sha256=é"])
def test_it_refuses_a_forged_signature(client, cloud, signature):
    body = json.dumps({"object": "whatsapp_business_account", "entry": []})
    answer = client.post(WEBHOOK, body, content_type="application/json", headers={"X-Hub-Signature-256": signature})
    assert answer.status_code == 403


def test_it_refuses_a_delivery_signed_with_another_secret(deliver):
    assert deliver(text("forged"), secret="another").status_code == 403
    assert not Message.objects.exists()


def test_it_refuses_everything_without_a_secret_of_its_own(deliver, settings):
    settings.WHATSAPP_APP_SECRET = ""
    assert deliver(text("hello"), secret="").status_code == 403


def test_it_does_not_acknowledge_what_it_could_not_store(deliver, client):
    client.raise_request_exception = False
    with patch("whatsapp.services.intake.Message.objects.bulk_create", side_effect=OperationalError("disk full")):
        assert deliver(text("hello")).status_code == 500
    assert deliver(text("hello")).status_code == 200
    assert Message.objects.get().text == "hello"


NO_JSON = {
    "empty": b"",
    "words": b"not json",
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("what", NO_JSON)
def test_a_signed_body_that_is_no_json_is_refused_and_breaks_nothing(deliver, what):
    assert deliver(body=NO_JSON[what]).status_code == 422


ENTRY = '{"object": "whatsapp_business_account", "entry": %s}'
CHANGES = ENTRY % '[1, null, {"changes": [{"field": "messages", "value": %s}]}]'
OTHER_SHAPES = [
    "null", "[]", "7", '{"object": "page"}', ENTRY % '{"a": 1}', CHANGES % "3", CHANGES % '{"messages": [{"id": 5}]}',
    CHANGES % '{"messages": {"id": "a"}, "statuses": "x", "contacts": [[]]}',
]  # fmt: skip


@pytest.mark.parametrize("body", OTHER_SHAPES)
def test_json_of_another_shape_is_acknowledged_and_stores_nothing(deliver, body):
    assert deliver(body=body.encode()).status_code == 200
    assert not Message.objects.exists()


def test_it_refuses_ten_megabytes(deliver):
    assert deliver(body=b'{"a": "' + b"x" * 10_000_000 + b'"}').status_code == 413


def test_three_megabytes_in_one_delivery_are_taken(deliver):
    values = [text("x" * 20_000, number=f"wamid.{number}") for number in range(150)]
    assert deliver(*values).status_code == 200
    assert Message.objects.count() == 150


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\x00b\x07c", "abc"),
        ("\u202ekcah\u202c \u200btext\ufeff", "kcah text"),
        ("half \ud83d emoji", "half \ufffd emoji"),
        ("line\r\nline\rline", "line\nline\nline"),
        ("Ke kopa thuso 🙏🏾", "Ke kopa thuso 🙏🏾"),
    ],
)
def test_odd_text_is_stored_so_that_every_database_and_page_can_hold_it(deliver, written, stored):
    deliver(text(written))
    assert Message.objects.get().text == stored


def test_a_text_of_64_thousand_characters_is_stored_whole(deliver):
    deliver(text("x" * 65_536))
    assert len(Message.objects.get().text) == 65_536


def test_a_message_id_that_is_too_long_is_still_known_when_it_comes_again(deliver):
    deliver(text("hello", number="w" * 900))
    deliver(text("hello", number="w" * 900))
    assert Message.objects.count() == 1


def test_somebody_who_hides_the_number_is_known_by_the_business_scoped_id(deliver):
    message = {"id": "wamid.H", "timestamp": "1790000000", "type": "text", "text": {"body": "Lumela"}}
    person = {"user_id": "LS.13491208655302741918", "profile": {"name": "Neo"}}
    deliver({"messages": [{**message, "from_user_id": person["user_id"]}], "contacts": [person]})
    assert list(Contact.objects.values_list("key", "phone", "name")) == [("LS.13491208655302741918", "", "Neo")]


def test_a_photo_is_a_message_with_a_file_to_fetch(deliver):
    photo = {"id": "9001", "mime_type": "image/jpeg", "caption": "terata e oele"}
    message = {"from": "26658120001", "id": "wamid.P", "timestamp": "1790000000", "type": "image", "image": photo}
    deliver({"messages": [message]})
    stored = Message.objects.get()
    assert (stored.kind, stored.text) == ("image", "terata e oele")
    assert list(Media.objects.values_list("external_id", "mime", "state")) == [("9001", "image/jpeg", "waiting")]


def test_a_location_keeps_its_place(deliver):
    place = {"latitude": -29.71, "longitude": 27.05, "name": "Ha Makebe"}
    message = {"from": "26658120001", "id": "wamid.L", "timestamp": "1790000000", "type": "location", "location": place}
    deliver({"messages": [message]})
    assert Message.objects.get().details["location"] == {"latitude": -29.71, "longitude": 27.05, "name": "Ha Makebe"}


def test_a_place_that_is_no_place_does_not_hold_the_rest_of_the_delivery_up(deliver):
    nowhere = {"latitude": 10**400, "longitude": 1}
    message = {"from": "26658120001", "id": "wamid.L", "timestamp": "1790000000", "type": "location"}
    assert deliver({"messages": [{**message, "location": nowhere}]}, text("hello", number="wamid.2")).status_code == 200
    assert set(Message.objects.values_list("external_id", flat=True)) == {"wamid.L", "wamid.2"}


@pytest.mark.parametrize(
    ("kind", "part", "kept"),
    [
        ("document", {"id": "9001", "filename": "bill\x00\ud800\u202efdp.exe"}, {"file_name": "bill\ufffdfdp.exe"}),
        ("reaction", {"emoji": "\ud800\x00", "message_id": "wamid\x00.1"}, {"reaction": "\ufffd", "to": "wamid.1"}),
        ("location", {"name": "Ha\x00 Makebe\ud800"}, {"location": {"name": "Ha Makebe\ufffd"}}),
        ("holo\x00gram", {}, {"type": "hologram"}),
    ],
)
def test_odd_names_beside_the_text_can_be_held_by_every_database_and_page(
    deliver, sign_in, thabo, kind, part, kept
):  # fmt: skip
    message = {"from": "26658120001", "id": "wamid.O", "timestamp": "1790000000", "type": kind, kind: part}
    assert deliver({"messages": [message]}).status_code == 200
    stored = Message.objects.get()
    assert stored.details == kept
    assert sign_in(thabo).get(f"/care/inbox/{stored.conversation_id}/").status_code == 200


def test_odd_words_of_a_status_can_be_held_by_every_database(deliver):
    odd = {
        "id": "wamid.S",
        "status": "failed",
        "timestamp": "1790000000",
        "errors": [{"code": 1, "title": "a\x00\ud800"}],
    }
    assert deliver({"statuses": [{**odd, "biz_opaque_callback_data": "staff-1\ud800"}]}).status_code == 200
    assert Receipt.objects.get().error == "1 a\ufffd"


def test_a_kind_that_nobody_knows_is_kept_all_the_same(deliver):
    message = {"from": "26658120001", "id": "wamid.U", "timestamp": "1790000000", "type": "hologram", "hologram": {}}
    deliver({"messages": [message]})
    assert list(Message.objects.values_list("kind", "details")) == [("other", {"type": "hologram"})]


def test_an_absurd_clock_does_not_open_the_24_hours_for_ever(deliver):
    deliver(text("hello", at=99_999_999_999))
    assert Contact.objects.get().last_inbound_at.year < 2100


def test_a_status_of_a_message_nobody_knows_is_kept_once(deliver):
    status = {"statuses": [{"id": "wamid.Z", "status": "delivered", "timestamp": "1790000000"}]}
    deliver(status)
    deliver(status)
    assert list(Receipt.objects.values_list("external_id", "state")) == [("wamid.Z", "delivered")]


def people(count):
    """A delivery with one message of each of so many people."""
    senders = [f"266581{number:05}" for number in range(count)]
    messages = [text("Lumela", number=f"wamid.{sender}", sender=sender)["messages"][0] for sender in senders]
    return {"messages": messages, "contacts": [contact(sender) for sender in senders]}


@pytest.mark.django_db(databases=["default", "acdb"])
def test_fifty_messages_of_fifty_people_cost_hardly_more_statements_than_one(deliver, query_count):
    with query_count("a message of a stranger"):
        deliver(text("Lumela", number="wamid.1"))
    with query_count("the same delivered again"):
        deliver(text("Lumela", number="wamid.1"))
    with query_count("a second message"):
        deliver(text("Ho joang", number="wamid.2"))
    with query_count("50 messages of 50 strangers"):
        deliver(people(50))
    assert Message.objects.count() == 52


@pytest.mark.django_db(databases=["default", "acdb"])
def test_fifty_statuses_of_messages_nobody_knows_cost_as_much_as_one(deliver, query_count):
    with query_count("a status of an unknown message"):
        deliver({"statuses": [{"id": "wamid.X", "status": "delivered", "timestamp": "1790000000"}]})
    with query_count("50 statuses of unknown messages"):
        deliver({"statuses": [{"id": f"wamid.{n}", "status": "delivered", "timestamp": "1"} for n in range(50)]})
    assert Receipt.objects.count() == 51


def test_ids_are_looked_up_in_their_index_however_many_messages_are_stored(db):
    plan = with_ids("cloud", ["wamid.1", "wamid.2"]).explain()
    assert "USING INDEX one_message_per_id" in plan or "USING COVERING INDEX one_message_per_id" in plan


def test_a_contact_is_brought_up_to_date_and_loses_nothing_that_is_known(deliver):
    deliver(text("hello", number="wamid.1", name="Lineo", at=time.time() - 60))
    Contact.objects.update(site_code="MAK", claim="a-worker")
    deliver(text("again", number="wamid.2", name="Lineo Letsie"))
    newest = Contact.objects.get().last_inbound_at
    deliver(text("late", number="wamid.3", name="", at=time.time() - 120))
    found = Contact.objects.get()
    assert (found.name, found.phone, found.site_code, found.claim) == ("Lineo Letsie", "26658120001", "MAK", "a-worker")
    assert found.last_inbound_at == newest
    assert Conversation.objects.get().unread == 3


def test_two_hundred_messages_of_one_person_are_all_stored(deliver):
    deliver(*[text(f"message {number}", number=f"wamid.{number}") for number in range(200)])
    assert Message.objects.filter(state="received").count() == 200


def test_the_page_says_whether_the_vendor_takes_our_key(sign_in, nthabiseng, cloud, settings):
    client = sign_in(nthabiseng)
    check_cloud()
    assert "The number can be used." in client.get("/care/channels/").content.decode()
    settings.WHATSAPP_TOKEN = "expired"
    check_cloud()
    assert (
        "WhatsApp answered 401, code 190: the access token is not accepted."
        in client.get("/care/channels/").content.decode()
    )
