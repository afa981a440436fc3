"""KNN-Shapley is the Shapley value: equal to brute force over all coalitions, additive, symmetric, blind to order."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Cancelled, UsageError
from workbench.valuation import knn_fixes, knn_shapley


def payoff(members: tuple[int, ...], distances: np.ndarray, match: np.ndarray, k: int) -> float:
    """Share of right votes among the k nearest of a coalition, over all orders of rows at the same distance."""
    shares = []
    for order in itertools.permutations(members):
        nearest = sorted(order, key=lambda row: distances[row])[:k]
        shares.append(sum(match[row] for row in nearest) / k)
    return float(np.mean(shares))


def by_brute_force(distances: np.ndarray, match: np.ndarray, k: int) -> np.ndarray:
    """Shapley's own definition: what a row adds to each coalition of the others (Shapley 1953)."""
    n = len(distances)
    values = np.zeros(n)
    for row in range(n):
        others = [other for other in range(n) if other != row]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for coalition in itertools.combinations(others, size):
                with_row = payoff((*coalition, row), distances, match, k)
                values[row] += weight * (with_row - payoff(coalition, distances, match, k))
    return values


def squared(train: np.ndarray, point: np.ndarray) -> np.ndarray:
    return ((train - point) ** 2).sum(axis=1)


def drawn(seed: int, n: int, n_validation: int, n_classes: int, span: int = 3):
    """Whole-numbered points, many at the same distance, and labels."""
    rng = np.random.default_rng(seed)
    train, validation = rng.integers(0, span, (n, 2)), rng.integers(0, span, (n_validation, 2))
    return train, rng.integers(0, n_classes, n), validation, rng.integers(0, n_classes, n_validation)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 2), st.integers(2, 3), st.integers(1, 7))
def test_it_is_what_all_coalitions_say(seed, n, n_validation, n_classes, k):
    train, labels, validation, right = drawn(seed, n, n_validation, n_classes)
    expected = np.mean(
        [by_brute_force(squared(train, point), labels == y, k) for point, y in zip(validation, right, strict=True)],
        axis=0,
    )
    assert knn_shapley(train, labels, validation, right, k=k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("k", [1, 5, 10, 400])
def test_without_ties_it_is_the_recursion_of_the_paper(k):
    rng = np.random.default_rng(k)
    train, point, labels = rng.normal(size=(300, 4)), rng.normal(size=(1, 4)), rng.choice(list("abc"), 300)
    order = np.argsort(squared(train, point))
    match = (labels[order] == "a").astype(float)
    expected = np.zeros(300)
    expected[order[-1]] = match[-1] * min(k, 300) / (300 * k)
    for i in range(299, 0, -1):
        step = (match[i - 1] - match[i]) / k * min(k, i) / i
        expected[order[i - 1]] = expected[order[i]] + step
    assert knn_shapley(train, labels, point, ["a"], k=k) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 8), st.integers(1, 4), st.integers(1, 80))
def test_values_sum_to_what_all_rows_together_are_worth(seed, n, n_validation, n_classes, k):
    train, labels, validation, right = drawn(seed, n, n_validation, n_classes, span=40)
    worth = []
    for point, y in zip(validation, right, strict=True):
        apart = squared(train, point)
        edge = np.sort(apart)[min(k, n) - 1]
        inside, at_edge = apart < edge, apart == edge
        votes = (labels[inside] == y).sum() + (min(k, n) - inside.sum()) * (labels[at_edge] == y).mean()
        worth.append(votes / k)
    assert knn_shapley(train, labels, validation, right, k=k).sum() == pytest.approx(np.mean(worth), abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 6), st.integers(1, 12))
def test_it_does_not_depend_on_the_order_of_rows_and_equal_rows_are_worth_the_same(seed, n, n_validation, k):
    train, labels, validation, right = drawn(seed, n, n_validation, 3)
    values = knn_shapley(train, labels, validation, right, k=k)
    rng = np.random.default_rng(seed)
    rows, asked = rng.permutation(n), rng.permutation(n_validation)
    shuffled = knn_shapley(train[rows], labels[rows], validation[asked], right[asked], k=k)
    assert shuffled == pytest.approx(values[rows], abs=1e-12)
    kinds: dict[tuple[int, ...], float] = {}
    for point, label, value in zip(train, labels, values, strict=True):
        assert kinds.setdefault((*point, label), value) == value


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 20), st.integers(1, 12))
def test_balanced_each_class_of_the_validation_rows_counts_alike(seed, n, n_validation, k):
    train, labels, validation, right = drawn(seed, n, n_validation, 3)
    of_class = [knn_shapley(train, labels, validation[right == y], right[right == y], k=k) for y in np.unique(right)]
    assert knn_shapley(train, labels, validation, right, k=k, balanced=True) == pytest.approx(np.mean(of_class, axis=0))
    assert knn_shapley(train, labels, validation, right, k=k) == pytest.approx(
        np.average(of_class, axis=0, weights=np.unique(right, return_counts=True)[1])
    )


