"""First passwords, own passwords, rules."""

import pytest
from django.test import Client

from ccportal.accounts.models import Employee
from conftest import PASSWORD

NEW = "Pula-ea-na-42"


def change(client, old=PASSWORD, new=NEW, repeated=None):
    return client.post("/profile/password/", {"old_password": old, "new_password": new, "repeated": repeated or new})


@pytest.fixture
def mpho(make_employee):
    """Mpho starts today: the password is a temporary one."""
    return make_employee("1010", "Mpho Nteso", "generic", must_change_password=True)


def test_a_first_password_leads_to_the_page_that_changes_it(mpho, enter):
    assert enter("1010")["Location"] == "/profile/password/"


@pytest.mark.parametrize("path", ["/", "/profile/", "/customers/", "/admin/"])
def test_nothing_else_opens_with_a_first_password(sign_in, mpho, path):
    response = sign_in(mpho).get(path)
    assert (response.status_code, response["Location"]) == (302, "/profile/password/")


def test_an_htmx_part_leads_there_too(sign_in, mpho):
    response = sign_in(mpho).get("/profile/", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == "/profile/password/"


def test_signing_out_works_with_a_first_password(sign_in, mpho):
    assert sign_in(mpho).post("/sign-out/")["Location"] == "/sign-in/?why=signed-out"


def test_after_the_change_the_portal_opens(sign_in, mpho):
    client = sign_in(mpho)
    assert change(client)["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200
    assert not Employee.objects.get(pk=mpho.pk).must_change_password


def test_the_new_password_signs_in_and_the_old_one_does_not(sign_in, thabo, enter):
    change(sign_in(thabo))
    assert enter(to=Client()).status_code == 401
    assert enter(password=NEW, to=Client()).status_code == 302


def test_this_browser_stays_signed_in_and_others_do_not(thabo, enter):
    one, other = Client(), Client()
    enter(to=one)
    enter(to=other)
    change(one)
    assert one.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("short-1", "This password is too short. It must contain at least 10 characters."),
        ("password123", "This password is too common."),
        ("19931101552", "This password is entirely numeric."),
        ("thabomokoena", "The password is too similar to the name."),
        (PASSWORD, "Your new password must differ from the current one."),
    ],
)
def test_a_password_against_the_rules_is_refused_with_the_rule(sign_in, thabo, new, complaint):
    response = change(sign_in(thabo), new=new)
    assert response.status_code == 422
    assert complaint in response.content.decode().replace("&#x27;", "'")


def test_two_different_new_passwords_are_refused(sign_in, thabo):
    response = change(sign_in(thabo), repeated="Pula-ea-na-43")
    assert response.status_code == 422
    assert "This differs from the new password." in response.content.decode()


def test_a_wrong_current_password_changes_nothing(sign_in, thabo):
    response = change(sign_in(thabo), old="wrong")
    assert response.status_code == 422
    assert "This is not your current password." in response.content.decode()
    assert Employee.objects.get(pk=thabo.pk).check_password(PASSWORD)


def test_the_rules_are_shown_before_anything_is_typed(sign_in, thabo):
    page = sign_in(thabo).get("/profile/password/").content.decode()
    assert "Your password must contain at least 10 characters." in page
    assert "Your new password must differ from the current one." in page
