"""Who sees which page in the navigation."""

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from ccportal.core import navigation
from ccportal.core.navigation import ENTRIES, Entry


@pytest.fixture
def pages(monkeypatch):
    """A small portal of three pages, one of them not built."""
    entries = {
        "Reports": (Entry("Dashboard", "dashboard", "view_reports", "gauge"),),
        "Admin": (Entry("Roles and keys", "admin:index", "manage_roles", "key"),),
        "Field": (Entry("Moon landing", "moon:landing", "view_reports", "pin"),),
    }
    monkeypatch.setattr(navigation, "ENTRIES", entries)


def seen(employee, path="/"):
    request = RequestFactory().get(path)
    request.user = employee
    return {group.name: [link.label for link in group.links] for group in navigation.for_request(request)}


def test_an_agent_sees_only_what_the_role_may_use(pages, thabo):
    assert seen(thabo) == {"Reports": ["Dashboard"]}


def test_a_super_admin_sees_the_admin_group(pages, nthabiseng):
    assert seen(nthabiseng) == {"Reports": ["Dashboard"], "Admin": ["Roles and keys"]}


def test_the_page_one_is_on_is_marked(pages, nthabiseng):
    request = RequestFactory().get("/admin/")
    request.user = nthabiseng
    marked = [link.label for group in navigation.for_request(request) for link in group.links if link.current]
    assert marked == ["Roles and keys"]


def test_every_entry_has_an_icon_of_the_sprite(settings):
    sprite = (settings.BASE_DIR / "static" / "sprite.svg").read_text(encoding="utf-8")
    icons = {entry.icon for entries in ENTRIES.values() for entry in entries}
    assert {icon for icon in icons if f'<symbol id="{icon}"' not in sprite} == set()


def test_every_entry_asks_for_a_permission_that_exists():
    from ccportal.accounts.roles import PERMISSIONS

    asked = {entry.permission for entries in ENTRIES.values() for entry in entries}
    assert asked <= set(PERMISSIONS)


def test_an_icon_is_hidden_from_screen_readers():
    html = Template("{% icon 'search' %}").render(Context())
    assert html == '<svg class="icon" aria-hidden="true"><use href="/static/sprite.svg#search"></use></svg>'
