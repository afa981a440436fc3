"""The runs of a dataset as a table, newest first; the one that is chosen stands in the address."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from workbench.errors import UnknownName
from workbench.reporting import against, figure_alone, format_count
from workbench.runs import Run
from workbench.ui.wording import ago

PAGE = 15
"""Runs shown at once."""

COLUMNS = ["when", "outcome", "version", "took", "open", "new", "returned", "fixed", "figure", "against the run before"]


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
    pages = -(-len(runs) // PAGE)
    table = st.container()
    page = st.pagination(pages, key="runs-page", default=place // PAGE + 1) if pages > 1 else 1
    shown = runs[(page - 1) * PAGE : page * PAGE]
    with table:
        picked = st.dataframe(
            pd.DataFrame([_row(run) for run in shown], columns=COLUMNS),
            hide_index=True,
            width="stretch",
            height="content",
            on_select="rerun",
            selection_mode="single-row",
            key=f"runs-{page}-{runs[0].run}",
            column_config={name: st.column_config.TextColumn(alignment="right") for name in COLUMNS[3:8]},
        ).selection.rows
    if not picked:
        return runs[place]
    st.query_params["run"] = shown[picked[0]].run
    return shown[picked[0]]


def _row(run: Run) -> list[str]:
    """Write a run as texts."""
    found = run.findings or {}
    counts = [format_count(found[name]) if name in found else "–" for name in ("open", "new", "returned", "fixed")]
    version = f"v{run.version}" if run.version else "–"
    took = "–" if run.seconds is None else f"{run.seconds:,.1f} s"
    document = run.to_dict()
    return [ago(run.started_at), run.outcome, version, took, *counts, figure_alone(document), against(document) or "–"]
