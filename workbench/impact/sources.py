"""Where the variance of a figure comes from, and what would make it smaller: more test rows, more seeds.

With V the variance of a row's seed-averaged score and W that of the figures of single seeds, n test rows and S seeds,

    SE² = V / n + W / S.

Both terms hold the noise of single cells of the table of seeds and rows, C / (n · S), C being its residual mean square
(Searle, Casella & McCulloch 1992, Variance Components, ch. 4: two crossed factors), so the sum is on the safe side
(Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1, 386–411). For scores of rows that have bounds, as
the 0 and 1 of accuracy, it counts once:

    SE² = V / n + W / S - C / (n · S),

and no less than either term. Where every fit learns from another bootstrap sample of the train rows W / S becomes
W · (1 + 1 / S): W is then what the figure varies by from one set of train rows to another, and the one set at hand is
one draw of them, however many samples of it are fitted (Efron 1979, Bootstrap methods, Annals of Statistics 7, 1–26;
Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks, MLSys 3). The degrees of freedom of t
are Satterthwaite's (1946, Biometrics Bulletin 2, 110–114) from the two terms that are added.

The smallest change that would be found with 80 % power is (t₀.₉₇₅ + t₀.₈₀) · SE. What becomes of it with more test
rows depends on how much of W is C / n, which more rows average out, and how much is B, what seeds do to all rows alike:
W = B + C / n. Set equal to a change, it gives

    n' = (V + C / S) / ((change / (t₀.₉₇₅ + t₀.₈₀))² - B / S)        (V alone where C counts once):

the sample size of a comparison (Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, ch. 2) with the
part of the noise that no test row takes away taken off first. Since t itself depends on n', the least n' is searched
for. For metrics that are no mean over rows C is not known and taken to be 0, which asks for too many rows, never for
too few. It is about a change of the size seen, and no second verdict on the one that was: Hoenig & Heisey 2001, The
abuse of power, The American Statistician 55, 19–24.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scipy.special import stdtrit

POWER = 0.80
"""Of the detectable change: a change as large is found with this probability."""

MOST_ROWS, MOST_SEEDS = 1_000_000_000, 1_000
"""Test rows and seeds beyond which a change counts as too small to be settled."""


@dataclass(frozen=True)
class Sources:
    """The two sources of a figure's variance.

    Attributes
    ----------
    per_row : float
        V: variance of a row's seed-averaged score; for metrics that are no mean over rows, n times the variance over
        samples of n rows.
    rows : int
        Test rows.
    per_seed : float
        B: what seeds do to the figure beyond the noise of single cells.
    seeds : int
        Seeds.
    resampled : bool
        Whether each seed is a bootstrap sample of the train rows.
    per_cell : float
        C: variance of the score of one row under one seed around what row and seed do by themselves.
    once : bool
        Whether C counts once.
    """

    per_row: float
    rows: int
    per_seed: float
    seeds: int
    resampled: bool = False
    per_cell: float = 0.0
    once: bool = False

    @classmethod
    def measured(
        cls, *, per_row: float, rows: int, by_seed: float, seeds: int, resampled: bool, per_cell: float, once: bool
    ) -> Sources:
        """Split the variance of the figures of single seeds, W, into B and C / n; B is 0 where C / n is more than W."""
        cells = min(per_cell, by_seed * rows)
        # Of two equal numbers rounding may leave a little less than nothing.
        return cls(per_row, rows, max(0.0, by_seed - cells / rows), seeds, resampled, cells, once)

    @property
    def by_seed(self) -> float:
        """W: variance of the figures of single seeds on so many rows."""
        return self.per_seed + self.per_cell / self.rows

    @property
    def of_rows(self) -> float:
        """V / n: what is uncertain because the test rows are a sample."""
        return self.per_row / self.rows

    @property
    def of_seeds(self) -> float:
        """W / S: what is uncertain because other seeds would do otherwise; W · (1 + 1 / S) for bootstrap samples."""
        return self.by_seed * (1 / self.seeds + self.resampled)

    @property
    def se(self) -> float:
        """Standard error."""
        return math.sqrt(self._variance)

    @property
    def _variance(self) -> float:
        """SE²: estimates may leave the sum below one of its terms, where it cannot be."""
        rows, seeds = self.of_rows, self.of_seeds
        twice = self.per_cell / (self.rows * self.seeds) if self.once else 0.0
        return max(rows, seeds, rows + seeds - twice)

    @property
    def df(self) -> float:
        """Degrees of freedom of the standard error; infinite where nothing varies."""
        squares = self.of_rows**2 / (self.rows - 1) + self.of_seeds**2 / (self.seeds - 1)
        return self._variance**2 / squares if squares else math.inf

    @property
    def widening(self) -> float:
        """Width of the interval of 95 % as a multiple of that from test rows alone; infinite where rows do not vary."""
        rows = math.sqrt(self.of_rows) * float(stdtrit(self.rows - 1, 0.975))
        return self.half(0.95) / rows if rows else math.inf

    def half(self, level: float) -> float:
        """Half the width of the interval at a level."""
        return float(stdtrit(self.df, (1 + level) / 2)) * self.se

    def detectable(self, level: float) -> float:
        """The smallest change, of either sign, that would be found in 80 % of cases."""
        df = self.df
        return (float(stdtrit(df, (1 + level) / 2)) + float(stdtrit(df, POWER))) * self.se

    @property
    def noise_floor(self) -> float:
        """What the figure would move by if only the seeds changed: t₀.₉₇₅ · sqrt(2 · W / S), t from S - 1.

        Two figures of one version from S seeds each, on the same test rows, differ by the noise of both means, of
        variance W / S each; in 95 % of cases by no more than this (Student's interval of a difference of two means;
        seeds as a source of variance: Bouthillier et al. 2021).
        """
        return float(stdtrit(self.seeds - 1, 0.975)) * math.sqrt(2 * self.by_seed / self.seeds)


@dataclass(frozen=True)
class Needed:
    """What would settle a change that cannot be told.

    Attributes
    ----------
    rows : int or None
        Test rows in all; None where no number of them would, or nothing is known.
    seeds : int or None
        Where the seeds alone vary too much for any number of test rows: so many seeds at least. None where test rows
        are enough, and where nobody would fit as many.
    """

    rows: int | None
    seeds: int | None


UNKNOWN = Needed(None, None)
"""Nothing would settle it: no change was seen, one too small, or its noise is unknown."""


def needed(sources: Sources, change: float, *, level: float) -> Needed:
    """Say how many test rows, or else seeds, would let a change of this size be found in 80 % of cases.

    Parameters
    ----------
    sources : Sources
        Of the variance of the change that was seen.
    change : float
        Its size, of either sign; 0 is settled by nothing.
    level : float
        Of the interval.
    """
    size = abs(change)
    if not 0 < size < math.inf:
        return UNKNOWN

    def found(rows: int, seeds: int) -> bool:
        return replace(sources, rows=rows, seeds=seeds).detectable(level) <= size

    rows = _least(lambda number: found(number, sources.seeds), sources.rows, MOST_ROWS)
    if rows is not None:
        return Needed(rows, None)
    return Needed(None, _least(lambda number: found(MOST_ROWS, number), sources.seeds, MOST_SEEDS))


def _least(enough: Callable[[int], bool], here: int, most: int) -> int | None:
    """Search for the least number above ``here`` that is enough, by doubling and then by halves."""
    low, high = here, min(2 * here, most)
    while not enough(high):
        if high == most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
