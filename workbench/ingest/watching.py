"""Long statements that tell how far they are and can be stopped."""

from __future__ import annotations

import threading
from typing import Any

from workbench.lake import Session
from workbench.progress import Progress

_PAUSE = 0.1


def watched(session: Session, query: str, stage: str, progress: Progress) -> list[tuple[Any, ...]]:
    """Run a statement in a thread of its own while this one reports its progress.

    Parameters
    ----------
    session : Session
        Its connection is busy until the statement is over.
    query : str
        The statement.
    stage : str
        What to say is being done.
    progress : Progress
        Called with percent done; what it raises stops the statement and is raised again.

    Returns
    -------
    list of tuple
        The statement's rows.
    """
    rows: list[tuple[Any, ...]] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            rows.extend(session.rows(query))
        except BaseException as error:
            failed.append(error)

    session.run("SET enable_progress_bar_print = false")
    session.run("SET enable_progress_bar = true")
    progress(stage, 0, 100)
    thread = threading.Thread(target=work, name="workbench-statement", daemon=True)
    thread.start()
    try:
        thread.join(_PAUSE)
        while thread.is_alive():
            progress(stage, min(99, int(session.progress())), 100)
            thread.join(_PAUSE)
    except BaseException:
        while thread.is_alive():
            session.interrupt()
            thread.join(_PAUSE)
        raise
    if failed:
        raise failed[0]
    progress(stage, 100, 100)
    return rows
