"""The log of changes as people read it, and undoing by hand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import services
from audit.actors import Actor
from audit.models import Mutation
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def row_of(entry):
    return f'/mutations/{entry.pk}/"'


def test_everybody_may_read_the_log(sign_in, thabo, renamed):
    text = sign_in(thabo).get("/mutations/").text
    assert row_of(renamed) in text
    assert "Palesa Molapo" in text


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("table=tblcustomer", True),
        ("user=1002", True),
        ("user=1004", False),
        ("who=molapo", True),
        ("who=thabo", False),
        ("event=customers.name.corrected", True),
        ("action=update", True),
        ("action=delete", False),
        ("state=failed", False),
        ("since={today}&until={today}", True),
        ("until=2020-01-01", False),
    ],
)
def test_the_log_can_be_narrowed(sign_in, thabo, renamed, query, is_shown):
    query = query.format(today=timezone.localdate().isoformat())
    text = sign_in(thabo).get(f"/mutations/?{query}").text
    assert (row_of(renamed) in text) is is_shown


def test_a_filter_that_is_no_date_says_so(sign_in, thabo, renamed):
    text = sign_in(thabo).get("/mutations/?since=yesterday").text
    assert "Enter a valid date." in text


def test_htmx_gets_the_list_only(sign_in, thabo, renamed):
    text = sign_in(thabo).get("/mutations/", headers={"HX-Request": "true"}).text
    assert "<html" not in text
    assert row_of(renamed) in text


def test_the_list_needs_the_same_queries_for_one_entry_and_for_many(sign_in, thabo, renamed, django_assert_num_queries):
    client = sign_in(thabo)
    client.get("/mutations/")
    with CaptureQueriesContext(connection) as few:
        client.get("/mutations/?table=tblcustomer")
    for number in range(9):
        services.record_change(Actor.system(), "x.changed", "tblcustomer", str(number), {"a": 1}, {"a": 2})
    with django_assert_num_queries(len(few)):
        text = client.get("/mutations/?table=tblcustomer").text
    assert "10 changes" in text


def test_an_entry_shows_before_and_after_with_who_when_and_why(sign_in, thabo, renamed):
    text = sign_in(thabo).get(f"/mutations/{renamed.pk}/").text
    assert "<del>Mpho</del>" in text
    assert "<ins>Neo</ins>" in text
    assert "As in the passport" in text
    assert "Palesa Molapo" in text
    assert "<ins>MAK</ins>" not in text


def test_an_unknown_entry_is_not_found(sign_in, thabo):
    assert sign_in(thabo).get("/mutations/999999/").status_code == 404


def test_only_those_who_may_undo_see_the_button(sign_in, thabo, palesa, renamed):
    path = f"/mutations/{renamed.pk}/"
    assert f"{path}undo/" not in sign_in(thabo).get(path).text
    assert f"{path}undo/" in sign_in(palesa).get(path).text


def test_a_change_is_undone_after_a_preview(sign_in, palesa, mpho, renamed):
    client = sign_in(palesa)
    preview = client.get(f"/mutations/{renamed.pk}/undo/").text
    assert "Neo" in preview
    assert "Mpho" in preview
    response = client.post(f"/mutations/{renamed.pk}/revert/", {"reason": "Wrong passport"}, follow=True)
    mpho.refresh_from_db()
    assert mpho.first_name == "Mpho"
    done = Mutation.objects.get(reverts=renamed)
    assert done.reason == "Wrong passport"
    assert f"Entry {renamed.pk} is undone; entry {done.pk} says so." in response.text
    assert f"/mutations/{done.pk}/" in client.get(f"/mutations/{renamed.pk}/").text


def test_an_entry_that_was_undone_offers_no_second_time(sign_in, palesa, renamed):
    client = sign_in(palesa)
    client.post(f"/mutations/{renamed.pk}/revert/")
    assert "undo/" not in client.get(f"/mutations/{renamed.pk}/").text
    again = client.post(f"/mutations/{renamed.pk}/revert/")
    assert again.status_code == 400
    assert "undone already" in again.text


def test_a_record_that_moved_on_is_explained_and_left_alone(sign_in, palesa, renamed):
    Customer.objects.update(first_name="Thato")
    client = sign_in(palesa)
    assert "The record has changed since" in client.get(f"/mutations/{renamed.pk}/undo/").text
    refused = client.post(f"/mutations/{renamed.pk}/revert/")
    assert refused.status_code == 409
    assert "This cannot be undone." in refused.text
    assert Customer.objects.get().first_name == "Thato"


def test_it_refuses_undoing_to_finance(sign_in, lineo, renamed):
    client = sign_in(lineo)
    assert client.get(f"/mutations/{renamed.pk}/undo/").status_code == 403
    assert client.post(f"/mutations/{renamed.pk}/revert/").status_code == 403
    assert Customer.objects.get().first_name == "Neo"


def test_undoing_by_a_link_is_refused(sign_in, palesa, renamed):
    assert sign_in(palesa).get(f"/mutations/{renamed.pk}/revert/").status_code == 405


def test_other_pages_embed_the_history_of_a_record(sign_in, thabo, mpho, renamed):
    client = sign_in(thabo)
    path = f"/mutations/record/?table=tblcustomer&record={mpho.pk}"
    part = client.get(path, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert row_of(renamed) in part
    assert row_of(renamed) in client.get(path).text
    other = client.get("/mutations/record/?table=tblcustomer&record=99")
    assert "No change of this record is known" in other.text


def test_the_history_of_a_row_without_key_is_found_by_its_id_with_fingerprint(sign_in, thabo, palesa):
    entry = services.create_record(Actor.of(palesa), "tblaccountnumbers", {"accountnumber": "0045MAK", "customerid": 7})
    text = sign_in(thabo).get("/mutations/record/?table=tblaccountnumbers&record=7@0123456789abcdef").text
    assert row_of(entry) in text


@pytest.mark.parametrize("asked", ["", "?table=tblcustomer", "?record=7"])
def test_a_history_of_no_record_is_explained(sign_in, thabo, asked):
    answer = sign_in(thabo).get(f"/mutations/record/{asked}")
    assert answer.status_code == 400
    assert "Name the table and the record" in answer.text


def test_the_log_is_downloaded_as_it_is_filtered(sign_in, thabo, renamed):
    answer = sign_in(thabo).get("/mutations/log.csv?table=tblcustomer&who=palesa")
    text = b"".join(answer.streaming_content).decode()
    assert text.splitlines()[0].startswith("id,at,settled_at,actor_kind,actor_id,actor_name,action,event")
    assert len(text.splitlines()) == 2
    assert "As in the passport" in text
    assert '""FIRST NAME"": ""Neo""' in text


def test_a_download_holds_no_formula(sign_in, thabo, palesa, mpho):
    services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"FIRST NAME": "Neo"}, reason="=cmd()")
    text = b"".join(sign_in(thabo).get("/mutations/log.csv").streaming_content).decode()
    assert ",'=cmd()," in text


def test_columns_have_the_words_that_people_use(sign_in, thabo, palesa, mpho):
    entry = services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"CUSTOMER POSITION": "HH1"})
    text = sign_in(thabo).get(f"/mutations/{entry.pk}/").text
    assert 'Customer type <small class="muted">CUSTOMER POSITION</small>' in text


def test_a_record_is_shown_as_it_was(sign_in, thabo, palesa, mpho, renamed):
    Mutation.objects.filter(pk=renamed.pk).update(settled_at="2026-03-01T10:00:00Z")
    path = f"/mutations/record/?table=tblcustomer&record={mpho.pk}&at="
    before = sign_in(thabo).get(path + "2026-03-01T11:00").text
    assert "<dd>Mpho</dd>" in before
    after = sign_in(thabo).get(path + "2026-03-01T12:30").text
    assert "<dd>Neo</dd>" in after
    unknown = sign_in(thabo).get("/mutations/record/?table=tblcustomer&record=99&at=2026-03-01T11:00").text
    assert "nothing is known of other times" in unknown


def test_an_undone_undoing_leads_back(sign_in, palesa, mpho, renamed):
    client = sign_in(palesa)
    client.post(f"/mutations/{renamed.pk}/revert/")
    undone = Mutation.objects.get(reverts=renamed)
    assert "Mpho" in client.get(f"/mutations/{undone.pk}/undo/").text
    client.post(f"/mutations/{undone.pk}/revert/", {"reason": "It was right"})
    mpho.refresh_from_db()
    assert mpho.first_name == "Neo"
    assert "Undone" in client.get(f"/mutations/{undone.pk}/").text
