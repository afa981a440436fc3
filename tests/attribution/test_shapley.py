"""Shares by hand, and what every way to share out must hold."""

from __future__ import annotations

import itertools
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.attribution.shapley import orders, sampled, shapley, subsets

NAMES = ["a", "b", "c", "d"]


@st.composite
def games(draw):
    """Any worth of any subset of up to four groups, as two seeds by three rows."""
    names = NAMES[: draw(st.integers(1, 4))]
    numbers = st.lists(st.floats(-100, 100), min_size=6, max_size=6)
    return names, {subset: np.array(draw(numbers)).reshape(2, 3) for subset in subsets(names)}


def test_gloves():
    """Two left gloves, one right: a pair is worth 1. The right one gets 2/3, each left one 1/6."""

    def worth(subset):
        return np.array([[float("right" in subset and len(subset) > 1)]])

    shares = shapley(["left", "other left", "right"], worth)
    assert {name: pytest.approx(float(share[0, 0])) for name, share in shares.items()} == {
        "left": 1 / 6, "other left": 1 / 6, "right": 4 / 6,
    }  # fmt: skip


@given(games())
def test_it_is_the_average_over_all_orders(game):
    names, values = game
    shares = shapley(names, values.__getitem__)
    every = sampled(names, values.__getitem__, list(itertools.permutations(names)))
    for name in names:
        assert every[name].shape == (factorial(len(names)), 2, 3)
        np.testing.assert_allclose(shares[name], every[name].mean(axis=0), atol=1e-9)


@given(games())
def test_the_shares_sum_to_the_whole(game):
    names, values = game
    whole = values[frozenset(names)] - values[frozenset()]
    np.testing.assert_allclose(sum(shapley(names, values.__getitem__).values()), whole, atol=1e-9)
    some = sampled(names, values.__getitem__, orders(names, 2))
    np.testing.assert_allclose(sum(part.mean(axis=0) for part in some.values()), whole, atol=1e-9)


@given(games())
def test_groups_that_do_alike_get_alike_and_idle_ones_nothing(game):
    names, values = game
    twins = [*names, "twin", "idle"]

    def worth(subset):
        """The first group and its twin do the same, and only once; the idle one does nothing."""
        inside = {names[0] if name == "twin" else name for name in subset} - {"idle"}
        return values[frozenset(inside)]

    shares = shapley(twins, worth)
    np.testing.assert_allclose(shares["twin"], shares[names[0]], atol=1e-9)
    np.testing.assert_allclose(shares["idle"], 0, atol=1e-12)


@given(games())
def test_shares_of_means_are_means_of_shares(game):
    names, values = game
    shares = shapley(names, values.__getitem__)
    of_means = shapley(names, lambda subset: values[subset].mean(keepdims=True))
    for name in names:
        assert float(of_means[name].item()) == pytest.approx(float(shares[name].mean()), abs=1e-9)


def test_each_order_is_followed_by_its_reverse():
    drawn = orders(NAMES, 3, random_state=1)
    assert len(drawn) == 6 and drawn == orders(NAMES, 3, random_state=1)
    assert all(after == before[::-1] for before, after in zip(drawn[::2], drawn[1::2], strict=True))
    assert drawn != orders(NAMES, 3, random_state=2)
