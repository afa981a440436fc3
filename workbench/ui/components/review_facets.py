"""The left column of Review: which findings, with counts, in which order. The choice stands in the address."""

from __future__ import annotations

import streamlit as st

from workbench.findings import STATUSES
from workbench.lake import LANES
from workbench.reporting import format_count
from workbench.ui.components.review_desk import Desk

ORDER_WORDS = {"score": "most urgent first", "row": "by row"}
ANY = "all"
"""Stands for no choice."""


def show_facets(desk: Desk) -> None:
    """Show what the queue can be narrowed by."""
    wanted = desk.wanted
    _one_of("status", wanted.status, list(STATUSES), desk.facet("status"))
    _one_of("lane", wanted.lane, list(LANES), desk.facet("lane"))
    _chosen("check", "Check", wanted.check, desk.facet("check"))
    _chosen("column", "Column", wanted.column, desk.facet("column"))
    st.session_state["facet-order"] = wanted.order
    st.selectbox(
        "Order", list(ORDER_WORDS), key="facet-order", format_func=ORDER_WORDS.__getitem__,
        on_change=_to_address, args=("order",),
    )  # fmt: skip


def _one_of(name: str, value: str | None, known: list[str], counts: dict[str | None, int]) -> None:
    """Offer the values of a facet that has few."""
    total = sum(counts.values())
    st.session_state[f"facet-{name}"] = value or ANY
    st.radio(
        name.capitalize(), [*known, ANY], key=f"facet-{name}",
        format_func=lambda option: f"{option} · {format_count(total if option == ANY else counts.get(option, 0))}",
        on_change=_to_address, args=(name,),
    )  # fmt: skip


def _chosen(name: str, label: str, value: str | None, counts: dict[str | None, int]) -> None:
    """Offer the values of a facet that has many, the most frequent first."""
    known = sorted((option for option in counts if option is not None), key=lambda option: (-counts[option], option))
    # The beginning of codes may be wanted as well: `schema`.
    options = [ANY, *known] if value is None or value in known else [ANY, value, *known]
    total = sum(counts.values())

    def shown(option: str) -> str:
        return f"all · {format_count(total)}" if option == ANY else f"{option} · {format_count(counts.get(option, 0))}"

    st.session_state[f"facet-{name}"] = value or ANY
    st.selectbox(label, options, key=f"facet-{name}", format_func=shown, on_change=_to_address, args=(name,))


def _to_address(name: str) -> None:
    """Write a choice into the address; the queue begins anew."""
    value = st.session_state[f"facet-{name}"]
    usual = {"status": "open", "order": "score"}.get(name, ANY)
    for gone in ("finding", "page", *([name] if value == usual else [])):
        st.query_params.pop(gone, None)
    if value != usual:
        st.query_params[name] = value
