"""What ends or moves a draft goes on as a job: with many corrections or rows it takes more than a moment."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.ui import jobs
from workbench.ui.components.job import show_job

CHANGE = "draft-change"
"""Session state: the job that publishes, moves or discards the visitor's draft."""


def begin_change(lake: OpenLake, number: int, title: str, work: jobs.Work) -> None:
    """Begin to change a draft, and wait a moment for it."""
    job = jobs.start(f"change-draft:{lake.lake.url}:{number}", title, work)
    st.session_state[CHANGE] = job
    job.wait(jobs.SOON)


def settled_change() -> jobs.Job | None:
    """Return the change that the visitor began, once, when it is done."""
    job: jobs.Job | None = st.session_state.get(CHANGE)
    if job is None or job.running:
        return None
    del st.session_state[CHANGE]
    jobs.dismiss(job.key)
    return job


def show_change() -> bool:
    """Show how far the change is; tells whether it is on its way."""
    job: jobs.Job | None = st.session_state.get(CHANGE)
    if job is None:
        return False
    if job.running and show_job(job.key, stoppable=False):
        return True
    # It ended while the page was being written: whoever began it is to be told what became of it.
    st.rerun(scope="app")
