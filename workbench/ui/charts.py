"""From a frame to a chart: no reading, no Streamlit.

Colours are Okabe and Ito's (2008, Color Universal Design), told apart by colour-blind people, and contrast at least 3:1
with the light and the dark page, as WCAG 2.2 (1.4.11) asks of graphics. A shape and a word go with each.
"""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import pandas as pd

TEAL, VERMILION, SLATE, BLUE = "#009E73", "#D55E00", "#7A8793", "#3D8FC9"
MARKS = {
    "gain": (TEAL, "triangle-up"),
    "loss": (VERMILION, "triangle-down"),
    "cannot tell": (SLATE, "circle"),
    "no change": (SLATE, "square"),
    "not compared": (BLUE, "diamond"),
}
"""Verdict → its colour and shape."""

HEIGHT = 320
"""Of the accuracy chart, in pixels, whatever it shows: nothing below it moves."""

BAR = 26
"""Pixels per bar."""


@dataclass(frozen=True)
class Floor:
    """What a change has to exceed to be told from chance.

    Attributes
    ----------
    around : float
        The figure it is counted from, in the chart's unit.
    detectable : float
        The smallest change, of either sign, that would show.
    text : str
        What the shading says.
    """

    around: float
    detectable: float
    text: str


def accuracy_chart(points: pd.DataFrame, *, metric: str, unit: str, title: str, floor: Floor | None) -> alt.LayerChart:
    """Draw a figure of the fixed model by version: line, 95 % interval, and what cannot be told from chance.

    Parameters
    ----------
    points : DataFrame of shape (n_versions, n_columns)
        ``version`` (number), ``value``, ``low``, ``high`` (in ``unit``; missing where unknown), ``comparable``,
        ``series`` (figures of different ones are not joined), ``selected``, ``verdict`` (a key of :data:`MARKS`), and
        the texts ``name``, ``figure``, ``against``, ``author``, ``when``, ``message`` that the pointer brings up.
    metric, unit : str
        Name and unit of the vertical axis; the unit may be empty.
    title : str
        What the chart states.
    floor : Floor, optional
        Shaded where given.
    """
    x = alt.X(
        "version:Q",
        title="version",
        scale=alt.Scale(domain=[points["version"].min() - 0.5, points["version"].max() + 0.5], nice=False),
        axis=alt.Axis(labelExpr="'v' + datum.value", grid=False, **_ticks(points["version"])),
    )
    sound = points[points["comparable"]]
    scale = alt.Scale(zero=False, nice=True, domain=_domain(sound, floor))
    y = alt.Y("value:Q", title=f"{metric} ({unit})" if unit else metric, scale=scale)
    hover = [
        alt.Tooltip(field=name, type="nominal", title=heading)
        for name, heading in {
            "name": "version",
            "figure": f"{metric} (95 % interval)",
            "against": "against the one before",
            "author": "author",
            "when": "when",
            "message": "message",
        }.items()
    ]
    base = alt.Chart(sound).encode(x=x, y=y)
    ends = {"y": alt.Y("low:Q", scale=scale, title=y["title"]), "y2": alt.Y2("high")}
    marks = alt.Scale(domain=[*MARKS], range=[colour for colour, _ in MARKS.values()])
    shapes = alt.Scale(domain=[*MARKS], range=[shape for _, shape in MARKS.values()])
    shown = [verdict for verdict in MARKS if verdict in set(sound["verdict"])]
    legend = alt.Legend(orient="bottom", title="against the one before", values=shown)
    layers = [
        *_shading(floor, scale, y["title"]),
        alt.Chart(sound).mark_area(color=BLUE, opacity=0.18).encode(x=x, detail="series:N", **ends),
        alt.Chart(sound).mark_rule(color=BLUE, strokeWidth=1.5, opacity=0.6).encode(x=x, **ends),
        base.mark_line(color=BLUE, strokeWidth=2).encode(detail="series:N"),
        base.mark_point(filled=True, opacity=1)
        .encode(
            color=alt.Color("verdict:N", scale=marks, legend=legend),
            shape=alt.Shape("verdict:N", scale=shapes, legend=legend),
            size=alt.condition("datum.selected", alt.value(260), alt.value(110)),
            tooltip=hover,
        )
        .add_params(alt.selection_point(name="version", fields=["version"], on="click", clear=False)),
        *_apart(points[~points["comparable"]], x, hover),
    ]
    return alt.layer(*layers).properties(height=HEIGHT, title=alt.TitleParams(title, anchor="start"))


