"""Payments on their pages: recorded once, posted with the balance that was shown, matched, reversed, looked up."""

from decimal import Decimal

import pytest
from django.utils import timezone

from audit import services as audit
from audit.actors import Actor
from audit.models import Mutation
from billing.models import Payment, PaymentState, Transaction
from billing.queries.ledger import ledger_of
from billing.queries.overview import overview_of
from billing.services import payments, posting
from billing.tests.conftest import local
from billing.tests.forms import effect_of, hidden
from customers.models import DirectoryPhone

pytestmark = [
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("at_noon_on_21_november"),
]


def typed(**fields):
    return {
        "provider": "mpesa",
        "provider_reference": "qk7 abc12de",
        "account": "mak 0045",
        "amount": "50",
        "received_at": "2026-11-21T12:00",
        "payer_phone": "58000001",
        **fields,
    }


def record(client, **fields):
    """Type a payment, look at its effect, confirm; the answer."""
    shown = client.post("/payments/new/check/", typed(**fields))
    return client.post("/payments/new/save/", hidden(shown))


@pytest.fixture
def lineo_in(sign_in, lineo, register, add_row):
    register()
    add_row(balance=12.5)
    return sign_in(lineo)


@pytest.fixture
def posted(lineo_in):
    record(lineo_in)
    return Payment.objects.get()


@pytest.fixture
def unmatched(lineo, register, add_row):
    """M 50 for an account that does not exist, by the phone of the customer of 0045MAK."""
    register()
    add_row(balance=12.5)
    DirectoryPhone.objects.create(customer_number=17, suffix="58000001", digits="58000001")
    draft = payments.Draft(
        provider="mpesa",
        reference="QK7ABC12DE",
        amount=Decimal("50"),
        received_at=local("2026-11-21 12:00"),
        account="0054MAK",
        payer_phone="26658000001",
        payer_name="MANTSALI LETSELA",
    )
    payment = payments.record(Actor.system(), draft)
    payments.leave_unmatched(Actor.system(), payment, "There is no account 0054MAK.")
    return Payment.objects.get()


# ---------------------------------------------------------------- recording


def test_before_a_payment_is_recorded_its_effect_on_the_balance_is_shown(lineo_in):
    shown = lineo_in.post("/payments/new/check/", typed())
    assert effect_of(shown) == ["12.50", "+10.00", "22.50"]
    assert "&#x27;Mantšali Letšela" in shown.content.decode()
    assert not Payment.objects.exists()


def test_a_recorded_payment_is_posted_to_the_ledger_and_the_balance_changes(lineo_in):
    answer = record(lineo_in)
    payment = Payment.objects.get()
    assert answer["Location"] == f"/payments/{payment.pk}/"
    assert (payment.state, payment.provider_reference, payment.account, payment.payer_phone) == (
        "posted",
        "QK7ABC12DE",
        "0045MAK",
        "+26658000001",
    )
    assert (payment.amount, payment.kwh, payment.rate) == (Decimal("50"), Decimal("10"), Decimal("5"))
    row = Transaction.objects.get(pk=payment.row_id)
    assert (row.account, row.amount, row.kwh, row.balance, row.is_payment) == (
        "0045MAK",
        Decimal("50"),
        10.0,
        22.5,
        True,
    )
    assert row.at == local("2026-11-21 12:00")
    assert "22.50" in lineo_in.get("/customer-data/0045MAK/summary/").content.decode()
    entry = Mutation.objects.get(table_name="tblaccounthistory1")
    assert (entry.event, entry.actor_id, entry.state) == ("billing.payment.posted", "1003", "applied")
    assert payment.mutation == entry


def test_the_same_reference_is_recorded_once_and_the_second_person_is_told(lineo_in, posted):
    answer = lineo_in.post("/payments/new/save/", typed(amount="60"), follow=True)
    assert "is recorded already; nothing was recorded twice" in answer.content.decode()
    assert Payment.objects.count() == 1
    assert Transaction.objects.count() == 2


def test_two_providers_may_use_one_reference(lineo_in, posted):
    record(lineo_in, provider="ecocash", account="0045MAK")
    assert Payment.objects.count() == 2
    assert Transaction.objects.count() == 3


