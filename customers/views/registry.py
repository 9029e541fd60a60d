"""Pages of the registry: find a customer, read what is known of one."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from customers import queries
from customers.forms.listing import CustomerListForm
from customers.models import DirectoryState
from customers.search import suggestions

PAGE_SIZE = 25


@require_safe
@requires("view_customers")
def index(request: HttpRequest) -> HttpResponse:
    """Search, filter, sort and page through all customers."""
    sites = queries.site_counts()
    form = CustomerListForm(request.GET, sites, queries.customer_types())
    wanted = form.wanted()
    page = paged(queries.customer_list(wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    context = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "names": {site.code: site.name for site in sites},
        "everybody": sum(site.total for site in sites),
        "state": DirectoryState.objects.first(),
    }
    return render_page(request, "customers/index.html", "customers/htmx/list.html", context)


@require_safe
@requires("view_customers")
def find(request: HttpRequest) -> HttpResponse:
    """Straight to the customer when only one matches what was typed, else to the list of those who do."""
    text = request.GET.get("q", "")[:100]
    found = list(queries.customer_list(queries.CustomerFilter(q=text))[:2]) if text.strip() else []
    if len(found) == 1:
        return redirect("customers:detail", found[0].number)
    return redirect(f"{reverse('customers:index')}?{urlencode({'q': text})}")


@require_safe
@requires("view_customers")
def suggest(request: HttpRequest) -> HttpResponse:
    """The likeliest customers for what is typed in the search box of every page."""
    text = request.GET.get("q", "")[:100].strip()
    found = suggestions(text) if len(text) > 1 or text.isdecimal() else []
    return render(request, "customers/htmx/suggest.html", {"q": text, "found": found})


@require_safe
@requires("view_customers")
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """Everything known of one customer; other apps' panels are fetched by their own addresses."""
    customer = queries.get_customer(number)
    names = queries.site_names()
    site = names.code(customer.concession)
    accounts = queries.account_lines(number)
    context = {
        "customer": customer,
        "facts": queries.as_contract(customer, names),
        "name": " ".join(filter(None, (customer.first_name, customer.middle_name, customer.last_name))).strip(),
        "site": site,
        "site_name": names.names.get(site, ""),
        "accounts": accounts,
        "meters": queries.meter_lines(number, [line.account for line in accounts]),
        "phones": queries.phones_of(customer),
        "map_url": queries.map_url(customer.gps_y, customer.gps_x),
        "date_oddity": queries.date_oddity(customer),
    }
    return render(request, "customers/detail.html", context)
