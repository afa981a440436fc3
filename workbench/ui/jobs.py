"""Long work that goes on while the page stays usable, seen by every visitor of this app.

Heavy work has a process of its own, so that neither the pages nor it wait for the other (:func:`start_apart`). What is
one commit or one file has a thread (:func:`start`).

A job is known by its key, so that two sessions that ask for the same get the same one. Work that another process does
as well (a command line's run, a second app) is told apart below, by the lake's claims.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench import execution
from workbench.api import OpenLake
from workbench.errors import Cancelled, WorkbenchError
from workbench.progress import Progress
from workbench.settings import load
from workbench.ui.tasks import on_lake

Work = Callable[[Progress], Any]

SOON = 0.7
"""Seconds that a click waits for work that is mostly quick, before the page shows how far it is instead."""


class Job:
    """A piece of long work on its way or done.

    Attributes
    ----------
    key, title : str
        What it is known by, and what it is to people: ``Checking adult@3``.
    stage : str
        What it is doing now.
    done, total : int
        How far the stage is; total is 0 where that is unknown.
    result : object
        What the work returned.
    error : WorkbenchError or None
        Why it could not be done.
    noticed : bool
        Whether a page was begun anew since it ended.
    """

    def __init__(self, key: str, title: str, work: Work, apart: execution.Apart | None = None) -> None:
        self.key, self.title = key, title
        self.stage, self.done, self.total = "", 0, 0
        self.result: Any = None
        self.error: WorkbenchError | None = None
        self.noticed = False
        self._cancelled = threading.Event()
        self._apart = apart
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, args=(work,), name=f"workbench-job-{key}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it is still on its way."""
        return self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._cancelled.is_set()

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self._began

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop; it does at its next step, and keeps nothing but finished fits."""
        self._cancelled.set()
        if self._apart is not None:
            self._apart.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is done; tells whether it is."""
        self._thread.join(seconds)
        return not self.running

    def _progress(self, stage: str, done: int, total: int) -> None:
        """Take note of how far the work is, and stop it here where somebody asked for that."""
        if self.cancelled and self._apart is None:
            raise Cancelled(f"{self.title} was cancelled.")
        self.stage, self.done, self.total = stage, done, total

    def _run(self, work: Work) -> None:
        """Do the work."""
        try:
            self.result = work(self._progress)
        except WorkbenchError as error:
            self.error = error
        except Exception as error:  # whatever it is, the page must say it
            self.error = WorkbenchError(
                f"Something unforeseen happened: {type(error).__name__}: {error}",
                hint="The app's own output shows where.",
            )
            raise


@st.cache_resource(show_spinner=False)
def _board() -> tuple[dict[str, Job], threading.Lock]:
    """All jobs of this app, by key."""
    return {}, threading.Lock()


def start_apart(
    key: str, title: str, lake: OpenLake | None, task: Callable[..., Any], *args: Any, create: bool = False
) -> Job:
    """Begin a job in a process of its own, or return the one of that key that is on its way already.

    Parameters
    ----------
    key, title : str
        As in :func:`start`.
    lake : OpenLake or None
        Whose author counts; the process opens the lake of the settings by itself. None: the settings' author.
    task : callable
        A function of :mod:`workbench.ui.tasks`, which takes an open lake, ``args`` and a progress.
    *args
        Plain values.
    create : bool
        Make the lake where there is none.
    """
    settings = load()
    asked = (settings, lake.author if lake is not None else settings.who(), task, args, create)

    def begin() -> Job:
        apart = execution.process()
        return Job(key, title, lambda progress: apart.run(on_lake, *asked, progress=progress), apart)

    return _begun(key, begin)


def start(key: str, title: str, work: Work) -> Job:
    """Begin a job in a thread, or return the one of that key that is on its way already.

    Parameters
    ----------
    key : str
        ``check:adult@3``.
    title : str
        For people: ``Checking adult@3``.
    work : callable
        Takes a progress; must not touch Streamlit, since it runs in a thread of its own.
    """
    return _begun(key, lambda: Job(key, title, work))


def _begun(key: str, make: Callable[[], Job]) -> Job:
    """Return the job of a key that is on its way, or begin a new one."""
    jobs, lock = _board()
    with lock:
        known = jobs.get(key)
        if known is not None and known.running:
            return known
        jobs[key] = job = make()
        job.start()
        return job


def find(key: str) -> Job | None:
    """Return the newest job of a key, on its way or done, until it is dismissed."""
    return _board()[0].get(key)


def taken(key: str) -> Any:
    """Return what a job found out for this visitor, who takes it over from one that is done; None before that."""
    kept: dict[str, Any] = st.session_state.setdefault("jobs-taken", {})
    job = find(key)
    if job is not None and not job.running and job.error is None:
        kept[key] = job.result
        dismiss(key)
    return kept.get(key)


def forget(key: str) -> None:
    """Let go of what :func:`taken` returned."""
    st.session_state.setdefault("jobs-taken", {}).pop(key, None)


def dismiss(key: str) -> None:
    """Forget a job that is done."""
    jobs, lock = _board()
    with lock:
        if key in jobs and not jobs[key].running:
            del jobs[key]
