"""From predictions to figures: classes brought into one order, metrics with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.evaluation.records import Score, finite
from workbench.impact import estimate
from workbench.lake.records import Task
from workbench.metrics import Metric, encode, metrics_of

Floats = npt.NDArray[np.float64]


def among(values: Floats, classes: Sequence[str], wanted: Sequence[str]) -> Floats:
    """Bring probabilities into the order of other classes.

    Parameters
    ----------
    values : ndarray of shape (..., n_classes)
        Probabilities of ``classes``.
    classes : sequence of str
        May name a class twice: its probabilities add up.
    wanted : sequence of str
        Every one of ``classes``, and others, which get 0.

    Returns
    -------
    ndarray of shape (..., n_wanted)
    """
    places = {name: place for place, name in enumerate(wanted)}
    spread = np.zeros((*values.shape[:-1], len(wanted)))
    for column, name in enumerate(classes):
        spread[..., places[name]] += values[..., column]
    return spread


def aligned(
    task: Task, values: Floats, classes: Sequence[str], label: Sequence[str], wanted: Sequence[str]
) -> tuple[npt.NDArray[Any], Floats]:
    """Return labels and predictions as the metrics take them.

    Parameters
    ----------
    task : {"classification", "regression"}
        What is predicted.
    values : ndarray of shape (n_seeds, n_rows, n_classes)
        Probabilities of ``classes``, or numbers in one column.
    classes, wanted : sequence of str
        As in :func:`among`.
    label : sequence of str, length n_rows
        Canonical texts, none missing, each among ``wanted``.
    """
    if task == "regression":
        return np.array([float(text) for text in label]), values[..., 0]
    return encode(np.array(label, dtype=object), wanted), among(values, classes, wanted)


def mean_score(metric: Metric, y: npt.NDArray[Any], predictions: Floats) -> float:
    """Average a metric over seeds; NaN where it is undefined."""
    if metric.why_undefined(y, predictions.shape[2] if predictions.ndim == 3 else 1):
        return float("nan")
    return float(np.mean([metric.score(y, seed) for seed in predictions]))


def score_all(
    task: Task, y: npt.NDArray[Any], predictions: Floats, *, resampled: bool = False
) -> tuple[dict[str, Score], list[str]]:
    """Estimate every metric of a task, and say why one is undefined."""
    scores, said = {}, []
    for metric in metrics_of(task):
        why = metric.why_undefined(y, predictions.shape[2] if predictions.ndim == 3 else 1)
        if why:
            scores[metric.name] = Score(None, None, None)
            said.append(f"{metric.name} is undefined: {why}")
            continue
        found = estimate(metric, y, predictions, resampled=resampled)
        numbers = (found.mean, found.low, found.high, found.noise_floor)
        scores[metric.name] = Score(*(finite(number) for number in numbers))
    return scores, said
