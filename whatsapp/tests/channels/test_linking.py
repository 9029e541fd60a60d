"""The linked device, with a scripted double in place of the phone: everything but neonize itself."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from whatsapp.channels import linked
from whatsapp.channels.base import InboundEvent, MediaRef
from whatsapp.models import Channel, Contact, Media, Message
from whatsapp.services import inbox, linking
from whatsapp.services.linking import Happened, Runner, Spool
from whatsapp.services.messages import notify_group, send_text

pytestmark = pytest.mark.django_db
PAGE = "/care/channels/"


class Phone:
    """Does what the test says."""

    def __init__(self):
        self.connected = 0
        self.sent = []
        self.fault = None
        self.subjects = [("1@g.us", "Family"), ("2@g.us", "1PWR OnM Ticket Tracker LS")]
        self.logged_out = False

    def connect(self, on_event, on_message):
        self.connected += 1
        self.on_event, self.on_message = on_event, on_message

    def pair(self, phone):
        return "ABCD-1234"

    def send_text(self, to, text):
        if self.fault:
            raise self.fault
        self.sent.append((to, text))
        return f"3EB0{len(self.sent)}"

    def send_file(self, to, path, mime, caption):
        self.sent.append((to, mime, path.read_bytes(), caption))
        return f"3EB0{len(self.sent)}"

    def groups(self):
        return self.subjects

    def logout(self):
        self.logged_out = True

    def disconnect(self):
        self.connected = 0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def phone():
    return Phone()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def runner(phone, clock, tmp_path, settings, monkeypatch):
    settings.WHATSAPP_LINKED = True
    settings.WHATSAPP_CHANNEL = "linked"
    made = Runner(phone, Spool(tmp_path / "incoming"), clock=clock)
    monkeypatch.setitem(outbox._handlers, linking.KIND, made.send)
    made.begin()
    return made


@pytest.fixture
def connected(runner, phone):
    linking.order_link(by="1001", phone="", risk_accepted=True)
    runner.tick()
    phone.on_event(Happened("connected", "26658000000"))
    runner.tick()
    return runner


def message(number="A1", text="Lumela", **more):
    at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    given = {"contact_key": "26658120001", "phone": "26658120001", **more}
    return InboundEvent(channel=Channel.LINKED, message_id=number, text=text, at=at, **given)


def test_nothing_is_linked_before_the_warning_is_accepted(sign_in, nthabiseng, runner, phone):
    answer = sign_in(nthabiseng).post(f"{PAGE}link/", {"phone": ""})
    assert answer.status_code == 422
    assert "Confirm that you have read the warning." in answer.content.decode()
    runner.tick()
    assert phone.connected == 0


def test_a_super_admin_scans_the_code_on_the_page(sign_in, nthabiseng, runner, phone):
    client = sign_in(nthabiseng)
    assert client.post(f"{PAGE}link/", {"phone": "", "risk_accepted": "on"}).status_code == 302
    runner.tick()
    phone.on_event(Happened("qr", "2@abc,def"))
    runner.tick()
    page = client.get(PAGE).content.decode()
    assert "QR code to scan with the phone" in page
    assert "style=" not in page.split('id="link"')[1]


def test_with_a_number_a_code_to_type_is_shown(sign_in, nthabiseng, runner):
    client = sign_in(nthabiseng)
    client.post(f"{PAGE}link/", {"phone": "5812 0001", "risk_accepted": "on"})
    runner.tick()
    assert "ABCD-1234" in client.get(PAGE).content.decode()


def test_the_page_says_number_and_group_when_it_is_connected(sign_in, nthabiseng, connected):
    page = sign_in(nthabiseng).get(PAGE).content.decode()
    assert "+26658000000" in page and "found: “OnM Ticket Tracker”" in page


def test_the_page_is_for_super_admins_only(sign_in, palesa):
    assert sign_in(palesa).get(PAGE).status_code == 403
    assert sign_in(palesa).post(f"{PAGE}link/").status_code == 403


def test_nothing_is_linked_where_it_is_switched_off(sign_in, nthabiseng, settings):
    settings.WHATSAPP_LINKED = False
    answer = sign_in(nthabiseng).post(f"{PAGE}link/", {"risk_accepted": "on"})
    assert answer.status_code == 422


def test_a_message_from_the_phone_is_stored_like_any_other(connected, phone):
    phone.on_message(message())
    connected.tick()
    stored = Message.objects.get()
    assert (stored.channel, stored.external_id, stored.text, stored.contact.phone) == (
        "linked", "A1", "Lumela", "26658120001",
    )  # fmt: skip


def test_a_message_survives_the_end_of_the_program_before_it_was_stored(connected, phone, tmp_path):
    phone.on_message(message())
    Runner(Phone(), Spool(tmp_path / "incoming")).tick()
    assert Message.objects.get().text == "Lumela"


@pytest.mark.parametrize("north", [float("nan"), float("inf")], ids=["nan", "infinite"])
def test_a_place_that_is_no_number_does_not_hold_up_what_comes_after_it(connected, phone, north):
    phone.on_message(message(details={"location": {"latitude": north, "longitude": 27.05, "name": "Ha Makebe"}}))
    phone.on_message(message("A2"))
    connected.tick()
    kept = Message.objects.order_by("pk").values_list("external_id", "details")
    assert list(kept) == [("A1", {"location": {"name": "Ha Makebe"}}), ("A2", {})]


def test_somebody_who_hides_the_number_is_a_contact_without_a_phone(connected, phone):
    phone.on_message(message(contact_key="lid:99887766", phone=""))
    connected.tick()
    assert list(Contact.objects.values_list("key", "phone")) == [("lid:99887766", "")]


def test_a_photo_that_the_device_fetched_is_kept(connected, phone):
    content = b"\xff\xd8\xff\xe0" + b"\x00" * 60
    phone.on_message(message(media=[MediaRef(linked.shelf.keep(content), "image/jpeg", len(content))]))
    connected.tick()
    outbox.send_due()
    assert (Media.objects.get().state, Media.objects.get().size) == ("stored", 64)
    assert list(linked.shelf.folder().iterdir()) == []


def write(text="Re amohetse."):
    contact, _ = Contact.objects.get_or_create(channel="linked", key="26658120001", phone="26658120001")
    with transaction.atomic():
        return send_text(contact, text, key="reply-1")


def test_workers_leave_messages_of_the_linked_number_alone(connected, phone):
    sent = write()
    outbox.dispatch()
    outbox.send_due()
    sent.refresh_from_db()
    assert (sent.state, phone.sent) == ("queued", [])


def test_the_program_sends_what_waits(connected, phone):
    sent = write()
    connected.tick()
    sent.refresh_from_db()
    assert (sent.state, sent.external_id, phone.sent) == ("sent", "3EB01", [("26658120001", "Re amohetse.")])


def test_the_program_sends_photos_too(connected, phone, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    conversation = write().contact.conversations.create(last_message_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
    inbox.write(conversation, "This one?", who="1002", name="Palesa", token="a1", file=b"\xff\xd8\xff\xe0photo")
    connected.tick()
    connected.tick()  # one person's messages leave one after the other
    assert phone.sent[-1] == ("26658120001", "image/jpeg", b"\xff\xd8\xff\xe0photo", "This one?")


def test_a_receipt_of_the_phone_moves_the_state(connected, phone):
    sent = write()
    connected.tick()
    phone.on_event(Happened("receipt", "read", "3EB01"))
    connected.tick()
    sent.refresh_from_db()
    assert sent.state == "read"


def test_without_a_connection_messages_wait(runner, phone):
    sent = write()
    runner.tick()
    sent.refresh_from_db()
    assert (sent.state, OutboxMessage.objects.get().attempts) == ("queued", 0)


def test_a_message_without_an_answer_is_not_sent_again(connected, phone, clock):
    sent = write()
    phone.fault = TimeoutError()
    connected.tick()
    phone.fault = None
    OutboxMessage.objects.update(next_at=None)
    connected.tick()
    sent.refresh_from_db()
    assert (sent.state, phone.sent) == ("queued", [])


def test_the_group_is_found_by_its_subject_and_told(connected, phone):
    with transaction.atomic():
        assert notify_group("Ticket CC-MAK-2026-0001", key="group-1") is True
    connected.tick()
    assert phone.sent == [("2@g.us", "Ticket CC-MAK-2026-0001")]


def test_without_the_group_the_notice_is_failed_and_says_why(runner, phone):
    phone.subjects = [("1@g.us", "Family")]
    linking.order_link(by="1001", phone="", risk_accepted=True)
    runner.tick()
    phone.on_event(Happened("connected", "26658000000"))
    with transaction.atomic():
        notify_group("Ticket", key="group-1")
    runner.tick()
    assert Message.objects.get().error == "The linked number is in no group called OnM Ticket Tracker."


def test_a_lost_connection_is_tried_again_later_and_later(connected, phone, clock):
    waits = []
    for _ in range(5):
        phone.on_event(Happened("disconnected"))
        connected.tick()
        waits.append(connected.connect_at - clock.now)
        clock.now = connected.connect_at
        before = phone.connected
        connected.tick()
        assert phone.connected == before + 1
    assert [round(wait) for wait in waits] == sorted(round(wait) for wait in waits)
    assert waits[0] <= 2.5 and waits[4] >= 24


def test_two_reports_of_one_loss_are_one_new_try(connected, phone, clock):
    phone.on_event(Happened("disconnected"))
    phone.on_event(Happened("disconnected"))
    connected.tick()
    clock.now = 10
    before = phone.connected
    connected.tick()
    connected.tick()
    assert phone.connected == before + 1


def test_after_the_phone_has_ended_the_link_nothing_is_tried(connected, phone, clock):
    phone.on_event(Happened("logged_out"))
    connected.tick()
    clock.now = 10_000
    before = phone.connected
    connected.tick()
    assert (phone.connected, linked.status()[0]) == (before, "logged_out")


def test_a_barred_number_is_said_so_and_left_in_peace_for_minutes(connected, phone, clock):
    phone.on_event(Happened("banned", "86400"))
    connected.tick()
    assert linked.status() == ("banned", {"until": "86400"})
    assert connected.connect_at - clock.now >= 225


def test_a_super_admin_ends_the_link(sign_in, nthabiseng, connected, phone):
    sign_in(nthabiseng).post(f"{PAGE}unlink/")
    connected.tick()
    assert (phone.logged_out, linked.status()[0]) == (True, "idle")


def test_after_a_restart_the_kept_session_is_used_again(connected, tmp_path):
    again = Phone()
    Runner(again, Spool(tmp_path / "incoming")).begin()
    assert again.connected == 1


def test_a_program_that_is_silent_is_shown_as_not_running(connected):
    from whatsapp.models import Link

    Link.objects.filter(name=linked.LINK).update(at=datetime(2026, 1, 1, tzinfo=UTC))
    assert linked.status() == ("off", {})
