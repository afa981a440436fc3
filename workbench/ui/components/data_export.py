"""A version as a file: prepared and checked first, then offered; by command where it is large."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from workbench.api import OpenLake
from workbench.lake import Version, View, view_of
from workbench.progress import Progress
from workbench.reporting import format_count
from workbench.ui import jobs
from workbench.ui.components.job import show_job
from workbench.ui.wording import command
from workbench.versions import export

AT_MOST = 200_000
"""Rows that go through the browser at all."""

FORMATS = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "jsonl": ("JSON lines", "application/x-ndjson"),
}
"""File ending → its name and type."""


def show_export(lake: OpenLake, version: Version) -> None:
    """Offer the rows of a version, without those excluded."""
    with st.popover("Export", icon=":material/download:", key="export"):
        st.text(f"The rows of {version.name}, without those excluded.")
        st.text("In CSV, text and column names that a spreadsheet would run get a ' in front.")
        if version.rows > AT_MOST:
            st.text(f"More than {format_count(AT_MOST)} rows do not go through the browser. In a shell:")
            named = f"{version.dataset}@{version.version}"
            st.code(command(lake.lake.url, "export", named, f"{version.dataset}.parquet"), language=None)
            return
        form = st.radio(
            "Format", [*FORMATS], key="export-format", format_func=lambda ending: FORMATS[ending][0], horizontal=True
        )
        name, mime = f"{version.dataset}-v{version.version}.{form}", FORMATS[form][1]
        _show_prepared(version, view_of(lake.lake, version), form, name, mime)


def _show_prepared(version: Version, view: View, form: str, name: str, mime: str) -> None:
    """Write the file as a job, which checks it against the content hash and says what is wrong, then offer it."""
    key = f"export:{view.lake.url}:{version.name}:{form}"

    def ready(job: jobs.Job) -> None:
        st.session_state["export-ready"] = (key, job.result)

    running = show_job(key, done=ready)
    prepared = st.session_state.get("export-ready")
    if prepared and prepared[0] == key:
        st.download_button(
            f"Download {name}", prepared[1], file_name=name, mime=mime, on_click="ignore", key="export-now"
        )
        return

    def work(progress: Progress) -> bytes:
        progress("writing the file", 0, 0)
        return written(view, form)

    def begin() -> None:
        jobs.start(key, f"Writing {name}", work)

    st.button(f"Prepare {name}", key="export-prepare", disabled=running, on_click=begin)


def written(view: View, form: str) -> bytes:
    """Write a version into a temporary file and return what is in it."""
    with tempfile.TemporaryDirectory(prefix="workbench-export-") as folder:
        path = Path(folder) / f"rows.{form}"
        export(view, path)
        return path.read_bytes()
