"""Who is asked, how they answer, and what happens when nobody does."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from customers.models import DirectoryCustomer
from whatsapp.models import Media, Offer, OnCall, Technician, Ticket
from whatsapp.services import dispatch, tickets
from whatsapp.services.identification import Person
from whatsapp.services.tickets import technician_message
from whatsapp.tests.tickets.conftest import message_of, on_call, report, send_all, told
from whatsapp.triage import parse_command

pytestmark = pytest.mark.django_db
TAU, PULE = "26662000001", "26662000002"
BY = {"actor": "Palesa Molapo", "actor_id": "1002"}


def writes(technician, text):
    """A technician's message is dealt with."""
    message = message_of(technician.phone, text, technician.name)
    technician_message(technician, message, parse_command(text))
    return message


def state(ticket):
    ticket.refresh_from_db()
    return ticket.state


def test_the_first_on_call_is_asked_with_what_and_where(tau, pule):
    ticket = report().ticket
    (text,) = told(TAU)
    assert ticket.number in text
    assert "Ha Makebe" in text
    assert "ACCEPT" in text
    assert told(PULE) == []


def test_a_technician_with_an_address_is_asked_by_e_mail_too(tau, pule):
    Technician.objects.filter(pk=tau.pk).update(email="tau@portal.example")
    ticket = report().ticket
    send_all()
    (letter,) = [letter for letter in mail.outbox if letter.to == ["tau@portal.example"]]
    assert letter.subject == f"{ticket.number} P1 Ha Makebe"
    assert "ACCEPT" in letter.body
    assert letter.body.endswith("Please answer by WhatsApp: answers to this e-mail are not read.")


def test_a_technician_is_told_how_to_find_the_house_and_whom_to_call(tau):
    DirectoryCustomer.objects.create(number=23, name="Lineo Letsie", village="Ha Mohasoa, by the dam")
    report(person=Person("23", "Lineo Letsie", "0023MAK", "MAK"))
    assert "(Lineo Letsie (WhatsApp), 0023MAK, Ha Mohasoa, by the dam, +26658120001)" in told(TAU)[0]


def test_danger_is_said_before_the_job(tau):
    report(safety=True)
    assert told(TAU)[0].startswith("KOTSI")


@pytest.mark.parametrize("word", ["accept", "Kea amohela", "E", "yes", "OK"])
def test_a_word_takes_the_job_and_the_customer_hears_of_it(tau, word):
    ticket = report().ticket
    writes(tau, word)
    assert state(ticket) == "acknowledged"
    assert ticket.technician == tau
    assert ticket.number in told()[-1]


@pytest.mark.parametrize("word", ["decline", "Che", "no"])
def test_who_declines_is_followed_by_the_next(tau, pule, word):
    ticket = report().ticket
    writes(tau, word)
    assert state(ticket) == "open"
    assert ticket.number in told(PULE)[0]


def test_who_does_not_answer_in_time_is_followed_by_the_next(tau, pule):
    report()
    assert dispatch.expire_due() == 0
    Offer.objects.update(answer_by=timezone.now() - timedelta(seconds=1))
    assert dispatch.expire_due() == 1
    assert len(told(PULE)) == 1


def test_the_list_is_gone_through_twice_then_the_team_is_told(tau, pule, settings):
    settings.ONM_EMAILS = ["onm@example.com"]
    ticket = report().ticket
    for _ in range(6):
        Offer.objects.filter(state="offered").update(answer_by=timezone.now() - timedelta(seconds=1))
        dispatch.expire_due()
    assert list(ticket.offers.values_list("technician__name", "round")) == [
        ("Tau Nkuebe", 1), ("Pule Mohapi", 1), ("Tau Nkuebe", 2), ("Pule Mohapi", 2),
    ]  # fmt: skip
    assert ticket.events.get(kind="job.unassigned").text == "Nobody on call took the job."
    send_all()
    assert [letter.subject for letter in mail.outbox if letter.subject.startswith("Unassigned")] == [
        f"Unassigned: {ticket.number}"
    ]


def test_a_site_without_anybody_on_call_tells_the_team_at_once():
    ticket = report().ticket
    assert ticket.events.get(kind="job.unassigned").text == "Nobody is on call for this site."


def test_those_of_any_site_are_asked_after_those_of_the_site(tau):
    roaming = on_call("Neo Ralebese", "26662000003", "", 1)
    assert dispatch.on_call("MAK") == [tau, roaming]
    assert dispatch.on_call("KET") == [roaming]


