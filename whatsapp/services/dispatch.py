"""Finds a technician for a ticket by WhatsApp and follows the job (docs/algorithms/dispatch.md).

Those on call for the site are asked one after the other, then those on call anywhere; each has so many minutes to say
ACCEPT, by priority. When the list is through it is gone through again, and when nobody took the job in all rounds the
O&M team is told by group and e-mail, and the ticket says so.
"""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from ccportal.core.errors import Conflict
from customers.models import DirectoryCustomer
from whatsapp import replies
from whatsapp.models import (
    UNFINISHED,
    Media,
    Message,
    Offer,
    OfferState,
    OnCall,
    Priority,
    Technician,
    Ticket,
    TicketState,
)
from whatsapp.replies import Situation
from whatsapp.services import lifecycle, notices, outgoing
from whatsapp.services.lifecycle import add_event
from whatsapp.services.messages import contact_for_phone, send_text
from whatsapp.services.telling import conversation_of
from whatsapp.triage import Answer, Command, known_for, parse_command

logger = logging.getLogger(__name__)
AT_WORK = (OfferState.ACCEPTED, OfferState.ARRIVED)
OPEN_OFFERS = (OfferState.OFFERED, *AT_WORK)
#: For so long after a job is done, photos are of it.
PHOTOS_FOLLOW = timedelta(hours=2)
_NUMBER = re.compile(r"\bCC-[A-Z]{3}-\d{4}-\d{4,}\b", re.IGNORECASE)
_SHORT = re.compile(r"\b(\d{4,})\b")
_NOBODY = "Nobody is on call for this site."
_NO_ANSWER = "Nobody on call took the job."


# ---------------------------------------------------------------- asking
def begin(ticket: Ticket) -> None:
    """Tell the O&M team of a ticket and ask the first technician; inside the transaction that opens it."""
    notices.of_ticket(ticket)
    look(ticket)


def look(ticket: Ticket) -> None:
    """Ask for a technician unless somebody has the job or is being asked; planned work (P4) waits for staff."""
    if ticket.technician_id is None and (ticket.safety or ticket.priority != Priority.P4):
        ask_next(ticket)


def ask_next(ticket: Ticket) -> Offer | None:
    """Ask whoever is next on the list; None when the list is through, and the team has been told."""
    asked = list(ticket.offers.order_by("pk"))
    if any(offer.state in OPEN_OFFERS for offer in asked):
        return None
    people = on_call(ticket.site_code)
    technician = _least_asked(ticket, asked, people)
    if technician is None:
        _nobody(ticket, _NO_ANSWER if people else _NOBODY)
        return None
    # Rounds grow over the whole life of a ticket: somebody may be asked again after it was opened again.
    last = max((offer.round for offer in asked if offer.technician_id == technician.pk), default=0)
    now = timezone.now()
    offer = Offer.objects.create(
        ticket=ticket, technician=technician, round=last + 1, offered_at=now, answer_by=now + patience(ticket.priority)
    )
    add_event(ticket, "job.offered", actor="the portal", text=technician.name, details={"offer": offer.pk})
    _tell_of_job(offer)
    return offer


def _least_asked(ticket: Ticket, asked: Sequence[Offer], people: Sequence[Technician]) -> Technician | None:
    """Who is next: the first of those asked least often since the ticket was opened, or opened again.

    None when everybody was asked in all rounds. What was withdrawn does not count: nobody could answer it.
    """
    since = ticket.reopened_at or ticket.created_at
    counting = [offer for offer in asked if offer.offered_at >= since and offer.state != OfferState.CANCELLED]
    times = Counter(offer.technician_id for offer in counting)
    waiting = [person for person in people if times[person.pk] < settings.DISPATCH_ROUNDS]
    return min(waiting, key=lambda person: times[person.pk], default=None)


def on_call(site_code: str) -> list[Technician]:
    """Who is asked, in this order: those of the site, then those of any site."""
    duties = OnCall.objects.filter(technician__is_active=True, site_code__in=("", site_code)).select_related(
        "technician"
    )
    ordered = sorted(duties, key=lambda duty: (not duty.site_code, duty.order, duty.pk))
    return list(dict.fromkeys(duty.technician for duty in ordered))


