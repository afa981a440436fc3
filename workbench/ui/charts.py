"""From a frame to a chart: no reading, no Streamlit.

Colours are Okabe and Ito's (2008, Color Universal Design), told apart by colour-blind people, and contrast at least 3:1
with the light and the dark page, as WCAG 2.2 (1.4.11) asks of graphics. A shape and a word go with each. Text needs
4.5:1 (1.4.3), which no one colour has on both pages: hence :data:`INK`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import altair as alt
import pandas as pd

from workbench.reporting.axes import span

TEAL, VERMILION, SLATE, BLUE = "#009E73", "#D55E00", "#7A8793", "#3D8FC9"
MARKS = {
    "gain": (TEAL, "triangle-up"),
    "loss": (VERMILION, "triangle-down"),
    "cannot tell": (SLATE, "circle"),
    "no change": (SLATE, "square"),
    "not compared": (BLUE, "diamond"),
}
"""Verdict → its colour and shape."""

INK = {"light": "#4A5560", "dark": "#B9C3CD"}
"""Colour of the texts in a chart, by the kind of page it stands on."""

HEIGHT = 380
"""Of the accuracy chart with its title, axis and legend, in pixels, whatever it shows: nothing below it moves."""

BAR, AROUND_BARS = 28, 100
"""Pixels per bar, and for the title and the axis."""

HOVER = {
    "name": "version",
    "figure": "figure (95 % interval)",
    "against": "against the one before",
    "author": "author",
    "when": "when",
    "message": "message",
}
"""Column of the points → what the pointer calls it."""


@dataclass(frozen=True)
class Floor:
    """What a change has to exceed to be told from chance.

    Attributes
    ----------
    around : float
        The figure it is counted from, in the chart's unit.
    detectable : float or None
        The smallest change, of either sign, that would show; None where nothing is compared.
    text : str
        What the shading says.
    noise : float or None
        What other seeds would move the figure by on the same data; None where that is unknown.
    noise_text : str
        What the darker shading says.
    """

    around: float
    detectable: float | None
    text: str
    noise: float | None = None
    noise_text: str = ""

    @property
    def reach(self) -> float:
        """How far the wider of the two shadings goes."""
        return max(self.detectable or 0.0, self.noise or 0.0)


def accuracy_chart(
    points: pd.DataFrame, *, metric: str, unit: str, model: str, floor: Floor | None, ink: str
) -> alt.LayerChart:
    """Draw a figure of the fixed model by version: line, 95 % interval, and what cannot be told from chance.

    Parameters
    ----------
    points : DataFrame of shape (n_versions, n_columns)
        ``version`` (number), ``value``, ``low``, ``high`` (in ``unit``; missing where unknown), ``comparable``,
        ``series`` (figures of different ones are not joined), ``selected``, ``verdict`` (a key of :data:`MARKS`), and
        the texts of :data:`HOVER`.
    metric, unit : str
        Name and unit of the vertical axis; the unit may be empty.
    model : str
        What was fitted.
    floor : Floor, optional
        Shaded where given.
    ink : str
        Colour of texts.
    """
    sound, strange = points[points["comparable"]], points[~points["comparable"]]
    scale = alt.Scale(zero=False, nice=True, domain=_domain(sound, floor))

    def y(field: str) -> alt.Y:
        title = f"{metric} ({unit})" if unit else metric
        return alt.Y(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(labelFlush=False))

    x = _by_version(points["version"])
    hover = [alt.Tooltip(field=name, type="nominal", title=title) for name, title in HOVER.items()]
    colours, shapes = ([mark[part] for mark in MARKS.values()] for part in (0, 1))
    legend = alt.Legend(
        orient="bottom",
        title="against the one before:",
        titleOrient="left",
        values=[verdict for verdict in MARKS if verdict in set(sound["verdict"])],
    )
    base = alt.Chart(sound).encode(x=x)
    chart = alt.layer(
        *(_shading(floor, y) if floor else []),
        base.mark_area(color=BLUE, opacity=0.18).encode(y=y("low"), y2="high", detail="series:N"),
        base.mark_rule(color=BLUE, strokeWidth=1.5, opacity=0.6).encode(y=y("low"), y2="high"),
        base.mark_line(color=BLUE, strokeWidth=2).encode(y=y("value"), detail="series:N"),
        base.mark_point(filled=True, opacity=1)
        .encode(
            y=y("value"),
            color=alt.Color("verdict:N", scale=alt.Scale(domain=[*MARKS], range=colours), legend=legend),
            shape=alt.Shape("verdict:N", scale=alt.Scale(domain=[*MARKS], range=shapes), legend=legend),
            size=alt.condition("datum.selected", alt.value(260), alt.value(110)),
            tooltip=hover,
        )
        .add_params(alt.selection_point(name="version", fields=["version"], on="click", clear=False)),
        *(_apart(strange, x, hover, ink) if len(strange) else []),
    ).properties(height=HEIGHT)
    told = [f"model: {model}; band: 95 % interval"]
    if floor is not None:
        told += [f"grey: {floor.text}"] if floor.detectable is not None else []
        told += [f"{'darker grey' if floor.detectable else 'grey'}: {floor.noise_text}"] if floor.noise else []
    return dressed(chart, alt.TitleParams(f"{metric.capitalize()} of the fixed model by version", subtitle=told), ink)


def findings_chart(counts: pd.DataFrame, *, title: str, ink: str) -> alt.LayerChart:
    """Draw how many findings each check has, in the order given, with the count beside the bar.

    The selection ``check`` names the bar that was clicked.

    Parameters
    ----------
    counts : DataFrame of shape (n_checks, 3)
        ``check``, ``count`` and its text, ``shown``.
    title : str
        What the chart states.
    ink : str
        Colour of texts.
    """
    labels = alt.Axis(labelLimit=260, labelOverlap=False, ticks=False, domain=False)
    whole = alt.Axis(format=",d", tickMinStep=1, tickCount=4)
    base = alt.Chart(counts).encode(
        y=alt.Y("check:N", sort=None, title=None, axis=labels),
        x=alt.X("count:Q", title="open findings (count)", axis=whole, scale=alt.Scale(domainMin=0, padding=40)),
        tooltip=[alt.Tooltip("check:N", title="check"), alt.Tooltip("shown:N", title="open findings")],
    )
    chart = alt.layer(
        base.mark_bar(color=BLUE, height=BAR - 10, cursor="pointer").add_params(
            alt.selection_point(name="check", fields=["check"], on="click", clear=False)
        ),
        base.mark_text(align="left", dx=6, color=ink, fontSize=13).encode(text="shown:N"),
    ).properties(height=BAR * len(counts) + AROUND_BARS)
    return dressed(chart, alt.TitleParams(title), ink)


def dressed(chart: alt.LayerChart | alt.FacetChart, title: alt.TitleParams, ink: str) -> alt.LayerChart:
    """Give a chart its title and readable texts."""
    shown: alt.LayerChart = (
        chart.properties(title=title)
        .configure_title(anchor="start", subtitleColor=ink, subtitleFontSize=13, subtitlePadding=4)
        .configure_axis(labelColor=ink, titleColor=ink)
        .configure_legend(labelColor=ink, titleColor=ink)
    )
    return shown


def _by_version(versions: pd.Series[int]) -> alt.X:
    """Lay out versions from left to right: one tick each, or where those are too many only whole numbers."""
    few = len(versions) <= 25
    axis = alt.Axis(
        labelExpr="'v' + datum.value",
        labelFlush=False,
        labelOverlap=True,
        grid=False,
        values=versions.tolist() if few else alt.Undefined,
        tickMinStep=alt.Undefined if few else 1,
    )
    scale = alt.Scale(domain=[float(versions.min()) - 0.5, float(versions.max()) + 0.5], nice=False)
    return alt.X("version:Q", title="version", scale=scale, axis=axis)


def _domain(sound: pd.DataFrame, floor: Floor | None) -> list[float]:
    """Return the range of the vertical axis: all intervals and the shading, with room around them."""
    ends = [*sound[["value", "low", "high"]].min(), *sound[["value", "low", "high"]].max()]
    if floor is not None:
        ends += [floor.around - floor.reach, floor.around + floor.reach]
    return [*span(ends, room=0.12)]


def _shading(floor: Floor, y: Callable[[str], alt.Y]) -> list[alt.Chart]:
    """Shade the changes that cannot be told from chance, and mark the figure that they are counted from."""

    def band(reach: float) -> alt.Chart:
        ends = {"low": [floor.around - reach], "high": [floor.around + reach], "around": [floor.around]}
        return alt.Chart(pd.DataFrame(ends))

    shades = [
        band(reach).mark_rect(color=SLATE, opacity=opacity).encode(y=y("low"), y2="high")
        for reach, opacity in ((floor.detectable, 0.16), (floor.noise, 0.28))
        if reach
    ]
    return [*shades, band(0.0).mark_rule(color=SLATE, strokeDash=[4, 4]).encode(y=y("around"))]


def _apart(strange: pd.DataFrame, x: alt.X, hover: list[alt.Tooltip], ink: str) -> list[alt.Chart]:
    """Put versions whose figure is not comparable at the foot of the chart, outside its scale."""
    foot = alt.Chart(strange).encode(x=x, y=alt.value(alt.ExprRef("height - 12")), tooltip=hover)
    return [
        foot.mark_point(shape="cross", angle=45, filled=True, size=90, color=SLATE, opacity=1),
        foot.mark_text(dy=-14, color=ink, fontSize=12, text="not comparable"),
    ]
