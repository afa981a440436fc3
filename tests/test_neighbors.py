"""The nearest points: those that all distances, computed one by one, say; ties go to the first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.neighbors import MOST, NeighborIndex


def index_of(*parts: np.ndarray) -> NeighborIndex:
    index = NeighborIndex(parts[0].shape[1])
    for part in parts:
        index.add(part)
    return index


# Whole numbers: their distances have no rounding, and many are the same.
@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 6), st.integers(1, MOST), st.integers(0, 400))
def test_they_are_those_of_all_distances_and_ties_go_to_the_first(seed, n, width, k, cut):
    rng = np.random.default_rng(seed)
    points = rng.integers(-1, 2, (n, width)).astype(np.float32)
    queries = rng.integers(-1, 2, (3, width)).astype(np.float32)
    numbers, distances = index_of(points[:cut], points[cut:]).nearest(queries, k)
    squared = ((queries[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    expected = np.argsort(squared, axis=1, kind="stable")[:, :k]
    assert np.array_equal(numbers, expected)
    assert np.allclose(distances, np.sqrt(np.take_along_axis(squared, expected, axis=1)))


def test_a_point_is_at_no_distance_from_itself_whatever_it_is_asked_with():
    points = np.random.default_rng(0).normal(1000, 1, (500, 40)).astype(np.float32)
    index = index_of(points)
    numbers, distances = index.nearest(points, 3)
    assert np.array_equal(numbers[:, 0], np.arange(500)) and not distances[:, 0].any()
    alone = index.nearest(points[7:8], 3)
    assert np.array_equal(alone[0][0], numbers[7]) and np.array_equal(alone[1][0], distances[7])


def test_among_too_few_points_all_are_found():
    assert index_of(np.zeros((2, 3), np.float32)).nearest(np.ones((1, 3), np.float32), 10)[0].tolist() == [[0, 1]]
    assert NeighborIndex(3).nearest(np.ones((1, 3), np.float32), 10)[0].shape == (1, 0)


def test_points_without_a_distance_are_refused():
    index = NeighborIndex(2)
    with pytest.raises(UsageError, match="2 coordinates"):
        index.add(np.zeros((1, 3), np.float32))
    with pytest.raises(UsageError, match="not finite"):
        index.add(np.array([[0, np.nan]], np.float32))
    for k in (0, MOST + 1):
        with pytest.raises(UsageError, match=f"{k} neighbours were asked for"):
            index.nearest(np.zeros((1, 2), np.float32), k)
