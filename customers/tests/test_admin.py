"""Sites in the administration: Nthabiseng edits one."""

import pytest

from ccportal.core.testing.browser import assert_accessible
from customers.models import Site

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
SITE = {
    "code": "MAK", "name": "Ha Makebe", "district": "Maseru", "country": "LS", "currency": "LSL", "dial_code": "266",
    "latitude": "", "longitude": "", "active": "on",
}  # fmt: skip


@pytest.fixture
def makebe(db):
    Site.objects.filter(code="MAK").delete()
    return Site.objects.create(code="MAK", name="Ha Makebe", aliases=["Makhunoane"], district="Maseru")


def test_other_names_are_written_one_a_line(sign_in, nthabiseng, makebe):
    admin = sign_in(nthabiseng)
    assert ">\nMakhunoane</textarea>" in admin.get("/admin/customers/site/MAK/change/").text
    answer = admin.post(
        "/admin/customers/site/MAK/change/", {**SITE, "aliases": "Makhunoane\r\n Makebe \r\n\r\nMakebe"}
    )
    assert answer.status_code == 302
    makebe.refresh_from_db()
    assert makebe.aliases == ["Makhunoane", "Makebe"]


def test_a_site_may_have_no_other_name(sign_in, nthabiseng, makebe):
    sign_in(nthabiseng).post("/admin/customers/site/MAK/change/", {**SITE, "aliases": ""})
    makebe.refresh_from_db()
    assert makebe.aliases == []


def test_only_super_admins_edit_sites(sign_in, palesa, makebe):
    answer = sign_in(palesa).post("/admin/customers/site/MAK/change/", {**SITE, "aliases": "x"}, follow=True)
    assert answer.status_code == 403
    makebe.refresh_from_db()
    assert makebe.aliases == ["Makhunoane"]


@pytest.mark.browser
@pytest.mark.parametrize(
    "path", ["customers/site/", "customers/site/MAK/change/", "accounts/employee/", "accounts/apikey/add/"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_administration_are_accessible(signed_in_page, page_faults, nthabiseng, makebe, path, scheme):
    page = signed_in_page(nthabiseng, color_scheme=scheme)
    page.goto(f"/admin/{path}", wait_until="networkidle")
    assert not page_faults
    assert_accessible(page)
    page_faults.clear()  # axe measures with a style of its own, which the policy refuses
