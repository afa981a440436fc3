"""The last run of a dataset in one line, with a way to the others."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.ui.components.markup import element
from workbench.ui.components.run_headline import COLOURS, changes_of
from workbench.ui.session import runs_of
from workbench.ui.wording import PAGES, ago


def show_last_run(lake: OpenLake, dataset: str) -> None:
    """Say how the newest run ended and what it saw change; nothing where there was none."""
    found = runs_of(lake, dataset, limit=1)
    if not found:
        return
    last = found[0]
    with st.container(horizontal=True, vertical_alignment="center", key="last-run"):
        said = [
            element("span", "last run "),
            element("span", last.outcome.upper(), css=COLOURS.get(last.outcome, "wb-badge")),
            element("span", f" {ago(last.started_at)}{changes_of(last)}"),
        ]
        st.html(element("p", *said, css="wb-plain"), width="content")
        st.page_link(PAGES / "runs.py", label="All runs", query_params={"dataset": dataset})
