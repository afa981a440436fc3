"""Learning curves: a figure against how much was cleaned or learnt from, and how it is likely to go on.

Two forms are known. ``power law``, a − b·n^(−c), is what accuracy against the number of train rows follows between the
region of few data and the irreducible error (Hestness et al. 2017, Deep Learning Scaling is Predictable, Empirically;
Viering & Loog 2023, The Shape of Learning Curves: a Review, IEEE Transactions on Pattern Analysis and Machine
Intelligence 45, 7799–7819, who find it, with its offset a, among the best in most comparisons). ``saturation``,
a − b·exp(−n/τ), begins at n = 0, as cleaning does, and goes over into a straight line where nothing is seen to level
off yet. Either may fall: b has either sign.

Given c or τ a curve is linear in a and b, so these follow by least squares and the shape from a grid (variable
projection: Golub & Pereyra 1973, SIAM Journal on Numerical Analysis 10, 413–432). How sure it is comes from a
parametric bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, §6.5): figures are drawn again around
the fitted curve from their joint distribution, and a curve is fitted to each draw. Where the figures lie further off
the curve than their noise explains, the noise is enlarged until it does (Birge 1932, The calculation of errors by the
method of least squares, Physical Review 40, 207–227). That covers noise, not that the true curve may go on in another
form: an extrapolation is a guess, the more so the further it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.impact.intervals import LEVEL
from workbench.metrics import Floats

Form = Literal["power law", "saturation"]

LEAST = 3
"""Points that a curve needs: it has as many parameters."""

SHAPES: dict[Form, tuple[float, float]] = {"power law": (0.05, 2.0), "saturation": (0.05, 5.0)}
"""Least and greatest c, and τ as a part of the greatest n: beyond these a curve is a step or a straight line."""

_STEPS = (41, 21, 21)
# Shapes tried in each round, spaced by equal factors: in the last of less than 0.1 %.

_CELLS = 4_000_000
# Figures of tried curves held at a time: 32 MB.


@dataclass(frozen=True)
class Curves:
    """A curve fitted to the figures, and one fitted to each draw of them.

    Attributes
    ----------
    form : {"power law", "saturation"}
        What they are.
    unit : float
        The greatest n of the figures; the shapes refer to n / unit.
    asymptote, size, shape : ndarray of shape (1 + n_draws,)
        a, b and c or τ; the first is the one that was fitted to the figures themselves.
    bounds : tuple of float
        What the figure cannot leave.
    """

    form: Form
    unit: float
    asymptote: Floats
    size: Floats
    shape: Floats
    bounds: tuple[float, float]

    def at(self, n: float) -> Floats:
        """Return each curve's figure at n, within the bounds, shape (1 + n_draws,)."""
        values = self.asymptote - self.size * _basis(self.form, n / self.unit, self.shape)
        return np.asarray(np.clip(values, *self.bounds))

    def gain(self, start: float, end: float | Floats) -> Floats:
        """Return by how much each curve changes from ``start`` to ``end``, which may be one for each curve."""
        if isinstance(end, float | int):
            return self.at(end) - self.at(start)
        values = self.asymptote - self.size * _basis(self.form, end / self.unit, self.shape)
        return np.asarray(np.clip(values, *self.bounds)) - self.at(start)


def fit(
    n: Sequence[float], figures: Floats, draws: Floats, *, form: Form, bounds: tuple[float, float] = (-np.inf, np.inf)
) -> Curves:
    """Fit a curve to figures, and one to each draw of them, each figure counting alike.

    Parameters
    ----------
    n : sequence of float, length n_points
        Where the figures are; above 0 for a power law.
    figures : ndarray of shape (n_points,)
        The figures.
    draws : ndarray of shape (n_draws, n_points)
        The figures as they might have been; see :func:`drawn`.
    form : {"power law", "saturation"}
        What is fitted.
    bounds : tuple of float
        What the figure cannot leave.

    Returns
    -------
    Curves
        The first is fitted to the figures, the others to draws around it.

    Raises
    ------
    ValueError
        Fewer than :data:`LEAST` different n, or n that the form does not know.
    """
    x = np.asarray(n, dtype=np.float64)
    if len(np.unique(x)) < LEAST:
        raise ValueError(f"a curve needs {LEAST} different n, not {len(np.unique(x))}")
    if x.min() < 0 or (form == "power law" and x.min() == 0):
        raise ValueError(f"a {form} does not begin at {x.min():g}")
    unit = float(x.max())
    first, left = _fitted(form, x / unit, figures[None, :])
    on_curve = figures - left[0]
    noise = draws - figures
    again, scattered = _fitted(form, x / unit, on_curve + noise)
    expected, seen = float((scattered**2).sum(axis=1).mean()), float((left**2).sum())
    if seen > expected > 0:
        # What the noise of the figures does not explain is noise as well, of unknown origin; but none that all share.
        shared = noise.mean(axis=1, keepdims=True)
        again, _ = _fitted(form, x / unit, on_curve + shared + (noise - shared) * np.sqrt(seen / expected))
    found = np.concatenate([first, again])
    return Curves(form, unit, found[:, 0], found[:, 1], found[:, 2], bounds)


