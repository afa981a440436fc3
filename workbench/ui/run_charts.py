"""Charts of runs: from a frame to a chart, no reading and no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from workbench.ui.charts import BLUE

WIDTH, HEIGHT, COLUMNS = 300, 90, 2
"""Of each small chart in pixels, and how many stand side by side."""


def trends_chart(frame: pd.DataFrame, checks: Sequence[str], *, ink: str) -> alt.FacetChart:
    """Draw small multiples: open findings of each check over the runs.

    Parameters
    ----------
    frame : DataFrame of shape (n_runs * n_checks, 6)
        ``run`` (1, 2, …), ``check``, ``open``, the texts ``when`` and ``version``, and ``address``, where a click
        leads.
    checks : sequence of str
        In the order to show them.
    ink : str
        Colour of texts.
    """
    base = alt.Chart(frame).encode(
        x=alt.X("run:Q", title="run", axis=alt.Axis(tickMinStep=1, grid=False, format="d", tickCount=4)),
        y=alt.Y(
            "open:Q", title="open findings", scale=alt.Scale(domainMin=0),
            axis=alt.Axis(tickCount=3, tickMinStep=1, format=",d", titleFontSize=10),
        ),
        href="address:N",
        tooltip=["check:N", alt.Tooltip("open:Q", format=",d", title="open findings"), "when:N", "version:N"],
    )  # fmt: skip
    drawn = base.mark_line(color=BLUE, strokeWidth=2) + base.mark_point(color=BLUE, filled=True, opacity=1, size=30)
    chart: alt.FacetChart = (
        drawn.properties(width=WIDTH, height=HEIGHT)
        .facet(
            alt.Facet("check:N", sort=list(checks), title=None, header=alt.Header(labelColor=ink, labelAnchor="start")),
            columns=COLUMNS,
        )
        .resolve_scale(y="independent")
        .properties(title=alt.TitleParams("Open findings of each check, run by run"))
        .configure_title(anchor="start")
        .configure_axis(labelColor=ink, titleColor=ink)
    )
    return chart