def patience(priority: str) -> timedelta:
    """How long a technician may take to answer."""
    return timedelta(minutes=settings.DISPATCH_ANSWER_MINUTES[list(Priority.values).index(priority)])


def _tell_of_job(offer: Offer) -> None:
    ticket, technician = offer.ticket, offer.technician
    facts = {"priority": ticket.priority, "site": _site_name(ticket), "description": _described(ticket)}
    text = _words(technician, Situation.TECHNICIAN_OFFER, ticket, **facts)
    if ticket.safety:
        text = f"{_words(technician, Situation.TECHNICIAN_DANGER, ticket)}\n\n{text}"
    _tell(offer, text, f"offer-{offer.pk}")


def _tell(offer: Offer, text: str, key: str) -> None:
    """Of a job, by WhatsApp and by e-mail."""
    _write(offer.technician, text, key)
    notices.to_technician(offer.technician, offer.ticket, text, key=key)


def _described(ticket: Ticket) -> str:
    where = ", ".join(filter(None, [ticket.reported_by, ticket.account_number, *_way(ticket)]))
    return f"{ticket.fault_description[:300]} ({where})"


def _way(ticket: Ticket) -> list[str]:
    """How whoever goes there finds the house: what the registry says of it, and the phone of who reported it."""
    number = ticket.customer_number
    lives = DirectoryCustomer.objects.filter(number=number).first() if number.isdecimal() else None
    report = ticket.reports.select_related("contact").exclude(contact=None).order_by("pk").first()
    phone = f"+{report.contact.phone}" if report and report.contact and report.contact.phone else ""
    return [lives.village[:120] if lives else "", "" if phone[1:] in ticket.reported_by else phone]


def _site_name(ticket: Ticket) -> str:
    known = known_for(ticket.site_code)
    return known.sites.get(ticket.site_code, ticket.site_code) or "site not known yet"


def _words(technician: Technician, situation: Situation, ticket: Ticket | None = None, **facts: object) -> str:
    number = {"number": ticket.number} if ticket else {}
    languages = dict.fromkeys([technician.language, "en"])
    return replies.reply(situation, languages, **number, **facts)


def _write(technician: Technician, text: str, key: str) -> None:
    contact = contact_for_phone(technician.phone)
    send_text(contact, text, key=key, conversation=conversation_of(contact, None))


def _nobody(ticket: Ticket, why: str) -> None:
    """Have people look: no machine can do more. Said again when somebody had the job meanwhile and gave it back."""
    asked = ticket.offers.count()
    facts = {"reopenings": ticket.reopenings, "asked": asked}
    if not ticket.events.filter(kind="job.unassigned", details=facts).exists():
        add_event(ticket, "job.unassigned", actor="the portal", text=why, details=facts)
        lifecycle.write(ticket)
        notices.of_unassigned(ticket, why, asked)


@transaction.atomic
def withdraw(ticket: Ticket) -> None:
    """Take back what is still with technicians: the ticket is finished, or somebody else's."""
    for offer in ticket.offers.filter(state__in=OPEN_OFFERS).select_related("technician"):
        if _settle(offer, OfferState.CANCELLED) and not _is_their_own_end(ticket, offer):
            text = _words(offer.technician, Situation.TECHNICIAN_WITHDRAWN, ticket)
            _tell(offer, text, f"offer-{offer.pk}-withdrawn")


def _is_their_own_end(ticket: Ticket, offer: Offer) -> bool:
    """Whether the technician finished it: they need not hear that it is over."""
    return ticket.state in (TicketState.RESOLVED, TicketState.CLOSED) and offer.technician_id == ticket.technician_id


def _settle(offer: Offer, state: str, note: str = "") -> bool:
    """Change an offer that is still in the state we saw; False when somebody was faster."""
    changed = Offer.objects.filter(pk=offer.pk, state=offer.state).update(
        state=state, answered_at=timezone.now(), note=note or offer.note
    )
    offer.state = state if changed else offer.state
    return bool(changed)


