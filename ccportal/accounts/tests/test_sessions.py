"""When a session ends, and signing out everywhere."""

from datetime import timedelta

import time_machine
from django.test import Client
from django.utils import timezone

from ccportal.accounts.models import SignIn


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def test_a_session_ends_after_ninety_minutes_without_use_and_says_so(client, thabo, enter):
    enter()
    with later(minutes=91):
        response = client.get("/profile/?x=1")
        assert response["Location"] == "/sign-in/?next=%2Fprofile%2F%3Fx%3D1&why=idle"
        page = client.get(response["Location"]).content.decode()
    assert "You were signed out because the portal was not used for a while." in page
    assert SignIn.objects.get().ended_at is not None


def test_use_keeps_a_session_alive(client, thabo, enter):
    enter()
    for minutes in (80, 160, 240):
        with later(minutes=minutes):
            assert client.get("/profile/").status_code == 200


def test_a_session_ends_ten_hours_after_the_sign_in_even_in_use(client, thabo, enter):
    enter()
    for minutes in range(80, 600, 80):
        with later(minutes=minutes):
            assert client.get("/profile/").status_code == 200
    with later(minutes=601):
        assert client.get("/profile/")["Location"] == "/sign-in/?next=%2Fprofile%2F&why=lifetime"


def test_a_form_sent_from_an_ended_session_leads_back_to_its_page(client, thabo, enter):
    enter()
    with later(minutes=91):
        response = client.post("/profile/theme/", {"theme": "dark"}, headers={"Referer": "http://testserver/profile/"})
    assert response["Location"] == "/sign-in/?next=%2Fprofile%2F&why=idle"


def test_an_ended_session_is_401_for_the_api(client, thabo, enter):
    enter()
    assert client.get("/api/auth/me").status_code == 200
    with later(minutes=91):
        assert client.get("/api/auth/me").status_code == 401


def test_signing_out_everywhere_ends_every_browser(client, thabo, enter):
    other = Client()
    enter(to=other)
    enter()
    response = client.post("/profile/sign-out-everywhere/")
    assert response["Location"] == "/sign-in/?why=everywhere"
    assert client.get("/profile/").status_code == 302
    assert other.get("/profile/").status_code == 302


def test_a_switched_off_employee_is_out_at_the_next_request(client, thabo, enter):
    enter()
    thabo.is_active = False
    thabo.save()
    assert client.get("/profile/").status_code == 302


def test_a_page_costs_no_write_more_often_than_once_a_minute(client, thabo, enter, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    enter()
    client.get("/profile/")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get("/profile/")
    assert [query["sql"] for query in captured if not query["sql"].startswith("SELECT")] == []
