"""What people do to passwords, sign-ins and messages leaves an entry in the log of changes, without any secret."""

import pytest
from axes.models import AccessAttempt
from django.db import transaction
from django.test import Client

from audit.models import Mutation
from ccportal.accounts.models import CustomerLogin, SignIn
from ccportal.jobs import outbox
from conftest import PASSWORD

NEW = "Pula-e-ngata-2031"


def entry(event):
    return Mutation.objects.get(event=event)


def act(client, action, model, *rows):
    return client.post(f"/admin/{model}/", {"action": action, "_selected_action": [row.pk for row in rows]})


@pytest.fixture
def lerato(db):
    login = CustomerLogin(account="0045MAK")
    login.set_password(PASSWORD)
    login.save()
    return login


def test_a_password_that_an_employee_changes(sign_in, thabo):
    fields = {"old_password": PASSWORD, "new_password": NEW, "repeated": NEW}
    assert sign_in(thabo).post("/profile/password/", fields).status_code == 302
    found = entry("accounts.password.changed")
    assert (found.actor_id, found.record_id) == ("1004", str(thabo.pk))
    assert (found.old_values, found.new_values) == ({}, {})


def test_a_password_that_a_customer_changes(client, lerato):
    given = client.post(
        "/api/auth/customer-login", {"customer_id": "0045MAK", "password": PASSWORD}, "application/json"
    ).json()["access_token"]
    body = {"old_password": PASSWORD, "new_password": NEW}
    headers = {"Authorization": f"Bearer {given}"}
    answer = client.post("/api/auth/customer-change-password", body, "application/json", headers=headers)
    assert answer.status_code == 200
    assert entry("accounts.password.changed").actor_id == "0045MAK"


def test_a_sign_in_that_an_administrator_ends(sign_in, nthabiseng, thabo):
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"employee_no": "1004", "password": PASSWORD})
    row = SignIn.objects.get(employee=thabo)
    act(sign_in(nthabiseng), "end", "accounts/signin", row)
    assert elsewhere.get("/profile/").status_code == 302
    found = entry("accounts.sign_in.ended")
    assert (found.actor_id, found.record_id) == ("1001", str(row.pk))


def test_a_customer_whom_an_administrator_unlocks(client, sign_in, nthabiseng, lerato):
    for _ in range(5):
        client.post("/api/auth/customer-login", {"customer_id": "0045MAK", "password": "wrong"}, "application/json")
    act(sign_in(nthabiseng), "unlock", "axes/accessattempt", AccessAttempt.objects.get())
    assert not AccessAttempt.objects.exists()
    assert entry("accounts.lockout.lifted").record_id == str(lerato.pk)


def test_a_message_that_somebody_cancels_and_sends_after_all(sign_in, palesa):
    with transaction.atomic():
        message = outbox.enqueue("sms.code", "code-1", {"to": "+26650000000", "text": "1234"})
    client = sign_in(palesa)
    client.post(f"/jobs/outbox/{message.pk}/cancel/")
    client.post(f"/jobs/outbox/{message.pk}/retry/")
    for event in ("jobs.message.cancelled", "jobs.message.retried"):
        assert (entry(event).actor_id, entry(event).record_id) == ("1002", str(message.pk))
