"""Bootstrap samples of the train rows: how rows are drawn, how figures are kept, what their interval covers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.compare import NotMeasured, compare, kept_comparison
from workbench.errors import Cancelled, UsageError
from workbench.evaluation import SAMPLES, evaluate, read_predictions
from workbench.evaluation.bootstrap import drawn_rows, times_drawn
from workbench.evaluation.inputs import in_snapshot, read_inputs
from workbench.evaluation.reading import reading_of
from workbench.impact import paired
from workbench.lake import read_versions, view_of
from workbench.reporting import report_comparison

ROWS = 240


def people(seed: int = 0) -> pd.DataFrame:
    """Rows whose label depends on x, with noise; every second one is a test row."""
    random = np.random.default_rng(seed)
    x = random.normal(size=ROWS)
    label = np.where(x + random.normal(scale=0.7, size=ROWS) > 0, "yes", "no")
    return pd.DataFrame({"id": range(1, ROWS + 1), "x": x, "z": random.normal(size=ROWS), "y": label})


@pytest.fixture
def dataset(make):
    def dataset(frame=None, **definition):
        frame = people() if frame is None else frame
        settled = {"key": ("id",), "label": "y", "model": "embedding", "lanes": [0, 2] * (len(frame) // 2)}
        return make(frame, "t", **{**settled, **definition})

    return dataset


@pytest.fixture
def two(lake, dataset, publish):
    """Version 2 has a third of the train labels turned to "yes"."""
    dataset()
    publish("t", {rid: {"y": "yes"} for rid in range(1, 80, 2)})
    return tuple(view_of(lake, version) for version in read_versions(lake, "t"))


def read(view, seeds: int, *, resampled: bool = True):
    return in_snapshot(view, lambda s: read_inputs(s, view, reading_of(view), seeds=seeds, resampled=resampled))


def test_times_drawn_by_hand() -> None:
    # P(0) = P(1) = 0.3679, P(2) = 0.1839: the halves of the unit interval are at 1 and at 2 times.
    halves = np.array([0, 0.36, 0.37, 0.5, 0.73, 0.74, 0.91, 0.93]) * 2.0**64
    assert times_drawn(halves.astype(np.uint64)).tolist() == [0, 0, 1, 1, 1, 2, 2, 3]
    assert times_drawn(np.array([2**64 - 1], dtype=np.uint64)) <= 16


def test_rows_are_drawn_once_on_average_with_a_variance_of_one(two):
    drawn = read(two[0], 200).drawn
    assert drawn.shape == (ROWS, 200)
    assert drawn.mean() == pytest.approx(1, abs=0.03) and drawn.var() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] == pytest.approx(0, abs=0.25)


def test_both_versions_draw_the_same_keys(two, lake, publish):
    publish("t", {}, gone=(7, 8))
    views = [view_of(lake, version) for version in read_versions(lake, "t")]
    first, second, third = (dict(zip(rows.row_key, rows.drawn.tolist(), strict=True)) for rows in map(read_5, views))
    assert first == second and {key: first[key] for key in third} == third and len(third) == ROWS - 2


def read_5(view):
    return read(view, 5)


def test_a_sample_repeats_rows_in_key_order_and_one_class_alone_is_no_sample() -> None:
    y = np.array(["a", "a", "b", "b"], dtype=object)
    train = np.array([True, True, True, False])
    assert drawn_rows(np.array([2, 0, 1, 3], dtype=np.uint8), train, y).tolist() == [0, 0, 2]
    assert drawn_rows(np.array([2, 1, 0, 3], dtype=np.uint8), train, y).tolist() == [0, 1, 2]
    numbers = np.zeros(4)
    assert drawn_rows(np.array([0, 0, 0, 1], dtype=np.uint8), train, numbers).tolist() == [0, 1, 2]
    assert drawn_rows(np.array([0, 3, 0, 1], dtype=np.uint8), train, numbers).tolist() == [1, 1, 1]


def test_samples_are_a_series_of_their_own_and_are_not_fitted_twice(lake, two):
    a, b = two
    usual = compare(lake, a, b)
    told = []
    found = compare(lake, a, b, resample=6, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert told.count(("evaluating t@1", 6, 6)) == told.count(("evaluating t@2", 6, 6)) == 1
    again = []
    assert compare(lake, a, b, resample=6, progress=lambda *said: again.append(said)) == found and again == []
    assert kept_comparison(lake, a, b, resample=6) == found and compare(lake, a, b) == usual
    with pytest.raises(NotMeasured):
        kept_comparison(lake, a, b, resample=7)
    assert (found.resampled, found.fits, usual.resampled, usual.fits) == (True, 6, False, 5)
    assert evaluate(lake, a, seeds=6, resampled=True).fingerprint != evaluate(lake, a, seeds=6).fingerprint
    assert math.fsum(found.parts.values()) == pytest.approx(found.b_published - found.a_published, abs=1e-12)
    assert found.noise_floor is None and usual.noise_floor > 0


def test_the_interval_is_that_of_the_formula_and_the_words_say_what_is_asked(lake, two):
    a, b = two
    found = compare(lake, a, b, resample=6)
    labels = dict(b.fetch("SELECT id::VARCHAR, y FROM {rows} WHERE _lane = 2"))
    hits = []
    for view in two:
        evaluation = evaluate(lake, view, seeds=6, resampled=True)
        kept = read_predictions(lake, evaluation.id)
        own = np.array([labels[key.strip("{}").split(":")[1].strip(' "')] for key in kept.row_key])
        hits.append((np.array(evaluation.train_classes)[kept.by_seed(6).argmax(axis=2)] == own).astype(float))
    d = hits[1] - hits[0]
    left = d - d.mean(axis=0) - d.mean(axis=1, keepdims=True) + d.mean()
    of_rows, of_samples = d.mean(axis=0).var(ddof=1) / d.shape[1], d.mean(axis=1).var(ddof=1)
    of_cells = (left**2).sum() / (5 * (d.shape[1] - 1)) / d.shape[1]
    se = math.sqrt(of_rows + of_samples + max(0.0, of_samples - of_cells) / 6)
    wanted = paired(*hits, span=1.0, resampled=True)
    assert wanted.se == pytest.approx(se)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))
    text = report_comparison(found)
    assert "Would it help on data like this? 6 fits of each version, each on another bootstrap sample" in text
    assert "noise floor" not in text and "what moved the figure of the samples" in text
    assert found.notes[0].startswith("each of 6 fits learnt from another bootstrap sample") and len(found.notes) == 1


def test_identical_inputs_are_no_change_for_samples_too(lake, two):
    assert compare(lake, two[0], two[0], resample=3).verdict == "no change"


def test_features_of_test_rows_that_changed_are_asked_of_the_models_of_the_samples(lake, two, publish):
    publish("t", {2: {"x": 9.0}, 4: {"x": -9.0}})
    third = view_of(lake, read_versions(lake, "t")[-1])
    found = compare(lake, two[0], third, resample=4)
    assert math.fsum(found.parts.values()) == pytest.approx(found.b_published - found.a_published, abs=1e-12)


def test_a_cancelled_comparison_of_samples_stores_nothing(lake, two):
    def cancel(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        compare(lake, *two, resample=4, progress=cancel)
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == [(0,)]


def test_one_sample_says_nothing_and_is_refused(lake, two):
    with pytest.raises(UsageError, match="One sample") as refused:
        compare(lake, *two, resample=1)
    assert f"{SAMPLES} are usual" in refused.value.hint


def test_a_rare_class_that_a_sample_misses_is_no_crash(lake, dataset):
    frame = people()
    frame["y"] = "no"
    frame.loc[[0, 1], "y"] = "yes"
    view = view_of(lake, dataset(frame))
    found = evaluate(lake, view, seeds=8, resampled=True)
    assert any("learnt from all 120 train rows" in note for note in found.notes)


def test_regression_is_sampled_too(lake, dataset, publish):
    frame = people()
    frame["y"] = frame["x"] * 2
    dataset(frame, task="regression")
    publish("t", {rid: {"y": 40.0} for rid in range(1, 160, 2)})
    views = [view_of(lake, version) for version in read_versions(lake, "t")]
    found = compare(lake, *views, resample=5)
    assert found.metric == "r2" and found.verdict == "loss" and found.metrics["mae"].low > 0


def thresholds(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fit the midpoint between the two classes' means; per row of weights one threshold."""
    up, down = ((weights * y * x).sum(axis=1) / (weights * y).sum(axis=1) for y in (y == 1, y == 0))
    return (up + down) / 2


