"""Suggested labels are tried on the validation rows before anybody looks at them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from workbench.errors import Cancelled
from workbench.evaluation import ModelInputs, inputs
from workbench.lake import Lake, newest, view_of
from workbench.models import FixedModel, load_model
from workbench.models.space import FeatureSpace
from workbench.ranking.signals import PRODUCT, VALUE, Signals, read_signals
from workbench.ranking.trials import LEAST_TRIED, Trial, balanced_gains, try_signals

ANT, BEE = np.array(["ant", "bee"], dtype=object)


@pytest.fixture
def model() -> FixedModel:
    return load_model("linear", "classification")


@pytest.fixture
def lanes(bugs: Lake) -> tuple[ModelInputs, ModelInputs]:
    """Train and validation rows, a quarter of both wrong."""
    rows = inputs(view_of(bugs, newest(bugs, "bugs")), seeds=3)
    return tuple(rows.only(np.flatnonzero(rows.rows(lane))) for lane in ("train", "validation"))


def signals_of(train: ModelInputs, validation: ModelInputs, truth: np.ndarray, *, right: bool) -> Signals:
    """Signals of models that know the truth, or that are sure of the first wrong class for each row."""
    classes = tuple(sorted(set(truth)))
    number = np.searchsorted(classes, truth[train.rid - 1])
    believed = np.full((len(number), 3), 0.05)
    believed[np.arange(len(number)), number if right else (number + 1) % 3] = 0.9
    space = FeatureSpace(train.X)
    return read_signals(
        train.label, classes, believed, points=space.place(train.X), validation=space.place(validation.X),
        validation_labels=validation.label,
    )  # fmt: skip


def tried(model, lanes, signals, **options) -> Trial | None:
    train, validation = lanes
    given = {"open_rows": np.arange(len(train.y)), "sure": signals.doubt} | options
    return try_signals(model, train, validation.X, validation.label, signals, **given)


def test_right_suggestions_gain_and_wrong_ones_lose(bugs, lanes, model, truth):
    right, wrong = (tried(model, lanes, signals_of(*lanes, truth, right=known)) for known in (True, False))
    assert right.signals == (PRODUCT, VALUE)
    assert right.gains[0] > 0 and right.promised[0] > 0
    assert (wrong.gains < 0).all()
    # Neighbours doubt such fixes and put them back. Where they say nothing the models' doubt alone leads to the worst.
    misled = dataclasses.replace(signals_of(*lanes, truth, right=False), fix=np.zeros(240))
    worst = tried(model, lanes, misled)
    assert worst.gains[0] < -2 * np.sqrt(worst.covariance[0, 0])
    # A hundred rows at the front, of which those get another label that are more likely wrong than right.
    assert 0 < right.tried[0] <= LEAST_TRIED and right.rows == 240


def test_nothing_is_changed_and_test_rows_are_not_among_them(bugs, lanes, model, truth):
    train, validation = lanes
    labels = train.y.copy()
    signals = signals_of(*lanes, truth, right=True)
    found = tried(model, lanes, signals)
    assert (train.y == labels).all() and (signals.given == labels).all()
    assert set(train.lanes) == {0} and set(validation.lanes) == {1}
    again = tried(model, lanes, signals)
    assert (found.gains == again.gains).all() and (found.covariance == again.covariance).all()


def test_rows_that_were_answered_or_are_probably_right_keep_their_label(lanes, model, truth):
    signals = signals_of(*lanes, truth, right=True)
    none = tried(model, lanes, signals, sure=np.full(240, 0.5))
    assert none.tried.tolist() == [0, 0] and none.gains.tolist() == [0, 0] and none.stakes.tolist() == [0, 0]
    assert (np.linalg.eigvalsh(none.covariance) > 0).all()
    few = tried(model, lanes, signals, open_rows=np.flatnonzero(signals.doubt > 0.5)[:5])
    assert few.tried.tolist() == [5, 5] and few.gains[0] == few.gains[1]


def test_without_validation_rows_or_open_ones_there_is_no_trial(lanes, model, truth):
    train, validation = lanes
    signals = signals_of(*lanes, truth, right=True)
    assert tried(model, lanes, signals, open_rows=np.zeros(0, dtype=np.int64)) is None
    alone = read_signals(train.label, ("ant", "bee", "cat"), np.full((240, 3), 1 / 3))
    assert try_signals(model, train, validation.X, validation.label, alone, np.arange(240), alone.doubt) is None


def test_it_tells_of_each_fit_and_can_be_stopped(lanes, model, truth):
    signals, told = signals_of(*lanes, truth, right=True), []
    tried(model, lanes, signals, progress=lambda *said: told.append(said))
    assert told == [("trying suggested labels", done, 9) for done in range(10)]

    def stop(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        tried(model, lanes, signals, progress=stop)


def test_trials_are_averaged_over_scorings_and_get_no_surer_by_that():
    def of(gain: float, *, names: tuple[str, ...] = (PRODUCT, VALUE)) -> Trial:
        pair = np.array([gain, 0.0])
        return Trial(names, 240, np.array([3, 4]), 100 * pair, pair, pair, 0.01 * np.eye(2))

    second = of(0.04).after(of(0.01))
    assert second.gains[0] == pytest.approx(0.025) and second.stakes[0] == pytest.approx(2.5)
    third = of(0.1).after(second)
    assert third.times == 3 and third.gains[0] == pytest.approx(0.05)
    assert third.covariance == pytest.approx(0.01 * np.eye(2)) and third.tried.tolist() == [3, 4]
    assert of(0.1).after(None).times == of(0.1).after(of(0.2, names=(VALUE, PRODUCT))).times == 1
    again = Trial.from_kept(json.loads(json.dumps(third.to_kept())))
    assert (again.gains == third.gains).all() and (again.signals, again.rows, again.times) == ((PRODUCT, VALUE), 240, 3)


def test_balanced_gains_by_hand():
    right = np.array([ANT, ANT, ANT, ANT, BEE, BEE], dtype=object)
    # Two fits of one state: of four ants one becomes right by the first fit, of two bees one by both.
    steps = np.array([[[1, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0]]], dtype=np.float64)
    gains, covariance = balanced_gains(steps, right)
    assert gains == pytest.approx([(0.125 + 0.5) / 2])
    ants, bees = np.var([0.5, 0, 0, 0], ddof=1) / 4, np.var([1, 0], ddof=1) / 2
    fits = np.var([(0.25 + 0.5) / 2, 0.25], ddof=1) / 2
    assert covariance == pytest.approx(np.array([[(ants + bees) / 4 + fits + (0.5 / 6) ** 2]]))


def test_a_class_of_one_validation_row_leaves_the_gain_uncertain():
    right = np.array([ANT] * 50 + [BEE], dtype=object)
    gains, covariance = balanced_gains(np.zeros((2, 1, 51)), right)
    assert gains.tolist() == [0, 0]
    assert np.sqrt(np.diag(covariance)) == pytest.approx(np.sqrt(0.25 / 4 + (0.5 / 51) ** 2))
