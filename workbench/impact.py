"""What a change of the data did to the model: intervals and verdicts that hold up.

A figure comes from S seeds and n test rows, and other seeds or other rows would have given another one: both count.
With x_i the seed-averaged score of row i and M_s the mean of seed s,

    SE² = var(x) / n + var(M) / S,    interval = mean ± t · SE,

t having the degrees of freedom of Satterthwaite's approximation from (n - 1, S - 1). For two versions x_i and M_s are
differences on the same rows, so that what makes a row hard for both cancels. The sum is a little more than the variance
of the mean, since the noise of single cells (i, s) is in both terms.

Sources: Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks, MLSys 3 (all sources of
variation, seeds among them, belong into a comparison); Owen 2007, The pigeonhole bootstrap, Annals of Applied
Statistics 1, 386–411 (variance of a mean over two crossed factors, conservative as here); Satterthwaite 1946, An
approximate distribution of estimates of variance components, Biometrics Bulletin 2, 110–114.

Where nothing varies (SE = 0) the formula would claim perfect knowledge. Instead, zero exceptions among n rows leave up
to 1 - 0.05^(1/n), about 3/n, of all rows unlike these (Hanley & Lippman-Hand 1983, JAMA 249, 1743–1745); so the
interval is that share of the largest difference between two rows' scores. With one row or one seed the spread is
unknown, and the interval has no ends.

Examples
--------
>>> import numpy as np
>>> a = np.array([[1.0, 0, 1, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0, 0, 0]])
>>> paired(a, np.ones((2, 8))).verdict
'gain'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from workbench.metrics import Floats, Labels, Metric, RowFunction

Verdict = Literal["gain", "loss", "cannot tell", "no change"]

LEVEL = 0.95
"""Of the intervals; verdicts claim a difference that is not there in at most the rest of cases."""

POWER = 0.80
"""Of the detectable change: one as large as this would have been found in so many of all test sets and seeds."""

_ROUNDING = 1e-12
# Spread below this part of the scores themselves is float arithmetic, not spread.

_CELLS = 4_000_000
# Resampled row counts held at a time, 32 MB.


@dataclass(frozen=True)
class Estimate:
    """One version's score.

    Attributes
    ----------
    mean : float
        Over rows and seeds, in the metric's unit.
    low, high : float
        Ends of the 95 % interval.
    se : float
        Standard error.
    df : float
        Degrees of freedom of ``se``.
    """

    mean: float
    low: float
    high: float
    se: float
    df: float


@dataclass(frozen=True)
class Change:
    """Version B's score minus version A's.

    Attributes
    ----------
    change : float
        In the metric's own unit and direction: a log loss that falls has a negative change, and is a gain.
    low, high : float
        Ends of the 95 % interval of the change.
    se : float
        Standard error of the change.
    df : float
        Degrees of freedom of ``se``.
    detectable : float
        The smallest change, of either sign, that this test set and these seeds show in 80 % of cases.
    verdict : str
        ``gain``, ``loss``, ``cannot tell``, or ``no change`` for identical model inputs.
    """

    change: float
    low: float
    high: float
    se: float
    df: float
    detectable: float
    verdict: Verdict


NO_CHANGE = Change(0.0, 0.0, 0.0, 0.0, float("inf"), 0.0, "no change")
"""Two versions with identical model inputs."""


def interval(scores: npt.ArrayLike, *, span: float | None = None) -> Estimate:
    """Estimate a mean over rows, as accuracy is, from one version's row scores.

    Parameters
    ----------
    scores : array-like of shape (n_seeds, n_rows)
        Score of each test row under each seed.
    span : float, optional
        The most by which two rows' scores can differ (1 for accuracy), used where nothing varies; default: the most
        that was seen.

    Raises
    ------
    ValueError
        No rows or seeds, not two dimensions, or scores that are not finite.
    """
    x = _checked(scores, "scores")
    return _estimate(_spread_of_rows(x, _Scale.of(x), span, x.shape[1]))


def paired(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    greater_is_better: bool = True,
    identical: bool = False,
    span: float | None = None,
) -> Change:
    """Compare two versions by row scores whose means are the figures of interest.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds, n_rows)
        Scores of the same test rows, in the same order, under as many seeds.
    greater_is_better : bool
        Whether a higher score is a gain.
    identical : bool
        The model's inputs are the same in both versions: nothing is estimated, the verdict is ``no change``. Equal
        scores alone are no reason for that verdict.
    span : float, optional
        As in :func:`interval`.

    Raises
    ------
    ValueError
        No rows or seeds, unequal shapes, or scores that are not finite.
    """
    before, after = _checked(a, "a"), _checked(b, "b")
    if before.shape != after.shape:
        raise ValueError(f"a and b must score the same rows under as many seeds: {before.shape} is not {after.shape}")
    if identical:
        return NO_CHANGE
    spread = _spread_of_rows(after - before, _Scale.of(before, after), span, before.shape[1])
    return _change(spread, greater_is_better)


def estimate(
    metric: Metric, y: Labels, predictions: Floats, *, replicates: int = 1000, random_state: int = 0
) -> Estimate:
    """Estimate any metric of one version from its predictions; the interval stays within the metric's bounds.

    A mean over rows is estimated as by :func:`interval`. For the others var(x) / n gives way to DeLong's variance (ROC
    AUC) or to the variance over a bootstrap of rows of the seed-averaged score.

    Parameters
    ----------
    metric : Metric
        One of :data:`workbench.metrics.METRICS`.
    y : ndarray of shape (n_rows,)
        Labels, as the metric takes them.
    predictions : ndarray of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
        Predictions under each seed.
    replicates, random_state : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        As :func:`interval`, or the metric is undefined on these labels (the message says why).
    """
    found = _estimate(_spread_of_predictions(metric, y, [predictions], replicates, random_state))
    low, high = (min(max(end, metric.bounds[0]), metric.bounds[1]) for end in (found.low, found.high))
    return replace(found, low=low, high=high)


def difference(
    metric: Metric,
    y: Labels,
    a: Floats,
    b: Floats,
    *,
    identical: bool = False,
    replicates: int = 1000,
    random_state: int = 0,
) -> Change:
    """Compare two versions by any metric, from their predictions of the same test rows.

    A mean over rows is compared as by :func:`paired`. For the others var(d) / n gives way to DeLong's variance of the
    difference (ROC AUC) or to a bootstrap that scores both versions on the same resampled rows.

    Parameters
    ----------
    metric, y, replicates, random_state
        As in :func:`estimate`.
    a, b : ndarray of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
        Predictions of each version under each seed.
    identical : bool
        As in :func:`paired`.

    Raises
    ------
    ValueError
        As :func:`paired`, or the metric is undefined on these labels (the message says why).
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must predict the same rows under as many seeds: {a.shape} is not {b.shape}")
    if identical:
        return NO_CHANGE
    return _change(_spread_of_predictions(metric, y, [a, b], replicates, random_state), metric.greater_is_better)