def findings_chart(counts: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Draw how many findings each check has, most first, with the count beside the bar.

    Parameters
    ----------
    counts : DataFrame of shape (n_checks, 3)
        ``check``, ``count`` and its text, ``shown``.
    title : str
        What the chart states.
    """
    base = alt.Chart(counts).encode(
        y=alt.Y("check:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False)),
        x=alt.X(
            "count:Q",
            title="open findings (count)",
            axis=alt.Axis(format=",d", tickMinStep=1, tickCount=4),
            scale=alt.Scale(domainMin=0, padding=40),
        ),
        tooltip=[
            alt.Tooltip("check:N", title="check"),
            alt.Tooltip("shown:N", title="open findings"),
        ],
    )
    return alt.layer(
        base.mark_bar(color=BLUE, height=BAR - 8),
        base.mark_text(align="left", dx=6, color=SLATE, fontSize=13).encode(text="shown:N"),
    ).properties(height=BAR * len(counts), title=alt.TitleParams(title, anchor="start"))


def _ticks(versions: pd.Series[int]) -> dict[str, object]:
    """One tick a version, or where that is too many only whole numbers."""
    if len(versions) <= 25:
        return {"values": versions.tolist(), "labelOverlap": True}
    return {"tickMinStep": 1, "format": "d", "labelOverlap": True}


def _domain(sound: pd.DataFrame, floor: Floor | None) -> list[float]:
    """Return the range of the vertical axis: all intervals and the shading, with room around them."""
    ends = [*sound[["value", "low", "high"]].min(), *sound[["value", "low", "high"]].max()]
    if floor is not None:
        ends += [floor.around - floor.detectable, floor.around + floor.detectable]
    known = [float(end) for end in ends if pd.notna(end)] or [0.0, 1.0]
    room = 0.12 * (max(known) - min(known)) or 0.5
    return [min(known) - room, max(known) + room]


def _shading(floor: Floor | None, scale: alt.Scale, title: str) -> list[alt.Chart]:
    """Shade the changes that cannot be told from chance, and mark the figure that they are counted from."""
    if floor is None:
        return []
    low, high = floor.around - floor.detectable, floor.around + floor.detectable
    band = alt.Chart(pd.DataFrame({"low": [low], "high": [high], "around": [floor.around], "text": [floor.text]}))
    return [
        band.mark_rect(color=SLATE, opacity=0.16).encode(
            y=alt.Y("low:Q", scale=scale, title=title), y2="high", tooltip=alt.Tooltip("text:N", title="shaded")
        ),
        band.mark_rule(color=SLATE, strokeDash=[4, 4]).encode(y=alt.Y("around:Q", scale=scale, title=title)),
    ]


def _apart(strange: pd.DataFrame, x: alt.X, hover: list[alt.Tooltip]) -> list[alt.Chart]:
    """Put versions whose figure is not comparable at the foot of the chart, outside its scale."""
    if strange.empty:
        return []
    foot = alt.Chart(strange).encode(x=x, y=alt.value(HEIGHT - 14), tooltip=hover)
    return [
        foot.mark_point(shape="cross", angle=45, filled=True, size=90, color=SLATE, opacity=1),
        foot.mark_text(dy=-14, color=SLATE, fontSize=12, text="not comparable"),
    ]
