"""What predictions are worth: the scores of one model's predictions of one version's rows, each with its direction.

All functions take the labels ``y`` and the ``predictions`` of the same rows:

- classification: ``y`` of shape (n_rows,) holds class numbers 0…K-1 (:func:`encode` makes them), ``predictions`` of
  shape (n_rows, K) probabilities; the predicted class is the most probable one, the first of several;
- regression: ``y`` and ``predictions`` of shape (n_rows,) hold numbers.

How a score would vary with other rows, :mod:`workbench.impact` reads from the metric's ``row_score`` (it is a mean over
rows), ``of_means`` (it is a function of such means) or ``components`` (it is neither).

Examples
--------
>>> import numpy as np
>>> y = encode(["no", "yes", "yes", "yes"], ["no", "yes"])
>>> METRICS["accuracy"].score(y, np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]]))
0.5
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]
RowFunction = Callable[[Labels, Floats], Floats]


@dataclass(frozen=True)
class OfMeans:
    """A score that is a function of means over rows.

    Attributes
    ----------
    statistics : callable
        ``(y, predictions)`` → (n_rows, n_statistics).
    combine : callable
        Means of the statistics (…, n_statistics) → scores (…), NaN where undefined.
    """

    statistics: RowFunction
    combine: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Metric:
    """One way to score predictions; exactly one of the last three says how it depends on the rows.

    Attributes
    ----------
    name : str
        As it stands in JSON and on screen.
    task : str
        ``classification`` or ``regression``.
    greater_is_better : bool
        The direction of a gain.
    bounds : tuple of float
        The lowest and the highest score there can be.
    score : callable
        ``(y, predictions)`` → the score, NaN where it is undefined.
    why_undefined : callable
        ``(y, n_classes)`` → why rows with these labels have no such score; empty where they have one.
    row_score : callable or None
        ``(y, predictions)`` → (n_rows,), whose mean is the score.
    of_means : OfMeans or None
        The means over rows that the score is a function of.
    components : callable or None
        ``(y, predictions)`` → (n_rows,), whose mean is the score and whose variance over n_rows is the score's.
    """

    name: str
    task: str
    greater_is_better: bool
    bounds: tuple[float, float]
    score: Callable[[Labels, Floats], float] = field(repr=False)
    why_undefined: Callable[[Labels, int], str] = field(repr=False)
    row_score: RowFunction | None = field(default=None, repr=False)
    of_means: OfMeans | None = field(default=None, repr=False)
    components: RowFunction | None = field(default=None, repr=False)

    @property
    def span(self) -> float | None:
        """The most by which two scores can differ; None where there is no most."""
        width = self.bounds[1] - self.bounds[0]
        return width if math.isfinite(width) else None

    def row_scores(self, y: Labels, predictions: Floats) -> Floats:
        """Score each row under each seed, for a metric that is a mean over rows.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            Labels, as the metric takes them.
        predictions : ndarray of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
            Predictions under each seed.

        Returns
        -------
        ndarray of shape (n_seeds, n_rows)
        """
        assert self.row_score is not None, f"{self.name} is no mean over rows"
        return np.stack([self.row_score(y, of_seed) for of_seed in predictions])


def encode(labels: npt.ArrayLike, classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number labels by their place in ``classes``.

    Parameters
    ----------
    labels : array-like of str, shape (n_rows,)
        Class names.
    classes : sequence of str
        Every class once, in the order of the probabilities' columns.

    Raises
    ------
    ValueError
        A label is not among the classes.
    """
    places = {name: place for place, name in enumerate(classes)}
    names = [str(label) for label in np.asarray(labels).tolist()]
    strange = next((name for name in names if name not in places), None)
    if strange is not None:
        raise ValueError(f"the label '{strange}' is not among the classes {', '.join(classes)}")
    return np.array([places[name] for name in names], dtype=np.int64)


def metrics_of(task: str) -> tuple[Metric, ...]:
    """Return the metrics of a task, the one to show first coming first."""
    return tuple(metric for metric in METRICS.values() if metric.task == task)


def means_over_rows(task: str) -> tuple[Metric, ...]:
    """Return the metrics of a task that are a mean over rows, and so have a share for each of them."""
    return tuple(metric for metric in metrics_of(task) if metric.row_score is not None)


