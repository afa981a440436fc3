"""Which labels are likely wrong, by confident learning on probabilities of models that did not learn from the rows.

The flags are cleanlab's, pruned by class *and* by noise rate. On CIFAR-10 with 20 % of the labels made wrong
(Northcutt, Jiang and Chuang 2021, "Confident Learning", JAIR 70) that finds them with F1 .781 where the most probable
class alone gives .709, pruning by class .764, by noise rate .767, and confident learning .752; with 40 % wrong none
of these is more precise. The score is the probability of the given label ("self-confidence"): over four conditions
of that data its average precision is .751, the normalised margin's .749, and of the first 1,000 rows it lists 87 % are
wrong against 74 %. cleanlab's adjustment of the probabilities for class imbalance is left out: it raises the margin's
average precision there to .803, but on Adult with a quarter of the labels made wrong it lowers it from .73 to .59.

Examples
--------
>>> import numpy as np
>>> given = np.array(["cat"] * 5 + ["dog"] * 5 + ["dog"])
>>> pred_probs = np.array([[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 5 + [[0.95, 0.05]])
>>> found = label_issues(given, pred_probs, ["cat", "dog"])
>>> found.is_issue.nonzero()[0], found.suggested[-1], found.score[-1].round(2)
(array([10]), 'cat', np.float64(0.05))
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import DataError

ROUNDING = 0.02
"""How far from 1 the probabilities of a row may sum: half precision over some hundred classes stays within it."""

_ONE_AT_A_TIME = threading.Lock()
# cleanlab hands the probabilities to its own functions in global variables.


@dataclass(frozen=True)
class LabelIssues:
    """The opinion on each label.

    Attributes
    ----------
    given : ndarray of shape (n_rows,)
        The labels as they were given.
    suggested : ndarray of shape (n_rows,)
        The most probable class: a guess, right or wrong.
    score : ndarray of shape (n_rows,)
        Probability of the given label, 0 (surely wrong) to 1.
    confidence : ndarray of shape (n_rows,)
        Probability of the suggested label.
    is_issue : ndarray of bool, shape (n_rows,)
        Whether the label is likely wrong.
    """

    given: npt.NDArray[np.object_]
    suggested: npt.NDArray[np.object_]
    score: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    is_issue: npt.NDArray[np.bool_]


def label_issues(
    labels: Sequence[str] | npt.NDArray[np.object_], pred_probs: npt.ArrayLike, classes: Sequence[str]
) -> LabelIssues:
    """Find labels that are likely wrong.

    Rows that are to be judged by one noise rate belong together; give lanes whose labels came about differently in
    separate calls. A class that only one row is labelled with is never flagged.

    Parameters
    ----------
    labels : sequence or array of str, length n_rows
        Given labels, none missing.
    pred_probs : array-like of shape (n_rows, n_classes)
        Out-of-sample probabilities in any precision; each row is brought to a sum of exactly 1.
    classes : sequence of str
        The name of each column; every label is among them. Classes that no row is labelled with may be.

    Returns
    -------
    LabelIssues

    Raises
    ------
    DataError
        A label that is no class, or numbers that are no probabilities: missing, negative, not summing to 1 within
        :data:`ROUNDING`, of another shape.
    """
    given = np.array(labels, dtype=object)
    probabilities = _probabilities(pred_probs, (len(given), len(classes)))
    places = {name: place for place, name in enumerate(classes)}
    strange = sorted({str(name) for name in given} - set(places))
    if strange:
        raise DataError(
            f"the label '{strange[0]}' is not among the {len(classes)} classes that have probabilities",
            hint="Leave rows with such labels out, or name the class.",
        )
    numbers = np.array([places[name] for name in given], dtype=np.int64)
    rows = np.arange(len(given))
    best = probabilities.argmax(axis=1) if len(classes) else numbers
    return LabelIssues(
        given=given,
        suggested=np.array(classes, dtype=object)[best],
        score=probabilities[rows, numbers],
        confidence=probabilities[rows, best],
        is_issue=_flags(numbers, probabilities) & (best != numbers),
    )


def _probabilities(pred_probs: npt.ArrayLike, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return the probabilities in double precision, each row summing to 1."""
    values = np.asarray(pred_probs, dtype=np.float64)
    if values.shape != shape:
        raise DataError(f"probabilities of shape {values.shape} do not fit {shape[0]} labels of {shape[1]} classes")
    totals = values.sum(axis=1, keepdims=True)
    wrong = ~(np.isfinite(values).all(axis=1) & (values >= 0).all(axis=1) & (abs(totals[:, 0] - 1) <= ROUNDING))
    if wrong.any():
        first = int(wrong.argmax())
        raise DataError(
            f"{wrong.sum():,} rows have no probabilities: those of row {first} are {values[first, :5].tolist()}…, "
            f"summing to {totals[first, 0]:g}",
            hint="The model must give each row finite probabilities of 0 or more that sum to 1.",
        )
    scaled: npt.NDArray[np.float64] = values / totals
    return scaled


def _flags(numbers: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Ask cleanlab, which wants the classes numbered from 0 without gaps and each of them among the labels."""
    present, renumbered = np.unique(numbers, return_inverse=True)
    if len(present) < 2:
        return np.zeros(len(numbers), dtype=bool)
    among = probabilities[:, present]
    totals = among.sum(axis=1, keepdims=True)
    # Where all probability is on classes that nobody is labelled with, nothing speaks for or against the label.
    among = np.where(totals > 0, among / np.where(totals > 0, totals, 1), 1 / len(present))
    from cleanlab.filter import find_label_issues

    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "May not flag all label issues in class", UserWarning)
        flags: npt.NDArray[np.bool_] = find_label_issues(renumbered, among, filter_by="both", n_jobs=1)
    return flags
