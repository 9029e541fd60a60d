"""My profile."""

import pytest

from ccportal.accounts.models import Employee
from ccportal.accounts.queries import device


def test_it_shows_who_one_is_and_what_one_may_do(sign_in, lineo):
    lineo.email, lineo.department = "lineo@example.org", "Finance"
    lineo.save()
    page = sign_in(lineo).get("/profile/").content.decode()
    for text in ("Lineo Letsie", "1003", "lineo@example.org", "Finance team", "Add and change transactions"):
        assert text in page


def test_it_lists_this_browser_among_the_sign_ins(client, thabo, enter):
    enter()
    page = client.get("/profile/", headers={"User-Agent": "Firefox"}).content.decode()
    assert "this browser" in page
    assert "192.0.2.1" in page


def test_it_does_not_show_other_peoples_sign_ins(client, thabo, lineo, enter):
    from django.test import Client

    enter("1003", address="198.51.100.77", to=Client())
    enter()
    assert "198.51.100.77" not in client.get("/profile/").content.decode()


@pytest.mark.parametrize("theme", ["dark", "light", ""])
def test_the_colours_are_kept_on_the_employee(sign_in, thabo, theme):
    client = sign_in(thabo)
    response = client.post("/profile/theme/", {"theme": theme, "next": "/profile/"})
    assert response["Location"] == "/profile/"
    assert Employee.objects.get(pk=thabo.pk).theme == theme


def test_colours_that_do_not_exist_change_nothing(sign_in, thabo):
    sign_in(thabo).post("/profile/theme/", {"theme": "plaid"})
    assert Employee.objects.get(pk=thabo.pk).theme == ""


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0", "Firefox on Linux"),
        ("python-httpx/0.28", "a program"),
    ],
)
def test_devices_are_told_apart_in_words(user_agent, words):
    assert device(user_agent) == words