def _hits(y: Labels, predictions: Floats) -> Floats:
    """Return 1 where the predicted class is the label, else 0."""
    hits: Floats = (_predicted(y, predictions) == y).astype(np.float64)
    return hits


def _surprise(y: Labels, predictions: Floats) -> Floats:
    """Return minus the logarithm of the label's probability, which counts as 2⁻⁵² at least, as in scikit-learn."""
    _predicted(y, predictions)
    least = np.finfo(np.float64).eps
    given = np.asarray(predictions, dtype=np.float64)[np.arange(len(y)), y]
    surprise: Floats = -np.log(np.clip(given, least, 1 - least))
    return surprise


def _recall_statistics(y: Labels, predictions: Floats) -> Floats:
    """Return per class whether the row is of it and predicted so, and whether it is of it."""
    of_class = _indicators(y, predictions.shape[1])
    return np.hstack([of_class * _hits(y, predictions)[:, None], of_class])


def _f1_statistics(y: Labels, predictions: Floats) -> Floats:
    """Return per class whether the row is of it and predicted so, and half the number of the two that hold."""
    n_classes = predictions.shape[1]
    of_class, as_class = _indicators(y, n_classes), _indicators(_predicted(y, predictions), n_classes)
    return np.hstack([of_class * as_class, (of_class + as_class) / 2])


def _mean_of_ratios(means: Floats) -> Floats:
    """Divide the first half of the statistics by the second, and average where the second is not 0.

    Balanced accuracy: the mean recall of the classes that occur. Macro F1: TP / ((TP + FP + TP + FN) / 2), the mean
    over the classes that occur or are predicted. Both as scikit-learn defines them.
    """
    part, whole = np.split(means, 2, axis=-1)
    occurs = whole > 0
    ratios = np.divide(part, whole, out=np.zeros_like(part), where=occurs)
    counted: Floats = ratios.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)
    return counted


def _auc_components(y: Labels, predictions: Floats) -> Floats:
    """Return DeLong's structural components of the ROC AUC, macro one-vs-rest where there are more than two classes.

    For each class a row of it has the share of the other rows that it beats, another row the share of the class's rows
    that beat it. Written as deviations, weighted by the inverse of their side's share of the rows, they become values
    per row whose mean is the AUC and whose variance over n_rows is, with two classes, exactly DeLong's estimate
    (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, 837–845; by midranks as in Sun & Xu 2014, IEEE Signal
    Processing Letters 21, 1389–1393).
    """
    _predicted(y, predictions)
    n_rows, n_classes = predictions.shape
    counted = range(n_classes) if n_classes > 2 else range(1, n_classes)
    total = np.zeros(n_rows)
    for number in counted:
        ranks, mine = _midranks(predictions[:, number]), y == number
        beaten = np.empty(n_rows)
        for side in (mine, ~mine):
            beaten[side] = (ranks[side] - _midranks(predictions[side, number])) / int((~side).sum())
        beaten[~mine] = 1 - beaten[~mine]
        auc = beaten[mine].mean()
        for side in (mine, ~mine):
            size = int(side.sum())
            unbiased = np.sqrt(size / max(size - 1, 1) * (n_rows - 1) / n_rows)
            beaten[side] = auc + (beaten[side] - auc) * n_rows / size * unbiased
        total += beaten
    return total / len(counted)


def _auc(y: Labels, predictions: Floats) -> float:
    """Return the ROC AUC."""
    return float("nan") if _lacks_classes(y, predictions.shape[1]) else float(_auc_components(y, predictions).mean())


def _absolute_errors(y: Labels, predictions: Floats) -> Floats:
    """Return how far each prediction is off."""
    return np.abs(_errors(y, predictions))


def _squared_errors(y: Labels, predictions: Floats) -> Floats:
    """Return the squared errors as the one statistic of the RMSE, shape (n_rows, 1)."""
    return _errors(y, predictions)[:, None] ** 2


def _r2_statistics(y: Labels, predictions: Floats) -> Floats:
    """Return squared error, label and squared label, the labels counted from their mean for the digits' sake."""
    centred = y - y.mean()
    return np.column_stack([_errors(y, predictions) ** 2, centred, centred**2])


