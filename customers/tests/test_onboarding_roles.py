"""Who may register and edit customers and assign meters: every address against every role and an outsider."""

import uuid

import pytest

from audit.models import Mutation
from customers.models import Customer, CustomerDraft, MeterAssignment

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]
TOKEN = uuid.UUID(int=7)
PAGES = [
    "/customers/new/",
    f"/customers/new/{TOKEN}/personal/",
    f"/customers/new/{TOKEN}/review/",
    f"/customers/new/{TOKEN}/done/",
    "/customers/1/edit/",
    "/customers/assign-meter/",
    "/customers/1/assign-meter/",
    f"/customers/assigned/{TOKEN}/",
    "/customers/meters/remove/?account=0001MAK&meter=SMRSD-01-0002",
]
ACTIONS = [
    f"/customers/new/{TOKEN}/personal/keep/",
    f"/customers/new/{TOKEN}/save/",
    f"/customers/new/{TOKEN}/discard/",
    "/customers/1/edit/save/",
    "/customers/1/assign-meter/save/",
    "/customers/meters/unassign/",
]
SENT = {
    "first_name": "Thato", "last_name": "Molefe", "city": "Roma", "account": "0001MAK", "meter": "SMRSD-01-0002",
    "reason": "x",
}  # fmt: skip


def answers(client, address):
    response = client.get(address) if address in PAGES else client.post(address, SENT)
    return response.status_code, response


@pytest.mark.parametrize("role", ["thabo", "lineo"])
@pytest.mark.parametrize("address", [*PAGES, *ACTIONS])
def test_care_and_finance_are_told_which_role_it_takes_and_nothing_happens(request, sign_in, role, address):
    status, response = answers(sign_in(request.getfixturevalue(role)), address)
    assert status == 403
    assert "It takes the role Super admin or O&amp;M team; a super admin can grant it." in response.text
    assert not CustomerDraft.objects.exists()
    assert not MeterAssignment.objects.exists()
    assert not Mutation.objects.filter(database="acdb").exists()
    assert Customer.objects.get(number=1).city == "Ha Makebe"


@pytest.mark.parametrize("address", [*PAGES, *ACTIONS])
def test_an_outsider_is_sent_to_the_sign_in_page(client, address):
    status, response = answers(client, address)
    assert status == 302
    assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("role", ["palesa", "nthabiseng"])
@pytest.mark.parametrize("address", [*PAGES, *ACTIONS])
def test_operations_and_super_admins_may(request, sign_in, role, address):
    status, _ = answers(sign_in(request.getfixturevalue(role)), address)
    assert status in (200, 302, 404, 422)


@pytest.mark.parametrize(("role", "offered"), [("thabo", 0), ("lineo", 0), ("palesa", 1), ("nthabiseng", 1)])
def test_the_customer_page_offers_only_what_the_role_may(request, sign_in, role, offered):
    page = sign_in(request.getfixturevalue(role)).get("/customers/1/").text
    for link in ('href="/customers/1/edit/"', 'href="/customers/1/assign-meter/"', ">Unassign<", ">Replace<"):
        assert page.count(link) == offered, link
    assert "/mutations/record/?table=tblcustomer&amp;record=1" in page


@pytest.mark.parametrize(("role", "offered"), [("thabo", False), ("palesa", True)])
def test_the_navigation_shows_the_field_pages_to_those_who_may(request, sign_in, role, offered):
    page = sign_in(request.getfixturevalue(role)).get("/customers/").text
    assert ('href="/customers/new/"' in page, 'href="/customers/assign-meter/"' in page) == (offered, offered)


@pytest.mark.parametrize(("role", "offered"), [("thabo", False), ("lineo", False), ("palesa", True)])
def test_everybody_reads_the_meters_of_an_account_and_those_who_may_change_them(request, sign_in, role, offered):
    page = sign_in(request.getfixturevalue(role)).get("/customers/meters/?account=0001MAK")
    assert page.status_code == 200
    assert "SMRSD-01-0002" in page.text
    assert ("What to do" in page.text, ">Unassign<" in page.text) == (offered, offered)


def test_the_services_themselves_refuse_a_role_that_may_not(thabo):
    from audit.actors import Actor
    from ccportal.core.errors import NotAllowed
    from customers.lookalikes import Person
    from customers.services import assignments, registration

    actor = Actor.of(thabo)
    for act in (
        lambda: assignments.assign(actor, assignments.Wish(TOKEN, 1, "SMRSD-03-0001963E")),
        lambda: assignments.remove(actor, "0001MAK", "SMRSD-01-0002", reason="x"),
        lambda: registration.register(actor, CustomerDraft(owner="1004"), {}, Person("a", "b"), []),
        lambda: registration.change(actor, 1, {"CITY": "Roma"}, {}),
    ):
        with pytest.raises(NotAllowed):
            act()
