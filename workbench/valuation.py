"""What each train row is worth to a nearest-neighbour classifier: KNN-Shapley, exact.

The value of a row is its Shapley value in the game whose players are the train rows and whose payoff is the probability
that a K-nearest-neighbour classifier gives to the right label of a validation row, averaged over validation rows. Low
values mark rows that mislead their neighbourhood, wrong labels among them.

For one validation row, with the n train rows sorted by distance, m_i = 1 where the label of the i-th is the right one,
and w_i = min(K, i) / (i K), Theorem 1 of Jia et al. 2019 ("Efficient task-specific data valuation for nearest neighbor
algorithms", VLDB 12(11), 1610–1623) says

    s_n = m_n w_n,    s_i = s_{i+1} + (m_i - m_{i+1}) w_i,

where w_n is written for any n, also one below K. Summed up that is s_i = m_i w_i + Σ_{j>i} m_j (w_j - w_{j-1}).

Rows at the same distance have no order of their own, and any order made up for them would let a row's value depend on
where it stands in the file. They are taken in all their orders alike: the payoff is the mean over the orders, and so is
the value, since a Shapley value is linear in the payoff. For a row of a block of t rows at one distance, places a to b,
c of them with the right label, that is

    s = m w̄ + (w_b - w̄) (c - m) / (t - 1) + Σ_{j>b} E[m_j] (w_j - w_{j-1}),    w̄ the mean of w_a … w_b,

and within a block all m_j have the expectation c / t. Rows equal in place and label get exactly the same value.

Examples
--------
>>> import numpy as np
>>> train = np.array([[0.0], [1.0], [5.0]])
>>> knn_shapley(train, ["a", "b", "b"], np.array([[0.2]]), ["a"], k=1).round(3)
array([1., 0., 0.])
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from workbench.errors import UsageError
from workbench.progress import Progress, silent

Floats = npt.NDArray[np.float64]

NEIGHBORS = 10
"""Neighbours that vote unless told otherwise."""

_AT_ONCE = 16
# Validation rows between two looks at whether somebody wants the work stopped: 0.3 s with 100,000 train rows.


def knn_shapley(
    train: npt.ArrayLike,
    labels: Sequence[Hashable] | npt.NDArray[np.object_],
    validation: npt.ArrayLike,
    validation_labels: Sequence[Hashable] | npt.NDArray[np.object_],
    *,
    k: int = NEIGHBORS,
    balanced: bool = False,
    progress: Progress = silent,
) -> Floats:
    """Compute the Shapley value of each train row for K-nearest-neighbour classification.

    O(n log n) time for each validation row and O(n) memory beside the points. The order of the rows, train or
    validation, does not matter.

    Parameters
    ----------
    train : array-like of shape (n_train, n_coordinates)
        Points, as of :class:`workbench.models.space.FeatureSpace`; distances are Euclidean, in single precision.
    labels : sequence of length n_train
        Classes of the train rows.
    validation : array-like of shape (n_validation, n_coordinates)
        Points that the classifier is asked about, at least one.
    validation_labels : sequence of length n_validation
        Their right labels; one that no train row has gives each train row 0 from this row.
    k : int
        Neighbours that vote. With fewer train rows than that, the missing votes count as wrong, as in the paper.
    balanced : bool
        Let each class of the validation rows count alike, however many rows it has: the payoff is then the balanced
        accuracy. Otherwise, where one class is frequent, a row of a rare class is worth little however right it is.
    progress : Progress
        Told after every few validation rows; raise from it to stop.

    Returns
    -------
    ndarray of shape (n_train,)
        Values between -1 and 1; they sum to the mean probability, over validation rows or over their classes, that the
        classifier with all rows gives to the right label, since without any it gives 0.

    Raises
    ------
    UsageError
        ``k`` is below 1, there are no validation rows, or the points do not fit each other or their labels, or are not
        finite.
    """
    game = _Game(train, labels, validation, validation_labels, k, balanced)
    total = np.zeros(len(game.given))
    for order, distances, right, share in game.asked(progress):
        total[order] += share * _values(distances, game.given[order] == right, game.weights)
    return total


def knn_fixes(
    train: npt.ArrayLike,
    labels: Sequence[Hashable] | npt.NDArray[np.object_],
    suggested: Sequence[Hashable] | npt.NDArray[np.object_],
    validation: npt.ArrayLike,
    validation_labels: Sequence[Hashable] | npt.NDArray[np.object_],
    *,
    k: int = NEIGHBORS,
    balanced: bool = False,
    progress: Progress = silent,
) -> tuple[Floats, Floats]:
    """Value train rows exactly, and say what each would gain if it alone had another label.

    A row's own label enters its value only as m w̄ (see above), so that with another label, all others staying, it is
    worth w̄ times the difference of what both labels are right for: exact as well, in the same pass.

    Parameters
    ----------
    suggested : sequence of length n_train
        The other label of each train row; the given one gains 0.
    train, labels, validation, validation_labels, k, balanced, progress
        As in :func:`knn_shapley`.

    Returns
    -------
    values : ndarray of shape (n_train,)
        As :func:`knn_shapley` gives them.
    gains : ndarray of shape (n_train,)
        Value with the suggested label minus value with the given one.

    Raises
    ------
    UsageError
        As in :func:`knn_shapley`, or there is not one suggested label for each train row.

    Examples
    --------
    >>> import numpy as np
    >>> train = np.array([[0.0], [1.0], [5.0]])
    >>> knn_fixes(train, ["b", "b", "b"], ["a", "a", "a"], np.array([[0.2]]), ["a"], k=1)[1].round(3)
    array([1.   , 0.5  , 0.333])
    """
    game = _Game(train, labels, validation, validation_labels, k, balanced)
    if len(suggested) != len(game.given):
        raise UsageError(f"{len(suggested)} suggested labels do not fit {len(game.given)} train rows.")
    other = game.numbered(suggested)
    total, gains = np.zeros(len(game.given)), np.zeros(len(game.given))
    for order, distances, right, share in game.asked(progress):
        match = game.given[order] == right
        total[order] += share * _values(distances, match, game.weights)
        step = (other[order] == right).astype(np.int8) - match.astype(np.int8)
        gains[order] += share * _own(distances, game.weights) * step
    return total, gains


class _Game:
    """The train rows as players, and the validation rows that they are asked about."""

    def __init__(
        self,
        train: npt.ArrayLike,
        labels: Sequence[Hashable] | npt.NDArray[np.object_],
        validation: npt.ArrayLike,
        validation_labels: Sequence[Hashable] | npt.NDArray[np.object_],
        k: int,
        balanced: bool,
    ) -> None:
        if k < 1:
            raise UsageError(f"{k} neighbours cannot vote.", hint="Ask for 1 or more; 10 are usual.")
        points, self._validation = _points(train, labels, "train"), _points(validation, validation_labels, "validation")
        if points.shape[1] != self._validation.shape[1]:
            raise UsageError(
                f"Train rows have {points.shape[1]} coordinates, validation rows {self._validation.shape[1]}."
            )
        if not len(self._validation):
            raise UsageError(
                "There are no validation rows, so no row has a value.", hint="Name the lanes when the data is imported."
            )
        self._numbers: dict[Hashable, int] = {}
        self.given, self._right = self.numbered(labels), self.numbered(validation_labels)
        # Coordinate after coordinate, so that each is read in one go, and so that equal rows have exactly equal
        # distances: a matrix product would round them differently.
        self._columns = np.ascontiguousarray(points.T)
        self.weights = _weights(len(points), k)
        self._shares = _shares(self._right, balanced)

    def numbered(self, labels: Sequence[Hashable] | npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        """Give each class a number."""
        return np.array([self._numbers.setdefault(label, len(self._numbers)) for label in labels], dtype=np.int64)

    def asked(self, progress: Progress) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], int, float]]:
        """For each validation row: the train rows by distance, their distances, the right class and its share."""
        stage = "valuing train rows"
        for place in range(len(self._validation) if len(self.given) else 0):
            if place % _AT_ONCE == 0:
                progress(stage, place, len(self._validation))
            distances = _squared_distances(self._columns, self._validation[place])
            order = np.argsort(distances)
            yield order, distances[order], int(self._right[place]), float(self._shares[place])
        progress(stage, len(self._validation), len(self._validation))


def _shares(right: npt.NDArray[np.int64], balanced: bool) -> Floats:
    """What each validation row counts; they sum to 1."""
    if not balanced:
        return np.full(len(right), 1 / len(right))
    _, place, counts = np.unique(right, return_inverse=True, return_counts=True)
    shares: Floats = 1 / (len(counts) * counts[place])
    return shares


def _weights(n: int, k: int) -> Floats:
    """w_i = min(k, i) / (i k) for i = 1 … n."""
    places = np.arange(1, n + 1)
    weights: Floats = np.minimum(k, places) / (places * float(k))
    return weights


def _squared_distances(columns: npt.NDArray[np.float32], asked: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Squared distances of all points to one, shape (n_points,)."""
    total: npt.NDArray[np.float32] = np.zeros(columns.shape[1], dtype=np.float32)
    step = np.empty_like(total)
    for column, coordinate in zip(columns, asked, strict=True):
        np.subtract(column, coordinate, out=step)
        np.multiply(step, step, out=step)
        np.add(total, step, out=total)
    return total


