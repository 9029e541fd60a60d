"""Tampering with the log of changes is evident (docs/decisions/0009)."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from audit import services
from audit.actors import Actor
from audit.models import AuditLink, ChainCheck, Mutation
from audit.services import chain, verifying
from ccportal.core.errors import Conflict

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
THREE = ("Neo", "Thato", "Pule")


@pytest.fixture
def log(palesa, mpho):
    """Mpho renamed three times, and nothing else in the log: three entries with two links each."""
    AuditLink.objects.all()._raw_delete("default")
    Mutation.objects.all()._raw_delete("default")
    actor = Actor.of(palesa)
    return [services.update_record(actor, "tblcustomer", str(mpho.pk), {"FIRST NAME": name}) for name in THREE]


def faults():
    return verifying.verify(verifying.noted_anchors()).faults


def remove(entry):
    """As somebody with access to the database would."""
    Mutation.objects.filter(pk=entry.pk)._raw_delete("default")


def test_a_log_that_nobody_touched_is_unchanged(log):
    assert faults() == []
    assert AuditLink.objects.filter(number__gt=0).count() == 6


def test_a_change_that_was_refused_is_vouched_for_too(palesa, mpho):
    with pytest.raises(Conflict):
        services.update_record(
            Actor.of(palesa), "tblcustomer", str(mpho.pk), {"FIRST NAME": "Neo"}, expected={"FIRST NAME": "Lineo"}
        )
    assert Mutation.objects.latest("pk").state == "failed"
    assert faults() == []


def test_entries_of_our_own_tables_are_sealed_when_their_transaction_is_committed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        entry = services.record_change(Actor.system(), "x.changed", "x", "1", {"a": 1.5, "b": 2.0}, {"a": None})
    assert AuditLink.objects.get(mutation=entry).kind == "settled"
    assert faults() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor_id", "1003"), ("reason", "Nothing happened"), ("old_values", {"FIRST NAME": "Lineo"}),
        ("new_values", {"FIRST NAME": "Lineo"}), ("state", "failed"), ("record_id", "99"), ("request_id", "x"),
        ("at", timezone.now() - timedelta(days=3)),
    ],
)  # fmt: skip
def test_a_changed_entry_is_named(log, field, value):
    Mutation.objects.filter(pk=log[1].pk).update(**{field: value})
    assert len(faults()) == 1
    assert faults()[0].startswith(f"Entry {log[1].pk} was changed")


def test_a_removed_entry_is_named(log):
    remove(log[1])
    assert faults() == [f"Entry {log[1].pk} was removed."]


def test_an_entry_removed_with_its_links_leaves_a_gap(log):
    AuditLink.objects.filter(mutation_id=log[1].pk)._raw_delete("default")
    remove(log[1])
    assert "Links 3 to 4 of the chain are missing" in faults()[0]


def test_a_gap_that_was_closed_by_counting_anew_is_found(log):
    AuditLink.objects.filter(mutation_id=log[1].pk)._raw_delete("default")
    remove(log[1])
    for number in (5, 6):
        AuditLink.objects.filter(number=number).update(number=number - 2)
    assert faults()[0].startswith(f"Link 3, of entry {log[2].pk}, does not follow from the one before it")


def test_an_inserted_entry_is_named(log):
    forged = Mutation.objects.get(pk=log[0].pk)
    forged.pk, forged.reason = None, "Approved by everybody"
    forged.save(force_insert=True)
    assert faults() == []  # its writer might be about to seal it
    Mutation.objects.filter(pk=forged.pk).update(at=F("at") - timedelta(minutes=5))
    assert faults() == [f"Entry {forged.pk} was inserted: no link of the chain vouches for it."]


def test_exchanged_entries_are_named(log):
    first, second = Mutation.objects.get(pk=log[0].pk), Mutation.objects.get(pk=log[1].pk)
    first.pk, second.pk = second.pk, first.pk
    first.save()
    second.save()
    assert [fault.split(" was")[0] for fault in faults()] == [f"Entry {log[0].pk}", f"Entry {log[1].pk}"]


def test_an_end_that_was_cut_off_is_found_by_an_anchor(log):
    verifying.note(verifying.verify().head)
    AuditLink.objects.filter(mutation_id=log[2].pk)._raw_delete("default")
    remove(log[2])
    assert verifying.verify().faults == []
    assert faults() == ["The chain ends at link 4, but 6 links were noted: its end was cut off."]


def test_a_chain_that_was_written_anew_is_found_by_an_anchor(log):
    verifying.note(verifying.verify().head)
    Mutation.objects.filter(pk=log[0].pk).update(actor_id="1003")
    AuditLink.objects.all().delete()
    chain.append([entry.pk for entry in log], "made")
    chain.append([entry.pk for entry in log], "settled")
    assert verifying.verify().faults == []
    assert "is not what was noted: the chain was written anew" in faults()[0]


def test_what_a_writer_left_unsealed_is_sealed_by_the_schedule_and_marked(log):
    left = services.record_change(Actor.system(), "x.changed", "x", "1", {"a": 1}, {"a": 2})
    assert services.seal_late() == 0
    Mutation.objects.filter(pk=left.pk).update(at=timezone.now() - timedelta(minutes=5))
    assert services.seal_late() == 1
    found = verifying.verify()
    assert (found.faults, found.late) == ([], [left.pk])


def test_an_entry_that_claims_to_be_old_is_not_sealed_but_reported(log):
    forged = services.record_change(Actor.system(), "x.changed", "x", "1", {"a": 1}, {"a": 2})
    Mutation.objects.filter(pk=forged.pk).update(at=timezone.now() - timedelta(days=30))
    assert services.seal_late() == 0
    assert faults() == [f"Entry {forged.pk} was inserted: no link of the chain vouches for it."]


def verified(*options):
    out = io.StringIO()
    call_command("audit_verify", *options, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_prints_an_anchor_that_it_takes_again(log):
    printed = verified().splitlines()
    assert printed[0] == "unchanged: 3 entries, 6 links"
    anchor = printed[1].removeprefix("anchor ")
    assert anchor.startswith("6:")
    assert verified("--anchor", anchor).splitlines()[0] == printed[0]


def test_the_command_names_the_first_broken_entry_and_fails(log):
    Mutation.objects.filter(pk__in=[log[0].pk, log[2].pk]).update(actor_name="Nobody")
    with pytest.raises(CommandError, match=rf"BROKEN, first here: Entry {log[0].pk} was changed.*\(2 in all\)"):
        verified()


def test_the_command_refuses_what_is_no_anchor(log):
    with pytest.raises(CommandError, match="An anchor is a number, a colon and 64 digits"):
        verified("--anchor", "yesterday")


def test_a_restored_log_is_checked_from_then_on(log):
    verified()
    AuditLink.objects.filter(mutation_id=log[2].pk)._raw_delete("default")
    remove(log[2])
    with pytest.raises(CommandError, match="cut off"):
        verified()
    assert "unchanged: 2 entries, 4 links" in verified("--restored")
    assert "unchanged" in verified()


def test_the_scheduled_check_is_shown_in_health_and_on_the_page(log, client, sign_in, thabo):
    assert client.get("/health").json()["portal"]["audit_chain"] == "not checked yet"
    services.check_and_note()
    assert client.get("/health").json()["portal"]["audit_chain"] == "ok"
    assert "Unchanged since it was written" in sign_in(thabo).get("/mutations/").text
    Mutation.objects.filter(pk=log[1].pk).update(actor_name="Nobody")
    assert services.check_and_note().first_fault.startswith(f"Entry {log[1].pk} was changed")
    assert client.get("/health").json()["portal"]["audit_chain"] == "broken"
    assert f"Entry {log[1].pk} was changed" in sign_in(thabo).get("/mutations/").text
    assert ChainCheck.objects.count() == 2
