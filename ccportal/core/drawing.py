"""Where each mark of a figure goes, in units of the view box; pure geometry, no markup.

Texts are laid out for two sizes: ``TEXT`` on paper and wide screens, ``LARGE`` on phones, where the drawing shrinks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from ccportal.core.charts import BarChart, Figure, LineChart, Sparkline
from ccportal.core.scales import SMALLEST, Scale, scale_for

TEXT, LARGE = 12, 17
WIDTH, WIDE, HEIGHT = 480, 960, 240
TOP, BOTTOM, RIGHT = 32, 28, 10
UNIT_LINE = 14
ROW, BAR = 30, 14
#: Widths of characters in font sizes, on the generous side of the usual system fonts.
NARROW, BROAD, BROADEST = 0.58, 0.72, 0.95
LONGEST_LABEL = 16
#: More hover areas than this are too narrow to hit and only weight.
MOST_SLOTS = 120
#: More dots than this hide the line.
MOST_DOTS = 40


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    series: int


@dataclass(frozen=True)
class Line:
    """A run of points without a gap."""

    points: tuple[tuple[float, float], ...]
    series: int


@dataclass(frozen=True)
class Text:
    """A word; ``wide_only`` ones have no room on a phone."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    wide_only: bool = False


@dataclass(frozen=True)
class Slot:
    """The area of one label, and what the pointer reads there."""

    area: Rect
    title: str
    marks: tuple[Rect | Dot, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """All marks of a figure inside ``width`` by ``height``."""

    width: int
    height: int
    grid: tuple[Rect, ...] = ()
    slots: tuple[Slot, ...] = ()
    lines: tuple[Line, ...] = ()
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True)
class _Plot:
    """The area inside the axes."""

    left: float
    right: float
    top: float
    bottom: float
    scale: Scale
    count: int
    slot: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slot", (self.right - self.left) / max(self.count, 1))

    def y(self, value: float) -> float:
        return self.bottom - self.scale.at(value) * (self.bottom - self.top)

    def centre(self, index: int) -> float:
        return self.left + (index + 0.5) * self.slot

    def column(self, index: int) -> Rect:
        return Rect(self.left + index * self.slot, self.top, self.slot, self.bottom - self.top, 0)


def text_width(text: str, size: int) -> float:
    """An estimate that is rather too large: what fits here fits in every system font."""
    return size * sum(BROADEST if c in "MW%m" else BROAD if c.isupper() else NARROW for c in text)


def shortened(text: str, longest: int = LONGEST_LABEL) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def draw(figure: Figure) -> Drawing:
    """Lay a figure out."""
    if isinstance(figure, BarChart) and figure.horizontal:
        return _rows(figure)
    width = WIDE if figure.wide else WIDTH
    scale = scale_for(_extent(figure), from_zero=_from_zero(figure), whole=figure.whole)
    left = min(max(text_width(label, LARGE) for label in scale.labels) + 8, width / 3)
    plot = _Plot(left, width - RIGHT, TOP, HEIGHT - BOTTOM, scale, len(figure.labels))
    slots = _bars(figure, plot) if isinstance(figure, BarChart) else _dots(figure, plot)
    lines = () if isinstance(figure, BarChart) else _lines(figure, plot)
    texts = (Text(0, UNIT_LINE, figure.unit, "start"), *_tick_texts(plot), *_label_texts(figure.labels, plot, width))
    return Drawing(width, HEIGHT, _grid(plot), slots, lines, texts)


def draw_sparkline(spark: Sparkline, width: int = 120, height: int = 28) -> Drawing:
    """A line alone."""
    known = [point for point in spark.points if point is not None]
    plot = _Plot(2, width - 2, 3, height - 3, scale_for(known, from_zero=False), len(spark.values))
    return Drawing(width, height, lines=_runs(spark.points, plot, 1))


def _from_zero(figure: Figure) -> bool:
    return figure.from_zero if isinstance(figure, LineChart) else True


