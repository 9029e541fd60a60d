"""What is forgotten: words and files after their time, a contact on request; and what stays."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from audit.models import Mutation
from ccportal.jobs.models import OutboxMessage
from ccportal.jobs.outbox import PermanentError
from whatsapp.models import (
    Contact,
    Conversation,
    Media,
    Message,
    Report,
    Technician,
    TicketEvent,
    TriageExample,
    TriageResult,
)
from whatsapp.services import inbox, incidents, media, tickets
from whatsapp.services.identification import Person
from whatsapp.tasks.tickets import forget
from whatsapp.tests.pages.test_inbox import page
from whatsapp.tests.tickets.conftest import message_of, on_call, report, sites, told  # noqa: F401 - a fixture among them

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    made = tmp_path / "whatsapp"
    made.mkdir()
    return made


@pytest.fixture
def ticket(folder):
    """Lineo reported a fault with a photo, long ago when the tests travel; staff corrected what was understood."""
    opened = report(text="Motlakase o tsamaile ha 'M'e Mpho").ticket
    message = Message.objects.get(direction="in")
    (folder / "photo").write_bytes(b"\xff\xd8\xff")
    photo = Media.objects.create(message=message, state="stored", mime="image/jpeg", size=3, file="photo")
    tickets.add_comment(opened, actor="Lineo", text="Still dark", message=message, media=[photo])
    judgement = TriageResult.objects.create(
        conversation=message.conversation, message=message, text=message.text, category="no-power", priority="P1",
        needs_ticket=True, needs_information=False, safety=False, confidence=0.9, source="rules", summary="No power",
    )  # fmt: skip
    inbox.correct(judgement, category="no-power", priority="P1", who="1002")
    Message.objects.filter(state__in=("queued", "received")).update(state="processed")
    return opened


def days_later(days):
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


# ---------------------------------------------------------------- after its time
def test_files_are_deleted_after_a_year_and_words_stay(ticket, folder):
    with days_later(364):
        forget()
    assert (folder / "photo").exists()
    with days_later(366):
        forget()
    assert not list(folder.iterdir())
    assert (Media.objects.get().state, Message.objects.get(direction="in").text) == (
        "deleted", "Motlakase o tsamaile ha 'M'e Mpho",
    )  # fmt: skip


def test_words_are_deleted_after_three_years_and_the_ticket_keeps_its_own(ticket, sign_in, palesa):
    with days_later(1096):
        forget()
    assert not Message.objects.exclude(text="", details={}).exists()
    assert (TriageResult.objects.get().text, TriageResult.objects.get().summary) == ("", "")
    ticket.refresh_from_db()
    assert (ticket.original_text, ticket.fault_description) == (
        "Motlakase o tsamaile ha 'M'e Mpho", "No power at the house.",
    )  # fmt: skip
    assert TicketEvent.objects.filter(kind="comment.added", text="Still dark").exists()
    html = page(sign_in(palesa), f"/care/inbox/{Conversation.objects.get(contact__name='Lineo').pk}/")
    assert "Deleted after its time" in html


def test_nothing_is_deleted_where_everything_is_kept_for_ever(ticket, folder, settings):
    settings.WHATSAPP_KEEP_FILES_DAYS = settings.WHATSAPP_KEEP_TEXTS_DAYS = 0
    with days_later(5000):
        forget()
    assert (folder / "photo").exists()
    assert Message.objects.get(direction="in").text


def test_more_than_one_statement_holds_is_deleted_in_pieces(ticket, monkeypatch):
    monkeypatch.setattr("whatsapp.services.retention.AT_A_TIME", 1)
    with days_later(1096):
        forget()
    assert not Message.objects.exclude(text="").exists()


def test_the_command_says_what_it_would_delete_and_deletes_nothing(ticket, folder, capsys):
    with days_later(1096):
        call_command("care_retention", "--dry-run")
        assert (folder / "photo").exists()
        count = Message.objects.count()
        assert capsys.readouterr().out == f"1 files and the words of {count} messages would be deleted.\n"
        call_command("care_retention")
    assert capsys.readouterr().out == f"1 files and the words of {count} messages deleted.\n"


# ---------------------------------------------------------------- on request
def address():
    return f"/care/contacts/{Contact.objects.get(key='26658120001').pk}/forget/"


SURE = {"reason": "Asked by phone on 20 Nov 2026", "sure": "on"}


def test_a_super_admin_forgets_a_contact_and_the_log_says_so(
    ticket, folder, sign_in, nthabiseng, django_capture_on_commit_callbacks
):
    client, where = sign_in(nthabiseng), address()
    assert "1, deleted" in page(client, where)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(where, SURE).status_code == 302
    for model in (Media, TriageResult, TriageExample, Conversation):
        assert not model.objects.exists(), model
    assert [contact.key for contact in Contact.objects.all()] == ["group"]
    assert "Lineo" not in "".join(Message.objects.values_list("text", flat=True))
    assert not list(folder.iterdir())
    entry = Mutation.objects.get(event="whatsapp.contact.forgotten")
    assert (entry.actor_id, entry.reason) == ("1001", "Asked by phone on 20 Nov 2026")
    assert "Lineo" not in str(entry.old_values)


def test_the_ticket_stays_without_the_name(ticket, sign_in, nthabiseng):
    client = sign_in(nthabiseng)
    client.post(address(), SURE)
    ticket.refresh_from_db()
    assert ticket.reported_by == "A forgotten contact"
    html = page(client, f"/care/tickets/{ticket.number}/")
    assert "Lineo" not in html
    assert "Still dark" in html
    assert Report.objects.get().contact is None


def test_neither_name_nor_phone_stays_in_what_technicians_were_told_and_mailed(folder, settings, sign_in, nthabiseng):
    settings.ONM_EMAILS = ["onm@example.org"]
    tau = on_call("Tau Nkuebe", "26662000001", "MAK", 1)
    Technician.objects.filter(pk=tau.pk).update(email="tau@example.org")
    opened = report(person=Person(number="7", account="0007MAK", name="Lineo Pheko", site_code="MAK")).ticket
    Message.objects.filter(state__in=("queued", "received")).update(state="processed")
    assert "Lineo Pheko (WhatsApp), 0007MAK, +26658120001" in "".join(told("26662000001"))
    sign_in(nthabiseng).post(address(), SURE)
    mails = "".join(str(mail.payload) for mail in OutboxMessage.objects.filter(kind="care.mail"))
    texts = mails + "".join(told("26662000001") + told("group"))
    assert opened.number in mails
    assert ("Lineo" in texts, "58120001" in texts) == (False, False)


def test_staff_who_wrote_a_ticket_down_stay_in_its_history(folder, sites, sign_in, nthabiseng):  # noqa: F811 - a fixture
    conversation = message_of("26658120001", "Motlakase o tsamaile", "Lineo").conversation
    opened = tickets.open_by_staff(
        actor="Palesa Molapo", actor_id="1002", site_code="MAK", category="no-power", priority="P1",
        description="No power", conversation=conversation,
    )  # fmt: skip
    Message.objects.filter(state__in=("queued", "received")).update(state="processed")
    sign_in(nthabiseng).post(address(), SURE)
    opened.refresh_from_db()
    assert opened.reported_by == "Palesa Molapo"
    assert opened.events.get(kind="ticket.opened").actor == "Palesa Molapo"


def test_whoever_merged_reports_of_others_are_named_after_stays(folder, sites, sign_in, nthabiseng):  # noqa: F811 - a fixture
    mine = report(text="My meter is broken", category="meter-issue").ticket
    other = report("26658120002", "The meter is dark", "Mpho", category="meter-issue").ticket
    incidents.merge(mine, other, actor="Palesa Molapo")
    Message.objects.filter(state__in=("queued", "received")).update(state="processed")
    sign_in(nthabiseng).post(address(), SURE)
    other.refresh_from_db()
    assert other.reported_by == "WhatsApp: Mpho (26658120002)"


def test_a_file_that_arrives_after_its_sender_was_forgotten_is_not_kept(ticket, folder, monkeypatch):
    photo = Media.objects.create(message=Message.objects.get(direction="in"), mime="image/jpeg", external_id="photo-2")

    def fetch_meanwhile(driver, external_id, into, limit):
        into.write(b"\xff\xd8\xff" + bytes(64))
        Media.objects.filter(pk=photo.pk).delete()
        return "image/jpeg"

    monkeypatch.setattr("whatsapp.channels.simulator.SimulatorDriver.fetch_media", fetch_meanwhile)
    with pytest.raises(PermanentError, match="There is no such file any more"):
        media.fetch(photo.pk)
    assert [file.name for file in folder.iterdir()] == ["photo"]
    with pytest.raises(PermanentError, match="There is no such file any more"):
        media.fetch(photo.pk)


def test_nothing_is_forgotten_without_a_reason_and_a_yes(ticket, sign_in, nthabiseng):
    assert sign_in(nthabiseng).post(address(), {"reason": ""}).status_code == 422
    assert Message.objects.exists()


def test_a_contact_who_is_being_answered_is_not_forgotten_now(ticket, sign_in, nthabiseng):
    Message.objects.filter(direction="in").update(state="received")
    answer = sign_in(nthabiseng).post(address(), SURE)
    assert answer.status_code == 409
    assert "Try again in a minute." in answer.content.decode()


def test_a_technician_is_not_forgotten(ticket, sign_in, nthabiseng):
    on_call("Lineo", "26658120001", "MAK", 1)
    assert sign_in(nthabiseng).post(address(), SURE).status_code == 409
    assert Message.objects.exists()


def test_only_a_super_admin_forgets(ticket, sign_in, palesa):
    client = sign_in(palesa)
    assert client.post(address(), SURE).status_code == 403
    assert "Forget this contact" not in page(client, f"/care/inbox/{Conversation.objects.first().pk}/")
