"""Many versions against one, by intervals that hold together: shown when asked for, from what was measured before."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.reporting import count_of, format_metric, metric_name
from workbench.reporting.figures import NOISE_FLOOR, SHARES
from workbench.reporting.versions import held_together
from workbench.ui import comparing
from workbench.ui.compare_charts import dots_chart, dots_frame, dots_in_words
from workbench.ui.session import ink
from workbench.ui.standing import Standing

MOST = 12
"""Versions compared at once, the newest."""


def show_together(lake: OpenLake, state: Standing) -> None:
    """Offer to compare all measured versions with one of them, where there are three or more."""
    measured = sorted(state.results)
    if len(measured) < 3:
        return
    if not st.toggle("Compare all measured versions at once", key="together"):
        return
    sound = next((number for number in measured if state.results[number]["comparable"]), measured[0])
    base = st.selectbox(
        "with", measured, index=measured.index(sound), format_func=lambda number: f"v{number}", key="together-base"
    )
    others = [number for number in measured if number != base][-MOST:]
    found, left_out = comparing.against(lake, state.version.dataset, base, others)
    if found.comparisons:
        metric = found.comparisons[0].metric
        frame = dots_frame(
            (
                (
                    f"v{each.b.rpartition('@')[2]}",
                    each.metrics[metric],
                    {"sides": " → ".join(format_metric(metric, *side) for side in each.metrics[metric].sides)},
                )
                for each in found.comparisons
            ),
            metric=metric,
        )
        name = metric_name(metric)
        title = f"Change of {name} from v{base} to each other version"
        better = "right" if metric in SHARES or metric == "r2" else "left"
        held = held_together(len(others), "versions", found.level) or "95 % interval"
        subtitle = [held, f"{better} of zero is better; grey: {NOISE_FLOOR}"]
        told = {"name": "version", "figure": "change (interval)", "sides": name, "floor": NOISE_FLOOR}
        axis = f"change of {name} ({'points' if metric in SHARES else name})"
        chart = dots_chart(frame, title=title, subtitle=subtitle, axis=axis, told=told, ink=ink())
        st.altair_chart(chart, alt=f"{title}: {dots_in_words(frame)}.")
    for why in dict.fromkeys(left_out.values()):
        st.text(f"Left out: {', '.join(name for name, said in left_out.items() if said == why)}. {why}")
    if len(measured) - 1 > MOST:
        st.caption(f"The newest {MOST} of {count_of(len(measured) - 1, 'other version')}.")
