"""What care knows of one customer; the customer's page fetches it by its address."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.htmx import render_page
from whatsapp.queries import customers as queries


@require_safe
@requires("view_care")
def panel(request: HttpRequest, number: int) -> HttpResponse:
    """The newest tickets and conversations of a customer, as part of a page or as a page."""
    context = {
        "number": number,
        "tickets": queries.tickets(number),
        "conversations": queries.conversations(number),
        "most": queries.MOST,
    }
    return render_page(request, "whatsapp/customer.html", "whatsapp/htmx/customer.html", context)
