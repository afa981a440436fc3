"""The chart of what reviewing was expected to bring and brought: from a frame to a chart, no reading, no Streamlit."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench.ui.charts import BLUE, SLATE

WIDTH, HEIGHT = 520, 320
"""Of the chart with its title, axes and legend, in pixels."""

KINDS = {"predicted": (SLATE, "square"), "realised": (BLUE, "circle")}
"""What was said before and seen after a round → its colour and shape."""


def rounds_chart(frame: pd.DataFrame, *, ink: str) -> alt.LayerChart:
    """Draw predicted against realised gain, added up over the rounds of decisions.

    Parameters
    ----------
    frame : DataFrame of shape (n_points, 5)
        ``decisions`` (so far), ``kind`` (of :data:`KINDS`), ``points``, ``low`` and ``high`` (missing where there is no
        interval), all in points of balanced accuracy.
    ink : str
        Colour of texts.
    """
    colours, shapes = ([mark[part] for mark in KINDS.values()] for part in (0, 1))
    scale = alt.Scale(domain=[*KINDS], range=colours)
    legend = alt.Legend(orient="bottom", title=None)
    base = alt.Chart(frame).encode(
        x=alt.X("decisions:Q", title="decisions", axis=alt.Axis(format=",d", tickMinStep=1, grid=False, tickCount=5)),
        color=alt.Color("kind:N", scale=scale, legend=legend),
    )
    y = alt.Y("points:Q", title="gain so far (pt)", axis=alt.Axis(tickCount=4))
    hover = [
        alt.Tooltip("kind:N", title="gain"),
        alt.Tooltip("points:Q", format="+.2f", title="points"),
        alt.Tooltip("decisions:Q", format=",d", title="decisions"),
    ]
    measured = base.transform_filter("isValid(datum.low)")
    chart: alt.LayerChart = (
        alt.layer(
            measured.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=alt.Y("low:Q", title=""), y2="high:Q"),
            base.mark_line(strokeWidth=2).encode(y=y),
            base.mark_point(filled=True, opacity=1, size=60).encode(
                y=y,
                shape=alt.Shape("kind:N", scale=alt.Scale(domain=[*KINDS], range=shapes), legend=legend),
                tooltip=hover,
            ),
        )
        .properties(
            width=WIDTH,
            height=HEIGHT,
            title=alt.TitleParams(
                "Gain on the validation rows, predicted and realised",
                subtitle=["balanced accuracy, added up over rounds; bars: 95 % interval of what was realised"],
            ),
        )
        .configure_title(anchor="start", subtitleColor=ink)
        .configure_axis(labelColor=ink, titleColor=ink)
        .configure_legend(labelColor=ink, titleColor=ink)
    )
    return chart
