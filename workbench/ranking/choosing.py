"""Which signal leads the queue: each gets as many of the next rows as it is likely to be the one that pays most.

What pays is a confirmed finding: a label that a reviewer changed, or a row taken out. It counts what its right class
counts where all classes count alike, so that the reward is that of balanced accuracy: a signal that finds many wrong
labels of the frequent class alone helps the model less than its hit rate says. A finding that was kept pays nothing.

How much a confirmed finding of each signal helps the fixed model is seen on the validation rows, where the suggested
labels of each signal's next rows are tried (:mod:`workbench.ranking.trials`). The reward of signal s is m_s (1 + e_s):
m_s by the answers, e_s normal about 0 with standard deviation :data:`TRUST`. A trial with labels that stand for a
reward h_s gains c h_s (1 + e_s) and its noise; c turns reward into balanced accuracy, and is averaged over.

The shares are those of probability matching (Thompson 1933, "On the likelihood that one unknown probability exceeds
another in view of the evidence of two samples", Biometrika 25): each signal's share is the probability, given all
answers so far, that its mean reward is the highest. Mean rewards are taken as normal, and with two signals that
probability is exact, so that nothing is drawn at random. Before any answer the models' own doubt stands for answers,
with the weight of :data:`PRIOR` of them; no signal gets less than :data:`LEAST`, so that a change of fortune is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.ranking.signals import Floats, Places, Signals

if TYPE_CHECKING:
    from workbench.ranking.trials import Trial

PRIOR = 10.0
"""Answers that the models' own doubt weighs as much as: half a round of the Review page."""

LEAST = 0.05
"""Share of the next rows that each signal gets at least: one row of a page's round of 20."""

FIRST = 100
"""Rows that make the beginning of an order: what is predicted of it is said of so many."""

TRUST = 0.5
"""Standard deviation of what a signal's confirmed findings help the model, relative to what they count."""

_SCALES = np.geomspace(0.05, 5.0, 40)
# Balanced accuracy for all rows' worth of reward, each as likely as another before a trial.

_SPREAD = 0.25
# Variance that the prior has per answer, the largest there is for a yes or no.


@dataclass(frozen=True)
class Asked:
    """A row that a reviewer has answered, and the signals that had put it in front.

    Attributes
    ----------
    by : frozenset of str
        Signals among whose first rows it was.
    paid : float
        What its right class counts where it was confirmed, otherwise 0.
    confirmed : bool
        Whether the label was changed or the row taken out.
    """

    by: frozenset[str]
    paid: float
    confirmed: bool


