"""Which signal leads: what is confirmed pays, what pays gets more rows, and nobody is left without any."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ranking.choosing import LEAST, Asked, expected_rewards, interleave, next_rows, paid_for, share_out
from workbench.ranking.signals import PRODUCT, QUALITY, VALUE, Signals, read_signals, tempered
from workbench.ranking.trials import Trial

EVEN = {QUALITY: 0.5, VALUE: 0.5}


def answered(by: str, confirmed: int, kept: int, paid: float = 1.0) -> list[Asked]:
    """Answers to rows that one signal had put in front."""
    return [Asked(frozenset([by]), paid, True)] * confirmed + [Asked(frozenset([by]), 0.0, False)] * kept


def signals(doubt: list[float], value: list[float] | None = None, fix: list[float] | None = None) -> Signals:
    """Rows of class a, three in four of all, and b."""
    given = np.array(["a", "a", "a", "b"] * (len(doubt) // 4), dtype=object)
    other = np.where(given == "a", "b", "a").astype(object)
    found = np.array(doubt)
    return Signals(
        given, other, found,
        None if value is None else np.array(value), None if fix is None else np.array(fix), {"a": 2 / 3, "b": 2.0},
    )  # fmt: skip


def test_before_any_answer_signals_that_promise_alike_share_alike():
    assert [share.share for share in share_out([], EVEN)] == [0.5, 0.5]


def test_the_signal_whose_rows_are_confirmed_leads_and_says_how_often():
    quality, value = share_out([*answered(QUALITY, 22, 28), *answered(VALUE, 41, 9)], EVEN)
    assert (quality.asked, quality.confirmed, value.asked, value.confirmed) == (50, 22, 50, 41)
    # Means with ten answers of one half before them: 27/60 and 46/60.
    assert (quality.reward, value.reward) == (pytest.approx(0.45), pytest.approx(46 / 60))
    assert value.share == 1 - LEAST and quality.share == LEAST


def test_what_is_confirmed_of_the_rare_class_pays_more():
    hits_of_the_frequent_class = answered(QUALITY, 40, 10, paid=2 / 3)
    fewer_of_the_rare_one = answered(VALUE, 25, 25, paid=2.0)
    quality, value = share_out([*hits_of_the_frequent_class, *fewer_of_the_rare_one], EVEN)
    assert value.share > 0.9 > quality.share
    of = signals([0.5] * 4)
    assert [paid_for(of, "b", "a", confirmed=True), paid_for(of, None, "a", confirmed=True)] == [2.0, 2 / 3]
    assert paid_for(of, "b", "a", confirmed=False) == 0


def test_few_answers_say_little_and_an_answer_to_a_row_of_both_is_credited_to_both():
    both = [Asked(frozenset([QUALITY, VALUE]), 1.0, True)] * 30
    assert [share.share for share in share_out(both, EVEN)] == [0.5, 0.5]
    few = share_out([*both, *answered(VALUE, 1, 0)], EVEN)
    assert 0.5 < few[1].share < 0.6


def trial(*gains: float, error: float = 0.001) -> Trial:
    """Trials with labels that stand for the same reward."""
    return Trial(
        (QUALITY, VALUE), 1000, np.array([50, 50]), np.array([40.0, 40.0]), np.array([0.02, 0.02]), np.array(gains),
        np.eye(2) * error**2,
    )  # fmt: skip


def test_the_signal_whose_labels_help_the_model_leads_though_both_are_confirmed_alike():
    past = [*answered(QUALITY, 40, 10), *answered(VALUE, 40, 10)]
    quality, value = share_out(past, EVEN, trial(0.01, 0.03))
    assert value.share > 0.85 and value.reward > 0.75 > quality.reward
    assert (value.tried, value.promised, value.gain, value.error) == (50, 0.02, 0.03, 0.001)
    low, high = value.interval
    assert (low, high) == (pytest.approx(0.03 - 0.00196), pytest.approx(0.03 + 0.00196))


def test_a_trial_of_which_nothing_can_be_told_leaves_the_answers_to_decide():
    past = [*answered(QUALITY, 45, 5), *answered(VALUE, 20, 30)]
    rewards = [share.reward for share in share_out(past, EVEN)]
    unsure = share_out(past, EVEN, trial(0.01, 0.03, error=10.0))
    assert [share.reward for share in unsure] == [pytest.approx(reward, rel=1e-3) for reward in rewards]
    assert unsure[0].share > 0.5
    assert [share.share for share in share_out([], EVEN, trial(0.02, 0.02))] == [pytest.approx(0.5)] * 2


def test_a_trial_counts_for_more_where_more_was_at_stake():
    """Both gained alike, but the labels of one stood for twice the reward."""
    twice = dataclasses.replace(trial(0.02, 0.02), stakes=np.array([80.0, 40.0]))
    quality, value = share_out([], EVEN, twice)
    assert value.reward > quality.reward and value.share > 0.7


def test_with_one_signal_it_gets_all():
    assert [(s.signal, s.share) for s in share_out(answered(QUALITY, 0, 9), {QUALITY: 0.4})] == [(QUALITY, 1.0)]


@given(
    st.lists(st.tuples(st.sampled_from([QUALITY, VALUE]), st.booleans(), st.floats(0, 5)), max_size=40),
    st.floats(0, 3), st.floats(0, 3), st.tuples(st.floats(-1, 1), st.floats(-1, 1)), st.floats(1e-6, 10),
)  # fmt: skip
def test_shares_are_shares_and_more_hits_never_cost_a_signal_its_place(past, first, second, gains, error):
    asked = [Asked(frozenset([by]), paid if hit else 0.0, hit) for by, hit, paid in past]
    shares = share_out(asked, {QUALITY: first, VALUE: second})
    for found in (shares, share_out(asked, {QUALITY: first, VALUE: second}, trial(*gains, error=error))):
        assert sum(share.share for share in found) == pytest.approx(1)
        assert all(LEAST <= share.share <= 1 - LEAST for share in found)
    leader = max(shares, key=lambda share: share.reward)
    assert leader.share >= 0.5


@given(st.permutations(range(12)), st.permutations(range(12)), st.floats(0.05, 0.95))
def test_a_merged_order_has_every_row_once_and_each_share_at_its_front(first, second, share):
    merged = interleave([first, second], [share, 1 - share])
    assert sorted(merged) == list(range(12))
    own = [row for row in merged if row in first[: round(share * 6)]]
    assert len(own) == len(set(own))
    assert merged[0] == (first if share >= 0.5 else second)[0]


def test_only_rows_that_nobody_answered_are_ordered():
    of = signals([0.9, 0.8, 0.1, 0.2], [0.0] * 4, [0.0, 0.1, 0.9, 0.0])
    open_rows = np.array([1, 2, 3])
    order = next_rows(of, open_rows, share_out([], EVEN))
    # By value all are alike, so both signals agree on 1 first; by doubt 3 comes before 2.
    assert order.tolist() == [1, 2, 3]
    assert expected_rewards(signals([0.9, 0.8, 0.1, 0.2]), open_rows) == {
        QUALITY: pytest.approx((0.8 * 2 + 0.1 * 2 + 0.2 * 2 / 3) / 3)
    }


def test_signals_by_hand():
    believed = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]])
    labels = np.array(["a", "b", "a", "b"], dtype=object)
    points, asked = np.array([[0.0], [1], [2], [3]]), np.array([[3.0]])
    found = read_signals(
        labels, ("a", "b"), believed, points=points, validation=asked, validation_labels=np.array(["a"], dtype=object)
    )
    assert found.suggested.tolist() == ["b", "a", "b", "a"]
    assert found.weight == {"a": 1.0, "b": 1.0}
    # The last two rows are doubted by the models, and the last one's doubt is the greater.
    assert found.doubt[3] > found.doubt[2] > 0.5 > found.doubt[1] > found.doubt[0]
    assert dataclasses.replace(found, value=None, fix=None).orders[QUALITY].tolist() == [3, 2, 1, 0]
    # The nearest row, the last one, is labelled b where a is right; among ten voters each counts a tenth.
    assert found.fix.round(6).tolist() == [-0.1, 0.1, -0.1, 0.1]
    # The others being the same, the farthest right row and the second nearest are worth a tenth each.
    assert found.value.round(6).tolist() == [0.1, 0.0, 0.1, 0.0]
    assert found.orders[VALUE].tolist() == [1, 3, 0, 2]
    # Of the two whose fix promises something the last one is the more doubted.
    assert found.orders[PRODUCT].tolist()[:2] == [3, 1]


def test_where_neighbours_say_nothing_the_product_is_the_order_of_doubt():
    doubt = [0.3, 0.9, 0.1, 0.7]
    for fix in (0.0, 0.01):
        assert signals(doubt, [0.0] * 4, [fix] * 4).orders[PRODUCT].tolist() == [1, 3, 0, 2]
    # One that promises much goes before one of more doubt that promises nothing, but not before much more doubt.
    told = signals(doubt, [0.0] * 4, [0.02, 0.0, 0.02, 0.0])
    assert told.orders[PRODUCT].tolist() == [1, 0, 3, 2]


def test_a_class_that_others_are_mistaken_for_is_doubted_more():
    """Ants are labelled as bees, never the other way round: the models find the last two rows as likely either."""
    believed = np.array([[0.9, 0.1]] * 60 + [[0.1, 0.9]] * 40 + [[0.5, 0.5]] * 2)
    labels = np.array(["ant"] * 40 + ["bee"] * 20 + ["bee"] * 40 + ["ant", "bee"], dtype=object)
    found = read_signals(labels, ("ant", "bee"), believed)
    assert found.doubt[-1] > 3 * found.doubt[-2]
    assert set(found.orders[QUALITY][:20]) == {*range(40, 60)}


def test_without_validation_rows_there_is_one_signal():
    found = read_signals(np.array(["a", "b"], dtype=object), ("a", "b"), np.eye(2))
    assert found.value is None and found.fix is None and [*found.orders] == [QUALITY]


def test_tempering_softens_what_is_too_sure_and_keeps_the_order():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 0.99, 4000)
    y = (rng.random(4000) > p).astype(np.int64)
    sure = np.column_stack([p**4, (1 - p) ** 4])
    sure /= sure.sum(axis=1, keepdims=True)
    softened = tempered(sure, y)
    assert np.abs(softened[:, 0] - p).max() < 0.05
    assert (np.argsort(softened[:, 0]) == np.argsort(sure[:, 0])).all()