def test_a_payment_without_reference_is_not_taken(lineo_in):
    answer = lineo_in.post("/payments/new/check/", typed(provider_reference=" "))
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "0", "The amount must be above 0"),
        ("amount", "-5", "greater than or equal to 0"),
        ("amount", "5.555", "no more than 2 decimal places"),
        ("amount", "NaN", "Enter a number."),
        ("account", "somewhere", "An account is four digits"),
        ("account", "0999MAK", "There is no account 0999MAK."),
        ("provider", "hawala", "Select a valid choice"),
        ("provider_reference", "#1", "Give the provider’s reference"),
        ("received_at", "2026-11-22T12:00", "not one in the future"),
        ("payer_phone", "123", "Give the whole phone number"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(lineo_in, field, value, sentence):
    answer = lineo_in.post("/payments/new/check/", typed(**{field: value}))
    assert answer.status_code == 422
    assert sentence in answer.content.decode().replace("&#x27;", "'")


def test_a_balance_that_moved_meanwhile_is_shown_anew_before_anything_is_recorded(lineo_in, add_row):
    shown = lineo_in.post("/payments/new/check/", typed())
    add_row("2026-11-21 11:00", balance=2.0)
    answer = lineo_in.post("/payments/new/save/", hidden(shown))
    assert answer.status_code == 409
    assert effect_of(answer) == ["2.00", "+10.00", "12.00"]
    assert not Payment.objects.exists()
    assert lineo_in.post("/payments/new/save/", hidden(answer)).status_code == 302


def test_a_payment_from_before_the_last_balance_gets_a_row_of_today(lineo_in, add_row):
    add_row("2026-11-21 13:00", balance=9.0)
    record(lineo_in)
    payment = Payment.objects.get()
    row = Transaction.objects.get(pk=payment.row_id)
    assert (row.at, row.balance) == (local("2026-11-21 14:05"), 19.0)
    assert payment.received_at == local("2026-11-21 12:00")


def test_while_somebody_types_owner_and_effect_appear(lineo_in):
    part = lineo_in.get("/payments/effect/", typed(), headers={"HX-Request": "true"})
    assert effect_of(part) == ["12.50", "+10.00", "22.50"]
    half = lineo_in.get("/payments/effect/", {"account": "0045MAK"}, headers={"HX-Request": "true"})
    assert "Balance 12.50 kWh" in half.content.decode()
    wrong = lineo_in.get("/payments/effect/", {"account": "0999MAK", "amount": "5"})
    assert "There is no account 0999MAK." in wrong.content.decode()


# ---------------------------------------------------------------- lists and lookups


def test_the_list_filters_and_sums(lineo_in, posted):
    record(lineo_in, provider_reference="QK7ABC12DF", amount="12.50")
    page = lineo_in.get("/payments/?q=QK7ABC12DF").content.decode()
    assert "QK7ABC12DE" not in page
    assert "M 12.50" in page
    everything = lineo_in.get("/payments/").content.decode()
    assert "M 62.50" in everything
    assert "QK7ABC12DE" not in lineo_in.get("/payments/?state=unmatched").content.decode()
    assert "QK7ABC12DE" in lineo_in.get("/payments/?site=MAK&provider=mpesa&first=2026-11-21").content.decode()
    assert "QK7ABC12DE" not in lineo_in.get("/payments/?last=2026-11-20").content.decode()
    assert "QK7ABC12DE" in lineo_in.get("/payments/?q=5800 0001").content.decode()


def test_the_csv_holds_what_the_filters_select(lineo_in, posted):
    text = b"".join(lineo_in.get("/payments/payments.csv?state=posted").streaming_content).decode()
    assert text.splitlines()[1].startswith("2026-11-21 12:00:00,mpesa,QK7ABC12DE,payment,50.00,LSL,posted,0045MAK,MAK")


def test_a_reference_opens_its_payment_in_any_spelling(lineo_in, posted):
    answer = lineo_in.get("/payments/lookup/", {"reference": "qk7 abc12de"})
    assert answer["Location"] == f"/payments/{posted.pk}/"
    missing = lineo_in.get("/payments/lookup/", {"reference": "NOSUCH1"}, follow=True)
    assert "No payment has the reference NOSUCH1." in missing.content.decode()


def test_a_program_looks_a_payment_up_by_reference(lineo_in, posted):
    answer = lineo_in.get("/api/payments/QK7ABC12DE").json()
    assert answer["reference"] == "QK7ABC12DE"
    (found,) = answer["payments"]
    assert (found["provider"], found["amount"], found["state"], found["account"], found["kwh"]) == (
        "mpesa",
        "50.00",
        "posted",
        "0045MAK",
        "10.0000",
    )
    assert found["received_at"] == "2026-11-21 12:00:00"
    record(lineo_in, provider="ecocash")
    assert len(lineo_in.get("/api/payments/QK7ABC12DE").json()["payments"]) == 2
    assert len(lineo_in.get("/api/payments/QK7ABC12DE?provider=ecocash").json()["payments"]) == 1
    assert lineo_in.get("/api/payments/NOSUCH1").status_code == 404


def test_the_account_page_leads_from_the_row_to_its_payment(lineo_in, posted):
    page = lineo_in.get("/customer-data/0045MAK/").content.decode()
    assert f'href="/payments/{posted.pk}/"' in page


# ---------------------------------------------------------------- the queue


def test_the_queue_suggests_by_phone_by_slip_and_by_name(sign_in, lineo, unmatched):
    page = sign_in(lineo).get("/payments/queue/").content.decode()
    assert f"/payments/{unmatched.pk}/match/?account=0045MAK" in page
    assert "has this phone number" in page
    DirectoryPhone.objects.all().delete()
    assert "one slip away from 0054MAK" in sign_in(lineo).get("/payments/queue/").content.decode()
    Payment.objects.update(account_given="")
    assert "has this name" in sign_in(lineo).get("/payments/queue/").content.decode()


def test_a_suggestion_is_posted_after_its_effect_was_shown(sign_in, lineo, unmatched):
    client = sign_in(lineo)
    shown = client.get(f"/payments/{unmatched.pk}/match/?account=0045MAK")
    assert effect_of(shown) == ["12.50", "+10.00", "22.50"]
    client.post(f"/payments/{unmatched.pk}/match/save/", hidden(shown))
    unmatched.refresh_from_db()
    assert (unmatched.state, unmatched.account) == ("posted", "0045MAK")
    assert Transaction.objects.count() == 2


def test_two_people_match_one_payment_and_the_second_is_told(sign_in, lineo, palesa, unmatched):
    client = sign_in(lineo)
    shown = client.get(f"/payments/{unmatched.pk}/match/?account=0045MAK")
    client.post(f"/payments/{unmatched.pk}/match/save/", hidden(shown))
    second = sign_in(palesa).post(f"/payments/{unmatched.pk}/match/save/", hidden(shown))
    assert second.status_code == 409
    assert Transaction.objects.count() == 2


def test_each_payment_leads_to_the_next_that_waits(sign_in, lineo, thabo, unmatched):
    draft = payments.Draft("mpesa", "QK7ABC12DF", Decimal("20"), local("2026-11-20 12:00"))
    older = payments.record(Actor.system(), draft, state=PaymentState.UNMATCHED)
    client = sign_in(lineo)
    assert client.get(f"/payments/{older.pk}/").context["following"] == unmatched
    assert client.get(f"/payments/{unmatched.pk}/").context["following"] == older
    shown = client.get(f"/payments/{unmatched.pk}/match/?account=0045MAK")
    after = client.post(f"/payments/{unmatched.pk}/match/save/", hidden(shown), follow=True)
    assert f'href="/payments/{older.pk}/">Next unmatched' in after.text
    assert "Next unmatched" not in sign_in(thabo).get(f"/payments/{unmatched.pk}/").text


def test_a_payment_is_put_aside_and_its_refund_noted_with_a_note(sign_in, lineo, unmatched):
    client, base = sign_in(lineo), f"/payments/{unmatched.pk}"
    refused = client.post(f"{base}/aside/", {"note": ""})
    assert (refused.status_code, "Say why, for whoever looks at this later." in refused.text) == (422, True)
    assert "x" * 301 in client.post(f"{base}/aside/", {"note": "x" * 301}).text  # too long, but not lost
    client.post(f"{base}/aside/", {"note": "Asked the payer"})
    assert "QK7ABC12DE" not in client.get("/payments/queue/").content.decode()
    assert "Asked the payer" in client.get("/payments/queue/?show=aside").content.decode()
    client.post(f"{base}/refund/", {"note": "Sent back on 20 Nov"})
    assert client.get(f"{base}/match/?account=0045MAK").status_code == 409
    client.post(f"{base}/reopen/", {"note": "It came back"})
    assert "QK7ABC12DE" in client.get("/payments/queue/").content.decode()
    texts = list(unmatched.events.values_list("text", flat=True))
    assert texts[-3:] == ["Asked the payer", "Sent back on 20 Nov", "It came back"]


# ---------------------------------------------------------------- reversing


def test_a_reversal_is_a_new_row_that_takes_money_and_kwh_off(lineo_in, posted):
    shown = lineo_in.get(f"/payments/{posted.pk}/reverse/")
    assert effect_of(shown) == ["22.50", "-10.00", "12.50"]
    lineo_in.post(f"/payments/{posted.pk}/reverse/save/", {"moves": "no", "reason": "Paid twice"})
    posted.refresh_from_db()
    reversal = posted.derived.get()
    assert (posted.state, reversal.state, reversal.amount, reversal.note) == (
        "reversed",
        "posted",
        Decimal("-50"),
        "Paid twice",
    )
    first, row = Transaction.objects.get(pk=posted.row_id), Transaction.objects.get(pk=reversal.row_id)
    assert (first.amount, row.amount, row.kwh, row.is_payment, row.balance) == (
        Decimal("50"),
        Decimal("-50"),
        -10.0,
        False,
        12.5,
    )


def test_a_reversed_payment_is_neither_the_last_one_nor_energy_bought(lineo_in, posted):
    ledger, now = ledger_of("0045MAK"), timezone.now()
    before = overview_of(ledger, [], now)
    assert (before.payment.pk, before.usage.average) == (int(posted.row_id), Decimal(20))
    lineo_in.post(f"/payments/{posted.pk}/reverse/save/", {"moves": "no", "reason": "Paid twice"})
    after = overview_of(ledger, [], now)
    assert (after.payment.kwh, after.payment.pk < before.payment.pk, after.usage.average) == (10.0, True, Decimal(10))


def test_a_payment_is_reversed_once(lineo_in, posted):
    lineo_in.post(f"/payments/{posted.pk}/reverse/save/", {"moves": "no", "reason": "Paid twice"})
    answer = lineo_in.post(f"/payments/{posted.pk}/reverse/save/", {"moves": "no", "reason": "Paid twice"})
    assert answer.status_code == 409
    assert Transaction.objects.count() == 3


def test_a_reversal_needs_a_reason_and_is_not_reversed_itself(lineo_in, posted):
    url = f"/payments/{posted.pk}/reverse/save/"
    assert lineo_in.post(url, {"moves": "no", "reason": ""}).status_code == 422
    lineo_in.post(url, {"moves": "no", "reason": "Paid twice"})
    assert lineo_in.get(f"/payments/{posted.derived.get().pk}/reverse/").status_code == 409


def test_money_for_another_account_comes_back_as_unmatched_and_is_posted_there(lineo_in, posted, register):
    register("0054MAK", 18)
    answer = lineo_in.post(f"/payments/{posted.pk}/reverse/save/", {"moves": "yes", "reason": "Wrong account"})
    moved = posted.derived.get(kind="correction")
    assert answer["Location"] == f"/payments/{moved.pk}/"
    assert (moved.state, moved.amount) == ("unmatched", Decimal("50"))
    shown = lineo_in.get(f"/payments/{moved.pk}/match/?account=0054MAK")
    lineo_in.post(f"/payments/{moved.pk}/match/save/", hidden(shown))
    sums = dict.fromkeys(("0045MAK", "0054MAK"), 0)
    for row in Transaction.objects.exclude(amount=50, kwh=10, balance=12.5):
        sums[row.account] += row.amount
    assert sums == {"0045MAK": Decimal("0"), "0054MAK": Decimal("50")}


def test_the_row_of_a_payment_is_neither_changed_nor_deleted_by_hand(lineo_in, posted, sign_in, palesa):
    base = f"/customer-data/0045MAK/transactions/recent/{posted.row_id}"
    assert "reverse the payment instead" in lineo_in.get(f"{base}/edit/").content.decode()
    assert sign_in(palesa).get(f"{base}/delete/").status_code == 400


def test_undoing_the_ledger_row_takes_the_payment_back_to_the_queue(lineo_in, posted, palesa):
    audit.revert(Actor.of(palesa), posted.mutation, reason="Not ours")
    posted.refresh_from_db()
    assert posted.state == PaymentState.UNMATCHED
    assert "was deleted by entry" in posted.problem
    assert "QK7ABC12DE" in lineo_in.get("/payments/queue/").content.decode()


def test_a_ledger_row_that_is_changed_as_a_table_row_is_shown_on_its_payment_until_it_agrees_again(
    lineo_in, posted, palesa
):
    changed = audit.update_record(
        Actor.of(palesa), "tblaccounthistory1", posted.row_id, {"transaction amount": "500"}, event="tables.edited"
    )
    assert f"changed by entry {changed.pk}" in lineo_in.get(f"/payments/{posted.pk}/").text
    audit.revert(Actor.of(palesa), changed, reason="Not ours")
    posted.refresh_from_db()
    assert (posted.state, posted.problem) == ("posted", "")
    assert posted.events.last().text == "Its ledger row agrees again."


def test_undoing_the_undoing_posts_the_payment_again(lineo_in, posted, palesa):
    undone = audit.revert(Actor.of(palesa), posted.mutation, reason="Not ours")
    audit.revert(Actor.of(palesa), undone, reason="It is ours")
    posted.refresh_from_db()
    assert posted.state == PaymentState.POSTED
    assert posted.posted_at is not None


# ---------------------------------------------------------------- the ACDB is away


def test_a_payment_waits_while_the_customer_database_is_read_only_and_is_posted_afterwards(unmatched, settings):
    settings.ACDB_READ_ONLY = True
    payments.match(Actor.system(), unmatched, "0045MAK")
    unmatched.refresh_from_db()
    assert (unmatched.state, unmatched.claim) == ("matched", "")
    assert "read-only" in unmatched.problem
    settings.ACDB_READ_ONLY = False
    Payment.objects.update(next_at=None)
    posting.post_waiting(Actor.system())
    unmatched.refresh_from_db()
    assert unmatched.state == "posted"


def test_in_another_currency_nothing_is_posted(sign_in, lineo, unmatched):
    Payment.objects.update(currency="ZAR")
    client = sign_in(lineo)
    for answer in (
        client.get(f"/payments/{unmatched.pk}/match/?account=0045MAK"),
        client.post(f"/payments/{unmatched.pk}/match/save/", {"account": "0045MAK"}),
    ):
        assert answer.status_code == 400
        assert "This payment is in ZAR" in answer.content.decode()
    for address in ("/payments/queue/", f"/payments/{unmatched.pk}/"):  # no link leads there
        assert "/match/" not in client.get(address).text
    page = client.get("/payments/").content.decode()
    assert "ZAR 50.00" in page
    assert "1 in another currency not added" in page
    assert Transaction.objects.count() == 1


# ---------------------------------------------------------------- a log entry that is settled late


@pytest.fixture
def late_entry(posted):
    """A second entry that says it wrote the payment's row, as if an earlier attempt had been given up too soon."""
    entry = Mutation.objects.get(pk=posted.mutation_id)
    entry.pk, entry.record_id = None, "99999"
    entry.save()
    posted.events.create(kind="posting", text="Being written to the ledger", actor_id="system", mutation=entry)
    return entry


def test_a_row_that_was_written_after_all_is_adopted_by_a_payment_that_waits(posted, late_entry):
    Payment.objects.update(state="matched", mutation=None, row_id="", posted_at=None)
    posting.settle(late_entry)
    posted.refresh_from_db()
    assert (posted.state, posted.row_id, posted.mutation) == ("posted", "99999", late_entry)


def test_a_second_row_of_a_posted_payment_is_reported(posted, late_entry):
    posting.settle(late_entry)
    posted.refresh_from_db()
    assert (posted.state, posted.row_id == "99999") == ("posted", False)
    assert posted.problem == f"Written twice: entry {late_entry.pk} of the log wrote a second row. Undo that entry."
