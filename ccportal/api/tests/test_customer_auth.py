"""Customers: registration with a code to the phone on file, sign-in, password, and what they may not."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from ccportal.accounts.models import CustomerLogin, OneTimeCode, SignIn
from ccportal.jobs.models import OutboxMessage
from customers.models import AccountSource, Customer, DirectoryAccount, DirectoryCustomer, DirectoryPhone, Status

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
PASSWORD = "khomo-7"
ACCOUNT = "0045MAK"


@pytest.fixture
def mpho(db, settings):
    """A customer with one account and one phone."""
    settings.DEMO = True
    DirectoryCustomer.objects.create(
        number=45,
        name="Mpho Nteso",
        sort_name="nteso mpho",
        site="MAK",
        status=Status.ACTIVE,
        document="mpho nteso",
        extra="",
        digest="x",
    )
    DirectoryPhone.objects.create(customer_number=45, suffix="50123456", digits="50123456")
    DirectoryAccount.objects.create(
        account=ACCOUNT, customer_number=45, site="MAK", source=AccountSource.ACCOUNTS, owner=True
    )


@pytest.fixture
def ask(client, mpho):
    def send(path, headers=None, **body):
        return client.post(f"/api/auth/{path}", body, content_type="application/json", headers=headers)

    return send


@pytest.fixture
def register(ask):
    """Both steps; the code is read from the message that would go out."""

    def both(account=ACCOUNT, password=PASSWORD):
        assert ask("customer-register", customer_id=account, password=password).status_code == 200
        return ask("customer-register", customer_id=account, password=password, code=sent_code())

    return both


def sent_code():
    return re.match(r"\d{6}", OutboxMessage.objects.order_by("-pk").first().payload["text"])[0]


class TestRegistration:
    def test_the_first_step_sends_a_code_to_the_phone_on_file_and_registers_nothing(self, ask):
        response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        assert response.json() == {
            "message": "A code was sent by SMS to the phone ending in 456. Send this request again with the code.",
            "customer_id": ACCOUNT,
            "name": ACCOUNT,
            "code_required": True,
        }
        message = OutboxMessage.objects.get()
        assert (message.kind, message.payload["to"]) == ("sms.code", "+26650123456")
        assert not CustomerLogin.objects.exists()

    def test_the_second_step_sets_the_password(self, register, ask):
        response = register()
        assert (response.status_code, response.json()) == (
            200,
            {"message": "Registered.", "customer_id": ACCOUNT, "name": "Mpho Nteso", "code_required": False},
        )
        assert ask("customer-login", customer_id=ACCOUNT, password=PASSWORD).status_code == 200

    @pytest.mark.parametrize("written", ["mak0045", " 0045mak ", "MAK 0045", "0045MAK"])
    def test_the_account_may_be_written_in_either_order(self, ask, written):
        response = ask("customer-register", customer_id=written, password=PASSWORD)
        assert response.json()["customer_id"] == ACCOUNT

    def test_a_wrong_code_registers_nothing(self, ask):
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        wrong = f"{(int(sent_code()) + 1) % 10**6:06d}"
        response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD, code=wrong)
        assert response.status_code == 422
        assert response.json()["detail"].startswith("code: This code is wrong or too old.")
        assert not CustomerLogin.objects.exists()

    def test_five_wrong_codes_use_the_code_up(self, ask):
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        right = sent_code()
        for n in range(5):
            wrong = f"{(int(right) + 1 + n) % 10**6:06d}"
            ask("customer-register", customer_id=ACCOUNT, password=PASSWORD, code=wrong)
        response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD, code=right)
        assert response.status_code == 422
        assert not CustomerLogin.objects.exists()

    def test_a_code_is_good_for_ten_minutes(self, ask):
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
            response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD, code=sent_code())
        assert response.status_code == 422

    def test_a_code_of_one_account_does_not_register_another(self, ask):
        DirectoryAccount.objects.create(
            account="0046MAK", customer_number=45, site="MAK", source=AccountSource.ACCOUNTS, owner=True
        )
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        code = sent_code()
        assert ask("customer-register", customer_id="0046MAK", password=PASSWORD, code=code).status_code == 422

    def test_only_the_latest_code_works(self, ask):
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        first = sent_code()
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        if first != sent_code():
            response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD, code=first)
            assert response.status_code == 422
        assert ask("customer-register", customer_id=ACCOUNT, password=PASSWORD, code=sent_code()).status_code == 200

    def test_three_codes_an_hour_are_enough(self, ask):
        for _ in range(3):
            assert ask("customer-register", customer_id=ACCOUNT, password=PASSWORD).status_code == 200
        response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        assert (response.status_code, response["Retry-After"]) == (429, "3600")
        assert OutboxMessage.objects.count() == 3

    def test_the_code_is_not_kept_readable_with_the_account(self, ask):
        ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        assert sent_code() not in str(OneTimeCode.objects.values("digest", "sent_to", "account").get())

    def test_an_unknown_account_is_404(self, ask):
        response = ask("customer-register", customer_id="9999MAK", password=PASSWORD)
        assert (response.status_code, response.json()) == (404, {"detail": "This account number is not known."})

    def test_a_registered_account_is_409(self, register, ask):
        register()
        response = ask("customer-register", customer_id=ACCOUNT, password="another")
        assert response.status_code == 409
        assert OutboxMessage.objects.count() == 1

    def test_an_account_without_phone_is_409_and_says_where_to_turn(self, ask):
        DirectoryPhone.objects.all().delete()
        response = ask("customer-register", customer_id=ACCOUNT, password=PASSWORD)
        assert response.status_code == 409
        assert response.json()["detail"].endswith("Ask the office to record one.")

    def test_without_any_way_to_send_sms_it_says_so(self, ask, settings):
        settings.DEMO = False
        assert ask("customer-register", customer_id=ACCOUNT, password=PASSWORD).status_code == 503

    @pytest.mark.parametrize("password", ["short", "", "0045mak"])
    def test_a_password_too_short_or_equal_to_the_account_is_422(self, ask, password):
        assert ask("customer-register", customer_id=ACCOUNT, password=password).status_code == 422
        assert not OutboxMessage.objects.exists()


class TestSigningIn:
    def test_it_answers_in_the_contracts_shape(self, register, ask):
        register()
        answer = ask("customer-login", customer_id="mak0045", password=PASSWORD).json()
        assert answer["user"] == {
            "user_type": "customer",
            "customer_id": ACCOUNT,
            "name": "Mpho Nteso",
            "role": "customer",
        }
        assert (answer["token_type"], answer["expires_in"]) == ("bearer", 28800)

    def test_wrong_password_unregistered_and_unknown_answer_alike(self, register, ask):
        register()
        answers = [
            ask("customer-login", customer_id=account, password="wrong-1")
            for account in (ACCOUNT, "0046MAK", "nonsense")
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        assert {answer.json()["detail"] for answer in answers} == {"This account number and password do not match."}

    def test_five_wrong_passwords_lock_the_account_from_there(self, register, ask):
        register()
        codes = [ask("customer-login", customer_id=ACCOUNT, password="wrong-1").status_code for _ in range(5)]
        assert codes == [401, 401, 401, 401, 429]
        response = ask("customer-login", customer_id=ACCOUNT, password=PASSWORD)
        assert response.status_code == 429
        assert int(response["Retry-After"]) <= 900

    def test_a_switched_off_login_is_refused(self, register, ask):
        register()
        CustomerLogin.objects.update(is_active=False)
        assert ask("customer-login", customer_id=ACCOUNT, password=PASSWORD).status_code == 401


@pytest.fixture
def pair(register, ask):
    register()
    return ask("customer-login", customer_id=ACCOUNT, password=PASSWORD).json()


@pytest.fixture
def bearer(pair):
    return {"Authorization": f"Bearer {pair['access_token']}"}


class TestTokens:
    def test_me_holds_the_customers_record(self, client, bearer):
        Customer.objects.create(number=45, first_name="Mpho", last_name="Nteso", concession="MAK")
        record = client.get("/api/auth/me", headers=bearer).json()["customer"]
        assert (record["customer_id"], record["first_name"], record["account_numbers"]) == ("45", "Mpho", [ACCOUNT])

    def test_me_works_without_the_record_while_the_customer_database_is_down(self, client, bearer):
        with connections["acdb"].cursor() as cursor:
            cursor.execute("ALTER TABLE tblcustomer RENAME TO gone")
        answer = client.get("/api/auth/me", headers=bearer)
        assert (answer.status_code, "customer" in answer.json()) == (200, False)

    def test_me_says_which_account_it_is(self, client, bearer):
        answer = client.get("/api/auth/me", headers=bearer).json()
        assert answer == {
            "user_type": "customer",
            "user_id": ACCOUNT,
            "role": "customer",
            "name": "Mpho Nteso",
            "email": "",
            "permissions": {},
            "account_number": ACCOUNT,
        }

    @pytest.mark.parametrize(
        ("method", "path"),
        [("get", "/api/admin/roles"), ("get", "/api/openapi.json"), ("get", "/api/test/look-up/x")],
    )
    def test_it_opens_nothing_of_the_staffs(self, client, bearer, method, path):
        response = getattr(client, method)(path, headers=bearer)
        assert response.status_code == 403
        assert response.json() == {"detail": "This is for employees; sign in with an employee number."}

    def test_it_opens_what_is_for_customers(self, client, bearer):
        assert client.get("/api/test/own", headers=bearer).json() == {"account": ACCOUNT}

    def test_it_does_not_open_the_pages(self, client, bearer):
        assert client.get("/profile/", headers=bearer).status_code == 302

    def test_it_refreshes_and_signs_out(self, client, ask, pair):
        second = ask("refresh", refresh_token=pair["refresh_token"]).json()
        headers = {"Authorization": f"Bearer {second['access_token']}"}
        assert client.get("/api/auth/me", headers=headers).json()["name"] == "Mpho Nteso"
        assert client.post("/api/auth/logout", headers=headers).status_code == 200
        assert client.get("/api/auth/me", headers=headers).status_code == 401


class TestPassword:
    def test_it_is_changed_with_the_old_one(self, ask, bearer):
        response = ask("customer-change-password", bearer, old_password=PASSWORD, new_password="pere-ea-ka-8")
        assert (response.status_code, response.json()) == (200, {"message": "Password changed."})
        assert ask("customer-login", customer_id=ACCOUNT, password=PASSWORD).status_code == 401
        assert ask("customer-login", customer_id=ACCOUNT, password="pere-ea-ka-8").status_code == 200

    def test_a_wrong_old_one_is_401(self, ask, bearer):
        response = ask("customer-change-password", bearer, old_password="wrong-1", new_password="pere-ea-ka-8")
        assert response.status_code == 401

    def test_this_program_stays_signed_in_and_others_do_not(self, client, ask, bearer):
        other = ask("customer-login", customer_id=ACCOUNT, password=PASSWORD).json()["access_token"]
        ask("customer-change-password", bearer, old_password=PASSWORD, new_password="pere-ea-ka-8")
        assert client.get("/api/auth/me", headers=bearer).status_code == 200
        assert client.get("/api/auth/me", headers={"Authorization": f"Bearer {other}"}).status_code == 401
        assert SignIn.objects.filter(ended_at=None).count() == 1

    def test_a_short_one_is_422(self, ask, bearer):
        response = ask("customer-change-password", bearer, old_password=PASSWORD, new_password="short")
        assert response.status_code == 422

    def test_employees_change_theirs_elsewhere(self, ask, sign_in, thabo):
        sign_in(thabo)
        response = ask("customer-change-password", old_password=PASSWORD, new_password="pere-ea-ka-8")
        assert response.status_code == 403
