"""Signed notifications: stored before they are read, counted once, believed only with the right signature."""

import json
from decimal import Decimal

import pytest
import time_machine

from audit.actors import Actor
from billing.models import Notification, Payment, Transaction
from billing.services import notifications
from billing.signatures import sign
from billing.tests.conftest import NOW

pytestmark = [
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("at_noon_on_21_november", "secrets"),
]
SECRET, OLD_SECRET, SMS_SECRET = "lebese-le-tsoekere-4471", "khale-khale-khale-0012", "molaetsa-o-mokhutsoane-9"


@pytest.fixture
def secrets(settings):
    settings.PAYMENT_WEBHOOK_SECRETS = {"demo": (SECRET, OLD_SECRET), "sms": (SMS_SECRET,), "nobody": (SECRET,)}


@pytest.fixture
def account(register, add_row):
    register()
    add_row(balance=12.5)


def notice(**fields):
    return json.dumps(
        {
            "reference": "DM0001",
            "status": "succeeded",
            "amount": "50.00",
            "currency": "LSL",
            "account": "0045MAK",
            "phone": "+26658000001",
            "name": "Mantšali Letšela",
            "received_at": "2026-11-21T13:55:00+02:00",
            **fields,
        }
    ).encode()


def send(client, body, path="/api/payments/webhook/demo", secret=SECRET, at=None, **headers):
    timestamp = str(int((at or NOW).timestamp()))
    headers = {
        "X-Payment-Timestamp": timestamp,
        "X-Payment-Signature": sign(secret, timestamp, body),
        **headers,
    }
    return client.post(path, body, content_type="application/json", headers=headers)


def work():
    notifications.sweep()


def test_a_notification_is_stored_byte_for_byte_and_becomes_a_posted_payment(client, account):
    body = notice()
    answer = send(client, body)
    stored = Notification.objects.get()
    assert (answer.status_code, answer.json()) == (200, {"status": "stored", "id": stored.pk})
    assert bytes(stored.body) == body
    assert not Payment.objects.exists()
    work()
    payment = Payment.objects.get()
    assert (payment.state, payment.account, payment.amount, payment.recorded_by_name) == (
        "posted",
        "0045MAK",
        Decimal("50"),
        "Payments",
    )
    assert Transaction.objects.get(pk=payment.row_id).balance == 22.5
    stored.refresh_from_db()
    assert (stored.state, stored.payment, stored.rule) == ("done", payment, "demo.notification")


def test_the_same_notification_twice_counts_once(client, account):
    send(client, notice())
    assert send(client, notice()).json()["status"] == "known"
    work()
    assert send(client, notice()).json()["status"] == "known"
    work()
    assert (Payment.objects.count(), Transaction.objects.count(), Notification.objects.get().times) == (1, 2, 3)


def test_the_same_payment_in_other_words_counts_once(client, account):
    send(client, notice())
    send(client, notice(name="M LETSELA"))
    work()
    assert Transaction.objects.count() == 2
    assert list(Notification.objects.order_by("pk").values_list("state", flat=True)) == ["done", "duplicate"]


def test_the_same_reference_with_another_amount_is_left_to_people(client, account):
    send(client, notice())
    work()
    send(client, notice(amount="5000.00"))
    work()
    later = Notification.objects.latest("pk")
    assert (later.state, later.problem) == ("review", "DM0001 is recorded with 50.00; this says 5000.00.")
    assert Payment.objects.get().amount == Decimal("50")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Payment-Signature": ""},
        {"X-Payment-Signature": "sha256=" + "0" * 64},
        {"X-Payment-Signature": "šifra"},
        {"X-Payment-Timestamp": ""},
        {"X-Payment-Timestamp": "1795260301"},
        {"X-Payment-Timestamp": "9" * 40},
    ],
    ids=["none", "wrong", "no ASCII", "no time", "another time", "endless time"],
)
def test_a_forged_notification_is_refused_and_not_stored(client, headers):
    answer = send(client, notice(), **headers)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "The signature is missing or wrong."}
    assert not Notification.objects.exists()


