"""The way into the lake: a button that asks for data, and how far an import is, on every page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.ingest import RefreshResult
from workbench.reporting import count_of
from workbench.ui.components.import_dialog import KEY, import_dialog
from workbench.ui.components.job import show_job
from workbench.ui.jobs import Job


def show_import_button(dataset: str | None, *, primary: bool = False) -> None:
    """Show the button; ``dataset`` is the one that a newer delivery may be merged into."""
    if st.button(
        "Import data", icon=":material/upload_file:", key="import-open", type="primary" if primary else "secondary"
    ):
        st.session_state.pop("import-upload", None)
        import_dialog(dataset)


def show_import_job() -> None:
    """Show how far an import is, or what became of it."""
    show_job(KEY, done=_done)


def _done(job: Job) -> None:
    """Say what came in, and show it."""
    result: Any = job.result
    if isinstance(result, RefreshResult):
        dataset, said = result.dataset, result.summary()
    else:
        dataset, said = result.dataset, f"{result.name}: {count_of(result.rows, 'row')} imported"
    st.success("The data is in the lake", icon=":material/check_circle:")
    st.text(said)
    st.query_params.from_dict({"dataset": dataset})
