"""Out-of-fold predictions: nobody is judged by a model that learnt from him."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Cancelled, DataError, UsageError
from workbench.evaluation import inputs, out_of_fold
from workbench.evaluation.out_of_fold import deal
from workbench.lake import newest, view_of
from workbench.models import fit, load_model, predict

FAST = "embedding"
"""The preset that fits these small frames fastest: a linear model of the numbers."""

NEAREST = """
from sklearn.neighbors import KNeighborsClassifier

def make():
    return KNeighborsClassifier(n_neighbors=1)
"""


def noise(rows: int = 300, classes: int = 2, seed: int = 0) -> pd.DataFrame:
    """Rows whose label has nothing to do with their features."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": range(1, rows + 1),
            "x": random.normal(size=rows),
            "z": random.normal(size=rows),
            "comment": "",
            "y": random.choice([f"class{n}" for n in range(classes)], rows),
        }
    )


@pytest.fixture
def dataset(make):
    def dataset(frame, lanes=None, **definition):
        settled = {"key": ("id",), "label": "y", "model": FAST, "ignore": ("comment",)}
        lanes = lanes or [(0, 0, 0, 0, 1, 2)[place % 6] for place in range(len(frame))]
        return make(frame, lanes=lanes, **{**settled, **definition})

    return dataset


@pytest.fixture
def count():
    steps: list[int] = []

    def told(stage: str, done: int, total: int) -> None:
        if done:
            steps.append(done)

    told.steps = steps
    return told