def test_what_never_changes_a_vote_is_worth_nothing():
    train, labels = np.arange(5)[:, None], ["a", "b", "b", "a", "b"]
    assert knn_shapley(train, labels, [[0.0]], ["z"], k=2).tolist() == [0.0] * 5
    # All others have the wrong label: a row of a wrong label adds nothing to any coalition without the right one.
    assert knn_shapley(train, ["b"] * 5, [[0.0]], ["a"], k=2).tolist() == [0.0] * 5


def test_a_class_without_validation_rows_is_only_in_the_way():
    train = np.array([[0.0], [0.1], [3.0], [3.1]])
    values = knn_shapley(train, ["a", "rare", "a", "b"], [[0.0], [3.1]], ["a", "b"], k=1)
    assert values[1] < 0 < values[0]


def test_fewer_rows_than_neighbours_share_the_votes_that_there_are():
    assert knn_shapley([[0.0], [1.0]], ["a", "b"], [[0.0]], ["a"], k=5).tolist() == pytest.approx([0.2, 0.0])
    assert knn_shapley(np.zeros((0, 3)), [], [[0.0, 0, 0]], ["a"]).shape == (0,)


def test_a_planted_wrong_label_is_worth_least():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, 400)
    x = rng.normal(size=(400, 5)) + 4 * np.eye(5)[y]
    given_labels = y[:300].copy()
    wrong = rng.choice(300, 30, replace=False)
    given_labels[wrong] = (given_labels[wrong] + 1) % 3
    values = knn_shapley(x[:300], given_labels, x[300:], y[300:])
    assert len(set(np.argsort(values)[:30]) & set(wrong)) >= 28


def test_it_stops_when_told_to_and_says_how_far_it_is():
    said = []

    def stop(stage: str, done: int, total: int) -> None:
        said.append((done, total))
        if done >= 32:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        knn_shapley(np.zeros((3, 1)), "aab", np.zeros((100, 1)), ["a"] * 100, progress=stop)
    assert said == [(0, 100), (16, 100), (32, 100)]


def test_what_has_no_value_is_refused():
    one = [[0.0]]
    with pytest.raises(UsageError, match="0 neighbours"):
        knn_shapley(one, ["a"], one, ["a"], k=0)
    with pytest.raises(UsageError, match="no validation rows"):
        knn_shapley(one, ["a"], np.zeros((0, 1)), [])
    with pytest.raises(UsageError, match="2 coordinates, validation rows 1"):
        knn_shapley([[0.0, 1.0]], ["a"], one, ["a"])
    with pytest.raises(UsageError, match="Train points of shape"):
        knn_shapley(one, ["a", "b"], one, ["a"])
    with pytest.raises(UsageError, match="validation row has a coordinate that is not finite"):
        knn_shapley(one, ["a"], [[float("nan")]], ["a"])


def test_balanced_it_doubts_the_frequent_class_too():
    rng = np.random.default_rng(8)
    rare = rng.random(900) < 0.2
    x = rng.normal(size=(900, 3)) + 1.2 * rare[:, None]
    flipped = (rng.random(900) < 0.2) & (np.arange(900) < 600)
    labels = np.where(rare ^ flipped, "rare", "frequent")
    lost = np.flatnonzero(rare & flipped)  # rare rows that are labelled with the frequent class
    plain, balanced = (
        np.argsort(knn_shapley(x[:600], labels[:600], x[600:], labels[600:], balanced=each))[:120]
        for each in (False, True)
    )
    assert len(set(lost) & set(balanced)) > 2 * len(set(lost) & set(plain))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.integers(1, 3),
    st.integers(2, 3),
    st.integers(1, 7),
    st.booleans(),
)
def test_a_fix_gains_what_the_row_is_worth_more_with_the_other_label(seed, n, n_validation, n_classes, k, balanced):
    train, labels, validation, right = drawn(seed, n, n_validation, n_classes)
    other = np.random.default_rng(seed + 1).integers(0, n_classes, n)
    values, gains = knn_fixes(train, labels, other, validation, right, k=k, balanced=balanced)
    assert values == pytest.approx(knn_shapley(train, labels, validation, right, k=k, balanced=balanced), abs=1e-12)
    for row in range(n):
        changed = np.where(np.arange(n) == row, other, labels)
        after = knn_shapley(train, changed, validation, right, k=k, balanced=balanced)[row]
        assert gains[row] == pytest.approx(after - values[row], abs=1e-12)


def test_each_train_row_has_a_suggested_label():
    with pytest.raises(UsageError, match="1 suggested labels do not fit 2 train rows"):
        knn_fixes([[0.0], [1.0]], ["a", "b"], ["b"], [[0.0]], ["a"])
