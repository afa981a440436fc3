"""What was done to the train rows so far, and how much of it a decision comes to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.findings import Filter, count
from workbench.findings.status import EFFECTIVE
from workbench.lake import Lake, Version, view_of
from workbench.metrics import Floats

LAST = 200
"""Decisions that the share confirmed is taken from: the last, since what is most doubtful is looked at first."""

CONFIRMING = ("fix", "exclude")


@dataclass(frozen=True)
class Effort:
    """What reviewers did.

    Attributes
    ----------
    corrected : dict
        Version → train rows that its draft corrected; of answers to findings where there are any, else of all.
    by_findings : bool
        Whether only answers to findings count.
    confirmed, answered : int
        Of so many last decisions about train rows, so many were a fix or an exclusion.
    open : int
        Open findings about train rows.
    """

    corrected: dict[int, int]
    by_findings: bool
    confirmed: int
    answered: int
    open: int

    def shares(self, count: int, *, random_state: int = 1) -> Floats:
        """Return the share of decisions that come to a correction, then draws of it, shape (1 + count,).

        Without decisions it is 1 for certain. Draws are from the posterior of Jeffreys' prior (Brown, Cai & DasGupta
        2001, Interval estimation for a binomial proportion, Statistical Science 16, 101–133).
        """
        if not self.answered:
            return np.ones(1 + count)
        random = np.random.default_rng(random_state)
        draws = random.beta(self.confirmed + 0.5, self.answered - self.confirmed + 0.5, size=count)
        return np.concatenate([[self.confirmed / self.answered], draws])


def effort(lake: Lake, version: Version) -> Effort:
    """Count what was done up to a version."""
    apart = f"SELECT _rid FROM {view_of(lake, version).rows} WHERE _lane <> 0"
    rows = lake.read(
        "SELECT v.version, count(DISTINCT c.rid), count(DISTINCT c.rid) FILTER (c.finding <> '') "
        "FROM lake.workbench.corrections c "
        "JOIN lake.workbench.versions v ON v.draft = c.draft AND v.dataset = c.dataset "
        f"WHERE c.dataset = ? AND NOT c.undone AND v.version <= ? AND c.rid NOT IN ({apart}) "
        "GROUP BY v.version",
        [version.dataset, version.version],
    )
    by_findings = any(row[2] for row in rows)
    answers = lake.read(
        f"WITH {EFFECTIVE} SELECT e.decision FROM effective e "
        "JOIN lake.workbench.findings f ON f.finding = e.finding AND f.dataset = e.dataset WHERE f.lane = 0 "
        f"QUALIFY row_number() OVER (PARTITION BY e.finding ORDER BY e.moment DESC) = 1 "
        f"ORDER BY e.moment DESC, e.finding LIMIT {LAST}".replace("$1", "?"),
        [version.dataset] * EFFECTIVE.count("$1"),
    )
    return Effort(
        corrected={row[0]: row[2] if by_findings else row[1] for row in rows},
        by_findings=by_findings,
        confirmed=sum(row[0] in CONFIRMING for row in answers),
        answered=len(answers),
        open=count(lake, version.dataset, Filter(lane="train")),
    )
