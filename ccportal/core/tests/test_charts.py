"""Charts: where the marks are, what the words say, and that no input breaks the geometry."""

from decimal import Decimal
from itertools import pairwise
from math import inf, isfinite, nan
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from ccportal.core.charts import BarChart, LineChart, Series, Sparkline
from ccportal.core.drawing import LARGE, TEXT, Dot, Rect, draw, draw_sparkline, text_width
from ccportal.core.scales import scale_for
from ccportal.core.svg import figure_svg, sparkline_svg

MONTHS = ["Jan", "Feb", "Mar", "Apr"]


def bars(values, **options):
    return BarChart("Energy vended", "kWh", MONTHS[: len(values)], [Series("Vended", values)], **options)


def marks_of(drawing):
    return [mark for slot in drawing.slots for mark in slot.marks]


def shown(template_figure):
    return Template("{% chart figure %}").render(Context({"figure": template_figure}))


# ---------------------------------------------------------------- axes


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([3, 87], ("0", "25", "50", "75", "100")),
        ([0.4, 1.9], ("0", "0.5", "1.0", "1.5", "2.0")),
        ([12_000, 48_000], ("0", "20k", "40k", "60k")),
        ([1_240_000], ("0", "0.5M", "1.0M", "1.5M")),
        ([-30, 70], ("-50", "-25", "0", "25", "50", "75")),
        ([9_800], ("0", "2.5k", "5.0k", "7.5k", "10.0k")),
        ([0, 0], ("0", "0.25", "0.50", "0.75", "1.00")),
        ([], ("0", "0.25", "0.50", "0.75", "1.00")),
    ],
)
def test_an_axis_has_round_labels(values, labels):
    assert scale_for(values).labels == labels


def test_an_axis_of_counts_has_no_halves():
    assert scale_for([1, 2], whole=True).labels == ("0", "1", "2")


def test_an_axis_may_zoom_to_the_values():
    assert scale_for([229.6, 231.2], from_zero=False).labels == ("229.5", "230.0", "230.5", "231.0", "231.5")


def test_the_unit_stands_on_the_axis():
    assert draw(bars([1, 2])).texts[0].text == "kWh"


# ---------------------------------------------------------------- bars


def test_bars_stand_on_the_zero_line_in_proportion():
    first, second = marks_of(draw(bars([50, 100])))
    assert first.y + first.height == second.y + second.height == 212
    assert second.height == pytest.approx(2 * first.height)
    assert second.height == pytest.approx(180)


def test_a_negative_bar_hangs_from_the_zero_line():
    up, down = marks_of(draw(bars([10, -10])))
    assert up.y + up.height == pytest.approx(down.y)


def test_a_tiny_value_still_shows():
    tiny, _ = marks_of(draw(bars([0.001, 1000])))
    assert tiny.height == 1


def test_a_gap_and_a_zero_draw_no_bar():
    assert len(marks_of(draw(bars([None, 0, 5])))) == 1


def test_stacked_bars_add_up():
    figure = BarChart("Customers", "", ["MAK"], [Series("Active", [30]), Series("Terminated", [10])], stacked=True)
    lower, upper = marks_of(draw(figure))
    assert upper.y + upper.height == pytest.approx(lower.y)
    assert lower.height == pytest.approx(3 * upper.height)


def test_horizontal_bars_write_every_name_and_value():
    figure = bars([820, 790, 1010, 1300], horizontal=True)
    texts = [text.text for text in draw(figure).texts]
    assert texts == ["kWh", "Jan", "820", "Feb", "790", "Mar", "1,010", "Apr", "1,300"]


# ---------------------------------------------------------------- lines


def test_a_gap_breaks_the_line():
    figure = LineChart("Balance", "M", MONTHS, [Series("Balance", [5, 4, None, 2])])
    drawing = draw(figure)
    assert [len(line.points) for line in drawing.lines] == [2, 2]
    assert len(marks_of(drawing)) == 3


def test_a_long_line_has_no_dots():
    days = [str(n) for n in range(365)]
    drawing = draw(LineChart("Load", "kW", days, [Series("Load", list(range(365)))]))
    assert marks_of(drawing) == []
    assert len(drawing.slots) <= 120


def test_series_and_labels_of_different_length_are_refused():
    with pytest.raises(ValueError, match="'Vended' has 1 values, labels: 2"):
        BarChart("Energy", "kWh", ["Jan", "Feb"], [Series("Vended", [1])])


# ---------------------------------------------------------------- words


def test_pointing_at_a_bar_reads_label_value_and_unit():
    assert bars([820, 1010.5]).hover(1) == "Feb\n1,010.50 kWh"


def test_pointing_at_one_of_several_series_reads_all():
    figure = BarChart("Customers", "customers", ["MAK"], [Series("Active", [412]), Series("Terminated", [None])])
    assert figure.hover(0) == "MAK\nActive: 412 customers\nTerminated: – customers"


def test_a_screen_reader_hears_range_and_extremes():
    assert bars([820, 1010, 640]).summary == "Bar chart of Jan to Mar. Highest: 1,010 kWh (Feb). Lowest: 640 kWh (Mar)."


