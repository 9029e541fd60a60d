"""A page with every shared piece on it, for tests of the shell; no installation serves it."""

from datetime import datetime
from pathlib import Path

from django import forms
from django.contrib import messages
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils.safestring import mark_safe

from ccportal import urls
from ccportal.accounts.permissions import public, signed_in
from ccportal.core.charts import BarChart, LineChart, Series, Sparkline
from ccportal.core.errors import AcdbUnavailable, Conflict
from ccportal.core.htmx import wants_partial
from ccportal.core.paging import paged

SITES = ["MAK", "MAS", "SHG", "LEB", "MAT", "SEB", "TOS", "SEH", "TLH", "RIB", "KET", "RAL", "SUA", "DON"]
MONTHS = [f"{m} 2026" for m in ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]]


class StyleForm(forms.Form):
    name = forms.CharField(help_text="As on the identity card.")
    phone = forms.CharField()
    kind = forms.ChoiceField(choices=[("hh", "Household"), ("sme", "Business")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    active = forms.BooleanField(required=False)
    way = forms.ChoiceField(choices=[("sms", "SMS"), ("wa", "WhatsApp")], widget=forms.RadioSelect, required=False)


def figures() -> dict[str, object]:
    active = [412, 388, 301, 254, 240, 196, 180, 150, 122, 90, 61, 40, 22, 9]
    return {
        "per_site": BarChart(
            "Customers per site",
            "customers",
            SITES,
            [Series("Active", active), Series("Terminated", [n // 9 for n in active])],
            label_name="Site",
            stacked=True,
            horizontal=True,
        ),
        "by_month": BarChart(
            "Energy vended",
            "kWh",
            MONTHS,
            [Series("Vended", [820, 790, 1010, 1300, 1650, 1990, 2120, 1870, 1400, 1120, 905, 860])],
            label_name="Month",
            csv_url="/styleguide/figures.csv",
        ),
        "balance": LineChart(
            "Balance",
            "M",
            [f"{d} Nov" for d in range(1, 31)],
            [
                Series("Balance", [120.5 - d * 4.1 if d not in (11, 12) else None for d in range(30)]),
                Series("Payments", [50 if d % 7 == 0 else 0 for d in range(30)]),
            ],
            wide=True,
            label_name="Day",
        ),
        "nothing": BarChart("Nothing yet", "kWh", [], []),
        "spark": Sparkline("Last 12 months", [3, 5, 4, 6, 8, 7, 9, 8, 6, 5, 4, 4], "kWh"),
    }


def render(name: str, request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    source = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return HttpResponse(engines["django"].from_string(source).render(context, request), status=status)


@signed_in
def page(request: HttpRequest) -> HttpResponse:
    form = StyleForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 200 if form.is_valid() else 422
        if form.is_valid():
            messages.success(request, "Saved Lerato Nkuebe.")
    rows = [(f"Customer {n}", n, n * 12.5) for n in range(1, 61)]
    context = {**figures(), "form": form, "page": paged(rows, int(request.GET.get("page", 1)), 20)}
    listing = render("styleguide_list.html", request, context)
    if wants_partial(request):
        return listing
    context |= {"list": mark_safe(listing.content.decode()), "since": datetime(2026, 11, 21, 14, 5)}
    return render("styleguide.html", request, context, status)


@signed_in
def suggest(request: HttpRequest) -> HttpResponse:
    """Stands for customers:suggest."""
    return render("styleguide_suggest.html", request, {"q": request.GET.get("q", "")})


@signed_in
def conflict(request: HttpRequest) -> HttpResponse:
    raise Conflict("Somebody else changed this meter a moment ago. Reload and look again.")


@public
def acdb_away(request: HttpRequest) -> HttpResponse:
    raise AcdbUnavailable


@signed_in
def query(request: HttpRequest) -> HttpResponse:
    """Any read of the ACDB."""
    with connections["acdb"].cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM tblcustomer")
        return HttpResponse(cursor.fetchone())


@public
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


urlpatterns = [
    path("styleguide/", page, name="styleguide"),
    path("styleguide/conflict/", conflict, name="styleguide-conflict"),
    path("styleguide/acdb-away/", acdb_away),
    path("styleguide/query/", query),
    path("styleguide/broken/", broken),
    path("api/styleguide/broken/", broken),
    path("customers/suggest/", suggest),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
