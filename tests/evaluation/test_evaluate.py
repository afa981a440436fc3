"""Evaluations: honest figures, computed once, kept whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.drafts import Correction, draft_view, new_draft, publish_draft, stage
from workbench.errors import Cancelled, DataError, ModelError, UsageError
from workbench.evaluation import evaluate, input_hash, read_predictions
from workbench.lake import newest, view_of

FAST = "embedding"
"""The preset that fits these small frames fastest: a linear model of the numbers."""

COUNTING = """
from pathlib import Path
from sklearn.linear_model import LogisticRegression

class Counting(LogisticRegression):
    def fit(self, X, y):
        with Path("fits.txt").open("a") as file:
            file.write("fit\\n")
        return super().fit(X[["x"]], y)

    def predict_proba(self, X):
        return super().predict_proba(X[["x"]])

def make():
    return Counting()
"""


def people(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    """Rows whose label depends on x, with noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return pd.DataFrame(
        {
            "id": range(1, rows + 1),
            "x": x,
            "city": random.choice(["Oslo", "Rome", "Bern"], rows),
            "comment": "",
            "y": np.where(x + random.normal(scale=0.7, size=rows) > 0, "yes", "no"),
        }
    )


def lanes(rows: int = 200) -> list[int]:
    """Half train, a tenth validation, the rest test."""
    return [(0, 0, 0, 0, 0, 1, 2, 2, 2, 2)[place % 10] for place in range(rows)]


@pytest.fixture
def dataset(make):
    def dataset(frame=None, name="t", **definition):
        frame = people() if frame is None else frame
        settled = {"key": ("id",), "label": "y", "model": FAST, "ignore": ("comment",), "lanes": lanes(len(frame))}
        return make(frame, name, **{**settled, **definition})

    return dataset


