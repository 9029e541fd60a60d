"""Too many wrong passwords."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from ccportal.accounts.models import Employee, normalise_employee_no
from conftest import PASSWORD

LOCKED = "Too many wrong passwords. Try again in 15 minutes, or ask a super admin to unlock the number."


@pytest.fixture
def fail(enter):
    def repeatedly(times, employee_no="1004", **kwargs):
        return [enter(employee_no, "wrong", **kwargs).status_code for _ in range(times)]

    return repeatedly


def test_the_fifth_wrong_password_locks_and_says_how_long_and_who_can_unlock(thabo, fail, enter):
    assert fail(5) == [401, 401, 401, 401, 429]
    response = enter()
    assert response.status_code == 429
    assert LOCKED in response.content.decode()


def test_a_number_that_does_not_exist_is_locked_in_the_same_words(fail, enter):
    assert fail(5, "4711") == [401, 401, 401, 401, 429]
    assert LOCKED in enter("4711").content.decode()


def test_another_spelling_of_the_number_counts_as_the_same(thabo, fail):
    assert fail(4) == [401] * 4
    assert fail(1, "1PWR-1004") == [429]


def test_no_stacked_prefix_or_blank_counts_under_a_name_of_its_own(thabo, fail):
    spellings = ["1PWR1PWR1004", "1PWR1PWR -_- 1004", "1PWR\u00a01004", "1pwr-1PWR_1pwr 1004"]
    assert [fail(1, spelling)[0] for spelling in spellings] == [401] * 4
    assert fail(1) == [429]


@example("1PWR1PWR1004")
@example("1PWR\u00a01004")
@given(st.text(alphabet="1PWRpwr04 -_\u00a0\u2003\tßı", max_size=30))
def test_a_number_that_was_normalised_once_stays_as_it_is(text):
    assert normalise_employee_no(normalise_employee_no(text)) == normalise_employee_no(text)


def test_the_right_password_forgets_the_wrong_ones(thabo, fail, enter):
    fail(4)
    enter()
    Client()
    assert fail(4, to=Client()) == [401] * 4


def test_it_ends_by_itself_after_fifteen_minutes(thabo, fail, enter):
    fail(5)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert enter().status_code == 302


def test_attempts_while_locked_do_not_prolong_it(thabo, fail, enter):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        fail(5)
    with time_machine.travel(start + timedelta(minutes=10)):
        assert "Try again in 5 minutes" in enter(password="wrong").content.decode()
        fail(20)
    with time_machine.travel(start + timedelta(minutes=15, seconds=2)):
        assert enter().status_code == 302


def test_it_locks_out_the_guesser_and_not_the_employee_at_another_address(thabo, fail, enter):
    fail(5, address="198.51.100.9")
    assert enter(address="192.0.2.1").status_code == 302


def test_it_locks_out_the_guesser_and_not_other_employees(thabo, lineo, fail, enter):
    fail(5)
    assert enter("1003").status_code == 302


def test_guessing_one_number_from_many_addresses_is_slowed_too(thabo, fail, settings):
    settings.LOCKOUT_NUMBER_LIMIT = 8
    for n in range(8):
        fail(1, address=f"198.51.100.{n}")
    assert fail(1, address="203.0.113.1") == [429]


def test_spread_guessing_does_not_keep_out_the_employee_whose_browser_is_known(thabo, fail, settings, client, enter):
    settings.LOCKOUT_NUMBER_LIMIT = 8
    enter()
    client.post("/sign-out/")
    for n in range(9):
        fail(1, address=f"198.51.100.{n}", to=Client())
    assert enter(to=Client(), address="203.0.113.1").status_code == 429
    assert enter(address="203.0.113.1").status_code == 302


def test_a_known_browser_is_no_licence_to_guess(thabo, fail, client, enter):
    enter()
    client.post("/sign-out/")
    assert fail(6)[-2:] == [429, 429]


def test_a_forged_device_cookie_is_not_believed(thabo, fail, settings):
    settings.LOCKOUT_NUMBER_LIMIT = 3
    for n in range(3):
        fail(1, address=f"198.51.100.{n}", to=Client())
    forger = Client()
    forger.cookies["known_device"] = "1004:aaaaaa:bbbbbbbbbbbbbbbbbbbbbb"
    assert fail(1, address="203.0.113.1", to=forger) == [429]


def test_one_address_trying_everybody_is_slowed(db, fail, settings):
    settings.LOCKOUT_ADDRESS_LIMIT = 6
    for n in range(6):
        fail(1, str(2000 + n))
    assert fail(1, "3000") == [429]
    assert fail(1, "3000", address="192.0.2.99") == [401]


def test_x_forwarded_for_is_believed_as_far_as_the_proxies_go(thabo, settings, client):
    settings.TRUSTED_PROXIES = 1

    def attempt(forwarded):
        return client.post(
            "/sign-in/",
            {"employee_no": "1004", "password": "wrong"},
            REMOTE_ADDR="10.0.0.1",
            headers={"X-Forwarded-For": forwarded},
        ).status_code

    # What the guesser writes in front changes nothing.
    assert [attempt(f"203.0.113.{n}, 198.51.100.9") for n in range(5)] == [401, 401, 401, 401, 429]
    assert attempt("198.51.100.10") == 401


def test_without_proxies_x_forwarded_for_is_not_believed(thabo, client):
    codes = [
        client.post(
            "/sign-in/",
            {"employee_no": "1004", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        ).status_code
        for n in range(5)
    ]
    assert codes[-1] == 429


def test_a_super_admin_unlocks_a_number_and_that_is_announced(thabo, nthabiseng, fail, enter):
    from ccportal.core.audited import happened

    fail(5)
    heard = []

    def listen(sender, event, record, **_):
        heard.append((event, record.employee_no))

    happened.connect(listen)
    admin = Client()
    admin.force_login(nthabiseng, backend="django.contrib.auth.backends.ModelBackend")
    page = admin.post(
        "/admin/accounts/employee/",
        {"action": "unlock", "_selected_action": [Employee.objects.get(employee_no="1004").pk]},
        follow=True,
    )
    happened.disconnect(listen)
    assert "Thabo Mokoena (1004) can try again now." in page.content.decode()
    assert heard == [("accounts.lockout.lifted", "1004")]
    assert enter(password=PASSWORD).status_code == 302


def test_wrong_current_passwords_when_changing_it_count_too(client, thabo, enter):
    enter()
    form = {"old_password": "wrong", "new_password": "Pula-ea-na-42", "repeated": "Pula-ea-na-42"}
    codes = [client.post("/profile/password/", form, REMOTE_ADDR="192.0.2.1").status_code for _ in range(6)]
    assert codes == [422, 422, 422, 422, 429, 429]
