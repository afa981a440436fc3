"""Charts of the page Compare: from a frame to a chart, no reading, no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from workbench.compare import Effect
from workbench.impact import Change
from workbench.reporting import format_change
from workbench.reporting.axes import reach
from workbench.reporting.figures import NOISE_FLOOR, SHARES, format_floor
from workbench.ui.charts import MARKS, SLATE, dressed

ROW, AROUND_ROWS = 34, 212
"""Pixels per class, and for the title, the axis and the legend."""


def dots_frame(lines: Iterable[tuple[str, Effect | Change, dict[str, str]]], *, metric: str) -> pd.DataFrame:
    """Lay out what :func:`dots_chart` draws, shares in points.

    Parameters
    ----------
    lines : iterable of (name, effect, texts)
        A line each; the texts become columns, beside ``figure``, the change with its interval, and ``floor``, what
        other seeds would move it by.
    metric : str
        What changed; decides the unit.
    """
    scale = 100 if metric in SHARES else 1
    rows: list[dict[str, Any]] = []
    for name, effect, texts in lines:
        ends = {end: getattr(effect, end) for end in ("change", "low", "high")}
        drawn = {end: scale * n if n is not None and not math.isnan(n) else None for end, n in ends.items()}
        figure = format_change(ends["change"], ends["low"], ends["high"], metric=metric)
        noise = effect.noise_floor if isinstance(effect, Effect) else None
        low, high = (None, None) if noise is None else (-scale * noise, scale * noise)
        floor = {"floor_low": low, "floor_high": high, "floor": format_floor(noise, metric=metric)}
        rows.append({"name": name, **drawn, "verdict": effect.verdict, "figure": figure, **floor, **texts})
    return pd.DataFrame(rows)


def dots_in_words(changes: pd.DataFrame) -> str:
    """Say what :func:`dots_chart` draws: each figure with its verdict, and the noise floors where they are known."""
    said = "; ".join(
        f"{name} {figure}, {verdict}" for name, figure, verdict in changes[["name", "figure", "verdict"]].values
    )
    known = changes[changes["floor_low"].notna()]
    floors = "; ".join(f"{name} {floor}" for name, floor in known[["name", "floor"]].values)
    return said + (f". {NOISE_FLOOR.capitalize()}: {floors}" if floors else "")


def dots_chart(
    changes: pd.DataFrame, *, title: str, subtitle: str | list[str], axis: str, told: dict[str, str], ink: str
) -> alt.LayerChart:
    """Draw changes as dots around zero, with their intervals, in the order given.

    An interval that would make all others look like points is cut, and an arrow says that it goes on.
    The selection ``label`` names the line that was clicked.

    Parameters
    ----------
    changes : DataFrame of shape (n_lines, n_columns)
        ``name``, ``change``, ``low``, ``high``, ``floor_low``, ``floor_high`` (in the axis's unit; missing where
        unknown), ``verdict``, and texts. The floor is a grey band around zero.
    title : str
        What the chart states.
    subtitle : str or list of str
        On what; one line each.
    axis : str
        What is drawn, with its unit.
    told : dict
        Column of texts → its name, for who points at a dot.
    ink : str
        Colour of texts.
    """
    far = reach([*changes["change"], *changes["floor_high"]], zip(changes["low"], changes["high"], strict=True))
    beyond = [
        {"name": name, "change": way * far, "verdict": verdict, "way": way}
        for name, low, high, verdict in changes[["name", "low", "high", "verdict"]].itertuples(index=False)
        for way, end in ((-1, low), (1, high))
        if pd.notna(end) and way * end > far
    ]
    ends = ("change", "low", "high", "floor_low", "floor_high")
    changes = changes.assign(**{end: pd.to_numeric(changes[end]).clip(-far, far) for end in ends})
    scale = alt.Scale(domain=[-far, far], nice=False)
    x = alt.X(
        "change:Q",
        title=axis,
        scale=scale,
        axis=alt.Axis(format="+,.1~f", labelFlush=False, tickCount=6),
    )
    labels = alt.Axis(labelLimit=260, labelOverlap=False, ticks=False, domain=False)
    colours, shapes = ([mark[part] for mark in MARKS.values()] for part in (0, 1))
    there = [verdict for verdict in MARKS if verdict in set(changes["verdict"])]
    legend = alt.Legend(orient="bottom", title=None, values=there, symbolOpacity=1)
    base = alt.Chart(changes).encode(y=alt.Y("name:N", sort=None, title=None, axis=labels))
    colour = alt.Color("verdict:N", scale=alt.Scale(domain=[*MARKS], range=colours), legend=legend)
    floor = base.transform_filter("isValid(datum.floor_low)").mark_bar(color=SLATE, opacity=0.22, height=ROW - 12)
    zero = alt.Chart(pd.DataFrame({"change": [0.0]})).mark_rule(color=ink, opacity=0.7)
    chart = alt.layer(
        floor.encode(x=alt.X("floor_low:Q", title=axis), x2="floor_high:Q"),
        zero.encode(x=x),
        base.mark_rule(strokeWidth=3, opacity=0.55).encode(x=alt.X("low:Q", title=axis), x2="high:Q", color=colour),
        base.mark_point(filled=True, size=140, opacity=1, cursor="pointer")
        .encode(
            x=x,
            color=colour,
            shape=alt.Shape("verdict:N", scale=alt.Scale(domain=[*MARKS], range=shapes), legend=legend),
            tooltip=[alt.Tooltip(f"{column}:N", title=name) for column, name in told.items()],
        )
        .add_params(alt.selection_point(name="label", fields=["name"], on="click", clear=False)),
        *(_arrows(beyond, way, x, labels, colour) for way in (-1, 1) if any(each["way"] == way for each in beyond)),
    ).properties(height=ROW * len(changes) + AROUND_ROWS)
    return dressed(chart, alt.TitleParams(title, subtitle=subtitle), ink)


def _arrows(beyond: list[dict[str, Any]], way: int, x: alt.X, labels: alt.Axis, colour: alt.Color) -> alt.Chart:
    """Say that intervals go on to the left (-1) or to the right (1) of the axis."""
    ends = pd.DataFrame([each for each in beyond if each["way"] == way])
    arrow = alt.Chart(ends).mark_point(
        shape="triangle-left" if way < 0 else "triangle-right", filled=True, size=90, opacity=1
    )
    drawn: alt.Chart = arrow.encode(y=alt.Y("name:N", sort=None, title=None, axis=labels), x=x, color=colour)
    return drawn
