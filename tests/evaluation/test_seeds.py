"""How many fits stand behind a figure, and that none of them is made twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.compare import compare
from workbench.errors import UsageError
from workbench.evaluation import evaluate, fitting, read_predictions
from workbench.lake import newest, view_of
from workbench.settings import Settings


def table() -> pd.DataFrame:
    random = np.random.default_rng(1)
    x = random.normal(size=240)
    y = np.where(x + random.normal(size=240) > 0, "yes", "no")
    return pd.DataFrame({"id": np.arange(240), "x": x, "z": random.normal(size=240), "y": y})


@pytest.fixture
def dataset(lake, make):
    def dataset(name="t"):
        lanes = [0, 0, 2] * 80
        return view_of(lake, make(table(), name, key=("id",), label="y", model="linear", lanes=lanes))

    return dataset


@pytest.fixture
def view(dataset):
    return dataset()


@pytest.fixture
def fitted(monkeypatch):
    """The seeds that models are fitted with, in order."""
    seeds = []
    answer = fitting.Question.answer

    def counted(question, seed):
        seeds.append(seed)
        return answer(question, seed)

    monkeypatch.setattr(fitting.Question, "answer", counted)
    return seeds


def test_ten_fits_are_usual_and_a_setting_says_otherwise(lake, view, fitted, monkeypatch):
    assert evaluate(lake, view).seeds == lake.settings.seeds == len(fitted)

    monkeypatch.delenv("WORKBENCH_SEEDS")
    assert Settings().seeds == 10


def test_more_seeds_fit_only_those_that_are_lacking(lake, view, fitted):
    evaluate(lake, view, seeds=3)
    more = evaluate(lake, view, seeds=6)

    assert fitted == [0, 1, 2, 3, 4, 5] and more.seeds == 6


def test_fewer_seeds_fit_nothing_and_are_a_figure_of_their_own(lake, view, fitted):
    many = evaluate(lake, view, seeds=6)
    del fitted[:]
    few = evaluate(lake, view, seeds=2)

    assert not fitted
    assert few.fingerprint != many.fingerprint and few.metrics != many.metrics
    kept = [read_predictions(lake, each.id).by_seed(each.seeds) for each in (few, many)]
    assert np.array_equal(kept[0], kept[1][:2])


def test_seeds_added_later_give_the_figures_of_all_at_once(lake, view, dataset):
    evaluate(lake, view, seeds=2)
    grown = evaluate(lake, view, seeds=5)
    at_once = evaluate(lake, dataset("other"), seeds=5)

    assert grown.metrics == at_once.metrics
    kept = [read_predictions(lake, each.id).values for each in (grown, at_once)]
    assert np.array_equal(*kept)


def test_a_corrected_test_label_is_scored_on_what_other_seeds_said(lake, view, publish, fitted):
    rid = read_predictions(lake, evaluate(lake, view, seeds=4).id).rid[0]
    del fitted[:]
    publish("t", {int(rid): {"y": "yes"}, int(rid) + 3: {"y": "no"}})

    assert evaluate(lake, view_of(lake, newest(lake, "t")), seeds=3).seeds == 3
    assert not fitted


def test_two_versions_are_compared_by_as_many_seeds_as_asked_for(lake, view, publish, fitted):
    publish("t", {rid: {"y": "yes"} for rid in range(1, 40)})
    after = view_of(lake, newest(lake, "t"))

    assert compare(lake, view, after).fits == lake.settings.seeds
    assert compare(lake, view, after, seeds=7).fits == 7
    assert fitted.count(6) == 2 and fitted.count(0) == 2


def test_samples_are_no_seeds(lake, view, fitted):
    evaluate(lake, view, seeds=3)
    evaluate(lake, view, seeds=3, resampled=True)

    assert fitted == [0, 1, 2, 0, 1, 2]


def test_no_seed_is_no_figure(lake, view):
    with pytest.raises(UsageError, match="0 seeds give no figure"):
        evaluate(lake, view, seeds=0)