def _r2(means: Floats) -> Floats:
    """Return 1 - mean squared error / variance of the labels, NaN where they do not vary."""
    variance = means[..., 2] - means[..., 1] ** 2
    score: Floats = 1 - np.divide(means[..., 0], variance, out=np.full(variance.shape, np.nan), where=variance > 0)
    return score


def _root(means: Floats) -> Floats:
    """Return the root of the one mean."""
    return np.sqrt(means[..., 0])


def _has_rows(y: Labels, n_classes: int) -> str:
    """Require a row."""
    return "" if len(y) else "there are no rows"


def _lacks_classes(y: Labels, n_classes: int) -> str:
    """Require two classes, and a row of each."""
    lacking = n_classes - len(np.unique(y))
    if n_classes < 2:
        return "it needs two classes"
    return f"{lacking} of {n_classes} classes have no row" if lacking else ""


def _lacks_spread(y: Labels, n_classes: int) -> str:
    """Require labels that differ."""
    return _has_rows(y, n_classes) or ("" if np.ptp(y) > 0 else "all labels are the same number")


def _predicted(y: Labels, predictions: Floats) -> npt.NDArray[np.int64]:
    """Return the most probable class of each row, after checking the shapes."""
    if predictions.ndim != 2 or y.shape != predictions.shape[:1]:
        raise ValueError(f"labels of shape {y.shape} do not fit probabilities of shape {predictions.shape}")
    return predictions.argmax(axis=1) if len(y) else np.zeros(0, dtype=np.int64)


def _errors(y: Labels, predictions: Floats) -> Floats:
    """Return prediction minus label, after checking the shapes."""
    if y.ndim != 1 or y.shape != predictions.shape:
        raise ValueError(f"labels of shape {y.shape} do not fit predictions of shape {predictions.shape}")
    difference: Floats = np.asarray(predictions - y, dtype=np.float64)
    return difference


def _indicators(numbers: Labels, n_classes: int) -> Floats:
    """Return 1 in the column of each row's class, shape (n_rows, n_classes)."""
    ones: Floats = (numbers[:, None] == np.arange(n_classes)).astype(np.float64)
    return ones


def _midranks(values: Floats) -> Floats:
    """Rank values from 1, equal ones by their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _mean_metric(
    name: str, task: str, greater_is_better: bool, bounds: tuple[float, float], row_score: RowFunction
) -> Metric:
    """Make a metric that is a mean over rows."""

    def score(y: Labels, predictions: Floats) -> float:
        return float(row_score(y, predictions).mean()) if len(y) else float("nan")

    return Metric(name, task, greater_is_better, bounds, score, _has_rows, row_score=row_score)


def _metric_of_means(
    name: str,
    task: str,
    greater_is_better: bool,
    bounds: tuple[float, float],
    of_means: OfMeans,
    why_undefined: Callable[[Labels, int], str] = _has_rows,
) -> Metric:
    """Make a metric that is a function of means over rows."""

    def score(y: Labels, predictions: Floats) -> float:
        return float(of_means.combine(of_means.statistics(y, predictions).mean(axis=0))) if len(y) else float("nan")

    return Metric(name, task, greater_is_better, bounds, score, why_undefined, of_means=of_means)


_CLASSES, _NUMBERS = "classification", "regression"
_SHARE, _LOSS = (0.0, 1.0), (0.0, float("inf"))

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _mean_metric("accuracy", _CLASSES, True, _SHARE, _hits),
            _metric_of_means("balanced_accuracy", _CLASSES, True, _SHARE, OfMeans(_recall_statistics, _mean_of_ratios)),
            _metric_of_means("macro_f1", _CLASSES, True, _SHARE, OfMeans(_f1_statistics, _mean_of_ratios)),
            _mean_metric("log_loss", _CLASSES, False, _LOSS, _surprise),
            Metric("roc_auc", _CLASSES, True, _SHARE, _auc, _lacks_classes, components=_auc_components),
            _metric_of_means("r2", _NUMBERS, True, (-np.inf, 1.0), OfMeans(_r2_statistics, _r2), _lacks_spread),
            _mean_metric("mae", _NUMBERS, False, _LOSS, _absolute_errors),
            _metric_of_means("rmse", _NUMBERS, False, _LOSS, OfMeans(_squared_errors, _root)),
        )
    }
)
"""Every metric by its name."""
