"""What each group of changes adds to a figure, on average over all orders in which they could have been made.

With v(S) the figure once the groups in S are made, and N all of them, a group's Shapley value is

    φ_g = Σ over S ⊆ N without g of |S|! (|N| − |S| − 1)! / |N|! · (v(S with g) − v(S)),

the only way to share out v(N) − v(∅) that adds up to it, treats groups alike that do alike, and gives nothing to a
group that never changes anything (Shapley 1953, "A value for n-person games", Contributions to the Theory of Games 2).
v may be a number, or an array of scores per seed and row: φ is linear in v, so the value of a mean over rows is the
mean of the rows' values, and has the interval of any other difference of means.

Above a handful of groups the 2^n figures are too many. The values are then averages over some orders, each followed by
its reverse (Castro, Gómez & Tejada 2009, "Polynomial calculation of the Shapley value based on sampling", Computers &
Operations Research 36, 1726–1730; Mitchell et al. 2022, "Sampling permutations for Shapley value estimation", Journal
of Machine Learning Research 23). In each order the shares add up to the whole, so their averages do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

G = TypeVar("G", bound=Hashable)
Floats = npt.NDArray[np.float64]
Worth = Callable[[frozenset[G]], Floats]


def subsets(groups: Sequence[G]) -> list[frozenset[G]]:
    """List all subsets, the smallest first."""
    return [frozenset(some) for size in range(len(groups) + 1) for some in itertools.combinations(groups, size)]


def shapley(groups: Sequence[G], worth: Worth[G]) -> dict[G, Floats]:
    """Share out ``worth`` of all groups minus that of none, exactly.

    Parameters
    ----------
    groups : sequence
        Each once.
    worth : callable
        Subset of the groups → array; asked once for each of the 2^n subsets.

    Returns
    -------
    dict
        Group → array of the same shape; they sum to ``worth(all) - worth(none)``.
    """
    values = {subset: worth(subset) for subset in subsets(groups)}
    n = len(groups)
    weight = [math.factorial(k) * math.factorial(n - k - 1) / math.factorial(n) for k in range(n)]
    shares: dict[G, Floats] = {}
    for group in groups:
        without = [subset for subset in values if group not in subset]
        terms = [weight[len(subset)] * (values[subset | {group}] - values[subset]) for subset in without]
        shares[group] = np.sum(terms, axis=0)
    return shares


def orders(groups: Sequence[G], pairs: int, *, random_state: int = 0) -> list[tuple[G, ...]]:
    """Draw orders of the groups, each followed by its reverse."""
    random = np.random.default_rng(random_state)
    drawn = [tuple(groups[place] for place in random.permutation(len(groups))) for _ in range(pairs)]
    return [order for one in drawn for order in (one, one[::-1])]


def sampled(groups: Sequence[G], worth: Worth[G], drawn: Sequence[tuple[G, ...]]) -> dict[G, Floats]:
    """Share out as :func:`shapley` does, averaged over some orders alone.

    Parameters
    ----------
    groups, worth
        As in :func:`shapley`; ``worth`` is asked again for what several orders pass through.
    drawn : sequence of tuple
        Orders, each of all groups.

    Returns
    -------
    dict
        Group → array of shape (n_orders, …): what it added in each of the orders.
    """
    added: dict[G, list[Floats]] = {group: [] for group in groups}
    for order in drawn:
        before = worth(frozenset())
        for place, group in enumerate(order, start=1):
            after = worth(frozenset(order[:place]))
            added[group].append(after - before)
            before = after
    return {group: np.stack(parts) for group, parts in added.items()}
