"""Charts of the outlook: from a frame to a chart, no reading and no Streamlit."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench.reporting.axes import span
from workbench.ui.charts import BLUE, SLATE, dressed

HEIGHT = 300
"""Of a chart with its title and axes, in pixels, whatever it shows."""


def curve_chart(
    points: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    axis: str,
    figure: str,
    logarithmic: bool,
    ink: str,
) -> alt.LayerChart:
    """Draw figures with their intervals, and the curve through them with its band; beyond the last figure dashed.

    Parameters
    ----------
    points : DataFrame of shape (n_points, 6)
        ``n``, ``mean``, ``low``, ``high``, and the texts ``name`` and ``figure``.
    curve : DataFrame of shape (n_places, 4)
        ``n``, ``mean``, ``low``, ``high``; may be empty.
    title, subtitle : str
        What the chart states, and how to read it.
    axis, figure : str
        Titles of the two axes, with units.
    logarithmic : bool
        Whether equal steps to the right are equal factors.
    ink : str
        Colour of texts.
    """
    shown = [*points["mean"], *points["low"], *points["high"], *curve["low"], *curve["high"]]
    scale = alt.Scale(zero=False, nice=True, domain=[*span(shown, room=0.08)])
    last = points["n"].max()
    seen, beyond = curve[curve["n"] <= last], curve[curve["n"] > last]
    beyond = pd.concat([seen.tail(1), beyond])
    ends = [*points["n"], *curve["n"]]
    x_scale = (
        alt.Scale(type="log", domain=[min(ends) / 1.1, max(ends) * 1.1], nice=False)
        if logarithmic
        else alt.Scale(domain=[min(ends), max(ends)], nice=True)
    )
    x = alt.X(
        "n:Q", title=axis, scale=x_scale,
        axis=alt.Axis(format=",d", grid=False, tickCount=6, labelOverlap=True, labelFlush=True),
    )  # fmt: skip

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title=figure, scale=scale, axis=alt.Axis(labelFlush=False))

    hover = [
        alt.Tooltip("name:N", title="version or size"), alt.Tooltip("n:Q", title=axis, format=",d"),
        alt.Tooltip("figure:N", title="figure (95 % interval)"),
    ]  # fmt: skip
    dots = alt.Chart(points).encode(x=x)
    fitted = [
        alt.Chart(curve).mark_area(color=SLATE, opacity=0.2).encode(x=x, y=y("low"), y2="high"),
        alt.Chart(seen).mark_line(color=SLATE, strokeWidth=2).encode(x=x, y=y("mean")),
        alt.Chart(beyond).mark_line(color=SLATE, strokeWidth=2, strokeDash=[5, 4]).encode(x=x, y=y("mean")),
    ]
    chart = alt.layer(
        *(fitted if len(curve) else []),
        dots.mark_rule(color=BLUE, strokeWidth=1.5, opacity=0.7).encode(y=y("low"), y2="high"),
        dots.mark_point(color=BLUE, filled=True, opacity=1, size=90).encode(y=y("mean"), tooltip=hover),
    ).properties(height=HEIGHT)
    return dressed(chart, alt.TitleParams(title, subtitle=subtitle), ink)
