"""What care agents see and do: conversations, corrections, tickets, the on-call lists."""

import csv
import gzip
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ccportal.core.tests.test_page_weight import WARM
from whatsapp.models import (
    CannedReply,
    Conversation,
    Incident,
    Message,
    OnCall,
    Report,
    Technician,
    Ticket,
    TriageExample,
    TriageResult,
)
from whatsapp.services import inbox
from whatsapp.services.identification import Person
from whatsapp.tests.tickets.conftest import message_of, on_call, report, sites, told  # noqa: F401 - a fixture among them

pytestmark = pytest.mark.django_db
TOKEN = "0123456789abcdef"


@pytest.fixture
def lineo_wrote():
    """Lineo wrote that her power is gone."""
    message = message_of("26658120001", "Motlakase o tsamaile", "Lineo")
    TriageResult.objects.create(
        conversation=message.conversation, message=message, text=message.text, category="meter-issue", priority="P2",
        needs_ticket=True, needs_information=False, safety=False, confidence=0.4, source="classifier", language="st",
    )  # fmt: skip
    return message.conversation


def page(client, path, status=200, **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    return answer.content.decode()


HTMX = {"HX-Request": "true"}


# ---------------------------------------------------------------- inbox
def test_the_inbox_lists_conversations_with_their_last_words(sign_in, palesa, lineo_wrote):
    html = page(sign_in(palesa), "/care/inbox/")
    assert "Lineo" in html
    assert "Motlakase o tsamaile" in html


@pytest.mark.parametrize("words", ["lineo", "58120001", "tsamaile"])
def test_a_conversation_is_found_by_name_phone_and_words(sign_in, palesa, lineo_wrote, words):
    message_of("26658120002", "Lumela", "Thabo")
    html = page(sign_in(palesa), f"/care/inbox/?q={words}")
    assert "Lineo" in html
    assert "Thabo" not in html.partition("inbox-list")[2]


def test_an_open_inbox_that_has_not_changed_gets_nothing(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    mark = page(client, "/care/inbox/").partition("?mark=")[2].partition('"')[0]
    assert client.get(f"/care/inbox/?mark={mark}", headers=HTMX).status_code == 204
    Conversation.objects.update(version=99)
    assert client.get(f"/care/inbox/?mark={mark}", headers=HTMX).status_code == 200


def test_the_conversations_for_a_person_are_a_list_of_their_own(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    assert "No conversations here" in page(client, "/care/inbox/?show=attention")
    Conversation.objects.update(needs_staff=True)
    assert "For a person" in page(client, "/care/inbox/?show=attention")


# ---------------------------------------------------------------- one conversation
def test_looking_at_a_conversation_makes_it_read(sign_in, palesa, lineo_wrote):
    Conversation.objects.update(unread=3)
    page(sign_in(palesa), f"/care/inbox/{lineo_wrote.pk}/")
    assert Conversation.objects.get().unread == 0


def test_a_message_that_comes_while_one_looks_is_read(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    Conversation.objects.update(unread=1, version=9)
    assert "Motlakase" in page(client, f"/care/inbox/{lineo_wrote.pk}/?mark=old", **HTMX)
    assert Conversation.objects.get().unread == 0


def test_who_may_only_read_does_not_make_it_read(sign_in, thabo, lineo_wrote):
    Conversation.objects.update(unread=3)
    html = page(sign_in(thabo), f"/care/inbox/{lineo_wrote.pk}/")
    assert Conversation.objects.get().unread == 3
    assert "Take over" not in html


def test_an_open_page_that_asks_for_news_of_what_was_read_begins_no_transaction(lineo_wrote, django_assert_num_queries):
    with django_assert_num_queries(0):  # on SQLite each transaction takes the one write lock
        inbox.seen(lineo_wrote)


def test_markup_in_a_message_is_shown_as_it_was_written(sign_in, palesa):
    message = message_of("26658120001", "<script>alert(1)</script>")
    html = page(sign_in(palesa), f"/care/inbox/{message.conversation_id}/")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def test_writing_sends_once_and_takes_the_conversation_over(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    for _ in range(2):
        client.post(f"/care/inbox/{lineo_wrote.pk}/write/", {"text": "We are looking into it.", "token": TOKEN})
    assert told() == ["We are looking into it."]
    sent = Message.objects.get(direction="out")
    assert (sent.author, sent.author_name) == ("staff", "Palesa Molapo")
    lineo_wrote.refresh_from_db()
    assert (lineo_wrote.mode, lineo_wrote.taken_by) == ("staff", "1002")


def test_an_empty_message_is_not_sent_and_says_so(sign_in, palesa, lineo_wrote):
    answer = sign_in(palesa).post(f"/care/inbox/{lineo_wrote.pk}/write/", {"text": "  ", "token": TOKEN})
    assert answer.status_code == 400
    assert "Write something first." in answer.content.decode()


def test_two_people_do_not_answer_one_conversation(client, sign_in, palesa, nthabiseng, lineo_wrote):
    sign_in(palesa).post(f"/care/inbox/{lineo_wrote.pk}/take/")
    answer = sign_in(nthabiseng).post(
        f"/care/inbox/{lineo_wrote.pk}/write/", {"text": "Something long that must not be lost", "token": TOKEN}
    )
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Palesa Molapo answers this conversation" in text
    assert "Something long that must not be lost" in text
    assert told() == []


def test_handing_back_lets_the_portal_answer_again(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    client.post(f"/care/inbox/{lineo_wrote.pk}/take/")
    client.post(f"/care/inbox/{lineo_wrote.pk}/hand-back/")
    lineo_wrote.refresh_from_db()
    assert (lineo_wrote.mode, lineo_wrote.taken_by) == ("bot", "")


def test_a_prepared_reply_fills_the_box_in_all_its_languages(sign_in, palesa, lineo_wrote):
    reply = CannedReply.objects.create(title="Hours", text_sesotho="Re bula ka 8", text_english="We open at 8")
    html = page(sign_in(palesa), f"/care/inbox/{lineo_wrote.pk}/?canned={reply.pk}")
    assert "Re bula ka 8\n\nWe open at 8" in html


def test_a_correction_is_kept_as_an_example(sign_in, palesa, lineo_wrote):
    judged = TriageResult.objects.get()
    sign_in(palesa).post(f"/care/judgements/{judged.pk}/correct/", {"category": "no-power", "priority": "P1"})
    judged.refresh_from_db()
    assert (judged.corrected_category, judged.corrected_by) == ("no-power", "1002")
    example = TriageExample.objects.get()
    assert (example.text, example.category) == ("Motlakase o tsamaile", "no-power")


def test_a_correction_to_something_unknown_is_refused(sign_in, palesa, lineo_wrote):
    judged = TriageResult.objects.get()
    answer = sign_in(palesa).post(f"/care/judgements/{judged.pk}/correct/", {"category": "moonlight", "priority": "P1"})
    assert answer.status_code == 422
    assert not TriageExample.objects.exists()


def test_the_quality_page_counts_corrections_and_lists_the_doubtful(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    assert "Worth a look: 1" in page(client, "/care/quality/")
    judged = TriageResult.objects.get()
    client.post(f"/care/judgements/{judged.pk}/correct/", {"category": "no-power", "priority": "P1"})
    html = page(client, "/care/quality/")
    assert "What was taken for what" in html
    assert "Worth a look" not in html


def test_a_ticket_is_linked_by_its_number_or_the_fault_is_said(sign_in, palesa, lineo_wrote):
    ticket = report("26658120002", category="meter-issue").ticket
    client = sign_in(palesa)
    answer = client.post(f"/care/inbox/{lineo_wrote.pk}/link/", {"number": "CC-NOT-2026-0001"})
    assert answer.status_code == 422
    assert "There is no ticket with this number." in answer.content.decode()
    client.post(f"/care/inbox/{lineo_wrote.pk}/link/", {"number": ticket.number.lower()})
    lineo_wrote.refresh_from_db()
    assert lineo_wrote.ticket == ticket


# ---------------------------------------------------------------- tickets
def test_the_board_puts_the_most_urgent_first(sign_in, thabo):
    late = report("26658120001", category="meter-issue", priority="P3").ticket
    outage = report("26658120002").ticket
    danger = report("26658120003", category="equipment-failure", safety=True).ticket
    html = page(sign_in(thabo), "/care/tickets/")
    assert html.index(danger.number) < html.index(outage.number) < html.index(late.number)


@pytest.mark.parametrize("words", ["0001", "tsamaile", "no power", "5812 0002", "0023mak"])
def test_a_ticket_is_found_by_its_words_and_by_all_who_reported_it(sign_in, thabo, words):
    ticket = report("26658120001").ticket
    report("26658120002", person=Person("23", "Thabo", "0023MAK", "MAK"))
    other = report("26658120003", text="A tree", category="vegetation", summary="Tree on the line.").ticket
    html = page(sign_in(thabo), f"/care/tickets/?q={words}").partition("ticket-list")[2]
    assert ticket.number in html
    assert other.number not in html


def test_the_board_filters_by_what_is_late(sign_in, thabo):
    late = report("26658120001", category="meter-issue").ticket
    Ticket.objects.update(respond_by=timezone.now() - timedelta(hours=1))
    other = report("26658120002").ticket
    html = page(sign_in(thabo), "/care/tickets/?state=late")
    assert late.number in html
    assert other.number not in html


def test_the_csv_holds_what_the_filter_shows_and_no_formula(sign_in, thabo):
    report("26658120001", category="meter-issue", summary="=HYPERLINK(1)")
    report("26658120002", site="KET")
    answer = sign_in(thabo).get("/care/tickets/tickets.csv?site=MAK")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["Site"], row["Description"]) for row in rows] == [("MAK", "'=HYPERLINK(1)")]


def test_a_ticket_page_shows_fault_words_clocks_history_and_reporters(sign_in, thabo):
    ticket = report(text="Motlakase o tsamaile bosiu").ticket
    html = page(sign_in(thabo), f"/care/tickets/{ticket.number}/")
    for words in ("No power at the house.", "Motlakase o tsamaile bosiu", "Acknowledge by", "Opened", "Lineo"):
        assert words in html
    assert "Next step" not in html


def test_a_step_is_taken_once_and_an_old_page_is_refused_with_the_note_kept(sign_in, palesa):
    ticket = report().ticket
    client = sign_in(palesa)
    seen = ticket.version
    client.post(f"/care/tickets/{ticket.number}/step/acknowledged/", {"version": Ticket.objects.get().version})
    answer = client.post(
        f"/care/tickets/{ticket.number}/step/closed/", {"version": seen, "note": "Customer called, all fine"}
    )
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "was changed meanwhile" in text
    assert "Customer called, all fine" in text
    assert Ticket.objects.get().state == "acknowledged"


def test_a_step_that_does_not_exist_is_not_found(sign_in, palesa):
    ticket = report().ticket
    assert sign_in(palesa).post(f"/care/tickets/{ticket.number}/step/exploded/").status_code == 404


def test_staff_comment_assign_and_correct(sign_in, palesa):
    tau = on_call("Tau Nkuebe", "26662000001", "KET", 1)
    ticket = report(category="meter-issue").ticket
    client = sign_in(palesa)
    client.post(f"/care/tickets/{ticket.number}/comment/", {"text": "Part ordered"})
    client.post(f"/care/tickets/{ticket.number}/assign/", {"technician": tau.pk})
    version = Ticket.objects.get().version
    given = {"version": version, "priority": "P2", "category": "equipment-failure", "site_code": "MAK"}
    client.post(f"/care/tickets/{ticket.number}/change/", given)
    ticket.refresh_from_db()
    assert (ticket.technician, ticket.state, ticket.priority) == (tau, "acknowledged", "P2")
    assert (ticket.category, ticket.equipment_category) == ("equipment-failure", "electrical")
    assert ticket.events.get(kind="comment.added").text == "Part ordered"


def test_an_outage_page_takes_the_number_of_customers_and_splits_reports(sign_in, palesa):
    ticket = report("26658120001").ticket
    report("26658120002", name="Thabo")
    client = sign_in(palesa)
    client.post(f"/care/tickets/{ticket.number}/incident/", {"customers_affected": "62", "feeder": "F2"})
    assert Incident.objects.get().customers_affected == 62
    client.post(f"/care/reports/{Report.objects.last().pk}/split/")
    assert Ticket.objects.count() == 2


def test_a_ticket_from_a_conversation_is_filled_with_what_is_known(sign_in, palesa, lineo_wrote):
    client = sign_in(palesa)
    assert "Motlakase o tsamaile" in page(client, f"/care/tickets/new/?conversation={lineo_wrote.pk}")
    given = {"site_code": "MAK", "category": "no-power", "priority": "P1", "description": "No power"}
    answer = client.post("/care/tickets/new/", {**given, "conversation": lineo_wrote.pk})
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/care/tickets/{ticket.number}/"
    assert ticket.reports.get().contact == lineo_wrote.contact


def test_a_new_ticket_with_a_wrong_customer_keeps_what_was_typed(sign_in, palesa):
    given = {"site_code": "MAK", "category": "no-power", "priority": "P1", "description": "Tree fell",
             "customer_number": "99999"}  # fmt: skip
    answer = sign_in(palesa).post("/care/tickets/new/", given)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "There is no customer 99999." in text
    assert "Tree fell" in text


# ---------------------------------------------------------------- on call
def test_technicians_are_written_down_with_a_phone_in_any_spelling(sign_in, palesa):
    client = sign_in(palesa)
    given = {"name": "Tau Nkuebe", "phone": "6200 0001", "language": "st", "is_active": "on"}
    client.post("/care/on-call/technicians/new/", given)
    assert Technician.objects.get().phone == "26662000001"
    answer = client.post("/care/on-call/technicians/new/", {**given, "name": "Another"})
    assert "Another technician has this phone number." in answer.content.decode()


def test_the_order_of_a_list_is_changed_and_people_taken_off(sign_in, palesa):
    tau, pule = on_call("Tau", "26662000001", "MAK", 1), on_call("Pule", "26662000002", "MAK", 2)
    client = sign_in(palesa)
    client.post(f"/care/on-call/duties/{OnCall.objects.get(technician=pule).pk}/up/")
    assert [duty.technician for duty in OnCall.objects.order_by("order")] == [pule, tau]
    client.post(f"/care/on-call/duties/{OnCall.objects.get(technician=tau).pk}/remove/")
    assert OnCall.objects.count() == 1


def test_sites_without_anybody_are_named(sign_in, thabo):
    on_call("Tau", "26662000001", "MAK", 1)
    html = page(sign_in(thabo), "/care/on-call/")
    warning = html.partition("Nobody is on call</strong>")[2].partition("</p>")[0]
    assert "Ketane" in warning
    assert "Ha Makebe" not in warning


def test_nobody_is_put_on_a_list_twice(sign_in, palesa):
    tau = on_call("Tau", "26662000001", "MAK", 1)
    answer = sign_in(palesa).post("/care/on-call/duties/add/", {"technician": tau.pk, "site_code": "MAK"})
    assert answer.status_code == 422
    assert "Tau is on this list already." in answer.content.decode()


# ---------------------------------------------------------------- prepared replies
def test_a_new_installation_has_five_replies_in_sesotho_and_english(sign_in, thabo):
    html = page(sign_in(thabo), "/care/replies/")
    assert html.count('lang="st"') == 5
    assert "Ask for the account number" in html


def test_a_prepared_reply_is_written_changed_and_deleted(sign_in, palesa):
    client = sign_in(palesa)
    client.post(
        "/care/replies/new/", {"title": "Hours", "text_english": "We open at 8", "text_sesotho": "Re bula ka 8"}
    )
    reply = CannedReply.objects.get(title="Hours")
    client.post(f"/care/replies/{reply.pk}/", {"title": "Hours", "text_english": "We open at 9"})
    reply.refresh_from_db()
    assert (reply.text_english, reply.text_sesotho) == ("We open at 9", "")
    client.post(f"/care/replies/{reply.pk}/delete/")
    assert not CannedReply.objects.filter(title="Hours").exists()


def test_two_prepared_replies_do_not_share_a_title(sign_in, palesa):
    answer = sign_in(palesa).post("/care/replies/new/", {"title": "How to buy electricity", "text_english": "x"})
    assert answer.status_code == 422
    assert "There is a prepared reply with this title already." in answer.content.decode()


# ---------------------------------------------------------------- the customer's page
def test_the_page_of_a_customer_fetches_what_they_reported_and_wrote(sign_in, thabo, lineo_wrote):
    lineo_wrote.contact.customer_number = "71"
    lineo_wrote.contact.save()
    own = report("26658120002", category="meter-issue").ticket
    Ticket.objects.filter(pk=own.pk).update(customer_number="71")
    shared = report("26658120003").ticket
    Report.objects.filter(ticket=shared).update(customer_number="71")
    other = report("26658120004", site="KET").ticket
    html = page(sign_in(thabo), "/care/customers/71/", **HTMX)
    assert "<html" not in html
    assert own.number in html and shared.number in html
    assert other.number not in html
    assert f'/care/inbox/{lineo_wrote.pk}/"' in html


def test_without_a_script_it_is_a_page_of_its_own(sign_in, thabo):
    html = page(sign_in(thabo), "/care/customers/71/")
    assert "No ticket, no conversation" in html
    assert 'href="/customers/71/"' in html


# ---------------------------------------------------------------- cost
@pytest.mark.parametrize("path", ["/care/inbox/", "/care/tickets/", "/care/on-call/", "/care/quality/"])
def test_a_long_list_costs_no_more_queries_than_a_short_one_and_keeps_the_budget(
    sign_in, palesa, path, django_assert_max_num_queries
):
    client = sign_in(palesa)

    def more(numbers):
        for number in numbers:
            technician = on_call(f"Technician {number}", f"266620010{number:02d}", "MAK", number)
            ticket = report(f"266581300{number:02d}", category="meter-issue", name=f"Customer {number}").ticket
            Ticket.objects.filter(pk=ticket.pk).update(technician=technician)
            message = Message.objects.filter(contact__key=f"266581300{number:02d}").first()
            TriageResult.objects.create(
                conversation=message.conversation, message=message, text=message.text, category="billing",
                priority="P3", needs_ticket=False, needs_information=False, safety=False, confidence=0.3,
                source="classifier",
            )  # fmt: skip

    more(range(1, 3))
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    more(range(3, 31))
    with django_assert_max_num_queries(len(few)):
        html = client.get(path).content
    assert len(gzip.compress(html)) <= WARM


def test_a_ticket_leads_to_the_conversation_of_who_reported_it(sign_in, palesa):
    opened = report()
    html = page(sign_in(palesa), f"/care/tickets/{opened.ticket.number}/")
    assert f'<a href="/care/inbox/{Conversation.objects.first().pk}/">Lineo</a>' in html


def test_the_page_warns_where_nobody_of_the_team_can_be_told(sign_in, thabo, settings):
    client = sign_in(thabo)
    assert "The O&amp;M team is told of nothing" not in page(client, "/care/on-call/")
    settings.WHATSAPP_CHANNEL = "cloud"
    assert "The O&amp;M team is told of nothing" in page(client, "/care/on-call/")
    settings.ONM_EMAILS = ["onm@portal.example"]
    assert "The O&amp;M team is told of nothing" not in page(client, "/care/on-call/")
