"""The space in which rows are alike: every type of column, each weighing alike, in any order."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.models.space import MOST_CATEGORIES, TEXT_WIDTH, FeatureSpace


def distances(frame: pd.DataFrame, rows: pd.DataFrame | None = None) -> np.ndarray:
    """Distances between all rows, in the space learnt from the frame."""
    points = FeatureSpace(frame).place(frame if rows is None else rows).astype(np.float64)
    assert np.isfinite(points).all()
    return np.linalg.norm(points[:, None, :] - points[None, :, :], axis=2)


def mixed(n: int = 60, seed: int = 0) -> pd.DataFrame:
    """One column of each kind, with missing values."""
    rng = np.random.default_rng(seed)
    words = np.array(["red", "green", "blue", "sour", "sweet", "round", "flat", "old"])
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "whole": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
            "city": rng.choice(["Oslo", "Rome", "Lima"], n),
            "note": [" ".join(rng.choice(words, 6)) for _ in range(n)],
            "vector": list(rng.normal(size=(n, 4))),
            "nothing": None,
        }
    )
    for column in frame.columns[:6]:
        frame[column] = frame[column].mask(rng.random(n) < 0.1)
    return frame


def test_two_categories_are_at_distance_1_and_a_missing_one_as_far_from_each():
    frame = pd.DataFrame({"city": ["Oslo", "Rome", "Lima", None, None]})
    apart = distances(frame)
    assert apart[3, 4] == 0
    assert apart[:4, :4] == pytest.approx(1 - np.eye(4))


def test_two_rows_drawn_at_random_are_at_mean_square_1_by_each_kind_of_column():
    rng = np.random.default_rng(1)
    n = 400
    frame = pd.DataFrame(
        {
            "number": rng.normal(40, 13, n),
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.normal(size=n) * 1e6, unit="s"),
            "city": [f"city {number}" for number in rng.permutation(np.arange(n) % 40)],
            "vector": list(rng.normal(size=(n, 30))),
        }
    )
    for name in frame:
        assert (distances(frame[[name]]) ** 2).mean() == pytest.approx(1, abs=0.06), name
    parts = sum(distances(frame[[name]]) ** 2 for name in frame)
    assert distances(frame) ** 2 == pytest.approx(parts, abs=1e-4)


def test_what_is_missing_is_as_far_from_a_value_as_two_values_are():
    rng = np.random.default_rng(2)
    for column in (list(rng.normal(5, 2, 300)), list(rng.normal(size=(300, 20)))):
        apart = distances(pd.DataFrame({"x": [*column, None, None]}))
        assert (apart[300, :300] ** 2).mean() == pytest.approx(1, abs=0.02)
        assert apart[300, 301] == 0


def test_one_wild_number_leaves_the_others_apart_and_is_not_infinitely_far():
    values = [*np.linspace(20, 60, 999), 1e30]
    apart = distances(pd.DataFrame({"age": values}))
    assert apart[0, 998] > 2
    assert apart[998, 999] < 3
    assert distances(pd.DataFrame({"flat": [0.1] * 50 + [np.nan]}))[0, 1:50].max() == 0
    rare = distances(pd.DataFrame({"rare": [0.0] * 999 + [1.0]}))
    assert rare[0, 999] > 2 and rare[0, 1] == 0


def test_rare_categories_share_a_place_and_so_do_those_never_seen():
    values = [f"v{n:03}" for n in range(MOST_CATEGORIES) for _ in range(3)] + ["rare", "rarer"]
    learnt = pd.DataFrame({"city": values})
    apart = distances(learnt, pd.DataFrame({"city": ["rare", "rarer", "new", "v000", None]}))
    assert apart[:3, :3].max() == 0
    assert apart[3, [0, 4]] == pytest.approx(1)


def test_texts_of_more_than_three_words_are_alike_by_their_words():
    notes = ["the cat sat on the mat", "on the mat sat the cat", "prices rose again this year", "prices fell this year"]
    apart = distances(pd.DataFrame({"note": notes}))
    assert apart[0, 1] == pytest.approx(0, abs=1e-6)
    assert apart[2, 3] < apart[0, 2] == pytest.approx(1)
    short = distances(pd.DataFrame({"status": ["Married, spouse absent", "Married, spouse away"]}))
    assert short[0, 1] == pytest.approx(1), "three words: a category"


def test_long_texts_take_a_bounded_width():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"note": [" ".join(f"w{n}" for n in rng.integers(0, 900, 12)) for _ in range(300)]})
    space = FeatureSpace(frame)
    assert space.width == TEXT_WIDTH + 1
    assert np.array_equal(space.place(frame), FeatureSpace(frame.sample(frac=1, random_state=1)).place(frame))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_and_columns_changes_nothing(seed):
    frame = mixed(seed=seed)
    shuffled = frame.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    assert distances(frame) == pytest.approx(distances(shuffled, frame[shuffled.columns]), abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 59))
def test_a_row_is_placed_alike_alone_and_among_others(seed, row):
    frame = mixed(seed=seed)
    space = FeatureSpace(frame)
    assert space.place(frame.iloc[[row]])[0] == pytest.approx(space.place(frame)[row], abs=1e-6)


def test_columns_of_other_types_than_learnt_are_read_all_the_same():
    learnt = pd.DataFrame({"a": [1.0, 2.0, 4.0], "d": [datetime.date(2020, 1, day) for day in (1, 2, 3)]})
    placed = FeatureSpace(learnt).place(pd.DataFrame({"a": ["2", "x"], "d": ["2020-01-02", None]}))
    assert np.array_equal(placed[0], FeatureSpace(learnt).place(learnt)[1])
    assert np.isfinite(placed).all()


def test_without_columns_all_rows_are_one_point():
    frame = pd.DataFrame({"nothing": [None, None]})
    assert FeatureSpace(frame).place(frame).tolist() == [[0.0], [0.0]]
    assert FeatureSpace(pd.DataFrame(index=range(3))).place(pd.DataFrame(index=range(3))).shape == (3, 1)


def test_texts_without_a_word_are_placed():
    assert distances(pd.DataFrame({"note": ["a b c d e", "   ", None, "? ! ? ! ?"]})).shape == (4, 4)


def test_a_column_that_is_gone_and_vectors_of_another_length_are_refused():
    space = FeatureSpace(pd.DataFrame({"a": [1.0, 2.0], "v": [[1.0, 2.0], [3.0, 4.0]]}))
    with pytest.raises(ModelError, match="'a'"):
        space.place(pd.DataFrame({"v": [[1.0, 2.0]]}))
    with pytest.raises(ModelError, match="3 numbers"):
        space.place(pd.DataFrame({"a": [1.0], "v": [[1.0, 2.0, 3.0]]}))
