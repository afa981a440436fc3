"""A question to models that are yet to be fitted, and a process that answers such questions.

A model travels by its name and is loaded anew in the process, so that a user's estimator need not be one that can be
sent. What a process cannot answer, because the model fails or because it finds another one by that name, the caller
answers itself and so meets the same error with its own traceback.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.models import FixedModel, fit, load_model, one_thread, predict

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

READY = b"ready"
"""What a process says before its first answer."""

_LENGTH = struct.Struct("<Q")
_serving = False


def is_served_here() -> bool:
    """Tell whether this process is one that answers questions, and so has no business to start others."""
    return _serving


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
    learnt : sequence of ndarray
        For each seed the rows to learn from, as a mask or by position.
    asked : DataFrame of shape (n_asked, n_features)
        What to predict.
    classes : tuple of str
        For classification: every class, in the order wanted.
    """

    model: FixedModel
    X: pd.DataFrame
    y: npt.NDArray[Any]
    learnt: Sequence[npt.NDArray[np.bool_] | npt.NDArray[np.intp]]
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


def send(stream: IO[bytes], content: bytes) -> None:
    """Write a message."""
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read a message.

    Raises
    ------
    EOFError
        The other side ended.
    """
    head = stream.read(_LENGTH.size)
    content = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if len(head) < _LENGTH.size or len(content) < _LENGTH.unpack(head)[0]:
        raise EOFError
    return content


def serve() -> None:
    """Answer the questions that come in by standard input until it ends, in a process of its own."""
    global _serving
    _serving = True
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a model prints must not come among the answers, and what it reads not from the questions.
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    with one_thread():
        send(answers, READY)
        while True:
            try:
                send(answers, _answered(receive(questions)))
            except (EOFError, BrokenPipeError):
                return


def _answered(content: bytes) -> bytes:
    """Answer a packed question; nothing where that fails, since the caller tries again and tells what is wrong."""
    try:
        question = unpacked(content)
        return pickle.dumps(np.stack([question.answer(seed) for seed in range(len(question.learnt))]), 5)
    except Exception:
        return b""