def test_a_row_and_its_duplicates_are_judged_by_models_that_saw_none_of_them(lake, dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("nearest.py").write_text(NEAREST)
    frame = noise(200)
    twice = pd.concat([frame, frame.assign(id=frame["id"] + 200)])
    view = view_of(lake, dataset(twice, lanes=[0] * 400, model="nearest:make"))
    found = out_of_fold(lake, view)
    right = np.array(found.classes)[found.pred_probs.argmax(axis=1)] == found.label
    assert 0.35 < right.mean() < 0.65, "one's own row or its twin as nearest neighbour would be right every time"


def test_rows_of_other_lanes_are_judged_by_the_model_of_all_train_rows(lake, dataset):
    view = view_of(lake, dataset(noise()))
    found = out_of_fold(lake, view)
    rows = inputs(view)
    train = rows.rows("train")
    fitted = fit(load_model(FAST, "classification"), rows.X[train], rows.y[train], seed=0)
    for lane, number in (("validation", 1), ("test", 2)):
        expected = dict(
            zip(rows.rid[rows.rows(lane)], predict(fitted, rows.X[rows.rows(lane)], classes=found.classes), strict=True)
        )
        got = found.lane == number
        assert np.allclose(found.pred_probs[got], [expected[rid] for rid in found.rid[got]])
    assert found.rid.tolist() == list(range(1, 301)) and found.pred_probs.shape == (300, 2)
    assert np.allclose(found.pred_probs.sum(axis=1), 1) and found.folds == 5


def test_a_second_call_and_a_version_with_equal_inputs_read(lake, dataset, publish, count):
    first = out_of_fold(lake, view_of(lake, dataset(noise())))
    for view in (view_of(lake, found) for found in (newest(lake, "t"), publish("t", {3: {"comment": "seen"}}))):
        again = out_of_fold(lake, view, progress=count)
        assert again.state == view.label and again.id == first.id
        assert (again.pred_probs == first.pred_probs).all() and (again.rid == first.rid).all()
    assert count.steps == []


def test_changed_validation_and_test_labels_cost_no_fit(lake, dataset, publish, count):
    first = out_of_fold(lake, view_of(lake, dataset(noise())), progress=count)
    assert count.steps == [1, 2, 3, 4, 5, 6]
    count.steps.clear()
    found = out_of_fold(lake, view_of(lake, publish("t", {5: {"y": "class1"}, 6: {"y": "other"}})), progress=count)
    assert count.steps == [] and found.id != first.id
    assert found.classes == ("class0", "class1", "other") and (found.pred_probs[:, 2] == 0).all()
    assert (found.pred_probs[:, :2] == first.pred_probs).all()
    assert found.label[found.rid == 6].tolist() == ["other"]


def test_rows_without_a_label_get_no_probabilities(lake, dataset, publish):
    dataset(noise())
    found = out_of_fold(lake, view_of(lake, publish("t", {1: {"y": None}, 5: {"y": None}, 7: {"_excluded": True}})))
    assert not {1, 5, 7} & set(found.rid) and len(found.rid) == 297
    assert found.notes == ("1 train and 1 validation rows without a label are left out",)


def test_above_the_cap_only_the_sampled_rows_get_probabilities(lake, dataset):
    found = out_of_fold(lake, view_of(lake, dataset(noise())), max_train_rows=60)
    assert (found.lane == 0).sum() == 60 and (found.lane != 0).sum() == 100 and found.sampled
    assert found.notes == ("fitted on a fixed sample of 60 of 200 train rows",)


def test_regression_gives_one_number_per_row(lake, dataset):
    frame = noise()
    frame["y"] = 3 * frame["x"]
    found = out_of_fold(lake, view_of(lake, dataset(frame, task="regression")))
    assert found.pred_probs.shape == (300, 1) and found.classes == ()
    assert np.allclose(found.pred_probs[:, 0], frame["y"], atol=0.2)


def test_a_class_smaller_than_the_folds_does_not_crash_and_is_said(lake, dataset):
    frame = noise(classes=3)
    frame.loc[frame["y"] == "class2", "y"] = "class1"
    frame.loc[[0, 6], "y"] = "rare"
    frame.loc[[1], "y"] = "single"
    found = out_of_fold(lake, view_of(lake, dataset(frame)))
    assert found.classes == ("class0", "class1", "rare", "single")
    assert (
        "class 'rare' has 2 different train rows, fewer than the 5 folds: its probabilities say little" in found.notes
    )
    single = found.pred_probs[found.label == "single"]
    assert single[0, 3] == 0, "nothing was left to learn it from"


def test_two_rows_are_judged_by_each_other(lake, dataset):
    frame = noise(2).assign(y=["a", "b"])
    found = out_of_fold(lake, view_of(lake, dataset(frame, lanes=[0, 0])))
    assert found.pred_probs.tolist() == [[0, 1], [1, 0]] and found.folds == 2
    assert found.notes[0] == "2 folds instead of 5: the train rows have only 2 different features"


def test_a_cancelled_run_stores_nothing(lake, dataset):
    def stop(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        out_of_fold(lake, view_of(lake, dataset(noise())), progress=stop)
    assert lake.read("SELECT count(*) FROM lake.workbench.predictions") == [(0,)]


def test_what_cannot_be_judged_is_refused(lake, dataset):
    view = view_of(lake, dataset(noise().assign(x=1.0, z=1.0)))
    with pytest.raises(DataError, match="all 200 train rows have the same features"):
        out_of_fold(lake, view)
    with pytest.raises(UsageError, match="1 folds"):
        out_of_fold(lake, view, folds=1)


def test_folds_keep_equal_features_together_and_spread_the_classes(lake, dataset):
    frame = noise(2000)
    frame["x"] = frame["x"].round(2)
    frame["z"] = 0.0
    frame.loc[:60, "y"] = "small"
    rows = inputs(view_of(lake, dataset(frame, lanes=[0] * 2000)))
    fold, notes = deal(rows, 5)
    by_features: dict[str, set[int]] = {}
    for features, number in zip(rows.features, fold, strict=True):
        by_features.setdefault(features, set()).add(int(number))
    assert all(len(numbers) == 1 for numbers in by_features.values()) and notes == []
    shares = np.bincount(fold[rows.label == "small"], minlength=5) / 61
    assert shares.min() > 0.08 and np.bincount(fold).min() > 300


def test_editing_a_row_moves_no_other_row_of_a_large_class(lake, dataset, publish):
    view = view_of(lake, dataset(noise(800), lanes=[0] * 800))
    before = dict(zip(inputs(view).rid, deal(inputs(view), 5)[0], strict=True))
    view = view_of(lake, publish("t", {10: {"x": 0.5}, 20: {"y": "class1"}, 30: {"_excluded": True}}))
    after = dict(zip(inputs(view).rid, deal(inputs(view), 5)[0], strict=True))
    assert {rid for rid, number in after.items() if before[rid] != number} <= {10}