def _fitted(form: Form, u: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Fit a curve to each row of figures: a, b and shape, (n_rows, 3), and what is left, (n_rows, n_points)."""
    step = max(1, _CELLS // (max(_STEPS) * len(u)))
    parts = [_fitted_at_once(form, u, y[start : start + step]) for start in range(0, len(y), step)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _fitted_at_once(form: Form, u: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Do so for as many rows as memory may hold the tried curves of."""
    low, high = SHAPES[form]
    shape = np.full((len(y), 1), np.sqrt(low * high))
    width = np.log(high / low) / 2
    for steps in _STEPS:
        # Each round looks closer at where the one before was best.
        tried = np.clip(shape * np.exp(np.linspace(-width, width, steps)), low, high)
        basis, means = _basis(form, u, tried[:, :, None]), y.mean(axis=1, keepdims=True)
        centred = basis - basis.mean(axis=2, keepdims=True)
        spread = np.maximum((centred**2).sum(axis=2), np.finfo(float).tiny)
        slopes = np.einsum("rk,rsk->rs", y - means, centred) / spread
        # The squares that are explained: least squares are left where these are most.
        best = (slopes**2 * spread).argmax(axis=1)[:, None]
        shape, width = np.take_along_axis(tried, best, 1), 2 * width / (steps - 1)
    slope = np.take_along_axis(slopes, best, 1)
    chosen = np.take_along_axis(basis, best[:, :, None], 1)[:, 0]
    asymptote = means - slope * chosen.mean(axis=1, keepdims=True)
    return np.hstack([asymptote, -slope, shape]), y - asymptote - slope * chosen


def drawn(
    scores: Sequence[Floats], *, once: bool = False, count: int = 2000, random_state: int = 0
) -> tuple[Floats, Floats]:
    """Return the figures of several models on the same rows, and draws of what they might have been.

    The joint form of the interval of :mod:`workbench.impact.intervals`: with x_i the vector of the models' scores at
    row i, averaged over seeds, and M_s that of their means at seed s, the figures have the covariance cov(x) / n +
    cov(M) / S. What is hard for all models alike cancels in each difference, as it does in a comparison of two. The
    rows' part is drawn from a normal distribution, that of the S seeds from a t distribution with S - 1 degrees of
    freedom.

    Parameters
    ----------
    scores : sequence of ndarrays of shape (n_seeds, n_rows)
        Of each model, on the same rows and with the same seeds.
    once : bool
        Whether the noise of single cells, which is in both parts, is taken from the second:
        :class:`workbench.impact.sources.Sources`.

    Returns
    -------
    figures : ndarray of shape (n_models,)
        Means over rows and seeds.
    draws : ndarray of shape (count, n_models)
        They vary not at all where there is but one seed or row.
    """
    stacked = np.stack(scores)
    n_models, n_seeds, n_rows = stacked.shape
    figures = stacked.mean(axis=(1, 2))
    random = np.random.default_rng(random_state)
    draws = np.tile(figures, (count, 1))
    if n_seeds < 2 or n_rows < 2:
        return figures, draws
    of_rows = np.atleast_2d(np.cov(stacked.mean(axis=1))) / n_rows
    draws = draws + random.standard_normal((count, n_models)) @ _root(of_rows)
    apart = stacked.mean(axis=2) - figures[:, None]
    of_seeds = apart @ apart.T / (n_seeds - 1)
    if once:
        of_cells = (stacked - stacked.mean(axis=1, keepdims=True) - apart[:, :, None]).reshape(n_models, -1)
        of_seeds = of_seeds - of_cells @ of_cells.T / ((n_seeds - 1) * (n_rows - 1) * n_rows)
    normal = random.standard_normal((count, n_models)) @ _root(of_seeds / n_seeds)
    return figures, draws + normal * np.sqrt((n_seeds - 1) / random.chisquare(n_seeds - 1, size=(count, 1)))


def likely(values: Floats, *, level: float = LEVEL) -> tuple[float, float, float]:
    """Return the first value and the interval that holds the rest in so many of the cases: its percentiles.

    Parameters
    ----------
    values : ndarray of shape (1 + n_draws,)
        What was found, then what each draw comes to.
    """
    low, high = np.quantile(values[1:], [(1 - level) / 2, (1 + level) / 2])
    return float(values[0]), float(min(low, values[0])), float(max(high, values[0]))


def _basis(form: Form, u: float | Floats, shape: float | Floats) -> Floats:
    """Return what b is multiplied by."""
    return np.asarray(np.power(u, -np.asarray(shape)) if form == "power law" else np.exp(-np.asarray(u) / shape))


def _root(covariance: Floats) -> Floats:
    """Return a matrix R with R.T @ R equal to a covariance, which may be singular: equal models vary as one."""
    values, vectors = np.linalg.eigh(covariance)
    root: npt.NDArray[np.float64] = np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T
    return root
