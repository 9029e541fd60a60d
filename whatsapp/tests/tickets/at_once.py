"""Several workers and people at the same moment, and what came of it as JSON; test_at_once.py runs it."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from django.db import connections
from django.utils import timezone

from ccportal.integrations.ugridplan.schemas import RemoteTicket
from ccportal.jobs.models import OutboxMessage
from customers.models import Site
from whatsapp.channels.base import InboundEvent
from whatsapp.models import Channel, Contact, Conversation, Incident, Message, Offer, Report, Ticket, TicketEvent
from whatsapp.services import clocks, dispatch, following, intake, tickets
from whatsapp.services.conversations import _mine
from whatsapp.tests.tickets.conftest import judged, message_of, on_call, report, told
from whatsapp.triage import parse_command

SITES = ("MAK", "KET", "TLH", "SEH", "LSB", "RIB", "MAT", "SUA")
BY = {"actor": "Palesa Molapo", "actor_id": "1002"}
_phones = iter(range(58120001, 58129999))


def phone() -> str:
    return f"266{next(_phones)}"


def together(*acts: Callable[[], object]) -> list[str]:
    """What each of several threads got: ``done`` or the name of the fault."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            connections["default"].ensure_connection()
            start.wait()
            act()
        except Exception as error:  # the test looks at every name
            return type(error).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def reports_of(site: str, number: int, **judgement: object) -> list[Callable[[], object]]:
    messages = [message_of(phone(), "Motlakase o tsamaile") for _ in range(number)]
    return [
        lambda message=message: tickets.open_fault(
            message.conversation, message, judged(site=site, **judgement), None
        )
        for message in messages
    ]  # fmt: skip


def first_reporters() -> dict[str, object]:
    """Eight neighbours report the same outage, nobody before them."""
    answers = together(*reports_of("MAK", 8))
    return {
        "answers": answers,
        "tickets": Ticket.objects.filter(site_code="MAK").count(),
        "reporters": list(Incident.objects.filter(site_code="MAK").values_list("customers_affected", flat=True)),
        "offers": Offer.objects.filter(ticket__site_code="MAK").count(),
    }


def numbers() -> dict[str, object]:
    """Eight different faults at one site."""
    answers = together(*reports_of("KET", 8, category="meter-issue"))
    found = Ticket.objects.filter(site_code="KET").values_list("number", flat=True)
    return {"answers": answers, "ends": sorted(number[-4:] for number in found)}


def two_accept() -> dict[str, object]:
    """Tau was asked first and answers too late, at the moment at which Pule, asked second, accepts."""
    tau, pule = on_call("Tau", "26662000001", "TLH", 1), on_call("Pule", "26662000002", "TLH", 2)
    ticket = report(phone(), site="TLH").ticket
    Offer.objects.filter(ticket=ticket).update(answer_by=timezone.now() - timedelta(seconds=1))
    dispatch.expire_due()

    def says(technician: object) -> Callable[[], object]:
        message = message_of(technician.phone, "accept")
        return lambda: tickets.technician_message(technician, message, parse_command("accept"))

    answers = together(says(tau), says(pule), says(pule))
    states = Offer.objects.filter(ticket=ticket).order_by("pk").values_list("technician__name", "state")
    ticket.refresh_from_db()
    return {
        "answers": answers, "offers": list(states), "technician": ticket.technician.name,
        "tau": told(tau.phone)[-1], "acknowledged": _steps(ticket)["acknowledged"],
    }  # fmt: skip


def accept_and_expire() -> dict[str, object]:
    """A technician accepts at the moment at which the clock runs out, eight times."""
    tau, _ = on_call("Neo", "26662000003", "SEH", 1), on_call("Thato", "26662000004", "SEH", 2)
    answers, wrong = [], []
    for _ in range(8):
        ticket = report(phone(), site="SEH", category="meter-issue").ticket
        message = message_of(tau.phone, f"accept {ticket.number}")
        Offer.objects.filter(ticket=ticket).update(answer_by=timezone.now() - timedelta(seconds=1))
        answers += together(
            lambda message=message: tickets.technician_message(tau, message, parse_command("accept")),
            dispatch.expire_due,
        )
        ticket.refresh_from_db()
        open_offers = list(ticket.offers.filter(state__in=dispatch.OPEN_OFFERS))
        if len(open_offers) != 1 or (open_offers[0].state == "accepted") != (ticket.technician_id is not None):
            wrong.append([ticket.number, [offer.state for offer in open_offers], ticket.technician_id])
        tickets.close(ticket, **BY)
    return {"answers": answers, "wrong": wrong}


