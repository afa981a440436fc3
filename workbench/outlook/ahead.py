"""From a series of figures to what more effort is likely to bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.impact import paired
from workbench.impact.curves import LEAST, Curves, fit, likely
from workbench.metrics import Floats, Metric
from workbench.outlook.records import Buys, Choice, Forecast, Method, Worth

STEPS = 40
"""Places at which a curve is drawn."""

BEYOND = 0.25
"""Part of what was seen that a curve is drawn beyond it, at least."""


@dataclass(frozen=True)
class Ahead:
    """What more corrections are likely to bring.

    Attributes
    ----------
    n : tuple of int
        Train rows corrected at each figure.
    every : ndarray of shape (1 + n_draws, n_points)
        The figures, then draws of them.
    shares : ndarray of shape (1 + n_draws,)
        The share of decisions that come to a correction, then draws of it.
    curves : Curves or None
        The fitted curve; None where there are too few figures.
    """

    n: tuple[int, ...]
    every: Floats
    shares: Floats
    curves: Curves | None

    @classmethod
    def of(cls, n: Sequence[int], figures: Floats, draws: Floats, shares: Floats, metric: Metric) -> Ahead:
        """Fit a curve where there are figures enough."""
        enough = len(set(n)) >= LEAST
        curves = fit(n, figures, draws, form="saturation", bounds=metric.bounds) if enough else None
        return cls(tuple(n), np.concatenate([figures[None, :], draws]), shares, curves)

    @property
    def method(self) -> Method:
        """How a forecast comes about."""
        return "curve" if self.curves is not None else "average" if len(set(self.n)) > 1 else "none"

    def gains(self, decisions: int) -> Floats | None:
        """Return what decisions change, then draws of it; None where there is nothing to go by."""
        more = self.shares * decisions
        if self.curves is not None:
            return self.curves.gain(self.n[-1], self.n[-1] + more)
        if self.method == "none":
            return None
        return np.asarray((self.every[:, -1] - self.every[:, 0]) / (self.n[-1] - self.n[0]) * more)

    def forecast(self, effort: str, decisions: int) -> Forecast | None:
        """Say what decisions are likely to change."""
        gains = self.gains(decisions)
        return (
            None if gains is None else Forecast(effort, self.n[-1] + float(self.shares[0]) * decisions, *likely(gains))
        )

    def band(self, decisions: int) -> tuple[tuple[float, float, float, float], ...]:
        """Lay out the curve from the first figure to some decisions beyond the last; empty without one."""
        if self.curves is None:
            return ()
        end = self.n[-1] + max(float(self.shares[0]) * decisions, BEYOND * (self.n[-1] - self.n[0]))
        return band_of(self.curves, np.linspace(self.n[0], end, STEPS))


def band_of(curves: Curves, places: Floats) -> tuple[tuple[float, float, float, float], ...]:
    """Lay out a curve as place, middle and the ends of its band."""
    return tuple((float(n), *likely(curves.at(float(n)))) for n in places)


def detectable_of(scores: Sequence[Floats], metric: Metric) -> float | None:
    """Return the smallest change that the test rows show, as between the last two models that differ."""
    for before, after in zip(scores[-2::-1], scores[:0:-1], strict=True):
        if not np.array_equal(before, after):
            found = paired(before, after, greater_is_better=metric.greater_is_better, span=metric.span).detectable
            return found if np.isfinite(found) else None
    return None


def hindsight(
    n: Sequence[int], figures: Floats, draws: Floats, scores: Sequence[Floats], metric: Metric
) -> tuple[Forecast, Forecast] | None:
    """Say what the figures before the last foretold for it, and what it brought; None where they are too few.

    The best test of a forecast there is: it may have been wrong about the form of the curve.
    """
    if len(set(n[:-1])) < LEAST or n[-1] == n[-2]:
        return None
    curves = fit(n[:-1], figures[:-1], draws[:, :-1], form="saturation", bounds=metric.bounds)
    found = paired(scores[-2], scores[-1], greater_is_better=metric.greater_is_better, span=metric.span)
    effort = f"the last {n[-1] - n[-2]:,} corrections"
    foretold = likely(curves.gain(n[-2], float(n[-1])))
    return Forecast(effort, n[-1], *foretold), Forecast(effort, n[-1], found.change, found.low, found.high)


def worth_of(forecast: Forecast | None, detectable: float | None, metric: Metric) -> Worth:
    """Say whether to go on: not where what is likely to come would not show."""
    if forecast is None:
        return "unknown"
    gain, low = _better(forecast, metric)
    if detectable is not None and gain < detectable:
        return "below the noise"
    return "worth going on" if low > 0 and detectable is not None else "cannot tell"


def _better(forecast: Forecast, metric: Metric) -> tuple[float, float]:
    """Return the gain, up being better, and the low end of its interval."""
    if metric.greater_is_better:
        return forecast.change, forecast.low
    return -forecast.change, -forecast.high


def choice_of(cleaner: Floats | None, more: Floats | None, metric: Metric) -> Choice:
    """Set what decisions change against what rows change, draw by draw: both rest on the same test rows."""
    if cleaner is None or more is None:
        return Choice("unknown", None, None, None)
    change, low, high = likely(cleaner - more)
    above, below = (low > 0, high < 0) if metric.greater_is_better else (high < 0, low > 0)
    verdict: Buys = "cleaner data" if above else "more data" if below else "cannot tell apart"
    return Choice(verdict, change, low, high)
