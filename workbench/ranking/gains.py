"""What looking at a row is expected to bring, and how far such predictions came true.

The gain of a finding is the probability that a reviewer confirms it times what the fix would gain, in balanced accuracy
on the validation rows by a nearest-neighbour classifier. The fixed model is another classifier, so such sums are held
against what the fixed model gains on the validation rows, and scaled by it: over the rows whose suggested labels were
tried, and over those that were reviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from workbench.ranking.choosing import Share
from workbench.ranking.signals import Floats, Signals


@dataclass(frozen=True)
class Round:
    """What was predicted of a round of decisions, and what came of it.

    Attributes
    ----------
    decisions : int
        Findings answered since the scoring before.
    predicted : float
        Sum of their expected gains as they were before the round, unscaled, in balanced accuracy.
    told : float
        The same as people were told it: scaled by what had come true until then.
    realised : float or None
        Balanced accuracy of the fixed model on the validation rows after it minus before it, under today's validation
        labels; None where it was not measured.
    error : float or None
        Standard error of that over validation rows.
    """

    decisions: int
    predicted: float
    told: float
    realised: float | None
    error: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of what was realised, over validation rows."""
        if self.realised is None or self.error is None:
            return None
        return self.realised - 1.96 * self.error, self.realised + 1.96 * self.error

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return asdict(self)


def expected_gains(signals: Signals, confirmed: Floats) -> Floats | None:
    """Return what looking at each row is expected to bring, unscaled; None without validation rows.

    Parameters
    ----------
    confirmed : ndarray of shape (n_rows,)
        Probability that a reviewer confirms it. One who keeps what would do harm brings nothing, so a fix that would
        lower the figure counts 0.
    """
    if signals.fix is None:
        return None
    gains: Floats = confirmed * np.maximum(signals.fix, 0.0)
    return gains


def scale_of(rounds: Sequence[Round], shares: Sequence[Share] = ()) -> float:
    """Say by what factor predictions come true: 1 before anything is known, never below 0.

    The posterior mean of the slope of realised on predicted gain through 0, under a normal prior with mean 1 and
    standard deviation 1, each round and each signal's trial with its standard error (Bayesian linear regression).
    """
    seen = [(each.predicted, each.realised, each.error) for each in rounds]
    seen += [(each.promised or 0.0, each.gain, each.error) for each in shares]
    known = [(predicted, gain, error) for predicted, gain, error in seen if gain is not None and error]
    above = 1 + sum(predicted * gain / error**2 for predicted, gain, error in known)
    below = 1 + sum((predicted / error) ** 2 for predicted, _, error in known)
    return max(0.0, above / below)


def probability(doubt: Floats, asked: Floats, confirmed: Floats) -> Floats:
    """Calibrate doubt by the answers so far: Platt's sigmoid on its log odds, with a prior that leaves it as it is.

    Intercept and slope are the posterior mode under normal priors with means 0 and 1 and variances 4 and ¼ (Platt
    1999, "Probabilistic outputs for support vector machines"), found by Newton's method.

    Parameters
    ----------
    doubt : ndarray of shape (n_rows,)
        Probability that the label is wrong, by the models alone.
    asked, confirmed : ndarray of shape (n_answers,)
        Doubt of the rows that were answered when they were, and 1 where it was confirmed, else 0.

    Returns
    -------
    ndarray of shape (n_rows,)
        Probability that a reviewer confirms.
    """
    x = np.column_stack([np.ones(len(asked)), _log_odds(asked)])
    mean, precision = np.array([0.0, 1.0]), np.diag([0.25, 4.0])
    found = mean.copy()
    for _ in range(25):
        expected = _logistic(x @ found)
        slope = x.T @ (confirmed - expected) - precision @ (found - mean)
        bend = (x * (expected * (1 - expected))[:, None]).T @ x + precision
        step = np.linalg.solve(bend, slope)
        # A step is at most as long as the prior is wide, or else Newton's method may run away from far off.
        found = found + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-9:
            break
    return _logistic(np.column_stack([np.ones(len(doubt)), _log_odds(doubt)]) @ found)


def _log_odds(probabilities: Floats) -> Floats:
    """Log odds, finite."""
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds


def _logistic(odds: Floats) -> Floats:
    """The way back."""
    shares: Floats = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return shares
