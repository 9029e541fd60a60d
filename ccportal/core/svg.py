"""Drawings as SVG text. Colours come from CSS classes; the attributes are what print and PDF fall back to.

The text is put together by hand because a chart has hundreds of marks: every word goes through ``escape``,
everything else is a number made here.
"""

from html import escape
from zlib import crc32

from django.utils.safestring import SafeString

from ccportal.core.charts import Figure, Sparkline
from ccportal.core.drawing import TEXT, Dot, Line, Rect, Slot, Text, draw, draw_sparkline

COLOURS = ("#1a5fb4", "#c2620a", "#2a7d54", "#8a4fa3", "#5c6773", "#b0306a")
GRID, ZERO, INK = "#d9dfe7", "#8994a3", "#566273"


def colour_index(series: int) -> int:
    """1 to 6 for CSS classes ``s1`` to ``s6``; a seventh series starts again."""
    return (series - 1) % len(COLOURS) + 1


def figure_svg(figure: Figure) -> SafeString:
    """A figure as an image with a name and a description for screen readers."""
    drawing = draw(figure)
    key = f"f{crc32(repr(figure).encode()):08x}"
    size = f'viewBox="0 0 {drawing.width} {drawing.height}" width="{drawing.width}" height="{drawing.height}"'
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" aria-labelledby="{key}t {key}d" {size}>'
        f'<title id="{key}t">{escape(figure.title)}</title><desc id="{key}d">{escape(figure.summary)}</desc>'
        + "".join(map(_grid, drawing.grid))
        + "".join(map(_slot, drawing.slots))
        + "".join(map(_line, drawing.lines))
        + f'<g font-size="{TEXT}" fill="{INK}">{"".join(map(_text, drawing.texts))}</g></svg>'
    )


def sparkline_svg(spark: Sparkline) -> SafeString:
    """A sparkline; its title holds the first and the last value."""
    drawing = draw_sparkline(spark)
    size = f'viewBox="0 0 {drawing.width} {drawing.height}" width="{drawing.width}" height="{drawing.height}"'
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="spark" role="img" {size}>'
        f"<title>{escape(spark.summary)}</title>{''.join(map(_line, drawing.lines))}</svg>"
    )


def _n(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def _paint(series: int) -> tuple[str, str]:
    index = colour_index(series)
    return f"s{index}", COLOURS[index - 1]


def _box(area: Rect) -> str:
    return f'x="{_n(area.x)}" y="{_n(area.y)}" width="{_n(area.width)}" height="{_n(area.height)}"'


def _grid(line: Rect) -> str:
    name, colour = ("zero", ZERO) if line.series else ("grid", GRID)
    end = f"l{_n(line.width)} {_n(line.height)}"
    return f'<path class="{name}" d="M{_n(line.x)} {_n(line.y)}{end}" stroke="{colour}" fill="none"/>'


def _line(line: Line) -> str:
    name, colour = _paint(line.series)
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in line.points)
    return f'<polyline class="line {name}" points="{points}" stroke="{colour}" stroke-width="2" fill="none"/>'


def _slot(slot: Slot) -> str:
    marks = "".join(map(_mark, slot.marks))
    hit = f'<rect class="hit" {_box(slot.area)} fill="none"/>'
    return f'<g class="slot"><title>{escape(slot.title)}</title>{hit}{marks}</g>'


def _mark(mark: Rect | Dot) -> str:
    name, colour = _paint(mark.series)
    if isinstance(mark, Dot):
        return f'<circle class="{name}" cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="3" fill="{colour}"/>'
    return f'<rect class="{name}" {_box(mark)} fill="{colour}"/>'


def _text(text: Text) -> str:
    kind = ' class="wide-only"' if text.wide_only else ""
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    return f'<text{kind} x="{_n(text.x)}" y="{_n(text.y)}"{anchor}>{escape(text.text)}</text>'