@transaction.atomic
def expire(offer: Offer) -> None:
    """Nobody answered in time: ask the next."""
    ticket = lifecycle.locked(offer.ticket)
    if _settle(offer, OfferState.EXPIRED):
        add_event(ticket, "job.unanswered", actor="the portal", text=offer.technician.name)
        if ticket.state in UNFINISHED:
            ask_next(ticket)


def expire_due() -> int:
    """Every offer whose time is over; the number of them."""
    due = Offer.objects.filter(state=OfferState.OFFERED, answer_by__lt=timezone.now())
    found = list(due.select_related("ticket", "technician")[:200])
    for offer in found:
        try:
            expire(offer)
        except DatabaseError:  # the others are not to wait for this one; it is tried again in half a minute
            logger.exception("offer %s was not ended", offer.pk)
    return len(found)


# ---------------------------------------------------------------- answers
@transaction.atomic
def answer(technician: Technician, message: Message, command: Answer | None) -> None:
    """What a technician wrote: one of the words about one of their jobs, or words and photos for the one at hand."""
    jobs = open_jobs(technician)
    # The number may come before the word.
    command = command or parse_command(_NUMBER.sub(" ", message.text))
    offer = _meant(jobs, message.text, command) or _just_lost(technician, jobs, message.text, command)
    if offer is None and command is None and (done := _just_done(technician, jobs, message)):
        _note(technician, done, lifecycle.locked(done.ticket), message)
        return
    if offer is None:
        _no_job(technician, message, jobs, command)
        return
    # The row is the judge of who was first.
    ticket = lifecycle.locked(offer.ticket)
    offer.refresh_from_db()
    if offer.state not in OPEN_OFFERS and not _may_still(offer, ticket, command):
        _too_late(technician, message, ticket)
    elif command is None:
        _note(technician, offer, ticket, message)
    elif command.command == Command.ACCEPT:
        _accept(technician, offer, ticket, message)
    elif command.command == Command.DECLINE:
        _decline(technician, offer, ticket, message, command.note)
    elif command.command == Command.ARRIVED:
        _arrive(technician, offer, ticket, message)
    else:
        _done(technician, offer, ticket, message, command.note)


def open_jobs(technician: Technician) -> list[Offer]:
    """What a technician is asked about or has taken, the oldest first."""
    mine = Offer.objects.filter(technician=technician, state__in=OPEN_OFFERS)
    return list(mine.select_related("ticket").order_by("pk"))


def _meant(jobs: Sequence[Offer], text: str, command: Answer | None) -> Offer | None:
    """The job a message is about: the one it names, else the only one the word fits, else the only one."""
    named = _NUMBER.search(text.upper())
    if named:
        return next((job for job in jobs if job.ticket.number == named[0].upper()), None)
    short = _SHORT.search(text)
    fitting = [job for job in jobs if _fits(job, command)]
    if command is not None and command.command in (Command.ARRIVED, Command.DONE):
        # Said of a job that was taken; of one that was only offered when there is no other.
        fitting = [job for job in fitting if job.state in AT_WORK] or fitting
    by_end = [job for job in fitting if short and job.ticket.number.endswith(f"-{short[1]}")]
    if len(by_end) == 1:
        return by_end[0]
    return fitting[0] if len(fitting) == 1 else None


def _fits(job: Offer, command: Answer | None) -> bool:
    if command is None:
        return job.state in AT_WORK
    if command.command == Command.ACCEPT:
        return job.state == OfferState.OFFERED
    return command.command == Command.DECLINE or job.state in OPEN_OFFERS


def _no_job(technician: Technician, message: Message, jobs: Sequence[Offer], command: Answer | None) -> None:
    key = f"technician-{message.pk}"
    if not jobs:
        return _write(technician, _words(technician, Situation.TECHNICIAN_NOTHING_OPEN), key)
    if len(jobs) > 1 and command is not None:
        choices = "\n".join(f"{job.ticket.number}: {_site_name(job.ticket)}" for job in jobs)
        return _write(technician, _words(technician, Situation.TECHNICIAN_WHICH_JOB, choices=choices), key)
    return _write(technician, _words(technician, Situation.TECHNICIAN_HOW_TO_ANSWER), key)


