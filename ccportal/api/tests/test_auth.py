"""Sign-in of programs that act for an employee."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone

from ccportal.accounts import services, signing
from ccportal.accounts.models import Employee, SignIn
from conftest import PASSWORD

NOT_BELIEVED = {"detail": "The token is invalid or has expired; sign in again."}


def log_in(client, employee_id="1004", password=PASSWORD, **extra):
    body = {"employee_id": employee_id, "password": password}
    return client.post("/api/auth/employee-login", body, content_type="application/json", **extra)


def me(client, token, **headers):
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}", **headers})


@pytest.fixture
def token(client, thabo):
    return log_in(client).json()["access_token"]


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class TestSigningIn:
    def test_it_answers_in_the_contracts_shape(self, client, lineo):
        lineo.email = "lineo@example.org"
        lineo.save()
        answer = log_in(client, "1003").json()
        assert answer["token_type"] == "bearer"
        assert answer["expires_in"] == 28800
        assert answer["user"] == {
            "user_type": "employee",
            "employee_id": "1003",
            "name": "Lineo Letsie",
            "email": "lineo@example.org",
            "cc_role": "finance_team",
            "hr_role": "user",
            "permissions": {"write_customers": False, "write_transactions": True, "manage_roles": False},
        }

    def test_the_token_holds_the_contracts_claims(self, client, lineo):
        claims = jwt.decode(log_in(client, "1003").json()["access_token"], options={"verify_signature": False})
        names = ("sub", "user_type", "role", "name", "email")
        assert {name: claims[name] for name in names} == {
            "sub": "1003",
            "user_type": "employee",
            "role": "finance_team",
            "name": "Lineo Letsie",
            "email": "",
        }
        assert claims["exp"] - claims["iat"] == 28800

    def test_another_service_can_verify_the_token_with_the_published_keys(self, client, token):
        keys = client.get("/api/auth/jwks").json()["keys"]
        kid = jwt.get_unverified_header(token)["kid"]
        key = jwt.PyJWK(next(key for key in keys if key["kid"] == kid))
        assert jwt.decode(token, key, algorithms=["ES256"])["sub"] == "1004"
        assert "d" not in keys[0]

    def test_a_wrong_password_and_an_unknown_number_answer_alike(self, client, thabo):
        wrong, unknown = log_in(client, password="wrong"), log_in(client, "4711")
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() == unknown.json() == {"detail": "This employee number and password do not match."}

    def test_a_stale_token_in_the_header_does_not_keep_anybody_from_signing_in(self, client, thabo):
        assert log_in(client, headers={"Authorization": "Bearer stale"}).status_code == 200

    def test_five_wrong_passwords_lock_with_retry_after(self, client, thabo):
        assert [log_in(client, password="wrong").status_code for _ in range(5)] == [401, 401, 401, 401, 429]
        response = log_in(client)
        assert response.status_code == 429
        assert 880 <= int(response["Retry-After"]) <= 900
        assert response.json()["detail"].startswith("Too many wrong passwords. Try again in 15 minutes")

    def test_the_lock_is_the_same_on_the_page_and_here(self, client, thabo, settings):
        for _ in range(5):
            client.post("/sign-in/", {"employee_no": "1004", "password": "wrong"})
        assert log_in(client).status_code == 429

    def test_many_attempts_from_one_address_are_throttled(self, client, db, settings):
        settings.REST_FRAMEWORK = {
            **settings.REST_FRAMEWORK,
            "DEFAULT_THROTTLE_RATES": {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "sign-in": "3/min"},
        }
        codes = [log_in(client, str(5000 + n)).status_code for n in range(4)]
        assert codes == [401, 401, 401, 429]

    def test_a_temporary_password_is_refused_with_the_way_out(self, client, make_employee):
        make_employee("1010", "Mpho Nteso", "superadmin", must_change_password=True)
        response = log_in(client, "1010")
        assert response.status_code == 403
        assert response.json()["detail"].startswith("Choose your own password first")
        assert not SignIn.objects.exists()

    @pytest.mark.parametrize("body", [{}, {"employee_id": "", "password": "x"}, {"employee_id": "1004"}, [], "x"])
    def test_a_body_without_number_or_password_is_422(self, client, db, body):
        response = client.post("/api/auth/employee-login", json.dumps(body), content_type="application/json")
        assert response.status_code == 422
        assert list(response.json()) == ["detail"]

    def test_it_needs_no_csrf_token(self, thabo):
        assert log_in(Client(enforce_csrf_checks=True)).status_code == 200


class TestTokens:
    """What is believed, and until when."""

    def test_me_says_who_one_is(self, client, token):
        assert me(client, token).json() == {
            "user_type": "employee",
            "user_id": "1004",
            "role": "generic",
            "name": "Thabo Mokoena",
            "email": "",
            "permissions": {"write_customers": False, "write_transactions": False, "manage_roles": False},
        }

    def test_a_new_role_counts_from_the_next_request_on(self, client, token):
        services.assign_role("1004", "superadmin", assigned_by="1001")
        assert me(client, token).json()["role"] == "superadmin"
        assert client.get("/api/admin/roles", headers={"Authorization": f"Bearer {token}"}).status_code == 200

    def test_a_role_written_into_the_token_is_not_believed(self, client, token):
        claims = jwt.decode(token, options={"verify_signature": False})
        ring = signing.key_ring()
        forged = jwt.encode({**claims, "role": "superadmin"}, ring.private, "ES256", {"kid": ring.kid})
        assert me(client, forged).json()["role"] == "generic"

    def test_it_ends_after_eight_hours(self, client, token):
        with time_machine.travel(timezone.now() + timedelta(hours=8, seconds=1)):
            response = me(client, token)
        assert (response.status_code, response.json()) == (401, NOT_BELIEVED)

    @pytest.mark.parametrize("change", ["password", "inactive", "everywhere", "reset", "deleted"])
    def test_it_ends_when_the_employee_changes(self, client, token, thabo, change):
        if change == "password":
            services.change_password(thabo, "Pula-ea-na-42")
        elif change == "inactive":
            Employee.objects.filter(pk=thabo.pk).update(is_active=False)
        elif change == "everywhere":
            services.sign_out_everywhere(thabo)
        elif change == "reset":
            services.give_temporary_password(thabo)
        else:
            thabo.delete()
        assert me(client, token).status_code == 401

    def test_a_password_set_by_any_other_way_ends_it_too(self, client, token, thabo):
        thabo.set_password("Pula-ea-na-42")
        thabo.save()
        assert me(client, token).status_code == 401

    def test_a_temporary_password_set_meanwhile_refuses_with_the_way_out(self, client, token, thabo):
        Employee.objects.filter(pk=thabo.pk).update(must_change_password=True)
        response = me(client, token)
        assert response.status_code == 403
        assert response.json()["detail"].startswith("Choose your own password first")

    def test_signing_out_ends_access_and_refresh(self, client, thabo):
        pair = log_in(client).json()
        headers = {"Authorization": f"Bearer {pair['access_token']}"}
        assert client.post("/api/auth/logout", headers=headers).json() == {"message": "Signed out."}
        assert me(client, pair["access_token"]).status_code == 401
        body = {"refresh_token": pair["refresh_token"]}
        assert client.post("/api/auth/refresh", body, content_type="application/json").status_code == 401

    def test_signing_out_one_program_leaves_the_others(self, client, token, thabo):
        other = log_in(client).json()["access_token"]
        client.post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"})
        assert me(client, other).status_code == 200


class TestForgery:
    def refused(self, client, text):
        response = me(client, text)
        assert (response.status_code, response.json()) == (401, NOT_BELIEVED)
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'

    def claims(self, token):
        return jwt.decode(token, options={"verify_signature": False})

    def test_a_token_without_signature_is_refused(self, client, token):
        def part(data):
            return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

        kid = signing.key_ring().kid
        for alg in ("none", "None", "NONE"):
            self.refused(client, f"{part({'alg': alg, 'typ': 'JWT', 'kid': kid})}.{part(self.claims(token))}.")

    def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(self, client, token):
        ring = signing.key_ring()
        public = ring.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": ring.kid}).encode()).rstrip(b"=")
        body = base64.urlsafe_b64encode(json.dumps(self.claims(token)).encode()).rstrip(b"=")
        mac = hmac.HMAC(public, hashes.SHA256())
        mac.update(header + b"." + body)
        signature = base64.urlsafe_b64encode(mac.finalize()).rstrip(b"=")
        self.refused(client, (header + b"." + body + b"." + signature).decode())

    def test_a_token_of_another_key_is_refused_even_under_our_keys_name(self, client, token):
        other = ec.generate_private_key(ec.SECP256R1())
        for kid in (signing.key_ring().kid, "other", None):
            self.refused(client, jwt.encode(self.claims(token), other, "ES256", {"kid": kid} if kid else None))

    def test_a_token_changed_on_the_way_is_refused(self, client, token):
        head, body, signature = token.split(".")
        self.refused(client, f"{head}.{body[:-2]}{'A' if body[-2] != 'A' else 'B'}{body[-1]}.{signature}")

    def test_a_refresh_token_is_no_access_token(self, client, thabo):
        self.refused(client, log_in(client).json()["refresh_token"])

    def test_a_token_without_expiry_is_refused(self, client, token):
        ring = signing.key_ring()
        claims = self.claims(token)
        del claims["exp"]
        self.refused(client, jwt.encode(claims, ring.private, "ES256", {"kid": ring.kid}))

    def test_a_token_for_one_person_with_the_sign_in_of_another_is_refused(self, client, token, lineo):
        ring = signing.key_ring()
        self.refused(
            client, jwt.encode({**self.claims(token), "sub": "1003"}, ring.private, "ES256", {"kid": ring.kid})
        )

    @pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b", "..", "é", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"])
    def test_something_that_is_no_token_is_refused(self, client, db, text):
        assert me(client, text).status_code == 401


class TestRefresh:
    def refresh(self, client, text):
        return client.post("/api/auth/refresh", {"refresh_token": text}, content_type="application/json")

    def test_it_gives_new_tokens_that_work(self, client, thabo):
        pair = log_in(client).json()
        answer = self.refresh(client, pair["refresh_token"])
        assert set(answer.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert me(client, answer.json()["access_token"]).status_code == 200

    def test_it_outlives_the_access_token_and_ends_after_a_week_without_use(self, client, thabo):
        pair = log_in(client).json()
        with time_machine.travel(timezone.now() + timedelta(days=6)):
            second = self.refresh(client, pair["refresh_token"]).json()
        with time_machine.travel(timezone.now() + timedelta(days=12)):
            assert self.refresh(client, second["refresh_token"]).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(days=20)):
            assert self.refresh(client, second["refresh_token"]).status_code == 401

    def test_a_refresh_token_used_twice_ends_the_whole_sign_in(self, client, thabo):
        pair = log_in(client).json()
        second = self.refresh(client, pair["refresh_token"]).json()
        assert self.refresh(client, pair["refresh_token"]).status_code == 401
        assert self.refresh(client, second["refresh_token"]).status_code == 401
        assert me(client, second["access_token"]).status_code == 401

    def test_an_access_token_does_not_refresh(self, client, token):
        response = self.refresh(client, token)
        assert (response.status_code, response.json()) == (
            401,
            {"detail": "The refresh token is not valid any more; sign in again."},
        )

    def test_it_ends_with_a_new_password(self, client, thabo):
        pair = log_in(client).json()
        services.change_password(thabo, "Pula-ea-na-42")
        assert self.refresh(client, pair["refresh_token"]).status_code == 401

    def test_tokens_are_kept_nowhere(self, client, thabo):
        pair = log_in(client).json()
        row = str(SignIn.objects.values().get())
        assert pair["refresh_token"] not in row
        assert pair["access_token"] not in row


class TestCookie:
    """The same token in a cookie, as the contract has it."""

    @pytest.fixture
    def browser(self, token):
        browser = Client(enforce_csrf_checks=True)
        browser.cookies["access_token"] = token
        return browser

    def test_reading_works_with_the_cookie(self, browser):
        assert browser.get("/api/auth/me").json()["user_id"] == "1004"

    def test_the_header_wins_over_the_cookie(self, browser, lineo):
        text = log_in(Client(), "1003").json()["access_token"]
        assert me(browser, text).json()["user_id"] == "1003"

    def test_writing_with_the_cookie_needs_the_csrf_token(self, browser):
        response = browser.post("/api/auth/logout")
        assert response.status_code == 403
        assert "X-CSRFToken" in response.json()["detail"]
        browser.cookies["csrftoken"] = "a" * 32
        assert browser.post("/api/auth/logout", headers={"X-CSRFToken": "a" * 32}).status_code == 200

    def test_writing_with_the_header_does_not(self, browser, token):
        assert browser.post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"}).status_code == 200


class TestSession:
    def test_the_portals_session_opens_the_api(self, sign_in, thabo):
        assert sign_in(thabo).get("/api/auth/me").json()["user_id"] == "1004"

    def test_writing_with_the_session_needs_the_csrf_token(self, thabo):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(thabo, backend="django.contrib.auth.backends.ModelBackend")
        assert browser.post("/api/auth/logout").status_code == 403


class TestKeys:
    """Rotation, and what a production start refuses."""

    def test_tokens_of_the_previous_key_stay_good_and_new_ones_use_the_new_key(self, client, thabo, settings):
        old, new = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        settings.JWT_SIGNING_KEY = pem(old)
        before = log_in(client).json()["access_token"]
        settings.JWT_SIGNING_KEY, settings.JWT_PREVIOUS_KEYS = pem(new), pem(old)
        after = log_in(client).json()["access_token"]
        assert me(client, before).status_code == me(client, after).status_code == 200
        kids = [jwt.get_unverified_header(text)["kid"] for text in (after, before)]
        assert [key["kid"] for key in client.get("/api/auth/jwks").json()["keys"]] == kids
        settings.JWT_PREVIOUS_KEYS = ""
        assert me(client, before).status_code == 401

    def test_an_installation_of_its_own_makes_one_key_readable_by_its_owner_only(self, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        ring = signing.key_ring()
        path = tmp_path / "keys" / "jwt.pem"
        assert path.stat().st_mode & 0o777 == 0o600
        signing._ring.cache_clear()
        assert signing.key_ring().kid == ring.kid
        assert [file.name for file in path.parent.iterdir()] == ["jwt.pem"]

    @pytest.mark.parametrize(
        ("key", "complaint"),
        [
            ("", "JWT_SIGNING_KEY is not set"),
            ("not a key", "JWT_SIGNING_KEY is not the PEM of an unencrypted private key"),
            (pem(ec.generate_private_key(ec.SECP384R1())), "must be an EC key on the curve P-256"),
        ],
        ids=["none", "nonsense", "another curve"],
    )
    def test_production_refuses_to_start_without_a_proper_key(self, settings, key, complaint):
        from ccportal.accounts.checks import signing_keys

        settings.PRODUCTION, settings.JWT_SIGNING_KEY = True, key
        assert [complaint in error.msg for error in signing_keys(None)] == [True]