def _extent(figure: Figure) -> list[float]:
    """The values the axis must hold: for stacked bars the sums above and below zero."""
    if not (isinstance(figure, BarChart) and figure.stacked):
        return figure.values
    ends = []
    for column in _columns(figure):
        ends += [sum(v for v in column if v and v > 0), sum(v for v in column if v and v < 0)]
    return ends


def _columns(figure: Figure) -> list[tuple[float | None, ...]]:
    points = [series.points for series in figure.series]
    return list(zip(*points, strict=True)) if points else [()] * len(figure.labels)


def _grid(plot: _Plot) -> tuple[Rect, ...]:
    """A line per tick; the one at zero has series 1, the others 0."""
    return tuple(
        Rect(plot.left, plot.y(tick), plot.right - plot.left, 0, 1 if tick == 0 else 0) for tick in plot.scale.ticks
    )


def _tick_texts(plot: _Plot) -> list[Text]:
    pairs = zip(plot.scale.ticks, plot.scale.labels, strict=True)
    return [Text(plot.left - 6, plot.y(tick) + TEXT / 3, label, "end") for tick, label in pairs]


def _label_texts(labels: Sequence[str], plot: _Plot, width: int) -> list[Text]:
    """As many labels as fit without touching, evenly spaced; fewer on a phone."""
    if not labels:
        return []
    short = [shortened(label) for label in labels]
    longest = max(text_width(text, 1) for text in short)
    every = max(1, ceil((longest * TEXT + 6) / plot.slot))
    every_large = every * max(1, ceil((longest * LARGE + 6) / plot.slot / every))
    texts: list[Text] = []
    ends = {False: float("-inf"), True: float("-inf")}
    for index in range(0, len(short), every):
        text, x = short[index], plot.centre(index)
        half, half_large = text_width(text, TEXT) / 2, text_width(text, LARGE) / 2
        shift = min(0.0, width - x - half_large) + max(0.0, half_large - x)
        x += shift
        if x - half < ends[False] + 2:
            continue
        large = index % every_large == 0 and x - half_large >= ends[True] + 2
        ends[False] = x + half
        if large:
            ends[True] = x + half_large
        texts.append(Text(x, HEIGHT - 8, text, wide_only=not large))
    return texts


def _bars(figure: BarChart, plot: _Plot) -> tuple[Slot, ...]:
    slots = []
    for index, column in enumerate(_columns(figure)):
        group = min(plot.slot * 0.74, 56.0)
        start = plot.centre(index) - group / 2
        make = _stack if figure.stacked else _side_by_side
        slots.append(Slot(plot.column(index), figure.hover(index), make(column, plot, start, group)))
    return tuple(slots)


def _side_by_side(column: Sequence[float | None], plot: _Plot, start: float, group: float) -> tuple[Rect, ...]:
    width = group / max(len(column), 1)
    bars = []
    for number, value in enumerate(column):
        if value:
            bars.append(_bar(start + number * width, width * 0.94, plot, 0.0, value, number + 1))
    return tuple(bars)


def _stack(column: Sequence[float | None], plot: _Plot, start: float, group: float) -> tuple[Rect, ...]:
    ends = {True: 0.0, False: 0.0}
    bars = []
    for number, value in enumerate(column):
        if value:
            base = ends[value > 0]
            ends[value > 0] = base + value
            bars.append(_bar(start, group, plot, base, base + value, number + 1))
    return tuple(bars)


def _bar(x: float, width: float, plot: _Plot, base: float, end: float, series: int) -> Rect:
    """A bar between two values; anything that is not zero is at least one unit high, so that it shows."""
    upper, lower = plot.y(max(base, end)), plot.y(min(base, end))
    height = max(lower - upper, 1.0)
    top = upper if end >= base else lower - height
    return Rect(x, min(max(top, plot.top), plot.bottom - height), width, height, series)


