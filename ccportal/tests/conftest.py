"""The whole portal as `make run` serves it: the sample imported, static files compressed, a real web server."""

from dataclasses import dataclass

import pytest

PASSWORD = "Katse-e-ntsho-7"


@dataclass(frozen=True)
class Portal:
    """Where it answers, and what an employee signs in with."""

    url: str
    password: str = PASSWORD


@pytest.fixture(scope="session")
def portal(make_workspace):
    """A portal over the sample database with an employee of each role; nobody writes to it."""
    workspace = make_workspace(sample=True)
    workspace.manage("demo_employees", "--password", PASSWORD, "--json")
    workspace.manage("collectstatic", "-v0", "--noinput", "-i", "admin", "-i", "rest_framework")
    with workspace.serving() as url:
        yield Portal(url)


def sign_in(page, employee, password):
    """Sign in by the form; ends on the dashboard."""
    page.goto("/sign-in/")
    page.get_by_label("Employee number").fill(employee)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1, name="Dashboard").wait_for()


@pytest.fixture
def open_page(portal, new_context, page_faults):
    """``open_page(viewport=PHONE)``: a page of a visitor; what goes wrong in it fails the test."""

    def make(**options):
        context = new_context(base_url=portal.url, **options)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page_faults.watch(page)
        return page

    return make


@pytest.fixture
def enter(portal, open_page):
    """``enter("1004", viewport=PHONE)``: a page of an employee who signed in by the form."""

    def make(employee, **options):
        page = open_page(**options)
        sign_in(page, employee, portal.password)
        return page

    return make
