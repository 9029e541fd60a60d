"""A message leaves once, or is visibly failed; the vendor's word arrives in any order."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from whatsapp.models import Contact, Message
from whatsapp.services import sending
from whatsapp.services.messages import contact_for_phone, notify_group, send_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def lineo_on_whatsapp(cloud):
    return Contact.objects.create(
        channel="cloud", key="26658120001", phone="26658120001", last_inbound_at=timezone.now()
    )


@pytest.fixture
def written(lineo_on_whatsapp):
    with transaction.atomic():
        return send_text(lineo_on_whatsapp, "Re amohetse tlaleho ea hau.", key="reply-1")


def state_of(message):
    message.refresh_from_db()
    return message.state


def row_state(message):
    return OutboxMessage.objects.get(key=message.outbox_key).state


def again(minutes=0):
    """Send what is due, after so many minutes."""
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        outbox.send_due()


def status(message_id, state, key="", **more):
    return {"statuses": [{"id": message_id, "status": state, "timestamp": "1790000000",
                          "biz_opaque_callback_data": key, **more}]}  # fmt: skip


def test_a_message_is_sent_with_our_key_and_keeps_the_vendors_id(written, cloud):
    outbox.send_due()
    assert state_of(written) == "sent"
    assert written.external_id == cloud.ids()[-1]
    sent = cloud.taken()[-1]
    assert (sent["to"], sent["type"], sent["text"]["body"], sent["biz_opaque_callback_data"]) == (
        "26658120001", "text", "Re amohetse tlaleho ea hau.", "reply-1",
    )  # fmt: skip


def test_the_same_key_is_the_same_message(written, lineo_on_whatsapp):
    with transaction.atomic():
        assert send_text(lineo_on_whatsapp, "again", key="reply-1").pk == written.pk
    assert Message.objects.count() == 1


@pytest.mark.parametrize("word", ["500", "429"])
def test_it_sends_again_when_the_vendor_says_that_it_took_nothing(written, cloud, word):
    before = len(cloud.taken())
    cloud.go_wrong(word)
    outbox.send_due()
    assert (state_of(written), row_state(written)) == ("queued", "retrying")
    again(minutes=1)
    assert (state_of(written), len(cloud.taken())) == ("sent", before + 1)


@pytest.mark.parametrize("word", ["drop", "half"])
def test_it_does_not_send_again_when_nobody_knows_whether_it_was_taken(written, cloud, word):
    before = len(cloud.taken())
    cloud.go_wrong(word)
    outbox.send_due()
    again(minutes=2)
    again(minutes=5)
    assert (state_of(written), len(cloud.taken())) == ("queued", before + 1)


def test_a_status_that_names_our_key_settles_what_nobody_knew(written, cloud, deliver):
    cloud.go_wrong("drop")
    outbox.send_due()
    deliver(status(cloud.ids()[-1], "delivered", "reply-1"))
    assert (state_of(written), row_state(written), written.external_id) == ("delivered", "sent", cloud.ids()[-1])


def test_without_any_word_it_is_shown_as_failed_and_as_maybe_arrived(written, cloud):
    before = len(cloud.taken())
    cloud.go_wrong("drop-before")
    outbox.send_due()
    again(minutes=11)
    assert (state_of(written), row_state(written), written.error) == ("failed", "failed", sending.MAYBE)
    assert len(cloud.taken()) == before


def test_a_late_word_corrects_a_message_that_was_given_up(written, cloud, deliver):
    cloud.go_wrong("drop")
    outbox.send_due()
    again(minutes=11)
    deliver(status(cloud.ids()[-1], "sent", "reply-1"))
    assert (state_of(written), row_state(written)) == ("sent", "sent")


def test_the_sweep_shows_a_lost_message_as_failed_when_no_worker_asks_any_more(written, cloud):
    cloud.go_wrong("drop")
    outbox.send_due()
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert sending.give_up_waiting() == 1
    assert state_of(written) == "failed"


def test_a_worker_that_dies_after_handing_over_does_not_make_a_second_message(written, cloud):
    before = len(cloud.taken())
    outbox.send_due()
    # As if it had died before it wrote anything down.
    Message.objects.update(external_id="", state="queued")
    OutboxMessage.objects.update(state="sending", claimed_at=timezone.now() - timedelta(minutes=6))
    outbox.send_due()
    assert len(cloud.taken()) == before + 1


def test_staff_may_send_a_lost_message_again(written, cloud):
    before = len(cloud.taken())
    cloud.go_wrong("drop-before")
    outbox.send_due()
    again(minutes=11)
    outbox.retry(OutboxMessage.objects.get().pk)
    outbox.send_due()
    assert (state_of(written), len(cloud.taken())) == ("sent", before + 1)


def test_a_message_the_vendor_refuses_is_failed_with_the_reason(written, cloud):
    cloud.go_wrong("refuse")
    outbox.send_due()
    assert (state_of(written), written.error) == ("failed", "WhatsApp answered 400, code 131026")


def test_a_wrong_token_keeps_the_message_for_later(written, cloud, settings):
    settings.WHATSAPP_TOKEN = "expired"
    outbox.send_due()
    assert (state_of(written), row_state(written)) == ("queued", "retrying")


def test_a_slow_vendor_is_waited_for(written, cloud):
    cloud.go_wrong("slow", slow_seconds=0.3)
    outbox.send_due()
    assert state_of(written) == "sent"


@pytest.mark.parametrize(
    ("order", "final"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "sent"], "delivered"),
        (["failed", "sent"], "failed"),
        (["sent", "failed"], "failed"),
        (["delivered", "failed"], "delivered"),
        (["failed", "delivered"], "delivered"),
    ],
)
def test_states_only_move_forward_in_whatever_order_they_come(written, cloud, deliver, order, final):
    outbox.send_due()
    for state in order:
        deliver(status(cloud.ids()[-1], state))
    assert state_of(written) == final


def test_a_status_that_comes_before_our_own_record_is_not_lost(written, cloud, deliver):
    cloud.go_wrong("drop")
    outbox.send_due()
    deliver(status(cloud.ids()[-1], "read"))  # without a key
    assert state_of(written) == "queued"
    deliver(status(cloud.ids()[-1], "sent", "reply-1"))
    assert state_of(written) in ("sent", "read")


def test_a_failure_that_the_vendor_reports_says_why(written, cloud, deliver):
    outbox.send_due()
    deliver(status(cloud.ids()[-1], "failed", errors=[{"code": 131026, "title": "Message undeliverable"}]))
    assert (state_of(written), written.error) == ("failed", "131026 Message undeliverable")


def test_a_stranger_cannot_take_a_key_of_another_message(written, cloud, deliver, lineo_on_whatsapp):
    outbox.send_due()
    deliver(status("wamid.other", "failed", "reply-1"))
    assert state_of(written) == "sent"


# ---------------------------------------------------------------- the 24 hours
def test_after_24_hours_the_text_goes_in_the_approved_template(written, cloud, settings):
    settings.WHATSAPP_TEMPLATE = "portal_notice"
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    Message.objects.update(text="Line one\n\nLine two")
    outbox.send_due()
    template = cloud.taken()[-1]["template"]
    assert (template["name"], template["language"]) == ("portal_notice", {"code": "en"})
    assert template["components"][0]["parameters"][0]["text"] == "Line one Line two"
    assert (state_of(written), written.kind) == ("sent", "template")


def test_after_24_hours_without_a_template_it_is_failed_and_says_so(written, cloud):
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    outbox.send_due()
    assert state_of(written) == "failed"
    assert written.error == "The 24 hours for free answers are over, and no template is set up."


def test_somebody_who_hides_the_number_is_written_to_by_the_business_scoped_id(written, cloud):
    Contact.objects.update(key="LS.13491208655302741918", phone="")
    outbox.send_due()
    assert cloud.taken()[-1]["recipient"] == "LS.13491208655302741918"


# ---------------------------------------------------------------- pace and order
def test_one_person_gets_no_more_than_the_pace_allows_and_nothing_is_lost(lineo_on_whatsapp, cloud, settings):
    settings.WHATSAPP_SENDS_PER_CONTACT = 3
    with transaction.atomic():
        for number in range(5):
            send_text(lineo_on_whatsapp, f"text {number}", key=f"reply-{number}")
    for _ in range(6):
        outbox.send_due()
    assert Message.objects.filter(state="sent").count() == 3
    assert set(OutboxMessage.objects.exclude(state="sent").values_list("attempts", flat=True)) == {0}
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        for _ in range(3):
            outbox.send_due()
    assert Message.objects.filter(state="sent").count() == 5


def test_messages_of_one_person_leave_in_order_even_when_the_first_has_to_wait(lineo_on_whatsapp, cloud):
    with transaction.atomic():
        for number in range(3):
            send_text(lineo_on_whatsapp, f"text {number}", key=f"reply-{number}")
    cloud.go_wrong("500")
    before = len(cloud.taken())
    outbox.send_due()
    assert len(cloud.taken()) == before
    for minutes in (1, 2, 3):
        again(minutes)
    assert [body["text"]["body"] for body in cloud.taken()[before:]] == ["text 0", "text 1", "text 2"]


def test_a_message_nobody_knows_about_does_not_hold_up_the_next(lineo_on_whatsapp, cloud):
    with transaction.atomic():
        first = send_text(lineo_on_whatsapp, "first", key="reply-1")
        second = send_text(lineo_on_whatsapp, "second", key="reply-2")
    cloud.go_wrong("drop")
    outbox.send_due()
    outbox.send_due()
    assert (state_of(first), state_of(second)) == ("queued", "sent")


# ---------------------------------------------------------------- whom to write to
def test_a_notice_goes_to_the_contact_last_heard_from(cloud):
    old = Contact.objects.create(channel="cloud", key="1", phone="26658120009", last_inbound_at=timezone.now())
    later = timezone.now() + timedelta(hours=1)
    new = Contact.objects.create(channel="simulator", key="2", phone="26658120009", last_inbound_at=later)
    assert contact_for_phone("5812 0009") == new
    assert old != new


def test_a_notice_to_somebody_never_heard_from_begins_on_the_default_channel(cloud):
    contact = contact_for_phone("+266 5812 0009")
    assert (contact.channel, contact.key, contact.phone) == ("cloud", "26658120009", "26658120009")


def test_the_cloud_api_has_no_group(cloud):
    with transaction.atomic():
        assert notify_group("Ticket", key="group-1") is False


def test_the_simulator_shows_what_the_group_is_told(db):
    with transaction.atomic():
        assert notify_group("Ticket", key="group-1") is True
    outbox.send_due()
    message = Message.objects.get()
    assert (message.contact.key, message.text, message.state) == ("group", "Ticket", "delivered")
