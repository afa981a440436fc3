"""The comparison as files to take away: a report for people, and the changes as CSV."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from workbench.compare import Comparison
from workbench.iterations import gather_report
from workbench.reporting import format_count
from workbench.reporting.comparisons import report_versions
from workbench.ui.comparing import Pair
from workbench.versions import Diff, changes_csv


def show_downloads(pair: Pair, found: Comparison | None, differs: Diff) -> None:
    """Offer the report and the changes."""
    stem = f"{differs.a}-to-{differs.b.rpartition('@')[2]}".replace("@", "-v").replace("-to-", "-to-v")
    with st.container(horizontal=True, width="content"):
        st.download_button(
            "Download report",
            lambda: report_page(pair),
            file_name=f"{stem}.html",
            mime="text/html",
            on_click="ignore",
            type="primary" if found else "secondary",
            icon=":material/download:",
            help="One file that needs no network, to be mailed, kept or printed.",
            key="download-report",
        )
        st.download_button(
            "Changes as CSV",
            lambda: changes_csv(differs),
            file_name=f"{stem}-changes.csv",
            mime="text/csv",
            on_click="ignore",
            disabled=not differs.changes,
            help=f"The first {format_count(len(differs.changes))} changes." if differs.truncated else None,
            key="download-changes",
        )


def report_page(pair: Pair) -> str:
    """Write the report that ``workbench report`` writes, from what was measured before."""
    gathered = gather_report(pair.lake.lake, pair.a, pair.b, fit=False)
    return report_versions(gathered, written_at=datetime.now(UTC))
