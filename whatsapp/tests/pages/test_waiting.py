"""Nobody who waits for a person is forgotten: the count beside *Inbox*, conversations that stay until one looked."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from whatsapp.channels.base import InboundEvent
from whatsapp.models import Channel, Contact, Conversation
from whatsapp.queries import inbox as queries
from whatsapp.services import conversations, inbox, intake
from whatsapp.tasks.tickets import watch_clocks
from whatsapp.tests.pages.test_inbox import HTMX, page
from whatsapp.tests.tickets.conftest import message_of, on_call, sites  # noqa: F401 - a fixture among them

pytestmark = pytest.mark.django_db


@pytest.fixture
def lineo():
    """Lineo's question is for a person."""
    conversation = message_of("26658120001", "Ke lefile habeli", "Lineo").conversation
    Conversation.objects.update(needs_staff=True)
    return conversation


def badge(html):
    return html.partition('id="waiting-inbox"')[2].partition("</span>")[0]


def test_every_page_says_how_many_wait_for_a_person(sign_in, palesa, lineo):
    message_of("26658120002", "Lumela", "Thabo")
    assert badge(page(sign_in(palesa), "/")).partition(">")[2].startswith("1<span")


def test_the_count_is_hidden_when_nobody_waits(sign_in, palesa):
    assert badge(page(sign_in(palesa), "/")).startswith(" hidden>0")


def test_who_cannot_answer_is_not_counted_to(sign_in, thabo, lineo):
    assert 'id="waiting-inbox"' not in page(sign_in(thabo), "/")


def test_the_count_on_the_open_inbox_follows(sign_in, palesa, lineo):
    html = page(sign_in(palesa), "/care/inbox/?mark=old", **HTMX)
    assert badge(html).startswith(' hx-swap-oob="true">1<span')
    assert "site-nav" not in html


def test_an_index_of_those_who_wait_answers(lineo):
    rows = Conversation.objects.order_by().filter(needs_staff=True, state="open")
    assert "conversation_waiting" in rows.explain()
    assert queries.waiting() == 1


def test_a_customer_who_writes_to_somebody_of_the_staff_waits_until_they_answer(lineo):
    inbox.take_over(lineo, who="1002", name="Palesa Molapo")
    assert queries.waiting() == 0
    message_of("26658120001", "Are you there?").contact.messages.update(state="received")
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        conversations.answer(Contact.objects.get().pk)
    assert queries.waiting() == 1
    inbox.write(lineo, "Yes.", who="1002", name="Palesa Molapo", token="a1")
    assert queries.waiting() == 0


def test_who_has_waited_long_and_writes_again_still_waits(lineo):
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        watch_clocks()
        intake.store([InboundEvent(Channel.SIMULATOR, "w1", "26658120001", timezone.now(), text="Lumela")])
        assert Conversation.objects.get().state == "open"
        assert queries.waiting() == 1


def test_a_conversation_ends_when_nothing_happened_for_a_day(lineo):
    inbox.dealt_with(lineo)
    with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False):
        watch_clocks()
        assert Conversation.objects.get().state == "open"
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        watch_clocks()
    assert Conversation.objects.get().state == "closed"


def test_technicians_are_listed_by_their_names(sign_in, palesa):
    on_call("Tau Nkuebe", "26662000001", "MAK", 1)
    message_of("26662000001", "Kea amohela", "")
    html = page(sign_in(palesa), "/care/inbox/")
    assert ">Tau Nkuebe</a>" in html
