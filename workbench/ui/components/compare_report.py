"""The comparison as files to take away: a report for people, and the changes as CSV."""

from __future__ import annotations

import streamlit as st

from workbench.compare import Comparison
from workbench.reporting import count_of, format_count, report_comparison
from workbench.versions import Diff, changes_csv


def show_downloads(found: Comparison | None, differs: Diff, between: dict[str, tuple[int, int]]) -> None:
    """Offer the report and the changes."""
    stem = f"{differs.a}-to-{differs.b.rpartition('@')[2]}".replace("@", "-v").replace("-to-", "-to-v")
    with st.container(horizontal=True, width="content"):
        st.download_button(
            "Download report",
            lambda: report_markdown(found, differs, between),
            file_name=f"{stem}.md",
            mime="text/markdown",
            on_click="ignore",
            type="primary" if found else "secondary",
            icon=":material/download:",
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


def report_markdown(found: Comparison | None, differs: Diff, between: dict[str, tuple[int, int]]) -> str:
    """Write the report; what people and files wrote stands in code blocks, where it is no markup."""
    parts = [f"# {differs.b} against {differs.a}", ""]
    parts += _block(report_comparison(found)) if found else ["The fixed model was not measured on both versions.", ""]
    changed = [
        f"{count_of(differs.cells_changed, 'cell')} changed in {count_of(differs.rows_changed, 'row')}",
        f"{count_of(differs.rows_added, 'row')} added, {format_count(differs.rows_removed)} removed",
    ]
    changed += [f"columns added: {', '.join(differs.columns_added)}"] if differs.columns_added else []
    changed += [f"columns removed: {', '.join(differs.columns_removed)}"] if differs.columns_removed else []
    by_column: dict[str, int] = {}
    for change in differs.changes:
        if change.column is not None:
            by_column[change.column] = by_column.get(change.column, 0) + 1
    first = f" (of the first {format_count(len(differs.changes))} changes)" if differs.truncated else ""
    if by_column:
        changed += [f"by column{first}:"]
        changed += [f"  {name}: {format_count(n)}" for name, n in sorted(by_column.items(), key=lambda item: -item[1])]
    parts += ["## What was changed", "", *_block("\n".join(changed))]
    listed = [f"{check}: {format_count(gone)} gone, {format_count(new)} new" for check, (gone, new) in between.items()]
    parts += ["## Findings", "", *_block("\n".join(listed) or "the same findings stand at both")]
    return "\n".join(parts)


def _block(text: str) -> list[str]:
    """Write a text as a code block that nothing in it can end."""
    return ["", *("    " + line for line in text.splitlines()), ""]
