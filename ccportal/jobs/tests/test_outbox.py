"""Messages that leave the house: written with their cause, sent once, retried by the class of the fault."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from ccportal.core.errors import Conflict
from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage

sent: list[str] = []
fault: list[Exception] = []


@outbox.handler("test.letter")
def post(message):
    if fault:
        raise fault[0]
    sent.append(message.key)
    return f"letter-{message.payload['number']}"


@pytest.fixture(autouse=True)
def nothing_sent_yet():
    sent.clear()
    fault.clear()


@pytest.fixture
def letter(db):
    with transaction.atomic():
        return outbox.enqueue("test.letter", "welcome-7", {"number": 7})


def fail_with(error):
    fault[:] = [error]
    outbox.send_due()


def later(message, **ago):
    OutboxMessage.objects.filter(pk=message.pk).update(next_at=timezone.now() - timedelta(**ago))


def test_a_message_is_sent_and_keeps_the_vendors_reference(letter):
    assert outbox.send_due() == 1
    letter.refresh_from_db()
    assert (letter.state, letter.vendor_reference, letter.attempts) == ("sent", "letter-7", 1)
    assert letter.sent_at is not None


def test_a_message_is_sent_once(letter):
    outbox.send_due()
    outbox.send_due()
    assert sent == ["welcome-7"]


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_write_a_message_outside_a_transaction():
    with pytest.raises(RuntimeError):
        outbox.enqueue("test.letter", "welcome-8", {"number": 8})
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_message_disappears_with_its_cause():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.enqueue("test.letter", "welcome-8", {"number": 8})
        raise ZeroDivisionError
    assert not OutboxMessage.objects.exists()


def test_the_same_key_gives_the_same_message(letter):
    with transaction.atomic():
        again = outbox.enqueue("test.letter", "welcome-7", {"number": 99})
    assert again.pk == letter.pk
    outbox.send_due()
    assert sent == ["welcome-7"]


def test_a_message_claimed_by_another_worker_is_left_alone(letter):
    assert outbox._claim(letter.pk) is not None
    assert outbox._claim(letter.pk) is None
    assert outbox.send_due() == 0


def test_a_passing_fault_is_tried_again_later(letter):
    fail_with(outbox.TransientError("The gateway does not answer."))
    letter.refresh_from_db()
    assert (letter.state, letter.error) == ("retrying", "The gateway does not answer.")
    assert timedelta(seconds=2) < letter.next_at - timezone.now() <= timedelta(seconds=7.5)
    fault.clear()
    assert outbox.send_due() == 0
    later(letter, seconds=1)
    assert outbox.send_due() == 1
    letter.refresh_from_db()
    assert (letter.state, letter.error) == ("sent", "")


def test_the_vendors_wish_to_wait_is_respected(letter):
    fail_with(outbox.TransientError("Too many messages.", retry_after=120))
    letter.refresh_from_db()
    assert letter.next_at - timezone.now() > timedelta(seconds=119)


def test_a_lasting_fault_is_not_tried_again(letter):
    fail_with(outbox.PermanentError("The number does not exist."))
    letter.refresh_from_db()
    assert (letter.state, letter.error) == ("failed", "The number does not exist.")


def test_an_unexpected_fault_is_tried_again_without_showing_internals(letter):
    fail_with(KeyError("+26650000000"))
    letter.refresh_from_db()
    assert letter.state == "retrying"
    assert "266" not in letter.error


def test_it_gives_up_after_twelve_attempts(letter):
    for _ in range(12):
        later(letter, seconds=1)
        fail_with(outbox.TransientError("The gateway does not answer."))
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("failed", 12)
    assert letter.error == "Given up after 12 attempts. The gateway does not answer."


@pytest.mark.parametrize(
    ("attempts", "least", "most"), [(1, 2.5, 7.5), (4, 20, 60), (10, 1280, 3840), (30, 1800, 5400)]
)
def test_pauses_double_up_to_an_hour(attempts, least, most):
    pauses = [outbox.pause(attempts).total_seconds() for _ in range(200)]
    assert least <= min(pauses) < max(pauses) <= most


def test_a_message_whose_worker_died_is_sent_by_another(letter):
    outbox._claim(letter.pk)
    OutboxMessage.objects.filter(pk=letter.pk).update(claimed_at=timezone.now() - timedelta(minutes=6))
    outbox.send_due()
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("sent", 2)


def test_an_outcome_that_comes_after_the_rescue_is_dropped(letter):
    slow = outbox._claim(letter.pk)
    OutboxMessage.objects.filter(pk=letter.pk).update(claimed_at=timezone.now() - timedelta(minutes=6))
    outbox.send_due()
    outbox._retry(slow, "Too late.", None)
    letter.refresh_from_db()
    assert letter.state == "sent"


def test_a_kind_without_handler_waits_for_a_version_that_has_one(db):
    with transaction.atomic():
        message = outbox.enqueue("test.unheard-of", "k", {})
    outbox.send_due()
    message.refresh_from_db()
    assert message.state == "retrying"


def test_a_cancelled_message_is_never_sent(letter):
    outbox.cancel(letter.pk)
    assert outbox.send_due() == 0
    with pytest.raises(Conflict):
        outbox.cancel(letter.pk)


def test_a_failed_message_can_be_sent_again_by_hand(letter):
    fail_with(outbox.PermanentError("The number does not exist."))
    fault.clear()
    outbox.retry(letter.pk)
    outbox.send_due()
    assert sent == ["welcome-7"]
    with pytest.raises(Conflict):
        outbox.retry(letter.pk)


def test_staff_see_the_shape_of_a_message_only():
    payload = {"to": "+26650000000", "text": "Lumela", "urgent": True, "parts": [1, None]}
    assert outbox.masked(payload) == {
        "to": "text, 12 characters",
        "text": "text, 6 characters",
        "urgent": True,
        "parts": ["number", None],
    }


# ---------------------------------------------------------------- lanes, kinds, words of the vendor
def write(*numbers, lane="", kind="test.letter"):
    with transaction.atomic():
        return [outbox.enqueue(kind, f"letter-{number}", {"number": number}, lane=lane) for number in numbers]


def test_messages_of_one_lane_leave_in_the_order_in_which_they_were_written(db):
    first, second = write(1, 2, lane="contact-1")
    fail_with(outbox.TransientError("later"))
    fault.clear()
    OutboxMessage.objects.filter(pk=second.pk).update(next_at=timezone.now() - timedelta(hours=1))
    outbox.send_due()
    assert sent == []
    later(first, seconds=1)
    outbox.send_due()
    outbox.send_due()
    assert sent == ["letter-1", "letter-2"]


def test_a_lane_does_not_hold_up_another(db):
    write(1, lane="contact-1")
    fail_with(outbox.TransientError("later"))
    fault.clear()
    write(2, lane="contact-2")
    outbox.send_due()
    assert sent == ["letter-2"]


def test_a_message_of_unknown_fate_leaves_its_lane(db):
    write(1, 2, lane="contact-1")
    fail_with(outbox.Uncertain("no answer"))
    fault.clear()
    outbox.send_due()
    assert sent == ["letter-2"]


def test_our_own_pace_is_no_attempt(letter):
    fail_with(outbox.NotYet("too fast", retry_after=10))
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("retrying", 0)


def test_no_more_of_a_kind_are_on_their_way_than_its_handler_allows(db):
    first, _ = write(1, 2)
    OutboxMessage.objects.filter(pk=first.pk).update(state="sending", claimed_at=timezone.now())
    assert outbox.send_due() == 0


def test_one_kind_can_be_sent_alone(db):
    write(1)
    assert outbox.send_due("another.kind") == 0
    assert outbox.send_due("test.letter") == 1


def test_workers_leave_a_kind_alone_that_another_program_sends(db):
    outbox.sent_elsewhere("test.elsewhere")
    write(1, kind="test.elsewhere")
    assert outbox.send_due() == 0
    assert OutboxMessage.objects.get().attempts == 0


def test_the_vendors_late_word_ends_a_message_that_was_given_up(letter):
    fail_with(outbox.PermanentError("lost"))
    outbox.confirm(letter.key, "vendor-9")
    letter.refresh_from_db()
    assert (letter.state, letter.vendor_reference, letter.error) == ("sent", "vendor-9", "")


def test_what_is_due_of_a_kind_is_found_without_reading_what_was_sent(db):
    plan = outbox._due("test.letter").order_by("next_at", "pk").explain()
    assert "USING INDEX outbox_due" in plan
    assert "state=?" in plan.splitlines()[0]