class _Scale(NamedTuple):
    """How large scores are, and how far apart."""

    largest: float
    range: float

    @classmethod
    def of(cls, *scores: Floats) -> _Scale:
        """Measure the scores of all versions."""
        low, high = min(float(part.min()) for part in scores), max(float(part.max()) for part in scores)
        return cls(max(abs(low), abs(high)), high - low)


class _Spread(NamedTuple):
    """A mean, how sure it is, and half its interval's width."""

    mean: float
    se: float
    df: float
    half: float
    detectable: float


def _spread_of_rows(x: Floats, scale: _Scale, span: float | None, rarest: int) -> _Spread:
    """Apply the formula to values (n_seeds, n_rows)."""
    n_rows = x.shape[1]
    rows = float(x.mean(axis=0).var(ddof=1)) / n_rows if n_rows > 1 else np.inf
    return _spread(x.mean(axis=1), rows, n_rows, scale.largest, _unseen(rarest, scale.range if span is None else span))


def _spread_of_predictions(
    metric: Metric, y: Labels, versions: list[Floats], replicates: int, random_state: int
) -> _Spread:
    """Apply the formula to one version's scores, or to the second's minus the first's."""
    for predictions in versions:
        _require_defined(metric, y, predictions)
    width = metric.bounds[1] - metric.bounds[0]
    span = width if np.isfinite(width) else None
    if metric.row_score is not None:
        scores = [_each_seed(metric.row_score, y, predictions) for predictions in versions]
        return _spread_of_rows(_contrast(scores), _Scale.of(*scores), span, len(y))
    rarest = int(np.unique(y, return_counts=True)[1].min()) if metric.task == "classification" else len(y)
    if metric.components is not None:
        scores = [_each_seed(metric.components, y, predictions) for predictions in versions]
        return _spread_of_rows(_contrast(scores), _Scale.of(*scores), span, rarest)
    tables = [_each_seed(metric.statistics, y, predictions) for predictions in versions]
    means = [metric.from_means(table.mean(axis=1)) for table in tables]
    resampled = _resampled(metric, tables, replicates, random_state)
    rows = float(_contrast(resampled).var(ddof=1)) if len(y) > 1 else np.inf
    return _spread(_contrast(means), rows, len(y), _Scale.of(*means).largest, _unseen(rarest, span or 0.0))


