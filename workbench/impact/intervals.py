"""The interval of a score and of its change, from scores per seed and test row.

A figure comes from S seeds and n test rows, and other seeds or other rows would have given another one: both count.
With x_i the seed-averaged score of row i and M_s the mean of seed s,

    SE² = var(x) / n + var(M) / S,    interval = mean ± t · SE,

t having the degrees of freedom of Satterthwaite's approximation from (n - 1, S - 1). For two versions x_i and M_s are
differences on the same rows, so that what makes a row hard for both cancels. The noise of single cells (s, i) is in
both terms; for scores that have bounds it is taken off once (:mod:`workbench.impact.sources`). For a log loss, where
few rows may carry most of it, that was measured to call too many neutral edits a gain or a loss
(``benchmarks/README.md``), and it stays.

Sources: Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks, MLSys 3 (all sources of
variation, seeds among them, belong into a comparison); Searle, Casella & McCulloch 1992, Variance Components, ch. 4
(two crossed factors); Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1, 386–411 (the same mean with
C counted twice, which covers more than is claimed); Satterthwaite 1946, An approximate distribution of estimates of
variance components, Biometrics Bulletin 2, 110–114.

Where nothing varies (SE = 0) the formula would claim perfect knowledge. Instead, zero exceptions among n rows leave up
to 1 - 0.05^(1/n), about 3/n, of all rows unlike these (Hanley & Lippman-Hand 1983, If nothing goes wrong, is everything
all right?, JAMA 249, 1743–1745): half the interval is that share of the most by which two rows' scores can differ. With
one row or one seed the spread is unknown, and the interval has no ends.

Where each seed learns from a bootstrap sample of the train rows, the seeds' term is var(M) · (1 + 1/S): see
:mod:`workbench.impact.sources`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.impact.records import LEVEL as LEVEL
from workbench.impact.records import NO_CHANGE, Change, Estimate, Verdict
from workbench.impact.sources import Sources
from workbench.metrics import Floats

_ROUNDING = 1e-12
# Spread below this part of the scores themselves is float arithmetic, not spread.


def interval(scores: npt.ArrayLike, *, span: float | None = None, resampled: bool = False) -> Estimate:
    """Estimate a mean over rows, as accuracy is, from one version's row scores.

    Parameters
    ----------
    scores : array-like of shape (n_seeds, n_rows)
        Score of each test row under each seed.
    span : float, optional
        The most by which two rows' scores can differ (1 for accuracy), used where nothing varies; default: they have no
        bounds, and the most that was seen is used. With bounds the noise of single cells counts once.
    resampled : bool
        Whether each seed learnt from a bootstrap sample of the train rows.

    Raises
    ------
    ValueError
        No rows or seeds, not two dimensions, or scores that are not finite.
    """
    x = _checked(scores, "scores")
    once = span is not None
    return spread_of_rows([x], span=span, rarest=x.shape[1], resampled=resampled, once=once).as_estimate()


def paired(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    greater_is_better: bool = True,
    identical: bool = False,
    span: float | None = None,
    level: float = LEVEL,
    resampled: bool = False,
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
        scores alone are no reason for that verdict: they read ``cannot tell``.
    span, resampled
        As in :func:`interval`.
    level : float
        Of the interval, and so of the verdict and the detectable change; above 95 % where many are looked at.

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
    found = spread_of_rows(
        [before, after], span=span, rarest=before.shape[1], level=level, resampled=resampled, once=span is not None
    )
    return found.as_change(greater_is_better)


@dataclass(frozen=True)
class Spread:
    """A mean and how sure it is, before it is one version's estimate or a change.

    Attributes
    ----------
    mean, se, df : float
        As in :class:`Estimate`.
    below, above : float
        How far the interval reaches below and above the mean.
    detectable, level, sources
        As in :class:`Change`.
    noise_floor : float
        As in :class:`Estimate`.
    """

    mean: float
    se: float
    df: float
    below: float
    above: float
    detectable: float
    level: float
    sources: Sources | None = None
    noise_floor: float = np.inf

    def as_estimate(self) -> Estimate:
        """Write the spread of one version's scores."""
        return Estimate(self.mean, self.mean - self.below, self.mean + self.above, self.se, self.df, self.noise_floor)

    def as_change(self, greater_is_better: bool) -> Change:
        """Write the spread of a difference, with its verdict."""
        low, high = self.mean - self.below, self.mean + self.above
        better, worse = (low > 0, high < 0) if greater_is_better else (high < 0, low > 0)
        verdict: Verdict = "gain" if better else "loss" if worse else "cannot tell"
        return Change(self.mean, low, high, self.se, self.df, self.detectable, verdict, self.level, self.sources)