def _blocks(distances: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where the blocks of rows at one distance begin, and how many rows each has; rows sorted by distance."""
    starts = np.concatenate([[0], np.flatnonzero(distances[1:] != distances[:-1]) + 1])
    return starts, np.diff(np.append(starts, len(distances)))


def _own(distances: npt.NDArray[np.float32], weights: Floats) -> Floats:
    """What a row's own label counts for one validation row: the mean weight of its block."""
    starts, sizes = _blocks(distances)
    own: Floats = np.repeat(np.add.reduceat(weights, starts) / sizes, sizes)
    return own


def _values(distances: npt.NDArray[np.float32], match: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Values for one validation row, rows sorted by distance; the formula stands at the top of the module."""
    starts, sizes = _blocks(distances)
    hits = np.add.reduceat(match, starts, dtype=np.int64)
    mean, last = np.add.reduceat(weights, starts) / sizes, weights[starts + sizes - 1]
    beyond = np.zeros(len(starts))
    steps = hits / sizes * np.diff(last, prepend=0.0)
    beyond[:-1] = np.cumsum(steps[:0:-1])[::-1]
    # What another row of the block is worth to one of it, where it is one of those that come later.
    shared = (last - mean) / np.maximum(sizes - 1, 1)
    matched, other = mean + shared * (hits - 1) + beyond, shared * hits + beyond
    return np.where(match, np.repeat(matched, sizes), np.repeat(other, sizes))


def _points(
    points: npt.ArrayLike, labels: Sequence[Hashable] | npt.NDArray[np.object_], lane: str
) -> npt.NDArray[np.float32]:
    """Refuse points that have no distance to others, or not one label each."""
    found = np.asarray(points, dtype=np.float32)
    if found.ndim != 2 or len(found) != len(labels):
        raise UsageError(f"{lane.capitalize()} points of shape {found.shape} do not fit {len(labels)} labels.")
    if not np.isfinite(found).all():
        raise UsageError(f"A {lane} row has a coordinate that is not finite.")
    return found