def test_a_changed_body_is_refused(client):
    timestamp = str(int(NOW.timestamp()))
    headers = {"X-Payment-Timestamp": timestamp, "X-Payment-Signature": sign(SECRET, timestamp, notice())}
    answer = client.post(
        "/api/payments/webhook/demo", notice(amount="500.00"), content_type="application/json", headers=headers
    )
    assert answer.status_code == 401


def test_the_secret_of_one_sender_does_not_open_the_door_of_another(client):
    assert send(client, notice(), "/api/payments/webhook/mpesa").status_code == 401
    assert send(client, notice(), "/api/payments/sms").status_code == 401
    assert send(client, notice(), "/api/payments/webhook/nobody").status_code == 400


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_recorded_request_cannot_be_sent_again_later(client, minutes):
    with time_machine.travel(NOW.timestamp() + minutes * 60, tick=False):
        answer = send(client, notice(), at=NOW)
    assert answer.status_code == 401
    assert "sign the request anew" in answer.json()["detail"]
    assert not Notification.objects.exists()


def test_a_secret_that_is_being_changed_is_still_good(client):
    assert send(client, notice(), secret=OLD_SECRET).status_code == 200


def test_one_address_serves_all_providers(client):
    assert send(client, notice(), "/api/payments/webhook", **{"X-Payment-Provider": "Demo"}).status_code == 200
    assert send(client, notice(provider="demo"), "/api/payments/webhook").json()["status"] == "stored"
    assert send(client, notice(), "/api/payments/webhook").status_code == 400


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe\x00", b"[]", b'{"amount": NaN}'])
def test_a_signed_body_that_cannot_be_read_is_stored_and_shown_to_people(client, sign_in, lineo, body):
    assert send(client, body).status_code == 200
    work()
    stored = Notification.objects.get()
    assert (stored.state, bytes(stored.body)) == ("review", body)
    assert sign_in(lineo).get(f"/payments/messages/{stored.pk}/").status_code == 200
    assert "The body is no" in sign_in(lineo).get("/payments/queue/").content.decode()


def test_a_body_that_is_too_large_is_refused(client):
    answer = send(client, notice(name="x" * 70_000))
    assert answer.status_code == 413
    assert not Notification.objects.exists()


def test_too_many_notifications_are_slowed_down(client, settings):
    from django.core.cache import cache

    cache.clear()
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "webhook": "2/min"},
    }
    assert [send(client, notice()).status_code for _ in range(3)] == [200, 200, 429]
    cache.clear()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"account": ""}, "The message names no account."),
        ({"account": "0999MAK"}, "There is no account 0999MAK."),
        ({"account": "July rent"}, "There is no account JULY RENT."),
        ({"currency": "ZAR"}, "It is in ZAR; the ledger is in LSL."),
    ],
)
def test_what_is_not_beyond_doubt_waits_in_the_queue(client, account, fields, problem):
    send(client, notice(**fields))
    work()
    payment = Payment.objects.get()
    assert (payment.state, payment.problem) == ("unmatched", problem)
    assert Transaction.objects.count() == 1


def test_a_failed_payment_is_kept_and_a_later_success_is_posted(client, account):
    send(client, notice(status="failed"))
    work()
    assert Payment.objects.get().state == "failed"
    assert Transaction.objects.count() == 1
    send(client, notice())
    work()
    assert Payment.objects.get().state == "posted"


def test_a_reported_reversal_waits_for_a_person(client, account, sign_in, lineo):
    send(client, notice())
    work()
    send(client, notice(status="reversed"))
    work()
    payment, later = Payment.objects.get(), Notification.objects.latest("pk")
    assert (payment.state, later.state, later.payment) == ("posted", "review", payment)
    sign_in(lineo).post(f"/payments/messages/{later.pk}/dismiss/", {"note": "Checked with the provider"})
    later.refresh_from_db()
    assert (later.state, later.problem) == ("dismissed", "Checked with the provider (Lineo Letsie)")


# ---------------------------------------------------------------- SMS