def _dots(figure: Figure, plot: _Plot) -> tuple[Slot, ...]:
    """Hover areas; dots only while the line stays readable."""
    every = ceil(len(figure.labels) / MOST_SLOTS) or 1
    slots = []
    for index, column in enumerate(_columns(figure)):
        if index % every:
            continue
        known = [(number, value) for number, value in enumerate(column) if value is not None]
        dots = () if plot.count > MOST_DOTS else tuple(Dot(plot.centre(index), plot.y(v), n + 1) for n, v in known)
        area = plot.column(index)
        width = min(area.width * every, plot.right - area.x)
        slots.append(Slot(Rect(area.x, area.y, width, area.height, 0), figure.hover(index), dots))
    return tuple(slots)


def _lines(figure: Figure, plot: _Plot) -> tuple[Line, ...]:
    return tuple(run for n, series in enumerate(figure.series) for run in _runs(series.points, plot, n + 1))


def _runs(points: Sequence[float | None], plot: _Plot, series: int) -> tuple[Line, ...]:
    """The points between gaps; a point alone becomes a short dash, so that it shows."""
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(points):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((plot.centre(index), plot.y(value)))
    dash = min(plot.slot / 2, 3.0)
    return tuple(
        Line(tuple(run) if len(run) > 1 else ((run[0][0] - dash, run[0][1]), (run[0][0] + dash, run[0][1])), series)
        for run in runs
        if run
    )


def _rows(figure: BarChart) -> Drawing:
    """One row per label, bars to the right (negative ones to the left), values beside them."""
    width, count = (WIDE if figure.wide else WIDTH), max(len(figure.series), 1)
    bars = 1 if figure.stacked else count
    row = max(ROW, bars * BAR + 10)
    height = max(len(figure.labels), 1) * row + TOP
    scale = _exact(_extent(figure))
    names = [shortened(label) for label in figure.labels]
    left = min(max((text_width(name, LARGE) for name in names), default=0) + 8, width * 0.4)
    ends = [[figure.text(value)] for value in _sums(figure)]
    if not figure.stacked:
        ends = [[text for _, text in texts] for _, texts in figure.rows()]
    right = width - max((text_width(text, LARGE) for texts in ends for text in texts), default=0) - 10
    right = max(right, left + 40)
    plot = _Plot(left, right, TOP, height, scale, 1)
    slots, texts = [], [Text(left, UNIT_LINE, figure.unit, "start")]
    for index, column in enumerate(_columns(figure)):
        top = TOP + index * row
        texts.append(Text(left - 8, top + row / 2 + TEXT / 3, names[index], "end"))
        marks = _row_marks(column, plot, top + (row - bars * BAR) / 2, figure.stacked)
        for number, text in enumerate(ends[index]):
            reach = [m.x + m.width for m in marks if figure.stacked or m.series == number + 1]
            x = max(reach, default=_x(plot, 0.0)) + 5
            texts.append(Text(x, top + (row - bars * BAR) / 2 + number * BAR + BAR * 0.8, text, "start"))
        slots.append(Slot(Rect(0, top, width, row, 0), figure.hover(index), marks))
    zero = Rect(_x(plot, 0.0), TOP, 0, height - TOP, 1)
    return Drawing(width, height, (zero,), tuple(slots), (), tuple(texts))


def _exact(values: Sequence[float]) -> Scale:
    """Without an axis the longest bar may fill the room."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    return Scale((low, high)) if high - low > SMALLEST else Scale((0.0, 1.0))


def _sums(figure: Figure) -> list[float]:
    return [sum(value for value in column if value) for column in _columns(figure)]


def _x(plot: _Plot, value: float) -> float:
    return plot.left + plot.scale.at(value) * (plot.right - plot.left)


def _row_marks(column: Sequence[float | None], plot: _Plot, top: float, stacked: bool) -> tuple[Rect, ...]:
    marks, ends = [], {True: 0.0, False: 0.0}
    for number, value in enumerate(column):
        if not value:
            continue
        base = ends[value > 0] if stacked else 0.0
        ends[value > 0] = base + value
        start, end = sorted((_x(plot, base), _x(plot, base + value)))
        y = top if stacked else top + number * BAR
        marks.append(Rect(min(start, plot.right - 1), y, max(end - start, 1.0), BAR - 2, number + 1))
    return tuple(marks)