def spread_of_rows(
    versions: list[Floats],
    *,
    span: float | None,
    rarest: int,
    level: float = LEVEL,
    resampled: bool = False,
    once: bool = False,
) -> Spread:
    """Apply the formula to one version's row scores, or to the second's minus the first's.

    Parameters
    ----------
    versions : list of one or two ndarrays of shape (n_seeds, n_rows)
        Values per row whose mean is the score.
    span : float or None
        As in :func:`interval`.
    rarest : int
        The rows to count with where nothing varies: all, or those of the rarest class.
    level : float
        Of the interval.
    resampled : bool
        As in :func:`interval`.
    once : bool
        See :class:`workbench.impact.sources.Sources`.
    """
    x, n_rows = contrast(versions), versions[0].shape[1]
    seen = max(float(part.max()) for part in versions) - min(float(part.min()) for part in versions)
    return spread(
        x.mean(axis=1),
        rows_variance=float(x.mean(axis=0).var(ddof=1)) / n_rows if n_rows > 1 else np.inf,
        n_rows=n_rows,
        largest=max(float(np.abs(part).max()) for part in versions),
        unseen=unseen(rarest, seen if span is None else span, level=level),
        level=level,
        resampled=resampled,
        per_cell=_residual(x),
        once=once,
    )


def _residual(x: Floats) -> float:
    """Residual mean square of a table of seeds and rows: what neither its rows nor its seeds explain; 0 where none is.

    Searle, Casella & McCulloch 1992, Variance Components, ch. 4: the two-way crossed classification with one
    observation per cell.
    """
    n_seeds, n_rows = x.shape
    if n_seeds < 2 or n_rows < 2:
        return 0.0
    total = float(x.var())
    explained = float(x.mean(axis=0).var()) + float(x.mean(axis=1).var())
    residual: float = n_seeds * n_rows * (total - explained) / ((n_seeds - 1) * (n_rows - 1))
    return max(0.0, residual)


def spread(
    seed_means: Floats,
    *,
    rows_variance: float,
    n_rows: int,
    largest: float,
    unseen: float,
    level: float = LEVEL,
    resampled: bool = False,
    per_cell: float = 0.0,
    once: bool = False,
) -> Spread:
    """Add the variance over rows to that over seeds.

    Parameters
    ----------
    seed_means : ndarray of shape (n_seeds,)
        The figure under each seed.
    rows_variance : float
        Variance of the seed-averaged figure over samples of rows; not finite where it is unknown.
    n_rows : int
        Rows behind it.
    largest : float
        Size of the scores, against which rounding is told from spread.
    unseen : float
        Half the interval where nothing varies: see :func:`unseen`.
    level : float
        Of the interval.
    resampled : bool
        As in :func:`interval`.
    per_cell, once
        See :class:`workbench.impact.sources.Sources`; 0 where it is not known.
    """
    mean, n_seeds = float(seed_means.mean()), len(seed_means)
    if n_rows < 2 or n_seeds < 2 or not np.isfinite(rows_variance):
        return Spread(mean, np.inf, 0.0, np.inf, np.inf, np.inf, level)
    by_seed = float(seed_means.var(ddof=1))
    sources = Sources.measured(
        per_row=rows_variance * n_rows, rows=n_rows, by_seed=by_seed, seeds=n_seeds, resampled=resampled,
        per_cell=per_cell, once=once,
    )  # fmt: skip
    floor = sources.noise_floor if by_seed**0.5 > _ROUNDING * largest else 0.0
    # Where each seed has train rows of its own there is no same data.
    floor = np.inf if resampled else floor
    if sources.se <= _ROUNDING * largest:
        return Spread(mean, 0.0, float(min(n_rows, n_seeds) - 1), unseen, unseen, unseen, level, None, floor)
    half, detectable = sources.half(level), sources.detectable(level)
    return Spread(mean, sources.se, sources.df, half, half, detectable, level, sources, floor)


def unseen(n_rows: int, span: float, *, level: float = LEVEL) -> float:
    """Bound what rows unlike all ``n_rows`` seen could change, each worth ``span`` at most; none known, no bound."""
    return (1 - (1 - level) ** (1 / n_rows)) * span if span > 0 else np.inf


def together(many: int, *, level: float = LEVEL) -> float:
    """Return the level that each of many intervals needs if they are to hold together at ``level``.

    Bonferroni's inequality: Dunn 1961, Multiple comparisons among means, Journal of the American Statistical
    Association 56, 52–64.
    """
    return 1 - (1 - level) / max(1, many)


def contrast(versions: list[Floats]) -> Floats:
    """Return the only version's values, or the second's minus the first's."""
    return versions[1] - versions[0] if len(versions) == 2 else versions[0]


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
