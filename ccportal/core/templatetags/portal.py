"""Filters and tags of every template: numbers with units, dates in the site's zone."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django import template
from django.apps import apps
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ccportal.core.charts import Figure, Sparkline
from ccportal.core.money import rounded, symbol
from ccportal.core.periods import meter_zone
from ccportal.core.svg import colour_index, figure_svg, sparkline_svg

register = template.Library()
Number = Decimal | float | int | None
#: What Django hands to a filter for a name that the context does not have.
NO_SUCH_NAME = ""


@register.filter
def money(value: Number) -> str:
    """``M 1,234.50``; an en dash for nothing."""
    return "–" if value is None or value == NO_SUCH_NAME else f"{symbol()} {rounded(value):,.2f}"


@register.filter
def kwh(value: Number, places: int = 2) -> str:
    return "–" if value is None or value == NO_SUCH_NAME else f"{rounded(value, places):,.{places}f}"


@register.filter
def local(value: datetime | date | None, form: str = "%-d %b %Y, %H:%M") -> str:
    """A time in the meters' zone, ``21 Nov 2026, 14:05``; a date without time stays a date."""
    if not value:
        return "–"
    if isinstance(value, datetime):
        if timezone.is_aware(value):
            value = value.astimezone(meter_zone())
        return value.strftime(form)
    return value.strftime("%-d %b %Y")


@register.filter
def day(value: datetime | date | None) -> str:
    """A time as its local day, ``21 Nov 2026``."""
    return local(value, "%-d %b %Y")


@register.filter
def orempty(value: object) -> str:
    """An en dash in place of nothing, so that an empty cell reads as empty and not as broken."""
    text = "" if value is None else str(value).strip()
    return text or "–"


@register.filter
def at(mapping: dict[str, object], key: str) -> object:
    """The value of a dictionary under a key that only the template knows; empty when there is none."""
    return mapping.get(key, "")


@register.filter
def table(name: str) -> str:
    """What people call a table: ``Legacy meters`` for ``Copy Of tblmeter``; a table the portal does not know keeps
    its name."""
    return _table_words().get(name, name)


@lru_cache(maxsize=1)
def _table_words() -> dict[str, str]:
    return {model._meta.db_table: capfirst(str(model._meta.verbose_name_plural)) for model in apps.get_models()}


@register.filter
def words(name: str) -> str:
    """A name of code as people read it.

    >>> words("in_progress")
    'in progress'
    """
    return str(name).replace("_", " ").replace(".", " ")


@register.filter
def number(value: Number, places: int = 0) -> str:
    """``1,338``; an en dash for nothing."""
    return "–" if value is None or value == NO_SUCH_NAME else f"{rounded(value, places):,.{places}f}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of static/sprite.svg; decoration, so hidden from screen readers: a word stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("sprite.svg"), name
    )


@register.simple_tag
def widget(field: BoundField, placeholder: str = "") -> SafeString:
    """The input of a form field, with a placeholder when the template has one."""
    return field.as_widget(attrs={"placeholder": placeholder} if placeholder else None)


@register.simple_tag
def chart(figure: Figure | Sparkline, values: str = "") -> SafeString:
    """A figure with legend and table of values, ``"open"`` or folded, or a sparkline alone."""
    if isinstance(figure, Sparkline):
        return sparkline_svg(figure)
    several = len(figure.series) > 1
    legend = [(series.name, f"s{colour_index(n)}") for n, series in enumerate(figure.series, 1)] if several else []
    drawing = "" if figure.empty else figure_svg(figure)
    context = {"figure": figure, "drawing": drawing, "legend": legend, "open": values == "open"}
    return render_to_string("inc/chart.html", context)
