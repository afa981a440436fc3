"""Values of a column that are probably one value written in several ways, to be ticked and merged."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.clusters import Cluster, Clusters
from workbench.errors import DataError, UnknownName, WorkbenchError
from workbench.lake import Column
from workbench.recipes import MergeStep, Recipe
from workbench.reporting import count_of, format_count
from workbench.reporting.cases import shorten
from workbench.reviewing import try_value
from workbench.ui.components.columns_bench import Bench, worked_out
from workbench.ui.components.columns_merge import ask_merge
from workbench.ui.components.markup import element
from workbench.ui.wording import plain

PAGE = 10
"""Clusters shown at once."""

SHOWN = 8
"""Values of a cluster that are named."""

SHARES = (1, 14, 7)
"""Widths of a line's tick, values, and value to write."""

METHODS: dict[str, str] = {
    "fingerprint": "Same words (case, accents, punctuation, order)",
    "ngram": "Same letters (blanks and small swaps too)",
    "distance": "Few letters differ (typing errors)",
}


def show_variants(lake: OpenLake, here: Bench, column: Column, busy: bool) -> None:
    """Show the clusters of a column."""
    method: Any = st.query_params.get("method", "fingerprint")
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    with st.container(horizontal=True, vertical_alignment="center", key="variants-head"):
        st.session_state["variants-method"] = method
        st.selectbox(
            "Which values are taken to be one", [*METHODS], key="variants-method", format_func=METHODS.__getitem__,
            on_change=_choose, args=(here,), width=400,
        )  # fmt: skip
    if column.reads != "VARCHAR":
        kind = column.type if column.reads == column.type else column.logical_type
        st.text(f"'{column.name}' holds {kind}, not text; only texts have variants. Try a transform.")
        return
    dataset, name, draft = lake[here.dataset], column.name, here.number
    found: Clusters | None = worked_out(
        here, ("clusters", name, method), f"Looking for variants in {name}",
        lambda: dataset.clusters(name, method=method, draft=draft),
    )  # fmt: skip
    if found is None:
        return
    if not found.clusters:
        st.text(f"No two of the {format_count(found.distinct)} values of '{name}' look like one value.")
        st.text("Try another way to compare them above, or another column.")
        return
    pages = -(-len(found.clusters) // PAGE)
    here.page = min(here.page, pages)
    shown = found.clusters[(here.page - 1) * PAGE : here.page * PAGE]
    st.caption(
        f"{count_of(len(found.clusters), 'cluster')} among {count_of(found.distinct, 'value')}"
        + (f"; {found.note}" if found.note else "")
    )
    with st.container(key="variants-list", gap="small"):
        _, left, right = st.columns(SHARES)
        left.caption("Values, and in how many rows")
        right.caption("Write in their place")
        for cluster in shown:
            _show_cluster(here, name, cluster)
    with st.container(horizontal=True, vertical_alignment="center", key="variants-foot"):
        count = sum(cluster_key(cluster) in here.ticked for cluster in found.clusters)
        st.button(
            f"Merge the ticked {format_count(count)} …" if count else "Merge the ticked …", key="variants-merge",
            type="primary", disabled=busy or not count, on_click=_ask, args=(lake, here, name, found),
            help="First you see what it would do.",
        )  # fmt: skip
        st.button("Tick all", key="variants-all", on_click=_tick_all, args=(here, found, True))
        st.button("Tick none", key="variants-none", on_click=_tick_all, args=(here, found, False), disabled=not count)
        if pages > 1:
            at = f"variants-page-{here.page}"
            st.pagination(pages, default=here.page, key=at, on_change=_turn, args=(here, at))
    if here.asking is not None:
        ask_merge(lake, here, name)


def cluster_key(cluster: Cluster) -> tuple[str, ...]:
    """Tell a cluster by its values."""
    return tuple(each.value for each in cluster.values)


def _show_cluster(here: Bench, column: str, cluster: Cluster) -> None:
    """Show a cluster as a line: tick, values with their rows, and the value to write."""
    key = cluster_key(cluster)
    name = f"{column}-{hash(key)}"
    tick, value = f"variants-tick-{name}", f"variants-value-{name}"
    st.session_state[tick] = key in here.ticked
    st.session_state[value] = here.typed.get(key, cluster.proposed)

    def note() -> None:
        here.problem, here.notice = None, ""
        if st.session_state[tick]:
            here.ticked[key] = here.typed.get(key, cluster.proposed)
        else:
            here.ticked.pop(key, None)

    def typed() -> None:
        here.problem, here.notice = None, ""
        here.typed[key] = here.ticked[key] = st.session_state[value]

    with st.container(border=True, key=f"cluster-{name}"):
        ticked, values, written = st.columns(SHARES, vertical_alignment="center")
        ticked.checkbox(
            f"Merge the variants of {plain(cluster.proposed)}", key=tick, on_change=note, label_visibility="collapsed"
        )
        values.html(element("div", *_values(cluster), css="wb-facts"))
        written.text_input("Write in their place", key=value, on_change=typed, label_visibility="collapsed")


def _values(cluster: Cluster) -> list[Any]:
    """Write the values of a cluster, with their rows."""
    said = []
    for each in cluster.values[:SHOWN]:
        mark = {True: " ✓ in the schema", False: "", None: ""}[each.allowed]
        shown = element("code", shorten(each.value, 60), css="wb-value")
        rows = element("span", f" {format_count(each.rows)}{mark}", css="wb-small")
        said.append(element("span", shown, rows))
    if len(cluster.values) > SHOWN:
        said.append(element("span", f"and {format_count(len(cluster.values) - SHOWN)} more", css="wb-small"))
    return said


def _choose(here: Bench) -> None:
    """Write the method into the address."""
    here.page, here.problem, here.notice = 1, None, ""
    method = st.session_state["variants-method"]
    if method == "fingerprint":
        st.query_params.pop("method", None)
    else:
        st.query_params["method"] = method


def _tick_all(here: Bench, found: Clusters, ticked: bool) -> None:
    """Tick or untick every cluster."""
    here.ticked.clear()
    for cluster in found.clusters if ticked else ():
        key = cluster_key(cluster)
        here.ticked[key] = here.typed.get(key, cluster.proposed)


def _turn(here: Bench, key: str) -> None:
    """Turn the page."""
    here.page = st.session_state[key]


def _ask(lake: OpenLake, here: Bench, column: str, found: Clusters) -> None:
    """Open the preview of the merge, once the values to write have been tried."""
    here.problem, here.notice = None, ""
    steps: list[MergeStep] = []
    try:
        for cluster in found.clusters:
            key = cluster_key(cluster)
            if key in here.ticked and here.ticked[key] not in key:
                _try(lake, here, column, here.ticked[key])
            if key in here.ticked:
                steps.append(MergeStep(column, key, here.ticked[key]))
    except WorkbenchError as error:
        here.problem = error
        return
    if steps:
        here.asking = Recipe(f"merge {column}"[:100], tuple(steps))


def _try(lake: OpenLake, here: Bench, column: str, value: str) -> None:
    """Refuse a value to write that is empty, or that the schema calls an error."""
    if not value:
        raise DataError("A value to write is empty.", column=column, hint="Type it, or untick the line.")
    wrong = [check.title for check in try_value(lake.lake, here.version, column, value) if check.severity == "error"]
    if wrong:
        raise DataError(
            f"'{shorten(value)}' fails {' and '.join(wrong)}.", column=column,
            hint="Nothing was staged. Write another value, or change the schema where the rule is wrong.",
        )  # fmt: skip
