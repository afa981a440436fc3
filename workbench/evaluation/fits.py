"""Fits of work that is not done yet, kept so that a cancel or a crash loses none of them.

They lie in the lake until the result that they belong to is kept, and are used by whoever tries again: here, on another
machine, or with more seeds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from workbench.errors import StoreError
from workbench.lake import Lake, Session
from workbench.models.asking import Fit, Floats, Question, answers
from workbench.progress import Progress

SAVED_EVERY = 1.0
"""Seconds of fitting after which what was made is saved: a crash loses that much, and quick fits cost no commit."""


def work_of(*parts: str | Iterable[str]) -> str:
    """Name a piece of work by all that its fits depend on: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps(part if isinstance(part, str) else [str(text) for text in part]).encode())
    return digest.hexdigest()


class MadeFits:
    """The fits of a piece of work that were made so far.

    Parameters
    ----------
    lake : Lake
        Where they are kept.
    dataset : str
        Name of the dataset.
    work : str
        From :func:`work_of`.
    """

    def __init__(self, lake: Lake, dataset: str, work: str) -> None:
        self._lake = lake
        self._dataset = dataset
        self._work = work
        self._unsaved: dict[int, Floats] = {}
        self._saved_at = time.monotonic()
        self._any = False

    def known(self) -> dict[int, Floats]:
        """Read the fits that an earlier try made: number → predictions of shape (n_asked, n_numbers)."""
        rows = self._lake.read(
            "SELECT number, width, predictions FROM lake.workbench.fits WHERE work = ? ORDER BY number", [self._work]
        )
        self._any = bool(rows)
        self._saved_at = time.monotonic()
        return {number: np.frombuffer(content).reshape(-1, width) for number, width, content in rows}

    def add(self, number: int, predictions: Floats) -> None:
        """Note a fit, and save what is not saved yet now and then."""
        self._unsaved[number] = predictions
        if time.monotonic() - self._saved_at >= SAVED_EVERY:
            self.save()

    def save(self) -> None:
        """Save what is not saved yet; where the lake does not take it now, at the next call."""
        if not self._unsaved:
            return
        moment = datetime.now(UTC)
        records = [
            {
                **{"work": self._work, "number": number, "dataset": self._dataset, "created_at": moment},
                **{"width": values.shape[1], "predictions": np.ascontiguousarray(values).tobytes()},
            }
            for number, values in self._unsaved.items()
        ]
        with contextlib.suppress(StoreError):
            self._lake.write(lambda session: session.insert("fits", records), message=f"fits of {self._dataset}")
            self._unsaved, self._any = {}, True
        self._saved_at = time.monotonic()

    def drop(self, session: Session) -> None:
        """Delete them in the transaction that keeps the result."""
        if self._any:
            session.run("DELETE FROM lake.workbench.fits WHERE work = ?", [self._work])


def fit_all(
    question: Question,
    fits: dict[int, Fit],
    *,
    workers: int,
    made: MadeFits | None,
    stage: str,
    progress: Progress,
    before: int = 0,
) -> dict[int, Floats]:
    """Make fits side by side, but for those that an earlier try made.

    Parameters
    ----------
    question : Question
        What they have in common.
    fits : dict
        Number → fit.
    workers : int
        As in :func:`workbench.execution.run`.
    made : MadeFits or None
        Where they are kept until the result is; None: nowhere.
    stage : str
        What ``progress`` is told.
    before : int
        Fits to count as done in what ``progress`` is told.

    Returns
    -------
    dict
        Number → predictions of shape (n_asked, n_classes).
    """
    found: dict[int, Floats] = {}
    if made is not None:
        found = {number: values for number, values in made.known().items() if number in fits}
    lacking = [number for number in fits if number not in found]
    total = before + len(fits)

    def tick() -> None:
        progress(stage, before + len(found), total)

    def done(place: int, values: Floats) -> None:
        found[lacking[place]] = values
        if made is not None:
            made.add(lacking[place], values)

    tick()
    try:
        answers(question, [fits[number] for number in lacking], workers=workers, done=done, tick=tick)
    except BaseException:
        if made is not None:
            made.save()
        raise
    return found
