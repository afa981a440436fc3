"""Which signal leads the queue: each gets as many of the next rows as it is likely to be the one that pays most.

What pays is a confirmed finding: a label that a reviewer changed, or a row taken out. It counts what its right class
counts where all classes count alike, so that the reward is that of balanced accuracy: a signal that finds many wrong
labels of the frequent class alone helps the model less than its hit rate says. A finding that was kept pays nothing.

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
from typing import Any

import numpy as np

from workbench.ranking.signals import Places, Signals

PRIOR = 10.0
"""Answers that the models' own doubt weighs as much as: half a round of the Review page."""

LEAST = 0.05
"""Share of the next rows that each signal gets at least: one row of a page's round of 20."""

FIRST = 100
"""Rows that make the beginning of an order: what is predicted of it is said of so many."""

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
    """

    signal: str
    asked: int
    confirmed: int
    reward: float
    share: float

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


def share_out(past: Iterable[Asked], expected: Mapping[str, float]) -> tuple[Share, ...]:
    """Share the next rows out among the signals by what has paid so far.

    Parameters
    ----------
    past : iterable of Asked
        All answers.
    expected : mapping
        Signal → reward that is expected of it before any answer; one or two signals.
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
    shares = [1.0]
    if len(means) == 2:
        ahead = 0.5 * math.erfc((means[1] - means[0]) / math.sqrt(2 * (errors[0] + errors[1])))
        ahead = min(max(ahead, LEAST), 1 - LEAST)
        shares = [ahead, 1 - ahead]
    return tuple(
        Share(name, *count, reward=mean, share=share)
        for name, count, mean, share in zip(expected, counts, means, shares, strict=True)
    )


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
