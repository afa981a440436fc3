"""Axes of charts: finite and not empty whatever the figures are."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.impact import Change
from workbench.reporting import badge, format_accuracy, format_change, format_metric, format_points
from workbench.reporting.axes import reach, span, ticks
from workbench.ui.charts import MARKS, accuracy_chart
from workbench.ui.compare_charts import dots_chart, dots_frame
from workbench.ui.outlook_charts import curve_chart

figures = st.lists(st.one_of(st.none(), st.floats()), max_size=5)


@given(figures, st.floats(0, 1))
@example([5e-324, 0.0], 0.12)
@example([1.7e308, -1.7e308], 0.12)
@example([84.1, 84.10000000000001], 0.12)
@example([math.inf, math.nan], 0.12)
def test_a_span_is_finite_not_empty_and_holds_every_figure(values, room):
    low, high = span(values, room=room)
    assert math.isfinite(low) and math.isfinite(high) and low < high
    assert all(low <= value <= high for value in values if value is not None and abs(value) < 1e300)


@given(figures, figures)
@example([5e-324], [])
@example([0.0, 0.0], [0.0, 0.0])
@example([math.inf], [1.7e308, -math.inf])
def test_a_reach_can_be_divided_by_and_has_round_ticks(changes, ends):
    far = reach(changes, zip(ends[::2], ends[1::2], strict=False))
    assert 0 < far < math.inf and math.isfinite(1 / far)
    marks = ticks(far)
    assert 3 <= len(marks) <= 9 and 0 in marks and len(set(marks)) == len(marks)
    assert all(abs(mark) <= far * (1 + 1e-9) for mark in marks)


def test_one_wild_interval_stretches_no_axis():
    assert reach([0.1, 0.2, 0.1, 0.1, 0.3], [(-0.5, 0.5)] * 4 + [(-50, 50)]) == pytest.approx(0.55)


def test_figures_that_are_no_number_or_infinite_are_written_as_such():
    assert format_accuracy(math.nan) == format_points(math.nan) == format_metric("mae", math.nan) == "–"
    assert format_accuracy(0.5, math.nan, 0.6) == "50.0 %"
    assert format_points(-math.inf, metric="mae") == "−∞" and format_points(math.inf) == "+∞ pt"
    assert format_change(0.1, -math.inf, math.inf) == "+10.0 pt (−∞ to ∞)"
    assert format_change(0.1, -0.0001, math.nan) == "+10.0 pt"
    assert format_metric("rmse", 2.5, 0.0, math.inf) == "2.5 (0 to ∞)"
    assert badge("cannot tell", math.nan, None, None, None) == "CANNOT TELL (undefined on these rows)"


def numbers_of(node) -> list[float]:
    """The ends of all axes of a chart."""
    if isinstance(node, dict):
        ends = node.get("domain")
        own = [end for end in ends if isinstance(end, float)] if isinstance(ends, list) else []
        return own + [end for value in node.values() for end in numbers_of(value)]
    return [end for each in node for end in numbers_of(each)] if isinstance(node, list) else []


AWKWARD = [
    (5e-324, 0.0, 5e-324),
    (0.0, 0.0, 0.0),
    (1.7e308, -1.7e308, 1.7e308),
    (0.1, -math.inf, math.inf),
    (math.nan, math.nan, math.nan),
    (None, None, None),
]


@pytest.mark.parametrize("value, low, high", AWKWARD)
def test_each_chart_of_the_pages_can_be_drawn(value, low, high):
    change = Change(value, low, high, 0.0, 1.0, 0.0, "gain" if value else "no change")
    told = dots_frame([("x", change, {})], metric="mae")
    dots = dots_chart(told, title="t", subtitle="s", axis="a", told={"figure": "figure"}, ink="#000")
    row = {"version": 1, "value": value, "low": low, "high": high, "comparable": True, "series": "a", "selected": True}
    texts = dict.fromkeys(("name", "figure", "against", "author", "when", "message"), "")
    points = pd.DataFrame([{**row, "verdict": next(iter(MARKS)), **texts}]).astype({"value": float})
    accuracy = accuracy_chart(points, metric="mae", unit="", model="m", floor=None, ink="#000")
    seen = pd.DataFrame([{"n": 1, "mean": value, "low": low, "high": high, "name": "v1", "figure": "f"}])
    curve = curve_chart(
        seen, seen[["n", "mean", "low", "high"]], title="t", subtitle="s", axis="n", figure="f", logarithmic=True,
        ink="#000",
    )  # fmt: skip
    for chart in (dots, accuracy, curve):
        drawn = chart.to_dict()
        assert all(map(math.isfinite, numbers_of(drawn)))
    cut = low is not None and low < -1e300
    assert ("triangle-left" in str(dots.to_dict())) == cut, "an arrow says that the interval goes on"
