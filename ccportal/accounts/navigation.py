"""Where to go after signing in."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, default: str = settings.LOGIN_REDIRECT_URL) -> str:
    """The ``next`` address when it is a page of this portal, else the default page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if is_here(request, wanted) and urlsplit(wanted).path != resolve_url(settings.LOGIN_URL):
        return wanted
    try:
        return resolve_url(default)
    except NoReverseMatch:
        return "/"


def is_here(request: HttpRequest, address: str) -> bool:
    """Whether an address is one of this portal: a path from its root, or the whole address."""
    if not address.startswith(("/", "http://", "https://")):
        return False  # ``redirect`` would look for a view of that name
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def sign_in_address(request: HttpRequest, why: str = "") -> str:
    """The sign-in page that leads back to where the person was.

    That is the page itself; for a part of a page, or a form that was being sent, the page it is on.
    """
    back = request.get_full_path()
    if request.method not in ("GET", "HEAD") or request.headers.get("HX-Request"):
        page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
        parts = urlsplit(page)
        back = f"{parts.path}?{parts.query}" if parts.query else parts.path
        back = back if page and is_here(request, page) else ""
    query = {name: value for name, value in (("next", back), ("why", why)) if value}
    address = resolve_url(settings.LOGIN_URL)
    return f"{address}?{urlencode(query)}" if query else address
