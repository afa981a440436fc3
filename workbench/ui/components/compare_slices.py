"""Where the change shows: the figure by slice of the test rows, the most harmed first."""

from __future__ import annotations

import streamlit as st

from workbench.compare import Comparison
from workbench.reporting import count_of, format_metric, metric_name
from workbench.reporting.figures import NOISE_FLOOR, SHARES
from workbench.reporting.versions import held_together
from workbench.ui.compare_charts import dots_chart, dots_frame, dots_in_words
from workbench.ui.session import ink

SLICES = 12
"""Slices drawn, those harmed most."""


def show_slices(found: Comparison) -> None:
    """Draw the change of each slice around zero; what is not drawn stands in the report and in the JSON."""
    slices = found.slices
    if slices is None or not slices.found or found.verdict == "no change":
        return
    frame = dots_frame(
        (
            (
                each.name,
                each.effect,
                {
                    "sides": " → ".join(format_metric(slices.metric, *side) for side in each.effect.sides),
                    "rows": count_of(each.rows, "test row"),
                },
            )
            for each in slices.found[:SLICES]
        ),
        metric=slices.metric,
    )
    name = metric_name(slices.metric)
    a, b = (name.rpartition("@")[2] for name in (found.a, found.b))
    title = f"Change of {name} by slice, v{a} to v{b}"
    better = "right" if slices.metric in SHARES else "left"
    many = held_together(len(slices.found), "slices", slices.level) or "95 % interval"
    cut = f"; the {SLICES} most harmed of {len(slices.found)}" if len(slices.found) > SLICES else ""
    unit = "points" if slices.metric in SHARES else name
    told = {"name": "slice", "figure": "change (interval)", "sides": name, "rows": "rows", "floor": NOISE_FLOOR}
    axis = f"change of {name} ({unit})"
    subtitle = [many, f"{better} of zero is better{cut}", f"grey: {NOISE_FLOOR}"]
    chart = dots_chart(frame, title=title, subtitle=subtitle, axis=axis, told=told, ink=ink())
    with st.container(key="per-slice"):
        st.altair_chart(chart, alt=f"{title}: {dots_in_words(frame)}.")
