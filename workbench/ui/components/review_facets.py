"""The left column of Review: which findings, with counts, in which order. The choice stands in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from workbench.characters import visible
from workbench.findings import STATUSES
from workbench.lake import LANES
from workbench.reporting import format_count
from workbench.ui.components.review_desk import Desk
from workbench.ui.components.review_wanted import to_address
from workbench.ui.session import is_choice

ORDER_WORDS = {
    "gain": "expected gain", "score": "most urgent first", "group": "largest group first", "row": "by row",
}  # fmt: skip
SCORES = ("0.01", "0.05", "0.1", "0.2", "0.5")
ANY = "all"
"""Stands for no choice."""

FACETS = {"check": "check", "column": "column", "label": "class", "cause": "cause", "reviewer": "reviewer"}
"""Property of a finding → its name; those with many values."""


def show_facets(desk: Desk) -> None:
    """Show what the queue can be narrowed by."""
    wanted = desk.wanted.filter
    st.session_state["facet-search"] = wanted.search
    st.text_input(
        "Search", key="facet-search", placeholder="Search key or value", icon=":material/search:",
        on_change=_choose, args=(desk, "search"), label_visibility="collapsed",
    )  # fmt: skip
    _one_of(desk, "status", wanted.status, list(STATUSES), desk.facet("status"))
    _chosen(desk, "lane", "lane", wanted.lane, desk.facet("lane"), order=LANES.index)
    for name, label in FACETS.items():
        value, counts = getattr(wanted, name), desk.facet(name)
        # A facet of which the dataset has nothing to choose, such as classes where it has none, is left out.
        if value is not None or any(option is not None for option in counts):
            _chosen(desk, name, label, value, counts)
    _show_score(desk)
    st.session_state["facet-order"] = desk.wanted.order
    st.selectbox(
        "Order", list(ORDER_WORDS), key="facet-order", format_func=ORDER_WORDS.__getitem__,
        on_change=_choose, args=(desk, "order"), label_visibility="collapsed",
    )  # fmt: skip


def _one_of(desk: Desk, name: str, value: str | None, known: list[str], counts: dict[str | None, int]) -> None:
    """Offer the values of a facet that has few."""
    total = sum(counts.values())
    st.session_state[f"facet-{name}"] = value or ANY
    options = [*known, ANY]
    st.radio(
        name.capitalize(), options, key=f"facet-{name}",
        format_func=lambda each: f"{visible(each)} · {format_count(total if each == ANY else counts.get(each, 0))}",
        on_change=_choose, args=(desk, name, options),
    )  # fmt: skip


def _chosen(
    desk: Desk,
    name: str,
    label: str,
    value: str | None,
    counts: dict[str | None, int],
    order: Callable[[str], int] | None = None,
) -> None:
    """Offer the values of a facet that has many, the most frequent first."""
    known = sorted(
        (option for option in counts if option is not None),
        key=lambda option: (order(option) if order else -counts[option], option),
    )
    # The beginning of codes may be wanted as well: `schema`.
    options = [ANY, *known] if value is None or value in known else [ANY, value, *known]
    total = sum(counts.values())

    def shown(option: str) -> str:
        name, count = (f"any {label}", total) if option == ANY else (option, counts.get(option, 0))
        return f"{visible(name)} · {format_count(count)}"

    st.session_state[f"facet-{name}"] = value or ANY
    st.selectbox(
        label.capitalize(), options, key=f"facet-{name}", format_func=shown, on_change=_choose,
        args=(desk, name, options), label_visibility="collapsed",
    )  # fmt: skip


def _show_score(desk: Desk) -> None:
    """Offer to leave out what is hardly doubted."""
    score = desk.wanted.filter.score_at_most
    value = ANY if score is None else f"{score:g}"
    options = [ANY, *SCORES] if value in (ANY, *SCORES) else [ANY, value, *SCORES]
    st.session_state["facet-score_at_most"] = value
    st.selectbox(
        "Score", options, key="facet-score_at_most", on_change=_choose, args=(desk, "score_at_most"),
        format_func=lambda option: "any score" if option == ANY else f"score at most {option}",
        label_visibility="collapsed",
    )  # fmt: skip


def _choose(desk: Desk, name: str, options: Sequence[str] | None = None) -> None:
    """Write a choice into the address; the queue begins anew."""
    value = st.session_state[f"facet-{name}"]
    if options is not None and not is_choice(f"facet-{name}", options):
        return
    wanted = desk.wanted
    if name == "order":
        to_address(replace(wanted, order=value))
        return
    chosen: Any = value if name == "search" else None if value == ANY else value
    if name == "score_at_most" and chosen is not None:
        chosen = float(chosen)
    to_address(replace(wanted, filter=replace(wanted.filter, **{name: chosen})))
