"""One URL, one view: the whole page, or the part of it that htmx asked for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def wants_partial(request: HttpRequest) -> bool:
    """True for an htmx request that swaps a part; boosted links and history restores want the page."""
    # Set by HtmxMiddleware, which a request with a wrong Host header never reaches.
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest, page: str, partial: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Render ``page``, or only ``partial`` (which the page includes) when htmx asks for it."""
    response = render(request, partial if wants_partial(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