@dataclass(frozen=True)
class Share:
    """How a signal has done, and how much of the next rows it gets.

    Attributes
    ----------
    signal : str
        Its name.
    asked, confirmed : int
        Answers to rows that it had put in front, and how many were confirmed.
    reward : float
        Mean reward expected of its next rows.
    share : float
        Of the next rows.
    tried : int
        Its next rows that got their suggested label in the trial on the validation rows.
    promised, gain, error : float or None
        What a nearest-neighbour classifier would gain by such labels, what the fixed model gained, in balanced
        accuracy, and the standard error of that, means over the scorings so far; None where nothing was tried.
    """

    signal: str
    asked: int
    confirmed: int
    reward: float
    share: float
    tried: int = 0
    promised: float | None = None
    gain: float | None = None
    error: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of what the trial gained, over validation rows and fits."""
        if self.gain is None or self.error is None:
            return None
        return self.gain - 1.96 * self.error, self.gain + 1.96 * self.error

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return asdict(self)


def expected_rewards(signals: Signals, open_rows: Places) -> dict[str, float]:
    """Say what the models' own doubt expects of each signal's first :data:`FIRST` rows, in reward per row.

    Parameters
    ----------
    open_rows : ndarray of int
        Rows that nobody has answered.
    """
    weights = np.array([signals.weight[label] for label in signals.suggested])
    worth = signals.doubt * weights
    return {
        name: float(worth[_among(order, open_rows, len(worth))[:FIRST]].mean()) if len(open_rows) else 0.0
        for name, order in signals.orders.items()
    }


def share_out(past: Iterable[Asked], expected: Mapping[str, float], trial: Trial | None = None) -> tuple[Share, ...]:
    """Share the next rows out among the signals by what has paid so far.

    Parameters
    ----------
    past : iterable of Asked
        All answers.
    expected : mapping
        Signal → reward that is expected of it before any answer; one or two signals.
    trial : Trial, optional
        What came of trying the signals' next rows; without it rewards are taken at their face value.
    """
    answers = list(past)
    means, errors, counts = [], [], []
    for name, prior in expected.items():
        paid = np.array([each.paid for each in answers if name in each.by])
        weight = PRIOR + len(paid)
        mean = (PRIOR * prior + paid.sum()) / weight
        variance = (PRIOR * _SPREAD + ((paid - mean) ** 2).sum()) / weight
        means.append(float(mean))
        errors.append(float(variance / weight))
        counts.append((len(paid), sum(each.confirmed for each in answers if name in each.by)))
    if len(means) == 1:
        return tuple(Share(name, *counts[0], reward=means[0], share=1.0) for name in expected)
    if trial is None:
        ahead = _first_ahead(np.array(means), np.diag(errors))
        seen: list[tuple[Any, ...]] = [()] * len(means)
    else:
        means, ahead = _weighed(np.array(means), np.array(errors), trial)
        error = np.sqrt(np.diag(trial.covariance))
        columns = (trial.tried, trial.promised, trial.gains, error)
        seen = list(zip(*(column.tolist() for column in columns), strict=True))
    ahead = min(max(ahead, LEAST), 1 - LEAST)
    return tuple(
        Share(name, *count, mean, share, *found)
        for name, count, mean, share, found in zip(expected, counts, means, (ahead, 1 - ahead), seen, strict=True)
    )


def _first_ahead(means: Floats, covariance: Floats) -> float:
    """Probability that the first of two normal rewards is the higher one."""
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return 0.5 * math.erfc(float(means[1] - means[0]) / math.sqrt(2 * float(variance)))


def _weighed(means: Floats, errors: Floats, trial: Trial) -> tuple[list[float], float]:
    """Weigh rewards by a trial: their posterior means, and the probability that the first is the higher one.

    For each scale c the posterior is that of linear regression with normal priors; scales are weighed by how likely
    they make the gains that were seen.
    """
    fits, ahead, rewards = [], [], []
    for scale in _SCALES / trial.rows:
        foretold = scale * trial.stakes
        design = np.diag(foretold)
        around = TRUST**2 * design @ design + trial.covariance
        pull = TRUST**2 * design @ np.linalg.inv(around)
        missed = trial.gains - foretold
        mean = means * (1 + pull @ missed)
        left = TRUST**2 * np.eye(len(means)) - pull @ design * TRUST**2
        fits.append(-0.5 * (float(missed @ np.linalg.solve(around, missed)) + float(np.linalg.slogdet(around)[1])))
        ahead.append(_first_ahead(mean, np.outer(means, means) * left + np.diag(errors)))
        rewards.append(mean)
    likely = np.exp(np.array(fits) - max(fits))
    likely /= likely.sum()
    return (likely @ np.array(rewards)).tolist(), float(likely @ np.array(ahead))


def interleave(orders: Sequence[Sequence[int]], shares: Sequence[float]) -> list[int]:
    """Merge orders of the same rows so that any beginning has about each one's share of rows at its front.

    Parameters
    ----------
    orders : sequence of sequence of int
        Each all rows, every row once.
    shares : sequence of float
        One for each order; they sum to 1.

    Examples
    --------
    >>> interleave([[1, 2, 3, 4], [4, 3, 2, 1]], [0.5, 0.5])
    [1, 4, 2, 3]
    """
    taken: dict[int, None] = {}
    ahead = [iter(order) for order in orders]
    owed = [0.0] * len(orders)
    for _ in range(len(orders[0]) if orders else 0):
        owed = [debt + share for debt, share in zip(owed, shares, strict=True)]
        turn = owed.index(max(owed))
        owed[turn] -= 1
        for row in ahead[turn]:
            if row not in taken:
                taken[row] = None
                break
    return list(taken)


def next_rows(signals: Signals, open_rows: Places, shares: Sequence[Share]) -> Places:
    """Order the rows that nobody has answered, the one to look at first first."""
    orders = [_among(order, open_rows, len(signals.given)) for order in signals.orders.values()]
    merged = interleave([order.tolist() for order in orders], [share.share for share in shares])
    return np.array(merged, dtype=np.int64)


def paid_for(signals: Signals, label: str | None, given: str | None, *, confirmed: bool) -> float:
    """Say what an answer pays; a row taken out counts what the class counts that it had."""
    if not confirmed:
        return 0.0
    return signals.weight.get(label if label is not None else given or "", 1.0)


def _among(order: Places, chosen: Places, n: int) -> Places:
    """Keep of an order the rows that were chosen."""
    kept = np.zeros(n, dtype=bool)
    kept[chosen] = True
    return order[kept[order]]
