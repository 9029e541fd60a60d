"""Figures as drawn by the server: what is shown, as values; ``ccportal.core.drawing`` computes where.

One renderer serves page, print and PDF: SVG with classes for colour and plain attributes as fallback, no script.
In a template: ``{% chart figure %}`` shows drawing, legend, table of the values, copy button and CSV link.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

Number = Decimal | float | int | None
#: Larger amounts are no quantity of this business; they are shown as a gap.
LIMIT = 1e100
MISSING = "–"


@dataclass(frozen=True)
class Series:
    """One row of values, in the order of the labels; None is a gap."""

    name: str
    values: Sequence[Number]

    @property
    def points(self) -> list[float | None]:
        """The values as floats for drawing; what is not a finite number is a gap."""
        return [plain(value) for value in self.values]


def plain(value: Number) -> float | None:
    """A float to draw with, None for nothing, NaN and infinity."""
    if value is None:
        return None
    number = float(value)
    return number if isfinite(number) and abs(number) < LIMIT else None


@dataclass(frozen=True)
class Figure:
    """What every chart says.

    ``unit`` stands on the axis, in hover texts and in the table. ``description`` is what a screen reader
    hears; without one a summary is made. ``label_name`` heads the first column of the table (``Month``).
    ``places`` are the decimals of values, by default 0 for whole numbers and 2 otherwise. ``csv_url`` is
    where the values can be downloaded; with ``values_url`` the table is fetched from there when somebody asks for it,
    which keeps a page of many figures light. ``wide`` asks for the whole width of the page; on a
    phone such a drawing scrolls, with ``newest_first`` from its right end.
    """

    title: str
    unit: str
    labels: Sequence[str]
    series: Sequence[Series]
    description: str = ""
    label_name: str = ""
    places: int | None = None
    csv_url: str = ""
    values_url: str = ""
    wide: bool = False
    newest_first: bool = False

    kind = "Chart"

    def __post_init__(self) -> None:
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError(f"series {series.name!r} has {len(series.values)} values, labels: {len(self.labels)}")

    @property
    def values(self) -> list[float]:
        """Every value that can be drawn."""
        return [point for series in self.series for point in series.points if point is not None]

    @property
    def empty(self) -> bool:
        return not self.values

    @property
    def flat(self) -> bool:
        """True when there is nothing to see in a drawing: every value is 0."""
        return not any(self.values)

    @property
    def whole(self) -> bool:
        """True when all values are whole numbers, as counts are."""
        return all(value == int(value) for value in self.values)

    def text(self, value: Number) -> str:
        """A value as people read it, without unit: ``1,234.50``."""
        point = plain(value)
        if point is None:
            return MISSING
        places = (0 if self.whole else 2) if self.places is None else self.places
        return f"{point:,.{places}f}"

    def hover(self, index: int) -> str:
        """What the pointer shows over one label: every series with its value."""
        lines = [self.labels[index]]
        for series in self.series:
            name = f"{series.name}: " if len(self.series) > 1 else ""
            lines.append(f"{name}{self.text(series.values[index])} {self.unit}".rstrip())
        return "\n".join(lines)

    def rows(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """The table of values: label, then name and text of each series."""
        for index, label in enumerate(self.labels):
            yield label, [(series.name, self.text(series.values[index])) for series in self.series]

    @property
    def summary(self) -> str:
        """The description, or kind, range of labels, highest and lowest value."""
        if self.description:
            return self.description
        if self.empty:
            return "No values."
        found = [
            (point, label, series.name)
            for series in self.series
            for point, label in zip(series.points, self.labels, strict=True)
            if point is not None
        ]
        high, low = max(found), min(found)
        span = self.labels[0] if len(self.labels) == 1 else f"{self.labels[0]} to {self.labels[-1]}"
        return f"{self.kind} of {span}. Highest: {self._spot(*high)}. Lowest: {self._spot(*low)}."

    def _spot(self, value: float, label: str, name: str) -> str:
        of_series = f", {name}" if len(self.series) > 1 else ""
        return f"{self.text(value)} {self.unit}".rstrip() + f" ({label}{of_series})"


@dataclass(frozen=True)
class BarChart(Figure):
    """Bars beside each other, or on top of each other with ``stacked``.

    ``horizontal`` suits names (sites): one row per label, nothing left out, the values written beside the bars.
    """

    stacked: bool = False
    horizontal: bool = False

    kind = "Bar chart"


@dataclass(frozen=True)
class LineChart(Figure):
    """Lines over time; None leaves a gap. ``from_zero`` False zooms to the values, as for voltages."""

    from_zero: bool = True

    kind = "Line chart"


@dataclass(frozen=True)
class Sparkline:
    """A line of the size of a word, for table cells; ``title`` says what it is."""

    title: str
    values: Sequence[Number]
    unit: str = ""

    @property
    def points(self) -> list[float | None]:
        return [plain(value) for value in self.values]

    @property
    def summary(self) -> str:
        """Title, first and last value: what the shape alone does not tell."""
        known = [point for point in self.points if point is not None]
        if not known:
            return f"{self.title}: no values"
        return f"{self.title}: from {known[0]:,.2f} to {known[-1]:,.2f} {self.unit}".rstrip()
