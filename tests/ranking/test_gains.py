"""What a finding is expected to bring, and how far such predictions came true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ranking.choosing import Share
from workbench.ranking.gains import Round, expected_gains, probability, scale_of
from workbench.ranking.pace import Pace
from workbench.ranking.placing import Candidates, place, rates
from workbench.ranking.signals import QUALITY, Signals


def some(fix: list[float] | None, value: list[float] | None = None) -> Signals:
    n = 4
    return Signals(
        np.array(["a"] * n, dtype=object), np.array(["b"] * n, dtype=object), np.full(n, 0.5),
        None if fix is None else np.array([0.0] * n if value is None else value),
        None if fix is None else np.array(fix), {"a": 1.0, "b": 1.0},
    )  # fmt: skip


def test_a_fix_that_would_do_harm_counts_nothing():
    assert expected_gains(some([0.2, -0.1, 0.0, 0.1]), np.full(4, 0.5)).tolist() == [0.1, 0.0, 0.0, 0.05]
    assert expected_gains(some(None), np.full(4, 0.5)) is None


def test_without_answers_doubt_is_left_as_it_is():
    none = np.zeros(0)
    assert probability(np.array([0.1, 0.5, 0.9]), none, none) == pytest.approx([0.1, 0.5, 0.9])


@pytest.mark.parametrize(("hits", "low", "high"), [(90, 0.84, 0.92), (20, 0.18, 0.30)])
def test_answers_calibrate_doubt(hits, low, high):
    confirmed = np.array([1.0] * hits + [0.0] * (100 - hits))
    found = probability(np.array([0.6, 0.7]), np.full(100, 0.6), confirmed)
    assert low < found[0] < high and found[1] > found[0]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_calibrated_doubt_is_a_probability_whatever_was_answered(past):
    doubt = np.array([each for each, _ in past])
    found = probability(np.linspace(0, 1, 9), doubt, np.array([float(hit) for _, hit in past]))
    assert ((found >= 0) & (found <= 1)).all()


def test_predictions_are_scaled_by_what_came_true():
    assert scale_of([]) == 1
    half = [Round(20, 0.04, 0.04, 0.02, 0.002)] * 20
    assert 0.5 < scale_of(half) < 0.52
    harm = [Round(20, 0.04, 0.04, -0.02, 0.002)] * 20
    assert scale_of(harm) == 0
    # A round whose error is many times its size says next to nothing.
    assert scale_of([Round(20, 0.001, 0.001, -0.005, 0.02)]) == pytest.approx(0.985, abs=0.005)
    assert scale_of([Round(20, 0.01, 0.01, None, None)]) == 1


def test_a_trial_scales_predictions_before_the_first_round():
    quarter = Share(QUALITY, 0, 0, 0.5, 0.5, tried=80, promised=0.2, gain=0.05, error=0.01)
    assert scale_of([], [quarter]) == pytest.approx(0.25, abs=0.01)
    assert scale_of([], [Share(QUALITY, 0, 0, 0.5, 1.0)]) == 1
    assert 0.4 < scale_of([Round(20, 0.2, 0.2, 0.15, 0.01)], [quarter]) < 0.6


def test_findings_of_other_checks_stand_where_their_gain_puts_them_and_a_group_counts_once():
    found = Candidates(
        finding=["l1", "l2", "g1", "g2", "far", "alone"],
        check=["label.issue", "label.issue", "schema.c.isin", "schema.c.isin", "schema.c.isin", "data.duplicate"],
        rid=[10, 11, 12, 13, 99, 13],
        column=["y", "y", "c", "c", "c", None],
        observed=["a", "a", "NYC", "NYC", "NYC", None],
    )
    rids = {10: 0, 11: 1, 12: 2, 13: 3}
    signals = some([0.2, 0.1, 0.0, 0.0], value=[0.0, 0.0, -0.09, -0.08])
    table, first = place(
        found, [1, 0], rids, signals, np.array([0.1, 0.03, 0.0, 0.0]), {"data.duplicate": 0.9}, Pace({})
    )
    # The labels as they are led, 0.03 before 0.1; the group of two brings (0.09 + 0.08) / 2, the row alone 0.072.
    assert table["finding"].to_pylist() == ["l2", "l1", "g1", "alone", "g2"]
    assert table["gain"].to_pylist() == pytest.approx([0.03, 0.1, 0.045, 0.072, 0.04])
    assert table["place"].to_pylist() == [0, 1, 2, 3, 4]
    assert table["doubt"].to_pylist() == [0.5, 0.5, None, None, None]
    assert first == pytest.approx(0.287)


def test_what_takes_twice_as_long_must_gain_twice_as_much_to_come_as_early():
    found = Candidates(
        ["l1", "g1", "d1"], ["label.issue", "schema.c.isin", "data.duplicate"], [10, 11, 12], ["y", "c", None],
        ["a", "NYC", None],
    )  # fmt: skip
    signals = some([0.2, 0.0, 0.0, 0.0], value=[0.0, -0.1, -0.08, 0.0])
    given = (found, [0], {10: 0, 11: 1, 12: 2}, signals, np.array([0.03, 0.0, 0.0, 0.0]), {})
    quick, _ = place(*given, Pace({}))
    assert quick["finding"].to_pylist() == ["g1", "d1", "l1"]
    slow, _ = place(*given, Pace({"schema.c.isin": 20.0, "label.issue": 5.0}, 10.0))
    # 0.04 a decision, 0.05 and 0.03: in ten seconds 0.04, 0.025 and 0.06. What is told is the gain of a decision.
    assert slow["finding"].to_pylist() == ["l1", "d1", "g1"]
    assert slow["gain"].to_pylist() == pytest.approx([0.03, 0.04, 0.05])


def test_without_validation_rows_only_labels_are_ordered_and_nothing_is_promised():
    found = Candidates(["l1", "g1"], ["label.issue", "schema.c.isin"], [10, 12], ["y", "c"], ["a", "NYC"])
    table, first = place(found, [0], {10: 0, 12: 2}, some(None), None, {}, Pace({}))
    assert (table["finding"].to_pylist(), table["gain"].to_pylist(), first) == (["l1"], [None], 0.0)


def test_a_check_is_confirmed_as_often_as_it_was():
    assert rates([("data.leak", True)] * 8 + [("data.leak", False), ("data.duplicate", False)]) == {
        "data.leak": pytest.approx(9 / 11),
        "data.duplicate": pytest.approx(1 / 3),
    }