def two_close() -> dict[str, object]:
    """Two people close the ticket that both look at."""
    ticket = report(phone(), site="LSB").ticket
    close = [lambda: tickets.close(ticket, version=ticket.version, **BY)] * 2
    return {"answers": together(*close), "closed": _steps(ticket)["closed"]}


def webhook_and_poll() -> dict[str, object]:
    """The same news by both ways, with a comment."""
    ticket = report(phone(), site="RIB").ticket
    Ticket.objects.filter(pk=ticket.pk).update(external_id="RIB-2026-0001", external_state="open")
    news = RemoteTicket.model_validate(
        {
            "ticket_id": "RIB-2026-0001", "status": "resolved", "updated_at": timezone.now().isoformat(),
            "comments": [{"id": "c1", "user": "Planner", "text": "Line repaired"}],
        }
    )  # fmt: skip
    answers = together(*[lambda: following.take(news)] * 4)
    return {
        "answers": answers, "resolved": _steps(ticket)["resolved"],
        "comments": ticket.events.filter(kind="comment.added").count(),
        "asked": sum("power" in text for text in told(Report.objects.get(ticket=ticket).contact.key)),
    }  # fmt: skip


def clocks_of_two_workers() -> dict[str, object]:
    """Five late tickets and three workers that look at the same time."""
    late = [report(phone(), site="MAT", category="meter-issue").ticket.pk for _ in range(5)]
    Ticket.objects.filter(pk__in=late).update(respond_by=timezone.now() - timedelta(minutes=1))
    answers = together(*[clocks.alert] * 3)
    events = TicketEvent.objects.filter(ticket__in=late, kind="sla.response_breached")
    return {
        "answers": answers, "alerts": sorted(Counter(events.values_list("ticket", flat=True)).values()),
        "letters": OutboxMessage.objects.filter(key__startswith="mail-breach-response").count(),
    }  # fmt: skip


def answer_and_close() -> dict[str, object]:
    """A reporter says no in the worker that holds them, while staff close the ticket, eight times."""
    answers: list[str] = []
    for _ in range(8):
        opened = report(phone(), site="SUA", category="meter-issue")
        tickets.resolve(opened.ticket, **BY)
        row = Report.objects.get(ticket=opened.ticket)
        Contact.objects.filter(pk=row.contact_id).update(claim="mine")

        def no(row: Report = row) -> None:
            with _mine(row.contact, "mine"):
                tickets.power_back(row, row.contact, False)

        answers += together(no, lambda ticket=opened.ticket: tickets.close(ticket, **BY))
    return {"answers": answers, "states": sorted(set(_states("SUA")))}


def deliveries() -> dict[str, object]:
    """Eight times at the same moment: one delivery of five strangers' messages, and one more of the first of them."""
    people = [phone() for _ in range(5)]

    def event(who: str, number: str) -> InboundEvent:
        return InboundEvent(Channel.CLOUD, f"wamid.{who}.{number}", who, timezone.now(), phone=who, text="Lumela")

    def deliver(line: int) -> None:
        order = people[line % 5 :] + people[: line % 5]
        intake.store([*(event(who, "same") for who in order), event(people[0], f"of line {line}")])

    answers = together(*(lambda line=line: deliver(line) for line in range(8)))
    written = Message.objects.filter(contact__key__in=people)
    conversations = Conversation.objects.filter(contact__key__in=people, state="open")
    return {
        "answers": answers,
        "contacts": Contact.objects.filter(key__in=people).count(),
        "messages": sorted(Counter(written.values_list("contact__key", flat=True)).values()),
        "unread": sorted(conversations.values_list("unread", flat=True)),
    }


def _states(site: str) -> Sequence[str]:
    return list(Ticket.objects.filter(site_code=site).values_list("state", flat=True))


def _steps(ticket: Ticket) -> Counter[str]:
    return Counter(event.details["to"] for event in ticket.events.filter(kind="state.changed"))


def main() -> None:
    for code in SITES:
        Site.objects.update_or_create(code=code, defaults={"name": f"Site {code}", "active": True})
    acts = (
        first_reporters, numbers, two_accept, accept_and_expire, two_close, webhook_and_poll, clocks_of_two_workers,
        answer_and_close, deliveries,
    )  # fmt: skip
    found: dict[str, object] = {act.__name__: act() for act in acts}
    keys = Message.objects.exclude(outbox_key="").values_list("outbox_key", flat=True)
    found["said_twice"] = [key for key, times in Counter(keys).items() if times > 1]
    print(json.dumps(found))


main()
