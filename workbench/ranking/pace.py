"""How long a decision takes, by check: what is to be gained is set in order per minute of review.

The time of an answer is what passed since the same person's answer before. Answers to many findings at once are one
decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.lake import Lake

QUICKEST, PAUSE = 0.3, 120.0
"""Seconds between two answers that count: less is a program's, more a pause."""

PRIOR = 10.0
"""Answers that a check is taken to have had as quickly as all on average."""

_GAPS = """WITH answers AS (
        SELECT d.author, d.created_at, min(f.check_code) AS check_code FROM lake.workbench.decisions d
        JOIN lake.workbench.findings f ON f.finding = d.finding AND f.dataset = d.dataset
        WHERE d.dataset = ? GROUP BY d.author, d.created_at
    ), gaps AS (
        SELECT check_code, epoch(created_at) - epoch(lag(created_at) OVER (PARTITION BY author ORDER BY created_at))
        AS seconds FROM answers
    )
    SELECT check_code, count(*), sum(seconds) FROM gaps WHERE seconds BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True)
class Pace:
    """How long decisions took.

    Attributes
    ----------
    seconds : mapping
        Check → seconds a decision, towards the mean of all where there were few.
    mean : float
        Of all decisions that count; 0 where there are none.
    """

    seconds: Mapping[str, float]
    mean: float = 0.0

    def of(self, check: str) -> float:
        """Say how long a check's decisions take, relative to the mean: 1 where nothing is known."""
        return self.seconds.get(check, self.mean) / self.mean if self.mean else 1.0

    def told(self) -> str:
        """Say it for people; nothing where there are not two checks to compare."""
        if len(self.seconds) < 2:
            return ""
        slow = sorted(self.seconds, key=lambda check: (-self.seconds[check], check))
        first, last = slow[0], slow[-1]
        return (
            f" Gains count per minute of review: a decision on {last} takes {self.seconds[last]:.0f} s, "
            f"one on {first} {self.seconds[first]:.0f} s."
        )


def pace(lake: Lake, dataset: str) -> Pace:
    """Measure how long the decisions of a dataset took, whoever made them."""
    found = lake.read(_GAPS, [dataset, QUICKEST, PAUSE])
    count = sum(number for _, number, _ in found)
    if not count:
        return Pace({})
    mean = sum(seconds for *_, seconds in found) / count
    return Pace({check: (PRIOR * mean + seconds) / (PRIOR + number) for check, number, seconds in found}, mean)