def _spread(seed_means: Floats, rows_variance: float, n_rows: int, largest: float, unseen: float) -> _Spread:
    """Add the variance over rows to that over seeds; ``unseen`` is half the interval where neither varies."""
    mean, n_seeds = float(seed_means.mean()), len(seed_means)
    if n_rows < 2 or n_seeds < 2 or not np.isfinite(rows_variance):
        return _Spread(mean, np.inf, 0.0, np.inf, np.inf)
    seeds_variance = float(seed_means.var(ddof=1)) / n_seeds
    se = float(np.sqrt(rows_variance + seeds_variance))
    if se <= _ROUNDING * largest:
        return _Spread(mean, 0.0, float(min(n_rows, n_seeds) - 1), unseen, unseen)
    df = (rows_variance + seeds_variance) ** 2 / (rows_variance**2 / (n_rows - 1) + seeds_variance**2 / (n_seeds - 1))
    t = float(stdtrit(df, (1 + LEVEL) / 2))
    return _Spread(mean, se, df, t * se, (t + float(stdtrit(df, POWER))) * se)


def _unseen(n_rows: int, span: float) -> float:
    """Bound what rows unlike all of these could change; without any idea of a row's worth there is no bound."""
    return (1 - (1 - LEVEL) ** (1 / n_rows)) * span if span > 0 else np.inf


def _estimate(spread: _Spread) -> Estimate:
    """Write a spread as one version's estimate."""
    return Estimate(spread.mean, spread.mean - spread.half, spread.mean + spread.half, spread.se, spread.df)


def _change(spread: _Spread, greater_is_better: bool) -> Change:
    """Write a spread as a change with its verdict."""
    low, high = spread.mean - spread.half, spread.mean + spread.half
    better, worse = (low > 0, high < 0) if greater_is_better else (high < 0, low > 0)
    verdict: Verdict = "gain" if better else "loss" if worse else "cannot tell"
    return Change(spread.mean, low, high, spread.se, spread.df, spread.detectable, verdict)


def _contrast(versions: list[Floats]) -> Floats:
    """Return the only version's values, or the second's minus the first's."""
    return versions[1] - versions[0] if len(versions) == 2 else versions[0]


def _each_seed(function: RowFunction, y: Labels, predictions: Floats) -> Floats:
    """Apply a function of rows to the predictions of each seed."""
    return np.stack([function(y, of_seed) for of_seed in predictions])


def _resampled(metric: Metric, tables: list[Floats], replicates: int, random_state: int) -> list[Floats]:
    """Score resamples of the rows, the same for all versions: per version (replicates,), averaged over seeds.

    A resample matters only through how often each row is in it, and rows whose statistics agree under all seeds and
    versions are interchangeable: counts are drawn for each distinct row at once.
    """
    n_rows = tables[0].shape[1]
    flat = np.concatenate([table.transpose(1, 0, 2).reshape(n_rows, -1) for table in tables], axis=1)
    as_bytes = np.ascontiguousarray(flat).view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
    _, first, frequency = np.unique(as_bytes, return_index=True, return_counts=True)
    random = np.random.default_rng(random_state)
    shape = (len(tables), *tables[0].shape[::2])
    scores = []
    for start in range(0, replicates, step := max(1, _CELLS // len(first))):
        counts = random.multinomial(n_rows, frequency / n_rows, size=min(step, replicates - start))
        means = (counts @ flat[first] / n_rows).reshape(-1, *shape)
        scores.append(metric.from_means(means).mean(axis=2))
    return list(np.concatenate(scores).T)


def _checked(scores: npt.ArrayLike, name: str) -> Floats:
    """Return scores as a float array of seeds and rows, refusing what is none."""
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must have the shape (n_seeds, n_rows), with one of each at least, not {array.shape}")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        seed, row = bad[0]
        raise ValueError(f"{name} holds {len(bad)} scores that are not finite, the first at seed {seed}, row {row}")
    return array


def _require_defined(metric: Metric, y: Labels, predictions: Floats) -> None:
    """Refuse labels without such a score, and predictions that are no numbers."""
    dimensions = 3 if metric.task == "classification" else 2
    if predictions.ndim != dimensions or predictions.shape[1] != len(y) or len(predictions) == 0:
        raise ValueError(f"predictions of shape {predictions.shape} do not fit {len(y)} labels under some seeds")
    reason = metric.why_undefined(y, predictions.shape[-1])
    if reason:
        raise ValueError(f"{metric.name} is undefined: {reason}")
    bad = int((~np.isfinite(predictions)).sum())
    if bad:
        raise ValueError(f"{bad} predictions are not finite")
