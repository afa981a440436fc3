"""What was estimated: one version's score, or a change between two, with what would settle it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from workbench.impact.sources import UNKNOWN, Needed, Sources, needed

Verdict = Literal["gain", "loss", "cannot tell", "no change"]

LEVEL = 0.95
"""Of the intervals: a verdict claims a difference that is not there in at most the rest of cases."""


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
        Standard error; 0 where nothing varied, infinite for one row or one seed.
    df : float
        Degrees of freedom of ``se``.
    noise_floor : float
        What the mean would move by if only the seeds changed: :attr:`workbench.impact.sources.Sources.noise_floor`;
        infinite for one seed.
    """

    mean: float
    low: float
    high: float
    se: float
    df: float
    noise_floor: float = math.inf


@dataclass(frozen=True)
class Change:
    """Version B's score minus version A's.

    Attributes
    ----------
    change : float
        In the metric's own unit and direction: a log loss that falls has a negative change, and is a gain.
    low, high : float
        Ends of the interval of the change, at ``level``.
    se : float
        Standard error of the change; 0 where nothing varied, infinite for one row or one seed.
    df : float
        Degrees of freedom of ``se``.
    detectable : float
        The smallest change, of either sign, that these rows and seeds would show in 80 % of cases.
    verdict : str
        ``gain``, ``loss``, ``cannot tell``, or ``no change`` for identical model inputs.
    level : float
        Of the interval.
    sources : Sources or None
        Of its variance; None where nothing varied, or nothing is known of it.
    """

    change: float
    low: float
    high: float
    se: float
    df: float
    detectable: float
    verdict: Verdict
    level: float = LEVEL
    sources: Sources | None = None

    @property
    def needed(self) -> Needed:
        """What would settle a change of this size, where the verdict is ``cannot tell``; else nothing."""
        if self.verdict != "cannot tell" or self.sources is None:
            return UNKNOWN
        return needed(self.sources, self.change, level=self.level)


NO_CHANGE = Change(0.0, 0.0, 0.0, 0.0, math.inf, 0.0, "no change")
"""Two versions with identical model inputs: nothing is estimated."""
