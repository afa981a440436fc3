"""Which classes are mistaken for which is read from the rows, and tells wrong labels from odd ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ranking.noise import mistakes, true_labels

PAIRS = np.array([[0.7, 0.3, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.9, 0.1], [0.0, 0.0, 0.0, 1.0]])
"""Every third row of class 0 is labelled 1, every tenth of 2 is labelled 3, and none any other way."""


def mislabelled(
    shares: npt.NDArray[np.float64], *, n: int = 4000, seed: int = 0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Probabilities of rows by somebody who knows how rows and classes go together, labels, and true classes."""
    random = np.random.default_rng(seed)
    n_classes = len(shares)
    true = random.integers(0, n_classes, n)
    points = random.normal(size=(n, n_classes)) + 2.5 * np.eye(n_classes)[true]
    scores = np.exp(2.5 * points)
    given_label = np.array([random.choice(n_classes, p=shares[label]) for label in true])
    return scores / scores.sum(axis=1, keepdims=True), given_label, true


def test_counts_by_hand():
    # Means of the probability of their own label: 0.7 over the rows labelled 0, 0.5 over those labelled 1.
    believed = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.4, 0.6]])
    y = np.array([0, 0, 0, 1, 1])
    # Two of the rows labelled 0 count as 0 and one as 1; of those labelled 1 the first reaches no threshold, so that
    # the other counts for both. To each class one row labelled right is added, and one labelled wrong.
    assert mistakes(believed, y) == pytest.approx(np.array([[3 / 4, 1 / 4], [2 / 5, 3 / 5]]))


def test_a_row_that_may_be_of_two_classes_counts_as_the_more_probable_one():
    # The thresholds are 0.5 and 0.1, so that the first two rows reach both.
    believed = np.array([[0.6, 0.4], [0.9, 0.1], [0.4, 0.6]])
    found = mistakes(believed, np.array([0, 1, 0]))
    assert found == pytest.approx(np.array([[1 / 2, 1 / 2], [2 / 3, 1 / 3]]))


def test_the_pairs_that_are_mistaken_are_found():
    believed, y, _ = mislabelled(PAIRS)
    assert np.abs(mistakes(believed, y) - PAIRS).max() < 0.05


def test_knowing_the_pairs_finds_more_wrong_labels_and_names_the_right_ones():
    believed, y, true = mislabelled(PAIRS)
    rows, wrong = np.arange(len(y)), y != true
    knowing = true_labels(believed, y)
    found, plain = (
        wrong[np.argsort(shares[rows, y], kind="stable")[: wrong.sum()]].mean() for shares in (knowing, believed)
    )
    assert found > plain + 0.02
    knowing[rows, y] = 0
    assert (knowing.argmax(axis=1) == true)[wrong].mean() > 0.97


def test_what_differs_between_pairs_by_chance_alone_is_not_believed():
    alike = np.full((10, 10), 0.02) + 0.8 * np.eye(10)
    believed, y, _ = mislabelled(alike, n=1000)
    pairs = mistakes(believed, y)[~np.eye(10, dtype=bool)]
    # Two rows of each pair on average: the counts themselves differ by 60 % of their mean.
    assert pairs.std() < 0.35 * pairs.mean()


def test_where_all_classes_are_mistaken_alike_the_order_is_that_of_the_probabilities():
    p = np.linspace(0.05, 0.95, 19)
    believed = np.concatenate([np.column_stack([p, 1 - p]), np.column_stack([1 - p, p])])
    y = np.repeat([0, 1], 19)
    quality = true_labels(believed, y)[np.arange(38), y]
    assert (
        np.argsort(quality.round(12), kind="stable").tolist()
        == np.argsort(believed[np.arange(38), y].round(12), kind="stable").tolist()
    )


def test_a_pair_that_was_never_seen_is_improbable_but_not_impossible():
    believed, y, _ = mislabelled(np.eye(3), n=300)
    odd = np.vstack([believed, [[1e-9, 1.0, 1e-9]]])
    quality = true_labels(odd, np.append(y, 2))[-1]
    assert quality[1] > 0.9


def test_a_class_that_no_row_is_labelled_as_is_left_out_of_the_counts():
    believed = np.array([[0.6, 0.3, 0.1]] * 5 + [[0.2, 0.1, 0.7]] * 5)
    found = mistakes(believed, np.zeros(10, dtype=np.int64))
    assert np.isfinite(found).all() and found[2].tolist() == [0.25, 0.25, 0.5]


@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 10_000), st.booleans())
def test_lines_are_probabilities_and_the_names_of_classes_do_not_matter(n_classes, n, seed, certain):
    random = np.random.default_rng(seed)
    believed = random.dirichlet(np.full(n_classes, 0.3), n)
    if certain:
        believed = np.eye(n_classes)[believed.argmax(axis=1)]
    y = random.integers(0, n_classes, n)
    shares, posterior = mistakes(believed, y), true_labels(believed, y)
    assert (shares > 0).all() and shares.sum(axis=1) == pytest.approx(1)
    assert ((posterior >= 0) & (posterior <= 1)).all() and posterior.sum(axis=1) == pytest.approx(1)
    moved = random.permutation(n_classes)
    again = true_labels(believed[:, np.argsort(moved)], moved[y])
    assert again[:, moved] == pytest.approx(posterior, abs=1e-9)
