"""The interval of any metric and of its change, from the predictions themselves.

A mean over rows goes the way of :mod:`workbench.impact.intervals`. For other metrics the first term of SE², var(x) / n,
gives way to

- the variance of the seed-averaged score over a bootstrap of the rows (balanced accuracy, macro F1, R², RMSE), both
  versions scored on the same resampled rows (Efron 1979, Bootstrap methods, Annals of Statistics 7, 1–26);
- DeLong's variance for ROC AUC, from the structural components of all seeds and both versions, which is what the
  bootstrap converges to, without resampling (:mod:`workbench.metrics` names the sources). Its interval is that of
  :mod:`workbench.impact.bounded`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.impact.bounded import difference_ends, ends
from workbench.impact.intervals import Spread, contrast, spread, spread_of_rows, unseen
from workbench.impact.records import LEVEL, NO_CHANGE, Change, Estimate
from workbench.metrics import Floats, Labels, Metric, OfMeans, RowFunction

_CELLS = 4_000_000
# Resampled row counts held at a time: 32 MB.


def estimate(
    metric: Metric,
    y: Labels,
    predictions: Floats,
    *,
    resampled: bool = False,
    replicates: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """Estimate any metric of one version; the interval stays within the metric's bounds.

    Parameters
    ----------
    metric : Metric
        One of :data:`workbench.metrics.METRICS`.
    y : ndarray of shape (n_rows,)
        Labels, as the metric takes them.
    predictions : ndarray of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
        Predictions under each seed.
    resampled : bool
        As in :func:`workbench.impact.interval`.
    replicates, random_state : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        Shapes that do not fit, predictions that are not finite, or a metric that is undefined on these labels (the
        message says why; ask ``metric.why_undefined`` first).
    """
    found = _spread(metric, y, [predictions], LEVEL, resampled, replicates, random_state).as_estimate()
    low, high = (min(max(end, metric.bounds[0]), metric.bounds[1]) for end in (found.low, found.high))
    return replace(found, low=low, high=high)


def difference(
    metric: Metric,
    y: Labels,
    a: Floats,
    b: Floats,
    *,
    identical: bool = False,
    level: float = LEVEL,
    resampled: bool = False,
    replicates: int = 1000,
    random_state: int = 0,
) -> Change:
    """Compare two versions by any metric.

    Parameters
    ----------
    metric, y, resampled, replicates, random_state
        As in :func:`estimate`.
    a, b : ndarray of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
        Predictions of the same test rows, in the same order, under as many seeds.
    identical, level
        As in :func:`workbench.impact.paired`.

    Raises
    ------
    ValueError
        As :func:`estimate`, or ``a`` and ``b`` differ in shape.
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must predict the same rows under as many seeds: {a.shape} is not {b.shape}")
    if identical:
        return NO_CHANGE
    found = _spread(metric, y, [a, b], level, resampled, replicates, random_state)
    return found.as_change(metric.greater_is_better)


def _spread(
    metric: Metric,
    y: Labels,
    versions: list[Floats],
    level: float,
    resampled: bool,
    replicates: int,
    random_state: int,
) -> Spread:
    """Apply the formula to one version's scores, or to the second's minus the first's."""
    for predictions in versions:
        _require_defined(metric, y, predictions)
    span = metric.span
    if metric.row_score is not None:
        scored = [metric.row_scores(y, of) for of in versions]
        return spread_of_rows(scored, span=span, rarest=len(y), level=level, resampled=resampled, once=span is not None)
    rarest = int(np.unique(y, return_counts=True)[1].min()) if metric.task == "classification" else len(y)
    if metric.components is not None:
        return _between_bounds(_each_seed(metric.components, y, versions), span, rarest, level, resampled)
    assert metric.of_means is not None, "a metric has one of the three"
    statistics = _each_seed(metric.of_means.statistics, y, versions)
    scores = [metric.of_means.combine(rows.mean(axis=1)) for rows in statistics]
    drawn = _resampled(metric.of_means, statistics, replicates, random_state)
    return spread(
        contrast(scores),
        rows_variance=float(contrast(drawn).var(ddof=1)),
        n_rows=len(y),
        largest=max(float(np.abs(part).max()) for part in scores),
        unseen=unseen(rarest, span or 0.0, level=level),
        level=level,
        resampled=resampled,
    )


def _between_bounds(versions: list[Floats], span: float | None, rarest: int, level: float, resampled: bool) -> Spread:
    """Apply the formula to components of a score between 0 and 1; the interval reaches farther where there is room.

    What is detectable is as much larger as the interval's longer side is.
    """

    def of(parts: list[Floats]) -> Spread:
        return spread_of_rows(parts, span=span, rarest=rarest, level=level, resampled=resampled)

    found = of(versions)
    if found.sources is None:
        return found
    t = found.above / found.se
    if len(versions) == 1:
        low, high = ends(found.mean, found.se, t)
    else:
        a, b = (of([part]) for part in versions)
        low, high = difference_ends(a.mean, b.mean, se_a=a.se, se_b=b.se, se_difference=found.se, t=t)
    below, above = found.mean - low, high - found.mean
    stretched = max(below, above) / found.above
    return replace(found, below=below, above=above, detectable=stretched * found.detectable)


def _each_seed(function: RowFunction, y: Labels, versions: list[Floats]) -> list[Floats]:
    """Apply a function of rows to the predictions of each version and seed."""
    return [np.stack([function(y, of_seed) for of_seed in predictions]) for predictions in versions]


def _resampled(of_means: OfMeans, statistics: list[Floats], replicates: int, random_state: int) -> list[Floats]:
    """Score resamples of the rows, the same for all versions: per version (replicates,), averaged over seeds.

    A resample matters only through how often each row is in it, and rows whose statistics agree in all versions and
    under all seeds are interchangeable: what is drawn is how often each distinct row comes.
    """
    n_seeds, n_rows, n_statistics = statistics[0].shape
    flat = np.concatenate([part.transpose(1, 0, 2).reshape(n_rows, -1) for part in statistics], axis=1)
    as_bytes = np.ascontiguousarray(flat).view(np.dtype((np.void, flat.itemsize * flat.shape[1]))).ravel()
    _, first, frequency = np.unique(as_bytes, return_index=True, return_counts=True)
    distinct, random, step = flat[first], np.random.default_rng(random_state), max(1, _CELLS // len(first))
    scores = []
    for start in range(0, replicates, step):
        counts = random.multinomial(n_rows, frequency / n_rows, size=min(step, replicates - start))
        means = counts @ distinct / n_rows
        combined = of_means.combine(means.reshape(len(means), len(statistics), n_seeds, n_statistics))
        scores.append(combined.mean(axis=2))
    return list(np.concatenate(scores).T)


def _require_defined(metric: Metric, y: Labels, predictions: Floats) -> None:
    """Refuse what the metric cannot score."""
    dimensions = 3 if metric.task == "classification" else 2
    if predictions.ndim != dimensions or predictions.shape[1] != len(y) or len(predictions) == 0:
        raise ValueError(f"predictions of shape {predictions.shape} do not fit {len(y)} labels under some seeds")
    reason = metric.why_undefined(y, predictions.shape[-1])
    if reason:
        raise ValueError(f"{metric.name} is undefined: {reason}")
    bad = int((~np.isfinite(predictions)).sum())
    if bad:
        raise ValueError(f"{bad} predictions are not finite")
