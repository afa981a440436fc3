"""Questions to models that are yet to be fitted, and their fits in this process or in others.

A model travels by its project's folder and its name and is loaded anew there, so that a user's estimator need not be
one that can be sent. What a process cannot answer, because the model fails or because it finds another one by that
name, the caller answers itself and so meets the same error with its own traceback.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench import execution
from workbench.errors import ModelError, WorkbenchError
from workbench.models import FixedModel, fit, load_model, one_thread, predict

if TYPE_CHECKING:
    import pandas as pd

HEAVY = 5_000_000
"""Cells to learn from, over all fits, from which processes are started at once: some four seconds of either preset."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.bool_] | npt.NDArray[np.intp]


@dataclass(frozen=True)
class Fit:
    """One fit of a question.

    Attributes
    ----------
    seed : int
        The model's random state.
    learnt : ndarray
        Rows to learn from, as a mask or by position.
    asked : ndarray of bool, shape (n_asked,), optional
        Which of the rows asked about to predict; default: all.
    labels : int
        Which of the question's labels to learn.
    """

    seed: int
    learnt: Rows
    asked: npt.NDArray[np.bool_] | None = None
    labels: int = 0


@dataclass(frozen=True)
class Question:
    """What all fits have in common.

    Attributes
    ----------
    model : FixedModel
        The recipe.
    X : DataFrame of shape (n_rows, n_features)
        Features.
    labels : sequence of ndarray of shape (n_rows,)
        Labels; several where models are to learn the same rows by other labels.
    asked : DataFrame of shape (n_asked, n_features)
        What to predict.
    classes : sequence of tuple of str
        For each of the labels: every class, in the order wanted; empty in regression.
    """

    model: FixedModel
    X: pd.DataFrame
    labels: Sequence[npt.NDArray[Any]]
    asked: pd.DataFrame
    classes: Sequence[tuple[str, ...]]

    def answer(self, fit_: Fit) -> Floats:
        """Fit the model and predict, shape (n_asked, n_classes); in regression the last length is 1."""
        rows, y = fit_.learnt, self.labels[fit_.labels]
        train = self.X[rows] if rows.dtype == bool else self.X.iloc[rows].reset_index(drop=True)
        asked = self.asked if fit_.asked is None else self.asked[fit_.asked]
        fitted = fit(self.model, train, y[rows], seed=fit_.seed)
        return predict(fitted, asked, classes=self.classes[fit_.labels]).reshape(len(asked), -1)


def answers(
    question: Question,
    fits: Sequence[Fit],
    *,
    workers: int,
    done: Callable[[int, Floats], None],
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Answer all fits of a question side by side, bit for bit as one after the other.

    Parameters
    ----------
    question : Question
        What they have in common.
    fits : sequence of Fit
        Any number.
    workers, done, tick
        As in :func:`workbench.execution.run`.

    Raises
    ------
    ModelError
        The model fails, or a process ended while it was fitting, as one that takes too much memory does.
    """

    def died() -> WorkbenchError:
        return ModelError(
            f"A process that fitted the model '{question.model.spec}' ({len(question.X):,} rows) ended unexpectedly.",
            hint="Often there was too little memory: end other programs, set fewer workers or a lower max_train_rows. "
            "The fits that were made are kept.",
        )

    work = execution.Work(
        fits,
        here=question.answer,
        there=answered,
        content=lambda: packed(question),
        unpack=unpacked,
        died=died,
        heavy=question.X.size * len(fits) >= HEAVY,
    )
    execution.run(work, workers=workers, done=done, tick=tick)


def prepare(cells: int, *, workers: int) -> None:
    """Start processes while rows are still being read, where so many cells over all fits are heavy work."""
    if cells >= HEAVY:
        execution.prepare(workers, _loaded)


def _loaded() -> None:
    """In a process of the pool: import what a preset needs."""
    from workbench.models import presets  # noqa: F401


def packed(question: Question) -> tuple[Any, ...]:
    """Lay a question out so that it can be sent: the model by its name."""
    model = question.model
    here = Path.cwd() if ":" in model.spec else None
    named = (here, model.spec, model.task, model.folders, model.fingerprint)
    return named, question.X, question.labels, question.asked, question.classes


def unpacked(content: tuple[Any, ...]) -> Question:
    """Read a question again, in the working directory from which it came where that says which model is meant.

    Raises
    ------
    ModelError
        By that name there is no model here, or another one.
    """
    (here, spec, task, folders, fingerprint), *rest = content
    if here is not None:
        os.chdir(here)
    model = load_model(spec, task, folders=folders)
    if model.fingerprint != fingerprint:
        raise ModelError(f"The model '{spec}' is another one here.")
    return Question(model, *rest)


def answered(question: Question, fit_: Fit) -> Floats:
    """Answer a fit in a process of the pool."""
    with one_thread():
        return question.answer(fit_)