MESSAGE = (
    "QK7ABC12DE Confirmed. On 21/11/26 at 1:55 PM M50.00 received from 26658000001 MPHO LETSELA. "
    "Account Number 0045MAK. New Utility balance is M12,345.60."
)


def sms(sender="M-PESA", text=MESSAGE):
    return json.dumps({"from": sender, "text": text}).encode()


def test_a_confirmation_sms_becomes_a_posted_payment(client, account):
    assert send(client, sms(), "/api/payments/sms", SMS_SECRET).status_code == 200
    work()
    payment = Payment.objects.get()
    assert (payment.state, payment.provider, payment.provider_reference, payment.amount) == (
        "posted",
        "mpesa",
        "QK7ABC12DE",
        Decimal("50"),
    )


def test_an_sms_that_the_provider_did_not_send_is_not_posted_until_the_provider_says_so(client, account):
    send(client, sms(sender="+26658000099"), "/api/payments/sms", SMS_SECRET)
    work()
    payment = Payment.objects.get()
    assert (payment.state, payment.confirmed, payment.problem) == (
        "unmatched",
        False,
        "The message was not sent by the provider.",
    )
    send(client, sms(), "/api/payments/sms", SMS_SECRET)
    work()
    payment.refresh_from_db()
    assert (payment.state, payment.confirmed) == ("posted", True)
    assert Transaction.objects.count() == 2


def test_an_unknown_message_waits_and_nothing_is_guessed(client, account):
    send(client, sms(text="I paid M50.00 for 0045MAK"), "/api/payments/sms", SMS_SECRET)
    work()
    assert Notification.objects.get().problem == "No rule understands this message."
    assert not Payment.objects.exists()


def test_a_pasted_message_is_shown_before_it_is_taken_in(sign_in, lineo, account):
    client = sign_in(lineo)
    page = client.post("/payments/sms/check/", {"text": MESSAGE}).content.decode()
    assert "mpesa.received" in page
    assert "22.50" in page
    assert not Notification.objects.exists()
    answer = client.post("/payments/sms/save/", {"text": MESSAGE})
    payment = Payment.objects.get()
    assert answer["Location"] == f"/payments/{payment.pk}/"
    assert (payment.state, payment.recorded_by) == ("posted", "1003")
    assert MESSAGE in client.get(answer["Location"]).content.decode()
    again = client.post("/payments/sms/save/", {"text": MESSAGE}, follow=True)
    assert "nothing was recorded twice" in again.content.decode()
    assert Payment.objects.count() == 1


def test_what_a_payer_shows_is_not_posted(sign_in, lineo, account):
    text = "QN1FFF66FF Confirmed. M50.00 sent to MOUNTAIN SOLAR for account 0045MAK on 21/11/26 at 1:05 PM."
    client = sign_in(lineo)
    assert "unmatched queue until" in client.post("/payments/sms/check/", {"text": text}).content.decode()
    client.post("/payments/sms/save/", {"text": text})
    payment = Payment.objects.get()
    assert (payment.state, payment.confirmed) == ("unmatched", False)


def test_one_bad_notification_does_not_stop_the_others(client, account, monkeypatch):
    send(client, notice())
    send(client, notice(reference="DM0002"))
    real = notifications._read

    def broken(stored):
        if b"DM0001" in bytes(stored.body):
            raise RuntimeError("boom")
        return real(stored)

    monkeypatch.setattr(notifications, "_read", broken)
    work()
    assert list(Payment.objects.values_list("provider_reference", "state")) == [("DM0002", "posted")]
    monkeypatch.undo()
    work()
    assert Payment.objects.count() == 2


def test_taking_the_same_bytes_in_twice_gives_the_same_notification():
    first, is_new = notifications.take_in("pasted", "", b"text", by="1003")
    second, is_new_again = notifications.take_in("pasted", "", b"text", by="1004")
    assert (first, is_new, is_new_again, second.times) == (second, True, False, 2)
    assert notifications.process(first.pk, Actor.system()).state == "review"