def test_the_image_has_name_and_description():
    svg = ElementTree.fromstring(figure_svg(bars([1, 2])))
    name, description = svg.get("aria-labelledby").split()
    found = {element.get("id"): element.text for element in svg.iter() if element.get("id")}
    assert svg.get("role") == "img"
    assert found[name] == "Energy vended"
    assert found[description].startswith("Bar chart of Jan to Feb.")


def test_the_chart_tag_shows_the_values_as_a_table_with_a_download():
    html = shown(bars([Decimal("820.5"), None], label_name="Month", csv_url="/x.csv?a=1&b=2"))
    assert '<th scope="row">Jan</th><td class="num" data-label="Vended">820.50</td>' in html
    assert '<th scope="row">Feb</th><td class="num" data-label="Vended">–</td>' in html
    assert 'href="/x.csv?a=1&amp;b=2"' in html


def test_a_figure_without_values_says_so():
    assert "No values for this choice." in shown(BarChart("Energy", "kWh", [], []))


def test_words_from_the_database_are_escaped():
    figure = BarChart("<b>", "<i>", ["<u>"], [Series("<s>", [1]), Series("t", [2])])
    html = shown(figure)
    assert not {"<b>", "<i>", "<u>", "<s>"} & {html[i : i + 3] for i in range(len(html))}


def test_no_chart_carries_style_or_script():
    html = shown(bars([1, 2, 3, 4])) + shown(LineChart("L", "M", MONTHS, [Series("a", [1, 2, 3, 4])]))
    assert "style" not in html
    assert "script" not in html


def test_a_sparkline_names_its_ends():
    assert "<title>Sales: from 3.00 to 4.00 kWh</title>" in sparkline_svg(Sparkline("Sales", [3, None, 4], "kWh"))


def test_twelve_months_are_all_labelled_on_a_desk_and_some_on_a_phone():
    months = [f"{n:02}/26" for n in range(1, 13)]
    drawing = draw(BarChart("E", "kWh", months, [Series("a", list(range(12)))], wide=True))
    labels = [text for text in drawing.texts if text.text in months]
    assert len(labels) == 12
    assert 0 < sum(not label.wide_only for label in labels) <= 12


# ---------------------------------------------------------------- any input

numbers = st.one_of(
    st.none(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=2),
    st.sampled_from([0, 1, -1, nan, inf, -inf, 1e-300, 1e300]),
)


#: Control characters are not allowed in XML; the ACDB holds none.
words = st.characters(exclude_categories=["Cc", "Cs", "Cn"])


@st.composite
def figures(draw_):
    count = draw_(st.integers(0, 40))
    labels = draw_(st.lists(st.text(words, max_size=40), min_size=count, max_size=count))
    series = [
        Series(f"s{n}", draw_(st.lists(numbers, min_size=count, max_size=count)))
        for n in range(draw_(st.integers(0, 7)))
    ]
    if draw_(st.booleans()):
        return LineChart("T", "kWh", labels, series, from_zero=draw_(st.booleans()), wide=draw_(st.booleans()))
    options = {name: draw_(st.booleans()) for name in ("stacked", "horizontal", "wide")}
    return BarChart("T", "kWh", labels, series, **options)


def corners(drawing):
    for box in [*drawing.grid, *(slot.area for slot in drawing.slots), *marks_of(drawing)]:
        if isinstance(box, Dot):
            yield box.x, box.y
        else:
            assert isinstance(box, Rect)
            yield from ((box.x, box.y), (box.x + box.width, box.y + box.height))
    for line in drawing.lines:
        yield from line.points
    for text in drawing.texts:
        yield text.x, text.y


@given(figures())
def test_every_mark_lies_inside_the_drawing(figure):
    drawing = draw(figure)
    for x, y in corners(drawing):
        assert isfinite(x) and isfinite(y)
        assert -0.01 <= x <= drawing.width + 0.01
        assert -0.01 <= y <= drawing.height + 0.01


@given(figures())
def test_labels_under_the_axis_never_touch(figure):
    drawing = draw(figure)
    for size, wanted in ((TEXT, [True, False]), (LARGE, [False])):
        spans = sorted(
            (text.x - text_width(text.text, size) / 2, text.x + text_width(text.text, size) / 2)
            for text in drawing.texts
            if text.anchor == "middle" and text.wide_only in wanted
        )
        assert all(left[1] <= right[0] for left, right in pairwise(spans))


@given(figures())
def test_every_figure_is_well_formed_xml(figure):
    svg = ElementTree.fromstring(figure_svg(figure))
    positions = [element.get(name, "0") for element in svg.iter() for name in ("x", "y", "width", "height", "cx", "cy")]
    assert all(isfinite(float(position)) for position in positions)


@given(st.lists(numbers, max_size=50))
def test_every_sparkline_stays_inside(values):
    drawing = draw_sparkline(Sparkline("S", values))
    for x, y in corners(drawing):
        assert 0 <= x <= drawing.width
        assert 0 <= y <= drawing.height


def test_a_chart_of_nothing_but_zeros_says_so_and_keeps_its_table():
    text = shown(bars([0, 0.0]))
    assert "All values are 0." in text
    assert 'class="plot"' not in text
    assert text.count('<th scope="row">') == 2
