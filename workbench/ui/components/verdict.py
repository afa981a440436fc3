"""The verdict on a version: its figure, whether it gained on the one before, and what moved it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.reporting import accuracy_of, format_points, verdict_of
from workbench.reporting.versions import main_metric, unsettled
from workbench.ui.components.markup import badge, element, figure
from workbench.ui.standing import Standing
from workbench.ui.wording import metric_name


def show_verdict(state: Standing) -> None:
    """Show the chosen version's figure, its verdict against the version measured before it, and what moved it."""
    document, number = state.document, state.version.version
    result, comparison = state.results.get(number), document["comparison"]
    if result is None:
        return
    metric = metric_name(main_metric(document))
    said = [element("span", f"{metric} of v{number}"), element("span", figure(accuracy_of(document)), css="wb-figure")]
    if comparison is None:
        said.append(element("span", "no verdict: no earlier version was measured"))
    else:
        said.append(element("span", f"against v{comparison['a'].rpartition('@')[2]}"))
        said.append(badge(verdict_of(document), comparison["verdict"]))
        said.append(element("span", _moved_by(comparison), css="wb-small"))
        said.append(element("span", unsettled(comparison), css="wb-small"))
    st.html(element("div", *said, css="wb-verdict"))


def _moved_by(comparison: dict[str, Any]) -> str:
    """Name the parts that moved the published figure."""
    if not comparison["comparable"]:
        return "what moved it cannot be told: one of the two published figures is not comparable"
    parts = {
        part: format_points(change, metric=comparison["metric"])
        for part, change in comparison["parts"].items()
        if change is not None
    }
    moved = {part: text for part, text in parts.items() if any(digit in text for digit in "123456789")}
    return "what moved it: " + (" · ".join(f"{part} {text}" for part, text in moved.items()) or "nothing to speak of")
