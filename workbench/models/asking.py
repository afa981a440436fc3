"""A question to models that are yet to be fitted, and how it travels to another process.

A model travels by its name and is loaded anew there, so that a user's estimator need not be one that can be sent. What
the process cannot answer, because the model fails or because it finds another one by that name, the caller answers
itself and so meets the same error with its own traceback.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.models import FixedModel, fit, load_model, one_thread, predict

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """What models are to learn from, and what to ask them.

    Attributes
    ----------
    model : FixedModel
        The recipe.
    X : DataFrame of shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Labels.
    learnt : mapping of int to ndarray
        For each seed the rows to learn from, as a mask or by position.
    asked : DataFrame of shape (n_asked, n_features)
        What to predict.
    classes : tuple of str
        For classification: every class, in the order wanted.
    """

    model: FixedModel
    X: pd.DataFrame
    y: npt.NDArray[Any]
    learnt: Mapping[int, npt.NDArray[np.bool_] | npt.NDArray[np.intp]]
    asked: pd.DataFrame
    classes: tuple[str, ...]

    def answer(self, seed: int) -> Floats:
        """Fit the model of one seed and predict, shape (n_asked, n_classes); in regression the last length is 1."""
        rows = self.learnt[seed]
        train = self.X[rows] if rows.dtype == bool else self.X.iloc[rows].reset_index(drop=True)
        fitted = fit(self.model, train, self.y[rows], seed=seed)
        return predict(fitted, self.asked, classes=self.classes).reshape(len(self.asked), -1)


def packed(question: Question) -> bytes:
    """Lay a question out as bytes for a process on this machine."""
    model = question.model
    here = Path.cwd() if ":" in model.spec else None
    named = (here, model.spec, model.task, model.folder, model.fingerprint)
    return pickle.dumps((named, question.X, question.y, question.learnt, question.asked, question.classes), 5)


def unpacked(content: bytes) -> Question:
    """Read a question again, in the working directory from which it came where that says which model is meant.

    Raises
    ------
    ModelError
        By that name there is no model here, or another one.
    """
    (here, spec, task, folder, fingerprint), *rest = pickle.loads(content)
    if here is not None:
        os.chdir(here)
    model = load_model(spec, task, folder=folder)
    if model.fingerprint != fingerprint:
        raise ModelError(f"The model '{spec}' is another one here.")
    return Question(model, *rest)


def begin() -> None:
    """Prepare a process that answers questions: it prints to standard error, and ends when the caller does.

    Standard output is the caller's, and may be a document. A caller that is killed cannot end anything.
    """
    os.dup2(2, 1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def answered(content: bytes) -> Floats | None:
    """Answer a packed question in a process of its own, shape (n_seeds, n_asked, n_classes); None where that fails.

    The caller tries again where it failed and tells what is wrong.
    """
    with one_thread():
        try:
            question = unpacked(content)
            return np.stack([question.answer(seed) for seed in question.learnt])
        except Exception:
            return None


def _end_with(caller: int) -> None:
    """End this process once the one that started it is gone, which shows in that it has another parent."""
    while os.getppid() == caller:
        time.sleep(1)
    os._exit(1)
