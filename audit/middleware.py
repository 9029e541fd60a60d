"""Lets changes to our own tables be logged under the person whose request makes them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.actors import acting_as


class ActorMiddleware:
    """Keeps the request while it is served; the API sets its user later than Django does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(request):
            return self.get_response(request)