def test_over_fresh_train_rows_the_interval_of_samples_covers_the_effect_and_that_of_seeds_does_not() -> None:
    random = np.random.default_rng(11)
    rows, tests = 120, 5000

    def collected() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Train rows, with 3 of 10 values of one class in the wrong unit, and as they should be."""
        y = random.integers(0, 2, rows)
        x = random.normal(size=rows) + y
        return y, x + 3 * ((y == 1) & (random.random(rows) < 0.3)), x

    def share_right(threshold: np.ndarray) -> np.ndarray:
        """Accuracy of a threshold in the population."""
        return (stats.norm.sf(threshold - 1) + stats.norm.cdf(threshold)) / 2

    effects = []
    for _ in range(1500):
        y, wrong, right = collected()
        once = np.ones((1, rows))
        effects.append(share_right(thresholds(right, y, once)) - share_right(thresholds(wrong, y, once)))
    effect = float(np.mean(effects))

    covered, widths = {"samples": 0, "seeds": 0}, {"samples": [], "seeds": []}
    for _ in range(200):
        y, wrong, right = collected()
        labels = random.integers(0, 2, tests)
        x = random.normal(size=tests) + labels
        drawn = times_drawn(random.integers(0, 2**64, (20, rows), dtype=np.uint64)).astype(float)
        kept = (random.random((5, rows)) > 0.1).astype(float)
        for name, weights in (("samples", drawn), ("seeds", kept)):
            hits = [((x > thresholds(of, y, weights)[:, None]) == labels).astype(float) for of in (wrong, right)]
            found = paired(*hits, span=1.0, resampled=name == "samples")
            covered[name] += found.low <= effect <= found.high
            widths[name].append(found.high - found.low)

    assert effect > 0.01
    assert covered["samples"] / 200 >= 0.90 and covered["seeds"] / 200 < 0.80
    assert np.median(widths["samples"]) > 1.3 * np.median(widths["seeds"])