def test_who_is_off_duty_is_not_asked(tau, pule):
    Technician.objects.filter(pk=tau.pk).update(is_active=False)
    report()
    assert (told(TAU), len(told(PULE))) == ([], 1)


def test_the_job_goes_on_to_arrival_and_done_with_a_note_and_a_photo(tau):
    ticket = report().ticket
    writes(tau, "accept")
    writes(tau, "Ke fihlile")
    assert state(ticket) == "in_progress"
    done = message_of(TAU, "Done: replaced the fuse", "Tau")
    Media.objects.create(message=done, mime="image/jpeg", state="stored")
    technician_message(tau, done, parse_command(done.text))
    assert state(ticket) == "resolved"
    assert ticket.resolution_note == "replaced the fuse"
    assert ticket.events.filter(kind="photo.added", actor="Tau Nkuebe").count() == 1
    assert ticket.number in told()[-1] and "power" in told()[-1]


def test_a_photo_after_the_word_done_is_still_of_the_job(tau):
    ticket = report().ticket
    writes(tau, "accept")
    writes(tau, "done: new fuse")
    said = len(told(TAU))
    photo = message_of(TAU, "", "Tau")
    Media.objects.create(message=photo, mime="image/jpeg", state="stored")
    technician_message(tau, photo, None)
    assert ticket.events.filter(kind="photo.added", actor="Tau Nkuebe").count() == 1
    assert len(told(TAU)) == said
    assert state(ticket) == "resolved"


def test_a_technician_with_two_jobs_is_asked_which_and_may_name_it(tau):
    first = report(category="meter-issue").ticket
    second = report(category="meter-issue", phone="26658120002").ticket
    writes(tau, "accept")
    assert first.number in told(TAU)[-1] and second.number in told(TAU)[-1]
    writes(tau, f"accept {second.number}")
    assert (state(first), state(second)) == ("open", "acknowledged")


def test_the_end_of_the_number_is_enough(tau):
    report(category="meter-issue")
    second = report(category="meter-issue", phone="26658120002").ticket
    writes(tau, "accept 0002")
    assert state(second) == "acknowledged"


def test_who_answers_too_late_hears_that_it_is_gone(tau, pule):
    report()
    Offer.objects.update(answer_by=timezone.now() - timedelta(seconds=1))
    dispatch.expire_due()
    writes(tau, "accept")
    assert "has gone to somebody else" in told(TAU)[-1]
    writes(pule, "accept")
    writes(tau, "accept")
    assert "already been taken" in told(TAU)[-1]


def test_without_an_open_job_the_portal_says_so(tau):
    writes(tau, "accept")
    assert "no open job" in told(TAU)[-1]


def test_a_word_that_means_nothing_is_answered_with_the_words_that_do(tau):
    report()
    writes(tau, "what is the weather")
    assert "ACCEPT, DECLINE, ARRIVED" in told(TAU)[-1]


def test_who_gives_a_job_back_is_followed_by_the_next(tau, pule):
    ticket = report().ticket
    writes(tau, "accept")
    writes(tau, "decline car broken")
    assert state(ticket) == "open"
    assert ticket.technician is None
    assert len(told(PULE)) == 1


def test_a_ticket_that_staff_resolve_is_withdrawn_from_who_had_it(tau):
    ticket = report().ticket
    writes(tau, "accept")
    Ticket.objects.update(technician=None)
    tickets.resolve(ticket, **BY)
    assert "withdrawn" in told(TAU)[-1]
    assert not Offer.objects.filter(state__in=dispatch.OPEN_OFFERS).exists()


def test_a_ticket_opened_again_is_offered_again(tau):
    ticket = report().ticket
    writes(tau, "accept")
    writes(tau, "done")
    tickets.reopen(ticket, **BY)
    assert ticket.offers.filter(state="offered").count() == 1
    assert ticket.offers.order_by("pk").last().round == 2


def test_staff_assign_a_job_over_the_list(tau, pule):
    ticket = report().ticket
    dispatch.assign(ticket, pule, **BY)
    ticket.refresh_from_db()
    assert (ticket.technician, ticket.state) == (pule, "acknowledged")
    assert "withdrawn" in told(TAU)[-1]
    assert ticket.number in told(PULE)[-1]


def test_planned_work_is_not_offered_in_the_night(tau):
    report(category="vegetation", priority="P4")
    assert told(TAU) == []


def test_nobody_on_call_twice(tau):
    OnCall.objects.create(technician=tau, site_code="", order=1)
    assert dispatch.on_call("MAK") == [tau]