def _just_lost(technician: Technician, jobs: Sequence[Offer], text: str, command: Answer | None) -> Offer | None:
    """The job that this technician was last asked about, or names, and answers too late."""
    named = _NUMBER.search(text.upper())
    if command is None:
        return None
    asked = [job for job in jobs if job.state == OfferState.OFFERED] if command.command == Command.ACCEPT else jobs
    if asked and not named:
        return None
    since = timezone.now() - timedelta(hours=12)
    gone = (OfferState.EXPIRED, OfferState.CANCELLED)
    late = Offer.objects.filter(technician=technician, state__in=gone, offered_at__gt=since)
    if named:
        late = late.filter(ticket__number=named[0].upper())
    return late.select_related("ticket").order_by("-pk").first()


def _just_done(technician: Technician, jobs: Sequence[Offer], message: Message) -> Offer | None:
    """The job that a photo shows which comes after the word *done*."""
    if any(job.state in AT_WORK for job in jobs) or not message.media.exists():
        return None
    done = Offer.objects.filter(
        technician=technician, state=OfferState.DONE, answered_at__gt=timezone.now() - PHOTOS_FOLLOW
    )
    return done.select_related("ticket").order_by("-answered_at").first()


def _may_still(offer: Offer, ticket: Ticket, command: Answer | None) -> bool:
    """Whether somebody who says late that they go has the job all the same: nobody has it or is being asked."""
    if command is None or command.command == Command.DECLINE or offer.state != OfferState.EXPIRED:
        return False
    if ticket.state not in UNFINISHED or ticket.offers.filter(state__in=OPEN_OFFERS).exists():
        return False
    return _settle(offer, OfferState.OFFERED)


def _too_late(technician: Technician, message: Message, ticket: Ticket) -> None:
    """Say what has become of a job that was answered too late."""
    if ticket.state not in UNFINISHED:
        situation = Situation.TECHNICIAN_WITHDRAWN
    elif ticket.technician_id not in (None, technician.pk):
        situation = Situation.TECHNICIAN_ALREADY_TAKEN
    else:
        situation = Situation.TECHNICIAN_TOO_LATE
    _write(technician, _words(technician, situation, ticket), f"technician-{message.pk}")


def _accept(technician: Technician, offer: Offer, ticket: Ticket, message: Message) -> None:
    key = f"technician-{message.pk}"
    if offer.state in AT_WORK:
        return _write(technician, _words(technician, Situation.TECHNICIAN_ACCEPTED, ticket), key)
    try:
        with transaction.atomic():
            mine = ticket.state in UNFINISHED and _settle(offer, OfferState.ACCEPTED)
    except IntegrityError:  # one_technician_at_work: somebody else has it
        mine = False
        _settle(offer, OfferState.CANCELLED)
    if not mine:
        return _write(technician, _words(technician, Situation.TECHNICIAN_ALREADY_TAKEN, ticket), key)
    lifecycle.write(ticket, technician=technician)
    add_event(ticket, "job.accepted", actor=technician.name, message=message)
    if ticket.state in (TicketState.OPEN, TicketState.REOPENED):
        lifecycle.move(ticket, TicketState.ACKNOWLEDGED, actor=technician.name)
    return _write(technician, _words(technician, Situation.TECHNICIAN_ACCEPTED, ticket), key)


def _decline(technician: Technician, offer: Offer, ticket: Ticket, message: Message, note: str) -> None:
    had_it = offer.state in AT_WORK
    _settle(offer, OfferState.DECLINED, note)
    add_event(ticket, "job.declined", actor=technician.name, text=note, message=message)
    if had_it and ticket.state in (TicketState.ACKNOWLEDGED, TicketState.IN_PROGRESS):
        ticket = lifecycle.move(ticket, TicketState.OPEN, actor=technician.name, note=note)
    _write(technician, _words(technician, Situation.TECHNICIAN_DECLINED, ticket), f"technician-{message.pk}")
    if ticket.state in UNFINISHED:
        ask_next(ticket)


