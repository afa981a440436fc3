"""One run in full: what it did, found and measured, and which findings are new."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.findings import find
from workbench.reporting import count_of, report_runs
from workbench.runs import Run, changed_findings
from workbench.ui.wording import marked, plain

SHOWN = 50
"""Findings listed."""

FILES = {"text": "txt", "json": "json", "junit": "xml", "sarif": "sarif"}
"""Format → ending of the file it is downloaded as."""


def show_run_report(lake: OpenLake, run: Run) -> None:
    """Show a run's report, and what it saw change."""
    st.subheader(f"Run of {run.started_at:%Y-%m-%d %H:%M} UTC, by {plain(run.author)}")
    document = run.to_dict()
    st.code(visible(report_runs([document]), lines=True), language=None, wrap_lines=True)
    with st.container(horizontal=True, key="run-downloads"):
        for form, ending in FILES.items():
            st.download_button(
                form, report_runs([document], format=form), file_name=f"{run.dataset}-{run.run}.{ending}",
                key=f"download-{form}", on_click="ignore", icon=":material/download:",
            )  # fmt: skip
    for change in ("new", "returned"):
        _show_changed(lake, run, change)


def _show_changed(lake: OpenLake, run: Run, change: str) -> None:
    """List the findings that a run saw for the first time, or again."""
    count = (run.findings or {}).get(change, 0)
    if not count or run.since is None:
        return
    st.subheader(f"{count_of(count, f'{change} finding')}")
    names = [finding for finding, _, _ in changed_findings(lake.lake, run.run, change=change)[:SHOWN]]
    listed = find(lake.lake, run.dataset, names)
    rows = [
        [
            each.check,
            ", ".join(each.key.values()) or "–",
            each.column or "–",
            "–" if each.value is None else each.value,
            each.status,
            each.message,
        ]
        for each in listed
    ]
    st.dataframe(
        marked(pd.DataFrame(rows, columns=["check", "key", "column", "value", "now", "what is wrong"])),
        hide_index=True, width="stretch", key=f"changed-{change}",
    )  # fmt: skip
    if count > SHOWN:
        st.text(f"The first {SHOWN} of them; the Review page has them all.")
