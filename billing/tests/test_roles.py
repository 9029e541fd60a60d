"""Who may do what with transactions and payments: every action against every role and an outsider."""

from decimal import Decimal

import pytest

from audit.actors import Actor
from billing.models import Payment
from billing.services import notifications, payments
from billing.tests.conftest import local
from ccportal.accounts import keys

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])

READ = {"thabo", "lineo", "palesa", "nthabiseng"}
WRITE = {"lineo", "palesa", "nthabiseng"}
DELETE = {"palesa", "nthabiseng"}
ROWS = "/customer-data/0045MAK/transactions"
#: Method, address, who may. {row}, {unmatched}, {posted} and {notice} are put in.
ACTIONS = [
    ("get", f"{ROWS}/new/", WRITE),
    ("post", f"{ROWS}/new/check/", WRITE),
    ("post", f"{ROWS}/new/save/", WRITE),
    ("get", f"{ROWS}/recent/{{row}}/edit/", WRITE),
    ("post", f"{ROWS}/recent/{{row}}/edit/check/", WRITE),
    ("post", f"{ROWS}/recent/{{row}}/edit/save/", WRITE),
    ("get", f"{ROWS}/recent/{{row}}/delete/", DELETE),
    ("post", f"{ROWS}/recent/{{row}}/delete/save/", DELETE),
    ("get", "/payments/", READ),
    ("get", "/payments/payments.csv", READ),
    ("get", "/payments/lookup/?reference=QK7ABC12DE", READ),
    ("get", "/payments/queue/", READ),
    ("get", "/payments/{posted}/", READ),
    ("get", "/payments/messages/{notice}/", READ),
    ("get", "/api/payments/QK7ABC12DE", READ),
    ("get", "/payments/new/", WRITE),
    ("get", "/payments/effect/", WRITE),
    ("post", "/payments/new/check/", WRITE),
    ("post", "/payments/new/save/", WRITE),
    ("get", "/payments/sms/", WRITE),
    ("post", "/payments/sms/check/", WRITE),
    ("post", "/payments/sms/save/", WRITE),
    ("post", "/payments/messages/{notice}/dismiss/", WRITE),
    ("get", "/payments/{unmatched}/match/?account=0045MAK", WRITE),
    ("post", "/payments/{unmatched}/match/save/", WRITE),
    ("post", "/payments/{unmatched}/aside/", WRITE),
    ("post", "/payments/{unmatched}/refund/", WRITE),
    ("post", "/payments/{unmatched}/reopen/", WRITE),
    ("post", "/payments/{posted}/post/", WRITE),
    ("get", "/payments/{posted}/reverse/", WRITE),
    ("post", "/payments/{posted}/reverse/save/", WRITE),
]


@pytest.fixture
def places(register, add_row):
    register()
    row = add_row(balance=10.0)
    draft = payments.Draft("mpesa", "QK7ABC12DE", Decimal(50), local("2026-11-20 19:00"), account="0045MAK")
    posted = payments.record_and_post(Actor.system(), draft)
    unmatched = payments.record(
        Actor.system(), payments.Draft("mpesa", "QK7ABC12DF", Decimal(50), local("2026-11-20 19:00"))
    )
    payments.leave_unmatched(Actor.system(), unmatched, "No account.")
    notice, _ = notifications.take_in("pasted", "", b"?")
    notifications.process(notice.pk)
    return {"row": row.pk, "posted": posted.pk, "unmatched": unmatched.pk, "notice": notice.pk}


@pytest.mark.parametrize("name", ["thabo", "lineo", "palesa", "nthabiseng"])
def test_each_role_may_do_what_the_table_says_and_a_denial_names_the_role(name, request, sign_in, places):
    client = sign_in(request.getfixturevalue(name))
    wrong = {}
    for method, path, allowed in ACTIONS:
        answer = getattr(client, method)(path.format(**places))
        denied = answer.status_code == 403
        says_who = b"It takes the role" in getattr(answer, "content", b"") if denied else True
        if denied == (name in allowed) or not says_who:
            wrong[path] = answer.status_code
    assert wrong == {}
    # Empty forms change nothing.
    assert Payment.objects.filter(state="posted").count() == 1


def test_an_outsider_is_asked_to_sign_in(client, places):
    for method, path, _ in ACTIONS:
        answer = getattr(client, method)(path.format(**places))
        expected = 401 if path.startswith("/api/") else 302
        assert answer.status_code == expected, path


def test_a_program_needs_the_scope_to_look_payments_up(client, places):
    for scopes, status in ((["billing.read"], 200), (["tables.read"], 403)):
        _, key = keys.issue(f"Ledger {status}", scopes, "1001")
        answer = client.get("/api/payments/QK7ABC12DE", headers={"X-API-Key": key})
        assert answer.status_code == status


def test_a_program_cannot_write_payments_with_a_key(client, places):
    _, key = keys.issue("Ledger", ["tables.write"], "1001")
    answer = client.post("/api/payments/QK7ABC12DE", {}, headers={"X-API-Key": key})
    assert answer.status_code == 405