def _arrive(technician: Technician, offer: Offer, ticket: Ticket, message: Message) -> None:
    if offer.state == OfferState.OFFERED:  # whoever is there has taken the job
        _accept(technician, offer, ticket, message)
        offer.refresh_from_db()
    if offer.state not in AT_WORK:
        return
    _settle(offer, OfferState.ARRIVED)
    ticket = lifecycle.locked(ticket)
    if ticket.state in (TicketState.ACKNOWLEDGED, TicketState.OPEN, TicketState.REOPENED):
        ticket = lifecycle.move(ticket, TicketState.IN_PROGRESS, actor=technician.name, message=message)
    _write(technician, _words(technician, Situation.TECHNICIAN_ARRIVED, ticket), f"technician-{message.pk}-arrived")


def _done(technician: Technician, offer: Offer, ticket: Ticket, message: Message, note: str) -> None:
    if offer.state == OfferState.OFFERED:
        _accept(technician, offer, ticket, message)
        offer.refresh_from_db()
    if offer.state not in AT_WORK:
        return
    _settle(offer, OfferState.DONE, note)
    ticket = lifecycle.locked(ticket)
    _files(ticket, technician, message)
    if ticket.state in UNFINISHED:
        ticket = lifecycle.move(
            ticket, TicketState.RESOLVED, actor=technician.name, note=note or "Repaired", message=message
        )
    _write(technician, _words(technician, Situation.TECHNICIAN_THANKS, ticket), f"technician-{message.pk}-done")


def _note(technician: Technician, offer: Offer, ticket: Ticket, message: Message) -> None:
    """Words and photos about the job at hand."""
    if message.text.strip():
        outgoing.comment(
            add_event(ticket, "comment.added", actor=technician.name, text=message.text[:4000], message=message)
        )
    _files(ticket, technician, message)
    lifecycle.write(ticket)


def _files(ticket: Ticket, technician: Technician, message: Message) -> None:
    for media in Media.objects.filter(message=message):
        outgoing.comment(add_event(ticket, "photo.added", actor=technician.name, media=media, message=message))


def assign(ticket: Ticket, technician: Technician, *, actor: str, actor_id: str = "") -> None:
    """Staff give the job to somebody: they have it, as if they had accepted."""
    with transaction.atomic():
        ticket = lifecycle.locked(ticket)
        if ticket.state not in UNFINISHED:
            raise Conflict(f"Ticket {ticket.number} is {ticket.get_state_display().lower()}; open it again first.")
        withdraw(ticket)
        last = max(ticket.offers.filter(technician=technician).values_list("round", flat=True), default=0)
        now = timezone.now()
        offer = Offer.objects.create(
            ticket=ticket, technician=technician, round=last + 1, state=OfferState.ACCEPTED, offered_at=now,
            answer_by=now, answered_at=now,
        )  # fmt: skip
        lifecycle.write(ticket, technician=technician)
        add_event(ticket, "job.assigned", actor=actor, actor_id=actor_id, text=technician.name)
        if ticket.state in (TicketState.OPEN, TicketState.REOPENED):
            ticket = lifecycle.move(ticket, TicketState.ACKNOWLEDGED, actor=actor, actor_id=actor_id)
        _tell_of_assignment(offer)


def _tell_of_assignment(offer: Offer) -> None:
    ticket, technician = offer.ticket, offer.technician
    facts = {"priority": ticket.priority, "site": _site_name(ticket), "description": _described(ticket)}
    text = replies.reply(
        Situation.GROUP_NOTICE, dict.fromkeys([technician.language, "en"]), number=ticket.number, **facts
    )
    _tell(offer, f"{text}\n\n{_words(technician, Situation.TECHNICIAN_ACCEPTED, ticket)}", f"offer-{offer.pk}")