class Fits:
    """Counts fits by what progress is told."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.stages: set[str] = set()

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.stages.add(stage)
        self.done += [done] if done else []


def test_the_figures_are_those_of_the_kept_predictions(lake, dataset):
    found = evaluate(lake, view_of(lake, dataset()))
    kept = read_predictions(lake, found.id)
    by_seed = kept.by_seed(5)
    assert by_seed.shape == (5, 80, 2) and set(kept.lanes) == {2}
    hits = np.array(found.train_classes)[by_seed.argmax(axis=2)] == kept.label
    accuracy = found.metrics["accuracy"]
    assert accuracy.mean == pytest.approx(hits.mean()) and 0.6 < accuracy.low < accuracy.mean < accuracy.high < 1
    assert (found.dataset, found.version, found.model, found.seeds) == ("t", 1, FAST, 5)
    assert (found.train_rows, found.test_rows, found.classes) == (100, 80, ("no", "yes"))
    assert list(found.metrics) == ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "roc_auc"]
    assert found.comparable and not found.sampled and found.notes == ()
    assert found.input_hash == input_hash(view_of(lake, newest(lake, "t")))


def test_seeds_differ_even_where_the_model_ignores_its_random_state(lake, dataset):
    by_seed = read_predictions(lake, evaluate(lake, view_of(lake, dataset())).id).by_seed(5)
    assert all((by_seed[0] != by_seed[seed]).any() for seed in range(1, 5))


def test_a_second_call_reads_instead_of_fitting(lake, dataset):
    view, fits = view_of(lake, dataset()), Fits()
    first = evaluate(lake, view, progress=fits)
    assert fits.done == [1, 2, 3, 4, 5] and fits.stages == {"evaluating t@1"}
    again = Fits()
    assert evaluate(lake, view, progress=again) == first
    assert again.done == []


def test_an_edited_comment_or_validation_row_costs_no_fit(lake, dataset, publish):
    first = evaluate(lake, view_of(lake, dataset()))
    fits = Fits()
    for version, change in ((2, {1: {"comment": "looked at"}}), (3, {6: {"x": 9.0}})):
        found = evaluate(lake, view_of(lake, publish("t", change)), progress=fits)
        assert (found.id, found.metrics, found.version, found.state) == (
            first.id,
            first.metrics,
            version,
            f"t@{version}",
        )
    assert fits.done == []
    assert lake.read("SELECT count(*) FROM lake.workbench.predictions") == [(80,)]


def test_a_changed_test_label_is_scored_without_a_fit(lake, dataset, publish):
    before = evaluate(lake, view_of(lake, dataset()))
    kept = read_predictions(lake, before.id)
    votes = kept.by_seed(5).argmax(axis=2)
    sure = next(row for row in range(80) if set(votes[:, row]) == {1} and kept.label[row] == "yes")
    fits = Fits()
    after = evaluate(lake, view_of(lake, publish("t", {int(kept.rid[sure]): {"y": "no"}})), progress=fits)
    assert fits.done == [] and after.id != before.id
    assert after.metrics["accuracy"].mean == pytest.approx(before.metrics["accuracy"].mean - 1 / 80)


def test_a_test_label_that_is_filled_in_is_scored_without_a_fit(lake, dataset, publish):
    frame = people()
    frame.loc[6, "y"] = None
    before = evaluate(lake, view_of(lake, dataset(frame)))
    assert before.test_rows == 79 and before.notes == ("1 test rows without a label are left out",)
    fits = Fits()
    after = evaluate(lake, view_of(lake, publish("t", {7: {"y": "yes"}})), progress=fits)
    assert fits.done == [] and after.test_rows == 80 and after.notes == ()


def test_a_changed_train_row_is_fitted_again(lake, dataset, publish):
    before = evaluate(lake, view_of(lake, dataset()))
    fits = Fits()
    after = evaluate(lake, view_of(lake, publish("t", {1: {"y": "no", "x": 3.0}})), progress=fits)
    assert len(fits.done) == 5 and after.id != before.id and after.fingerprint == before.fingerprint


def test_the_test_rows_stay_the_same_through_edits(lake, dataset, publish):
    first = read_predictions(lake, evaluate(lake, view_of(lake, dataset(lanes=None))).id)
    edits = {rid: {"x": 5.0, "city": "Nice", "y": "yes"} for rid in range(1, 200, 3)}
    second = read_predictions(lake, evaluate(lake, view_of(lake, publish("t", edits))).id)
    assert first.row_key.tolist() == second.row_key.tolist() and len(first.row_key) > 20


def test_a_draft_is_evaluated_and_then_published_without_a_second_fit(lake, dataset):
    base = view_of(lake, dataset())
    before = evaluate(lake, base)
    draft = new_draft(lake, "t", title="round", author="ann").draft
    stage(lake, draft, [Correction(key={"id": number}, column="y", new="no") for number in (1, 2, 3)], author="ann")
    trial = evaluate(lake, draft_view(base, draft))
    assert trial.id != before.id and (trial.version, trial.state) == (1, f"t@1 + draft {draft}")
    assert evaluate(lake, base) == before, "the draft's figures are not the base's"
    fits = Fits()
    published = publish_draft(lake, draft, author="ann", message="round").version
    after = evaluate(lake, view_of(lake, published), progress=fits)
    assert fits.done == [] and (after.id, after.version, after.state) == (trial.id, 2, "t@2")


def test_two_processes_that_evaluate_at_once_store_once(lake, dataset, tmp_path, monkeypatch):
    (tmp_path / "counting.py").write_text(COUNTING)
    monkeypatch.chdir(tmp_path)
    version = dataset(model="counting:make")
    script = (
        "import sys; from workbench.settings import Settings; from workbench.lake import open_lake, newest, view_of\n"
        "from workbench.evaluation import evaluate\n"
        "with open_lake(Settings(lake=sys.argv[1])) as lake:\n"
        "    print(evaluate(lake, view_of(lake, newest(lake, 't'))).metrics['accuracy'].mean)\n"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "WORKBENCH_SEEDS": "5"}
    processes = [
        subprocess.Popen([sys.executable, "-c", script, lake.url], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0] and answers[0] == answers[1] != ""
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == [(1,)]
    assert lake.read("SELECT count(*), count(DISTINCT row_key) FROM lake.workbench.predictions") == [(80, 80)]
    fits = len(Path("fits.txt").read_text().split())
    assert fits == 5, "one process fits five times, the other waits and reads what it stored"
    mine = evaluate(lake, view_of(lake, version))
    assert mine.metrics["accuracy"].mean == float(answers[0])
    assert len(Path("fits.txt").read_text().split()) == fits, "a third process reads"


def test_a_changed_model_starts_a_new_series(lake, dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("counting.py").write_text(COUNTING)
    view = view_of(lake, dataset(model="counting:make"))
    before = evaluate(lake, view)
    Path("counting.py").write_text(COUNTING.replace("Counting()", "Counting(C=0.01)"))
    after = evaluate(lake, view)
    assert after.fingerprint != before.fingerprint and after.id != before.id
    assert len(Path("fits.txt").read_text().split()) == 10


def test_a_cancelled_evaluation_stores_nothing(lake, dataset):
    view = view_of(lake, dataset())
    for stop_at in (0, 3, 5):

        def stop(stage: str, done: int, total: int, stop_at: int = stop_at) -> None:
            if done == stop_at:
                raise Cancelled("stopped")

        with pytest.raises(Cancelled):
            evaluate(lake, view, progress=stop)
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == [(0,)]
    assert lake.read("SELECT count(*) FROM lake.workbench.predictions") == [(0,)]


def test_the_cap_is_kept_said_and_part_of_the_series(lake, dataset):
    view = view_of(lake, dataset())
    found = evaluate(lake, view, max_train_rows=40)
    assert found.train_rows == 40 and found.sampled
    assert found.notes == ("fitted on a fixed sample of 40 of 100 train rows",)
    assert evaluate(lake, view).fingerprint != found.fingerprint


def test_test_labels_that_bear_other_names_are_not_comparable(lake, dataset):
    frame = people()
    frame["y"] += np.where(np.array(lanes()) == 2, ".", "")
    found = evaluate(lake, view_of(lake, dataset(frame)))
    assert not found.comparable and found.metrics["accuracy"].mean == 0
    assert found.notes[0].startswith(
        "not comparable: 80 of 80 test rows have labels that no train row has ('no.', 'yes.')"
    )
    assert found.classes == ("no", "no.", "yes", "yes.") and found.train_classes == ("no", "yes")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["metrics"]["roc_auc"]["mean"] is None


def test_one_rare_class_that_only_test_has_leaves_the_figures_comparable(lake, dataset):
    frame = people(1000)
    frame.loc[6, "y"] = "perhaps"
    found = evaluate(lake, view_of(lake, dataset(frame)))
    assert found.comparable and found.notes[0].startswith("1 of 400 test rows have labels that no train row has")


def test_regression(lake, dataset):
    frame = people()
    frame["y"] = 2 * frame["x"] + np.random.default_rng(1).normal(scale=0.5, size=200)
    found = evaluate(lake, view_of(lake, dataset(frame, task="regression")))
    assert list(found.metrics) == ["r2", "mae", "rmse"] and found.classes == ()
    assert 0.8 < found.metrics["r2"].low < found.metrics["r2"].mean < 1
    kept = read_predictions(lake, found.id)
    errors = kept.by_seed(5)[..., 0] - kept.label.astype(float)
    assert found.metrics["mae"].mean == pytest.approx(np.abs(errors).mean())


def test_a_regression_whose_test_labels_are_all_equal_has_no_r2(lake, dataset):
    frame = people()
    frame["y"] = np.where(np.array(lanes()) == 2, 1.0, frame["x"])
    found = evaluate(lake, view_of(lake, dataset(frame, task="regression")))
    assert found.metrics["r2"].mean is None and found.metrics["mae"].mean > 0
    assert found.notes == ("r2 is undefined: all labels are the same number",)


def test_a_single_seed_has_a_figure_without_an_interval(lake, dataset):
    found = evaluate(lake, view_of(lake, dataset()), seeds=1)
    assert found.metrics["log_loss"].mean > 0 and found.metrics["log_loss"].high is None


def test_seeds_that_would_leave_one_class_keep_all_rows(lake, dataset):
    frame = people(12)
    frame["y"] = ["yes"] + ["no"] * 11
    found = evaluate(lake, view_of(lake, dataset(frame, lanes=[0] * 8 + [2] * 4)), seeds=9)
    assert found.seeds == 9 and "learnt from all 8 train rows" in found.notes[-1]


def test_what_cannot_be_evaluated_is_refused_with_what_to_do(lake, dataset):
    plain, many = people(), people(400)
    cases = [
        (plain, None, {"label": None}, UsageError, "no label column"),
        (plain, [2] * 200, {}, DataError, "there are no train rows with a label"),
        (plain.assign(y=None), None, {}, DataError, "there are no train rows with a label"),
        (plain, [0] * 199 + [2], {}, DataError, "there are 1 test rows"),
        (plain.assign(y="yes"), None, {}, DataError, "all 100 train rows have the label 'yes'"),
        (many.assign(y=[f"n{n}" for n in range(400)]), None, {}, DataError, "200 different labels"),
        (plain, None, {"task": "regression"}, DataError, "no train rows with a label that is a number"),
        (plain, None, {"model": "linear_typo"}, UsageError, "no model 'linear_typo'"),
        (plain, None, {"model": "not_there:make"}, ModelError, "not_there"),
    ]
    for number, (frame, where, definition, error, said) in enumerate(cases):
        version = dataset(frame, f"t{number}", lanes=where or lanes(len(frame)), **definition)
        with pytest.raises(error, match=said) as refused:
            evaluate(lake, view_of(lake, version))
        assert refused.value.hint, said
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == [(0,)]


def test_no_seeds_are_refused(lake, dataset):
    with pytest.raises(UsageError, match="0 seeds"):
        evaluate(lake, view_of(lake, dataset()), seeds=0)


def test_a_model_that_fails_says_so_and_leaves_nothing(lake, dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("counting.py").write_text(COUNTING.replace('X[["x"]], y', 'X[["height"]], y'))
    with pytest.raises(ModelError, match="counting:make.*height"):
        evaluate(lake, view_of(lake, dataset(model="counting:make")))
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == [(0,)]


def test_rows_without_features_get_the_class_frequencies(lake, make):
    frame = pd.DataFrame({"id": range(100), "y": ["a", "a", "a", "b"] * 25})
    found = evaluate(
        lake, view_of(lake, make(frame, key=("id",), label="y", model="linear", lanes=[0] * 60 + [2] * 40))
    )
    assert found.metrics["accuracy"].mean == 0.75
