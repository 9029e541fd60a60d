"""From a message to its answer: whom it is from, what is done, what is said, and that nothing is said twice."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from ccportal.jobs.models import OutboxMessage
from customers.models import DirectoryAccount, DirectoryCustomer, DirectoryPhone, Site
from whatsapp.channels.base import InboundEvent, MediaRef
from whatsapp.models import (
    Channel,
    Contact,
    Conversation,
    Message,
    MessageKind,
    Report,
    Ticket,
    TicketEvent,
    TriageResult,
)
from whatsapp.services import conversations, deciding, intake

pytestmark = pytest.mark.django_db
PHONE = "26658120001"


@pytest.fixture(autouse=True)
def no_waiting(settings):
    settings.WHATSAPP_BATCH_SECONDS = 0
    settings.UGRIDPLAN_URL = "https://ugridplan.example"  # called by workers only


@pytest.fixture(autouse=True)
def sites(db):
    Site.objects.update_or_create(code="MAK", defaults={"name": "Ha Makebe", "active": True})
    Site.objects.update_or_create(code="MAT", defaults={"name": "Matsoaing", "active": True})


def customer(number, name, account, phone="58120001", site="MAK", status="active"):
    DirectoryCustomer.objects.create(
        number=number, name=name, sort_name=name.lower(), site=site, status=status, accounts=account,
        village="Ha Makebe", document=f" {name.lower()}", extra=f" {phone}", digest=str(number),
    )  # fmt: skip
    DirectoryAccount.objects.create(account=account, customer_number=number, site=account[-3:], source=1, owner=True)
    if phone:
        DirectoryPhone.objects.create(suffix=phone[-8:], digits=phone, customer_number=number)


@pytest.fixture
def lineo_is_known():
    customer(71, "Lineo Letsie", "0045MAK")


_numbers = iter(range(10_000))


def arrive(text="", *, key=PHONE, phone=PHONE, at=None, **more):
    """A message of this person is stored; nobody answers yet."""
    number = f"m{next(_numbers)}"
    at = at or timezone.now()
    intake.store([InboundEvent(Channel.SIMULATOR, number, key, at, phone=phone, text=text, name="Lineo", **more)])
    return Message.objects.get(external_id=number)


def answer(key=PHONE):
    """What the portal says to this person now."""
    before = set(Message.objects.filter(direction="out").values_list("pk", flat=True))
    conversations.answer(Contact.objects.get(key=key).pk)
    new = Message.objects.filter(direction="out", contact__key=key).exclude(pk__in=before).order_by("pk")
    return "\n---\n".join(new.values_list("text", flat=True))


def say(text, **more):
    arrive(text, **more)
    return answer(more.get("key", PHONE))


def pass_time(**ago):
    Conversation.objects.update(last_message_at=timezone.now() - timedelta(**ago))
    Message.objects.update(created_at=timezone.now() - timedelta(**ago))


# ---------------------------------------------------------------- a known customer
def test_a_known_customer_who_has_no_power_gets_a_ticket_number_in_both_languages(lineo_is_known):
    reply = say("Motlakase o tsamaile")
    ticket = Ticket.objects.get()
    assert (ticket.site_code, ticket.category, ticket.priority, ticket.customer_number) == (
        "MAK",
        "no-power",
        "P1",
        "71",
    )
    assert f"Nomoro ea tikete ea hau ke {ticket.number}" in reply
    assert f"Your ticket number is {ticket.number}" in reply


def test_the_message_ends_with_its_outcome_and_the_judgement_is_kept(lineo_is_known):
    message = arrive("Motlakase o tsamaile")
    answer()
    message.refresh_from_db()
    assert (message.state, message.details["outcome"]) == ("processed", f"opened {Ticket.objects.get().number}")
    judgement = TriageResult.objects.get()
    assert (judgement.message, judgement.category, judgement.needs_ticket) == (message, "no-power", True)


def test_messages_that_come_together_are_answered_together(lineo_is_known):
    arrive("Lumela")
    arrive("Motlakase o tsamaile")
    arrive("ho tloha maobane")
    assert answer().count("---") == 0
    assert TriageResult.objects.get().text == "Lumela\nMotlakase o tsamaile\nho tloha maobane"
    assert Ticket.objects.count() == 1


def test_an_answer_waits_until_the_messages_have_come_together(lineo_is_known, settings):
    settings.WHATSAPP_BATCH_SECONDS = 2
    arrive("Motlakase o tsamaile")
    assert answer() == ""
    pass_time(seconds=3)
    assert "ticket number" in answer()


def test_the_known_customers_site_wins_over_a_place_in_the_text(lineo_is_known):
    say("No power here in Matsoaing")
    assert Ticket.objects.get().site_code == "MAK"


def test_somebody_who_left_does_not_stand_in_the_way_of_who_is_there_now():
    customer(70, "Old Tenant", "0044MAK", status="terminated")
    customer(71, "Lineo Letsie", "0045MAK")
    say("No power")
    assert Ticket.objects.get().customer_number == "71"


# ---------------------------------------------------------------- several customers on a phone
@pytest.fixture
def a_shared_phone():
    customer(71, "Lineo Letsie", "0045MAK")
    customer(72, "Thabo Mokoena", "0046MAT", site="MAT")


def test_several_customers_on_a_phone_are_asked_about(a_shared_phone):
    reply = say("Motlakase o tsamaile")
    assert "1. Lineo Letsie, 0045MAK, Ha Makebe" in reply and "2. Thabo Mokoena, 0046MAT" in reply
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "said", ["2", "2.", "Ke 2", "Thabo", "thabo mokoena", "0046MAT", "mat 46 0046mat", "account 0046 MAT"]
)
def test_the_answer_is_understood_by_number_name_or_account(a_shared_phone, said):
    say("Motlakase o tsamaile")
    reply = say(said)
    ticket = Ticket.objects.get()
    assert (ticket.site_code, ticket.customer_number, ticket.original_text) == ("MAT", "72", "Motlakase o tsamaile")
    assert ticket.number in reply


def test_who_was_chosen_is_remembered(a_shared_phone):
    say("Motlakase o tsamaile")
    say("2")
    assert list(Contact.objects.filter(key=PHONE).values_list("customer_number", "site_code")) == [("72", "MAT")]


def test_an_answer_that_chooses_nobody_is_asked_once_more_and_then_staff_get_the_ticket(a_shared_phone):
    say("Motlakase o tsamaile")
    assert "1. Lineo Letsie" in say("hantle")
    assert not Ticket.objects.exists()
    reply = say("ke a leboha")
    ticket = Ticket.objects.get()
    assert ticket.site_code == "" and ticket.number in reply
    assert Conversation.objects.get().needs_staff is True


# ---------------------------------------------------------------- nobody we know
def test_somebody_unknown_is_asked_for_account_or_village():
    assert "account number, or the name of your village" in say("There is no electricity")
    assert not Ticket.objects.exists()


def test_a_village_is_enough():
    say("There is no electricity")
    reply = say("Ha Makebe")
    ticket = Ticket.objects.get()
    assert (ticket.site_code, ticket.customer_number, ticket.original_text) == ("MAK", "", "There is no electricity")
    assert ticket.number in reply


def test_an_account_tells_who_it_is(lineo_is_known):
    say("No electricity", key="26657770000", phone="26657770000")
    say("0045 MAK", key="26657770000", phone="26657770000")
    assert Ticket.objects.get().customer_number == "71"


def test_somebody_who_hides_the_number_is_known_by_the_phone_they_tell(lineo_is_known):
    say("No electricity", key="LS.7731", phone="")
    say("My number is 5812 0001", key="LS.7731", phone="")
    assert Ticket.objects.get().customer_number == "71"


def test_a_place_in_the_first_message_needs_no_question():
    assert "ticket number" in say("No electricity in Matsoaing since morning")
    assert Ticket.objects.get().site_code == "MAT"


def test_danger_opens_the_ticket_at_once_and_asks_for_the_place_afterwards():
    reply = say("There are sparks at the pole")
    ticket = Ticket.objects.get()
    assert (ticket.safety, ticket.priority, ticket.site_code) == (True, "P1", "")
    assert reply.index("DANGER") < reply.index(ticket.number) < reply.index("name of your village")
    say("Ha Makebe")
    assert Ticket.objects.count() == 1
    assert TicketEvent.objects.filter(ticket=ticket, text="Ha Makebe").exists()


def test_a_fault_whose_place_nobody_tells_is_not_lost():
    say("There is no electricity")
    pass_time(minutes=11)
    conversations.sweep()
    ticket = Ticket.objects.get()
    assert ticket.original_text == "There is no electricity"
    told = Message.objects.filter(direction="out", contact__key=PHONE, text__contains=ticket.number)
    assert told.count() == 1
    conversations.sweep()
    assert Ticket.objects.count() == 1


# ---------------------------------------------------------------- what follows
def test_the_same_fault_again_becomes_a_comment(lineo_is_known):
    say("Motlakase o tsamaile")
    ticket = Ticket.objects.get()
    reply = say("Ntse ho se na motlakase")
    assert f"added to ticket {ticket.number}" in reply
    assert Ticket.objects.count() == 1
    assert TicketEvent.objects.get(kind="comment.added").text == "Ntse ho se na motlakase"


def test_another_fault_becomes_another_ticket(lineo_is_known):
    say("Motlakase o tsamaile")
    say("A tree is growing into the power line behind my house")
    assert sorted(Ticket.objects.values_list("category", flat=True)) == ["no-power", "vegetation"]


def test_danger_is_never_a_mere_comment(lineo_is_known):
    say("Motlakase o tsamaile")
    reply = say("No power and now sparks and smoke from the pole")
    assert "DANGER" in reply
    assert Ticket.objects.filter(safety=True).count() == 1


def test_a_question_about_the_open_ticket_is_added_to_it(lineo_is_known):
    say("Motlakase o tsamaile")
    assert "added to ticket" in say("When will you come?")


def test_after_half_an_hour_a_new_conversation_begins_and_the_open_ticket_is_still_known(lineo_is_known):
    say("Motlakase o tsamaile")
    pass_time(minutes=31)
    assert "added to ticket" in say("Motlakase ha o eso khutle, ha ho na motlakase")
    assert list(Conversation.objects.order_by("pk").values_list("state", flat=True)) == ["closed", "open"]
    assert Ticket.objects.count() == 1


def test_a_greeting_is_greeted(lineo_is_known):
    assert "Hello." in say("Lumela")
    assert not Ticket.objects.exists()


def test_a_vague_message_is_asked_about_and_the_answer_opens_the_ticket(lineo_is_known):
    assert "describe the problem" in say("Ke na le bothata")
    say("Motlakase o tsamaile")
    assert Ticket.objects.get().category == "no-power"


def test_two_vague_messages_are_for_a_person_to_read(lineo_is_known):
    say("Ke na le bothata")
    assert "where our staff read it" in say("Ha e sebetse")
    assert Conversation.objects.get().needs_staff is True


def test_a_question_about_money_is_for_staff(lineo_is_known):
    assert "recorded where our staff read it" in say("How much is one unit of electricity?")
    assert Conversation.objects.get().needs_staff is True


def test_a_question_about_money_is_for_staff_also_while_a_fault_is_open(lineo_is_known):
    say("Motlakase o tsamaile")
    assert "recorded where our staff read it" in say("Ke lefile M50 empa ha ke fumane liunite")
    assert Conversation.objects.get().needs_staff is True
    assert not TicketEvent.objects.filter(kind="comment.added").exists()


# ---------------------------------------------------------------- whether it is fixed
@pytest.fixture
def told_fixed(lineo_is_known):
    say("Motlakase o tsamaile")
    report = Report.objects.get()
    Report.objects.update(told_resolved_at=timezone.now())
    return report


def test_yes_says_that_it_is_fixed(told_fixed):
    say("E, o khutlile")
    told_fixed.refresh_from_db()
    assert told_fixed.power_back is True


def test_no_says_that_it_is_not(told_fixed):
    pass_time(hours=3)
    say("Che")
    told_fixed.refresh_from_db()
    assert told_fixed.power_back is False


def test_a_new_fault_is_no_answer(told_fixed):
    say("A tree is growing into the power line behind my house")
    told_fixed.refresh_from_db()
    assert told_fixed.power_back is None
    assert Ticket.objects.filter(category="vegetation").exists()


# ---------------------------------------------------------------- photos, voice, places
def photo(text=""):
    return arrive(text, kind=MessageKind.IMAGE, media=[MediaRef("abc", "image/jpeg", 10)])


def test_a_photo_without_words_goes_to_the_open_ticket(lineo_is_known):
    say("Motlakase o tsamaile")
    photo()
    assert "added to ticket" in answer()


def test_a_voice_message_alone_is_kept_for_staff_and_words_are_asked_for(lineo_is_known):
    arrive(kind=MessageKind.AUDIO, media=[MediaRef("abc", "audio/ogg", 10)])
    assert "describe the problem in written words" in answer()
    assert Conversation.objects.get().needs_staff is True


def test_a_thumb_needs_no_answer(lineo_is_known):
    message = arrive(kind=MessageKind.OTHER, details={"reaction": "👍"})
    assert answer() == ""
    message.refresh_from_db()
    assert (message.state, message.details["outcome"]) == ("processed", "nothing to answer")


# ---------------------------------------------------------------- staff
def test_while_staff_write_the_portal_is_silent(lineo_is_known):
    say("Lumela")
    Conversation.objects.update(mode="staff")
    message = arrive("Motlakase o tsamaile")
    assert answer() == ""
    message.refresh_from_db()
    assert (message.state, message.details["outcome"]) == ("processed", "left to staff")
    assert Conversation.objects.get().unread == 2


# ---------------------------------------------------------------- floods
def test_a_flood_is_stored_whole_answered_little_and_told_once_to_slow_down(lineo_is_known, settings):
    settings.WHATSAPP_REPLIES_PER_MINUTE = 3
    replies = [say(f"hello {number}") for number in range(10)]
    assert Message.objects.filter(direction="in").count() == 10
    assert sum(bool(reply) for reply in replies) == 4
    assert sum("wait for our answer" in reply for reply in replies) == 1


def test_what_came_in_a_flood_is_answered_together_when_it_is_over(lineo_is_known, settings):
    settings.WHATSAPP_REPLIES_PER_MINUTE = 3
    for number in range(8):
        say(f"hello {number}")
    say("Motlakase o tsamaile")
    assert not Ticket.objects.exists()
    pass_time(minutes=2)
    answer()
    assert Ticket.objects.get().category == "no-power"
    assert not Message.objects.filter(state="received").exists()


def test_danger_is_answered_in_a_flood_too(lineo_is_known, settings):
    settings.WHATSAPP_REPLIES_PER_MINUTE = 3
    for number in range(6):
        say(f"hello {number}")
    assert "DANGER" in say("There are sparks and smoke at my meter")


# ---------------------------------------------------------------- once, whoever dies
def test_a_contact_is_answered_by_one_worker_at_a_time(lineo_is_known):
    arrive("Motlakase o tsamaile")
    Contact.objects.update(claim="another", claimed_at=timezone.now())
    assert answer() == ""
    assert not Ticket.objects.exists()


def test_the_claim_of_a_dead_worker_expires(lineo_is_known):
    arrive("Motlakase o tsamaile")
    Contact.objects.update(claim="dead", claimed_at=timezone.now() - timedelta(minutes=2))
    assert "ticket number" in answer()


def test_a_worker_whose_contact_was_taken_changes_nothing(lineo_is_known):
    arrive("Motlakase o tsamaile")
    judge = conversations.assess

    def slowly(*given):
        Contact.objects.update(claim="another")
        return judge(*given)

    with patch.object(conversations, "assess", slowly):
        assert answer() == ""
    assert (Ticket.objects.count(), TriageResult.objects.count(), OutboxMessage.objects.count()) == (0, 0, 0)
    assert Message.objects.get().state == "received"


def test_a_worker_that_dies_before_the_end_leaves_everything_to_the_next(lineo_is_known):
    arrive("Motlakase o tsamaile")
    with (
        patch.object(conversations, "send_text", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        answer()
    assert (Ticket.objects.count(), Message.objects.get().state) == (0, "received")
    assert "ticket number" in answer()
    assert Ticket.objects.count() == 1


def test_answering_again_changes_nothing(lineo_is_known):
    say("Motlakase o tsamaile")
    assert answer() == ""
    assert Ticket.objects.count() == 1


def test_what_cannot_be_dealt_with_is_given_to_staff_after_some_tries_and_said_so(lineo_is_known):
    message = arrive("Motlakase o tsamaile")
    with patch.object(conversations, "decide", side_effect=ValueError):
        replies = [answer() for _ in range(5)]
    message.refresh_from_db()
    assert replies[:4] == ["", "", "", ""] and "waiting to be read by our staff" in replies[4]
    assert (message.state, message.details["outcome"]) == ("processed", "failed; left to staff")
    assert Conversation.objects.get().needs_staff is True


def test_messages_that_came_long_after_each_other_are_answered_one_by_one(lineo_is_known):
    arrive("Motlakase o tsamaile")
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    arrive("A tree is growing into the power line behind my house")
    answer()
    assert Ticket.objects.get().category == "no-power"
    answer()
    assert sorted(Ticket.objects.values_list("category", flat=True)) == ["no-power", "vegetation"]


def test_a_reply_is_written_only_after_its_ticket(lineo_is_known):
    arrive("Motlakase o tsamaile")
    with patch.object(deciding.tickets, "open_fault", side_effect=ValueError):
        assert answer() == ""
    assert not Message.objects.filter(direction="out").exists()


def test_the_sweep_finds_whom_nobody_answers(lineo_is_known):
    arrive("Motlakase o tsamaile")
    with patch.object(conversations.broker, "send") as sent:
        assert conversations.sweep() == 1
    sent.assert_called_once_with("whatsapp.answer", Contact.objects.get().pk, expires=60)


# ---------------------------------------------------------------- what people write
@pytest.mark.parametrize(
    "text", ["\u200b", "…", "?" * 5000, "x" * 64_000, "🔥" * 500, "<b>" * 2000, "{{number}}", "%s%d", "'; DROP"]
)
def test_odd_messages_are_dealt_with(lineo_is_known, text):
    message = arrive(text)
    answer()
    message.refresh_from_db()
    assert message.state == "processed"
