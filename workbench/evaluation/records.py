"""What an evaluation found, as plain values."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.lake.records import Task, from_stored


@dataclass(frozen=True)
class Score:
    """One metric of one version.

    Attributes
    ----------
    mean : float or None
        Over seeds and test rows, in the metric's unit; None where the metric is undefined.
    low, high : float or None
        Ends of the 95 % interval; None where one seed or one row cannot tell.
    noise_floor : float or None
        What the mean would move by if only the seeds changed, in 95 % of cases
        (:attr:`workbench.impact.Sources.noise_floor`); None where it is unknown.
    """

    mean: float | None
    low: float | None
    high: float | None
    noise_floor: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """The fixed model's figures on one version or draft.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    version : int
        The version, or the one that the draft is based on.
    state : str
        For people: ``adult@3`` or ``adult@3 + draft 7``.
    model : str
        The model's spec.
    task : {"classification", "regression"}
        Its task.
    seeds : int
        How many fits the figures come from.
    train_rows, test_rows : int
        Rows behind them: train rows before a seed leaves some out, test rows with a label.
    metrics : dict
        Name → :class:`Score`.
    classes : tuple of str
        Names among the train and test labels, sorted; empty in regression.
    train_classes : tuple of str
        Those among the train labels, which are the ones the stored probabilities are for.
    sampled : bool
        Whether a cap left train or test rows out.
    comparable : bool
        False where the test labels bear names that the train labels never do, so that the model cannot be right.
    notes : tuple of str
        What a reader of the figures must know.
    id : str
        Equal for the same model inputs and the same fingerprint.
    input_hash : str
        :func:`workbench.evaluation.input_hash` of the version.
    fingerprint : str
        Covers the model's fingerprint, the seeds and the caps; figures of different fingerprints are never compared.
    resampled : bool
        Whether each fit learnt from a bootstrap sample of the train rows; the intervals are then about train rows like
        these.
    """

    dataset: str
    version: int
    state: str
    model: str
    task: Task
    seeds: int
    train_rows: int
    test_rows: int
    metrics: dict[str, Score]
    classes: tuple[str, ...] = field(repr=False)
    train_classes: tuple[str, ...] = field(repr=False)
    sampled: bool
    comparable: bool
    notes: tuple[str, ...]
    id: str = field(repr=False)
    input_hash: str = field(repr=False)
    fingerprint: str = field(repr=False)
    resampled: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Write as values that JSON has."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Evaluation:
        """Read what :meth:`to_dict` wrote, also after JSON."""
        metrics = {name: from_stored(Score, score) for name, score in values["metrics"].items()}
        lists = {name: tuple(values.get(name, ())) for name in ("classes", "train_classes", "notes")}
        return from_stored(cls, {**values, **lists, "metrics": metrics})


@dataclass(frozen=True)
class Predictions:
    """The predictions behind an evaluation, sorted by row key.

    Attributes
    ----------
    rid, row_key : ndarray of shape (n_rows,)
        Identities (as they were when predicted) and keys as JSON texts.
    lanes : ndarray of shape (n_rows,)
        0 train, 1 validation, 2 test.
    label : ndarray of shape (n_rows,)
        Canonical texts, None where missing.
    features : ndarray of shape (n_rows,)
        md5 of the row's feature texts.
    values : ndarray of shape (n_rows, n_numbers)
        Evaluation: seed by seed the probability of each train class, or the one number that regression predicts.
    """

    rid: npt.NDArray[np.int64]
    row_key: npt.NDArray[np.object_]
    lanes: npt.NDArray[np.uint8]
    label: npt.NDArray[np.object_]
    features: npt.NDArray[np.object_]
    values: npt.NDArray[np.float64]

    def by_seed(self, seeds: int) -> npt.NDArray[np.float64]:
        """Return the values of shape (n_seeds, n_rows, n_train_classes)."""
        return self.values.reshape(len(self.rid), seeds, -1).transpose(1, 0, 2)


@dataclass(frozen=True)
class OutOfFold:
    """What the fixed model thinks of each labelled row without having learnt from it, sorted by row identity.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    version : int
        The version, or the one that the draft is based on.
    state : str
        For people: ``adult@3`` or ``adult@3 + draft 7``.
    rid : ndarray of shape (n_rows,)
        Row identities.
    row_key : ndarray of shape (n_rows,)
        Keys as JSON texts.
    lane : ndarray of shape (n_rows,)
        0 train, 1 validation, 2 test.
    label : ndarray of shape (n_rows,)
        Given labels as canonical texts.
    classes : tuple of str
        Names among the labels of these rows, sorted; empty in regression.
    pred_probs : ndarray of shape (n_rows, n_classes)
        Probabilities, 0 for a class that the train rows do not have; regression: the predicted number, one column.
    folds : int
        How many folds the train rows were dealt into.
    sampled : bool
        Whether a cap left rows out.
    notes : tuple of str
        What a reader must know.
    id, input_hash, fingerprint : str
        As in :class:`Evaluation`.
    """

    dataset: str
    version: int
    state: str
    rid: npt.NDArray[np.int64] = field(repr=False)
    row_key: npt.NDArray[np.object_] = field(repr=False)
    lane: npt.NDArray[np.uint8] = field(repr=False)
    label: npt.NDArray[np.object_] = field(repr=False)
    classes: tuple[str, ...]
    pred_probs: npt.NDArray[np.float64] = field(repr=False)
    folds: int
    sampled: bool
    notes: tuple[str, ...]
    id: str = field(repr=False)
    input_hash: str = field(repr=False)
    fingerprint: str = field(repr=False)


def finite(number: float) -> float | None:
    """Return the number, or None where JSON has none for it."""
    return float(number) if math.isfinite(number) else None


def to_json(values: dict[str, Any]) -> str:
    """Write as JSON proper, without NaN."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False)
