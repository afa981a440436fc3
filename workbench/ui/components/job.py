"""How far a long piece of work is, with a button to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import streamlit as st

from workbench.errors import Cancelled
from workbench.ui import jobs
from workbench.ui.components.message import show_error

PULSE = 2.0
"""Seconds between two looks at a job: each costs the server a run of the fragment."""


def show_job(key: str, *, done: Callable[[jobs.Job], None] | None = None, stoppable: bool = True) -> bool:
    """Show a job until it is done, and then once what became of it.

    Parameters
    ----------
    key : str
        The job's key; nothing is shown where there is none.
    done : callable, optional
        Shows the result of a job that succeeded; default: a line that says so.
    stoppable : bool
        Whether there is a button to stop it: not where the work is one commit.

    Returns
    -------
    bool
        Whether the job is on its way.
    """
    job = jobs.find(key)
    if job is None:
        return False
    if job.running:
        _watch(key, stoppable)
        return True
    if not job.noticed:
        # It ended while this page was being written: what stands above may be as it was before.
        _write_anew(job)
    with st.container(key=f"job-{key}"):
        if isinstance(job.error, Cancelled):
            told = "Nothing was changed; finished fits are kept for the next try."
            st.info(f"{job.title}: cancelled. {told}", icon=":material/cancel:")
        elif job.error is not None:
            show_error(job.error, title=f"{job.title} could not be done")
        elif done is not None:
            done(job)
        else:
            st.success(f"{job.title}: done in {job.seconds:.0f} s", icon=":material/check_circle:")
        jobs.dismiss(key)
    return False


@st.fragment(run_every=PULSE)
def _watch(key: str, stoppable: bool) -> None:
    """Show how far a job is, again and again; the whole page is shown anew once it is done."""
    job = jobs.find(key)
    if job is None or not job.running:
        _write_anew(job)
    with st.container(border=True, key=f"job-{key}", horizontal=True, vertical_alignment="center"):
        told = f"{job.title} — {job.stage}" if job.stage else f"{job.title} …"
        share = min(1.0, job.done / job.total) if job.total else 0.0
        counted = f" ({job.done:,} of {job.total:,})" if job.total else ""
        st.progress(share, text=f"{told}{counted} · {job.seconds:.0f} s")
        if stoppable:
            st.button(
                "Stopping …" if job.cancelled else "Cancel",
                key=f"cancel-{key}",
                on_click=job.cancel,
                disabled=job.cancelled,
            )


def _write_anew(job: jobs.Job | None) -> NoReturn:
    """Show the whole page anew, once for a job that has ended."""
    if job is not None:
        job.noticed = True
    st.rerun()
