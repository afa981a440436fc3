"""The runs of a dataset, one line each, newest first; the one that is chosen stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from workbench.errors import UnknownName
from workbench.reporting import count_of, figure_alone, format_count, verdict_of
from workbench.runs import Run
from workbench.ui.components.markup import badge, element, figure
from workbench.ui.components.run_headline import COLOURS
from workbench.ui.components.searching import fits, search_box
from workbench.ui.wording import ago, metric_name

PAGE = 15
"""Runs shown at once."""

ORDERS = {"": "newest first", "new": "most new first", "fixed": "most fixed first", "open": "most open first",
          "took": "slowest first"}  # fmt: skip
"""Name in the address → what the runs are sorted by."""

COLUMNS = {
    "when": "wb-short",
    "outcome": "",
    "version": "wb-short",
    "took": "wb-number",
    "open": "wb-number",
    "new": "wb-number",
    "returned": "wb-number",
    "fixed": "wb-number",
    "figure": "",
    "against the run before": "wb-verdicts",
}
"""Column → its classes."""


def show_run_list(runs: Sequence[Run]) -> Run:
    """Show the runs, and return the one that was chosen; the newest where none was.

    Raises
    ------
    UnknownName
        The address names a run that is not among them.
    """
    wanted = st.query_params.get("run", runs[0].run)
    place = next((n for n, run in enumerate(runs) if run.run == wanted), None)
    if place is None:
        raise UnknownName("run", wanted, [run.run for run in runs], where=f"'{runs[0].dataset}'")
    found = _chosen(runs)
    pages = -(-len(found) // PAGE)
    table = st.container()
    at = found.index(runs[place]) if runs[place] in found else 0
    page = st.pagination(pages, key=f"runs-page-{len(found)}", default=at // PAGE + 1) if pages > 1 else 1
    shown = found[(page - 1) * PAGE : page * PAGE]
    if not shown:
        st.text(f"No run of {count_of(len(runs), 'run')} is like that.")
        return runs[place]
    measured = next((figure_alone(run.to_dict()) for run in runs if run.evaluation), "figure")
    named = {**{name: name for name in COLUMNS}, "figure": metric_name(measured.partition(" ")[0])}
    head = element("tr", *(element("th", named[name], css=css, scope="col") for name, css in COLUMNS.items()))
    body = element("tbody", *(_row(run, run.run == wanted) for run in shown))
    with table:
        st.html(element("table", element("thead", head), body, css="wb-table wb-figures wb-runs"))
    return runs[place]


def _chosen(runs: Sequence[Run]) -> list[Run]:
    """Let the visitor search and sort; what is chosen stands in the address."""
    with st.container(horizontal=True, key="runs-search"):
        sought = search_box("search", placeholder="Search outcome, version or author")
        order = st.query_params.get("sort", "")
        if order not in ORDERS:
            raise UnknownName("order", order, [name for name in ORDERS if name], where="these runs")
        st.session_state["runs-sort"] = order
        st.selectbox(
            "Sort by", [*ORDERS], key="runs-sort", format_func=ORDERS.__getitem__, on_change=_sort, width=220,
            label_visibility="collapsed",
        )  # fmt: skip
    found = [run for run in runs if fits(sought, (run.outcome, f"v{run.version}", run.author))]
    if order == "took":
        return sorted(found, key=lambda run: -(run.seconds or 0))
    return sorted(found, key=lambda run: -(run.findings or {}).get(order, -1)) if order else found


def _sort() -> None:
    """Write the order into the address."""
    if st.session_state["runs-sort"]:
        st.query_params["sort"] = st.session_state["runs-sort"]
    else:
        st.query_params.pop("sort", None)


def _row(run: Run, chosen: bool) -> Markup:
    """Write a run, with the way to its report."""
    found = run.findings or {}
    made, document = run.started_at, run.to_dict()
    metric, _, shown = figure_alone(document).partition(" ")
    compared = run.evaluation is not None and run.comparison is not None
    exact = element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC")
    address = urlencode({"dataset": run.dataset, "run": run.run})
    cells: list[Any] = [
        element("a", exact, href=f"runs?{address}", target="_self"),
        element("span", run.outcome, css=COLOURS.get(run.outcome, "wb-badge")),
        f"v{run.version}" if run.version else "–",
        "–" if run.seconds is None else f"{run.seconds:,.1f} s",
        *(format_count(found[name]) if name in found else "–" for name in ("open", "new", "returned", "fixed")),
        figure(shown or metric),
        badge(verdict_of(document), document["comparison"]["verdict"]) if compared else "–",
    ]
    written = [element("td", cell, css=css) for cell, css in zip(cells, COLUMNS.values(), strict=True)]
    return element("tr", *written, css="wb-chosen" if chosen else "")
