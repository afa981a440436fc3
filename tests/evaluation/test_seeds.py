"""How many fits stand behind a figure, and that none of them is made twice."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from workbench import execution
from workbench.compare import compare
from workbench.errors import Cancelled, UsageError
from workbench.evaluation import evaluate, fits, fitting, out_of_fold, read_predictions
from workbench.lake import maintain, newest, open_lake, view_of
from workbench.models import asking
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

    def counted(question, fit):
        seeds.append(fit.seed)
        return answer(question, fit)

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


def stopping(after):
    """A progress that cancels once so many fits are made."""

    def progress(stage, done, total):
        if done == after:
            raise Cancelled("enough")

    return progress


def count_kept(lake):
    return lake.read("SELECT count(*) FROM lake.workbench.fits")[0][0]


def test_fits_made_before_a_cancel_are_used_by_the_next_try(lake, view, dataset, fitted):
    with pytest.raises(Cancelled):
        evaluate(lake, view, seeds=5, progress=stopping(after=3))
    assert fitted == [0, 1, 2] and count_kept(lake) == 3

    told = []
    found = evaluate(lake, view, seeds=5, progress=lambda stage, done, total: told.append((done, total)))

    assert fitted == [0, 1, 2, 3, 4] and told[0] == (3, 5)
    assert count_kept(lake) == 0, "the result is kept, and has them all"
    at_once = evaluate(lake, dataset("other"), seeds=5)
    kept = [read_predictions(lake, each.id).values for each in (found, at_once)]
    assert kept[0].tobytes() == kept[1].tobytes()


def test_they_are_used_with_another_number_of_seeds_but_not_for_other_rows(lake, view, publish, fitted):
    with pytest.raises(Cancelled):
        evaluate(lake, view, seeds=5, progress=stopping(after=2))
    evaluate(lake, view, seeds=3)
    assert fitted == [0, 1, 2]

    with pytest.raises(Cancelled):
        evaluate(lake, view, seeds=4, progress=stopping(after=4))
    del fitted[:]
    publish("t", {rid: {"y": "yes"} for rid in range(1, 40)})
    evaluate(lake, view_of(lake, newest(lake, "t")), seeds=4)
    assert fitted == [0, 1, 2, 3]


def test_a_crash_loses_no_more_than_the_last_moment(lake, view, monkeypatch):
    monkeypatch.setattr(fits, "SAVED_EVERY", 0.0)
    seen = []
    evaluate(lake, view, seeds=4, progress=lambda stage, done, total: seen.append((done, count_kept(lake))))

    assert seen == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)] and count_kept(lake) == 0


def test_folds_are_kept_through_a_cancel_too(lake, view, fitted, dataset):
    with pytest.raises(Cancelled):
        out_of_fold(lake, view, progress=stopping(after=2))
    before = len(fitted)
    found = out_of_fold(lake, view)

    assert (before, len(fitted)) == (2, 6), "five folds, and the model that judges the test rows"
    assert np.array_equal(found.pred_probs, out_of_fold(lake, dataset("other")).pred_probs)


def test_maintain_deletes_the_fits_of_work_that_nobody_took_up_again(lake, view):
    with pytest.raises(Cancelled):
        evaluate(lake, view, seeds=5, progress=stopping(after=3))
    now = datetime.datetime.now(datetime.UTC)

    maintain(lake, now=now + datetime.timedelta(days=6))
    assert count_kept(lake) == 3
    maintain(lake, now=now + datetime.timedelta(days=8))
    assert count_kept(lake) == 0


def test_figures_of_two_processes_are_those_of_one(lake, view, dataset, elsewhere, settings):
    with open_lake(settings.model_copy(update={"workers": 2})) as two:
        there = view_of(two, newest(two, "t"))
        side_by_side = [evaluate(two, there, seeds=3), out_of_fold(two, there)]
    assert len(elsewhere) == 3 + 6
    other = dataset("other")
    assert side_by_side[0].metrics == evaluate(lake, other, seeds=3).metrics
    assert np.array_equal(side_by_side[1].pred_probs, out_of_fold(lake, other).pred_probs)


def test_processes_start_while_the_rows_of_heavy_work_are_read(lake, view, monkeypatch, elsewhere, settings):
    begun = []
    monkeypatch.setattr(execution, "prepare", lambda workers, load: begun.append((workers, load())))
    evaluate(lake, view, seeds=2)
    assert not begun
    monkeypatch.setattr(asking, "HEAVY", 160 * 2 * 3)
    evaluate(lake, view, seeds=3)
    out_of_fold(lake, view)
    assert begun == [(1, None), (1, None)]
