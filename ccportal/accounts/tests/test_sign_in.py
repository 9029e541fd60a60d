"""The sign-in page."""

import time
from statistics import median

import pytest
from django.test import Client

from ccportal.accounts.models import SignIn
from conftest import PASSWORD

WRONG = "This employee number and password do not match."


def test_it_lets_an_employee_in_and_leads_to_the_dashboard(client, thabo, enter):
    response = enter()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize("spelling", [" 1004 ", "1pwr1004", "1PWR-1004", "1PWR 1004"])
def test_it_takes_the_number_as_other_programs_write_it(thabo, enter, spelling):
    assert enter(spelling).status_code == 302


def test_it_leads_back_to_the_page_that_was_asked_for(client, thabo, enter):
    asked = client.get("/profile/?tab=x")
    assert asked["Location"] == "/sign-in/?next=%2Fprofile%2F%3Ftab%3Dx"
    assert enter(next="/profile/?tab=x")["Location"] == "/profile/?tab=x"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "nowhere", '"><b', "logout"],
)
def test_it_never_leads_to_another_site(thabo, enter, target):
    assert enter(next=target)["Location"] == "/"


def test_it_answers_an_unknown_number_like_a_wrong_password(client, thabo, enter):
    wrong, unknown = enter(password="not this one"), enter("4711", address="192.0.2.2")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert WRONG in wrong.content.decode()
    assert _seen(wrong) == _seen(unknown)


def _seen(response):
    """The page without what differs anyway: the CSRF token, the number as typed, the request id in the footer."""
    page = response.content.decode().replace(str(response.context["csrf_token"]), "")
    return page.replace('value="4711"', 'value="1004"').split("<footer")[0]


def test_it_answers_a_switched_off_employee_like_a_wrong_password(enter, make_employee):
    make_employee("1020", "Tau Sello", "generic", is_active=False)
    response = enter("1020")
    assert response.status_code == 401
    assert WRONG in response.content.decode()


def test_it_takes_as_long_for_an_unknown_number_as_for_a_wrong_password(enter, make_employee, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    make_employee("1030", "Mpho Nteso", "generic")

    def seconds(number, tries):
        times = []
        for n in range(tries):
            started = time.perf_counter()
            enter(number, "wrong", address=f"192.0.2.{n}")
            times.append(time.perf_counter() - started)
        return median(times)

    known, unknown = seconds("1030", 5), seconds("4711", 5)
    # One hash dominates both; without the dummy hash the unknown number would take a tenth.
    assert 0.5 < unknown / known < 2


def test_it_refuses_a_form_without_csrf_token(thabo, enter):
    assert enter(to=Client(enforce_csrf_checks=True)).status_code == 403


def test_it_sends_whoever_is_signed_in_on(sign_in, thabo):
    assert sign_in(thabo).get("/sign-in/?next=/profile/")["Location"] == "/profile/"


def test_the_page_is_never_cached(client, db):
    assert "no-store" in client.get("/sign-in/")["Cache-Control"]


def test_a_long_password_is_taken_whole(enter, make_employee):
    employee = make_employee("1021", "Tau Sello", "generic")
    employee.set_password("x" * 100 + "a")
    employee.save()
    assert enter("1021", "x" * 100 + "b").status_code == 401
    assert enter("1021", "x" * 100 + "a").status_code == 302


def test_signing_out_takes_a_post_and_ends_the_session(client, thabo, enter):
    enter()
    assert client.get("/sign-out/").status_code == 405
    response = client.post("/sign-out/")
    assert response["Location"] == "/sign-in/?why=signed-out"
    assert "You are signed out." in client.get(response["Location"]).content.decode()
    assert client.get("/profile/").status_code == 302
    assert SignIn.objects.get().ended_at is not None


def test_the_session_gets_a_new_key_when_somebody_signs_in(client, thabo, enter):
    session = client.session
    session["basket"] = 1
    session.save()
    before = session.session_key
    enter()
    assert client.session.session_key != before


def test_an_htmx_part_leads_the_whole_page_to_the_sign_in(client, db):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/profile/"}
    response = client.get("/profile/?part=1", headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (200, "/sign-in/?next=%2Fprofile%2F")


def test_passwords_do_not_reach_the_log_or_the_record_of_attempts(thabo, enter, caplog):
    from axes.models import AccessAttempt

    secret = "Not-my-password-99"
    enter(password=secret)
    attempt = AccessAttempt.objects.get()
    assert secret not in attempt.post_data + attempt.get_data + caplog.text
    assert PASSWORD not in caplog.text
