"""The fixed model: presets on every column type, a fingerprint that means something, errors that name the model."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from workbench.errors import ModelError, UnknownName
from workbench.models import PRESETS, TASKS, fit, load_model, predict
from workbench.models.columns import TabularColumns
from workbench.models.fingerprint import fingerprint

N = 240
MAKE_FOREST = """
from sklearn.ensemble import RandomForestClassifier

TREES = {trees}

def make():
    return RandomForestClassifier(n_estimators=TREES)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, in which a test writes its models."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, name: str, code: str) -> None:
    (project / name).write_text(code, encoding="utf-8")


def awkward(n: int = N) -> pd.DataFrame:
    """One column of each type there is, most with missing values; 'signal' decides the label."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "signal": random.normal(size=n),
            "Int64": pd.array(random.integers(0, 9, n), dtype="Int64"),
            "Float64": pd.array(random.normal(size=n), dtype="Float64"),
            "bool": random.integers(0, 2, n).astype(bool),
            "boolean": pd.array(random.integers(0, 2, n).astype(bool), dtype="boolean"),
            "text": random.choice(["a b", "c", "It's 😀"], n),
            "object text": pd.Series(random.choice(["x", "y"], n), dtype=object),
            "category": pd.Categorical(random.choice([1, 2], n)),
            "all different": [f"name {i}" for i in range(n)],
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 999, n), unit="D"),
            "with zone": pd.Timestamp("2020-01-01", tz="Europe/Berlin") + pd.to_timedelta(np.arange(n), unit="D"),
            "before 1700": pd.Series([datetime.date(1500 + i % 100, 1, 1) for i in range(n)], dtype=object),
            "decimal": pd.Series([Decimal(i) / 3 for i in range(n)], dtype=object),
            "huge": pd.Series([10**30] * n, dtype=object),
            "infinite": np.inf,
            "near the limit": random.choice([1e308, -1e308, 0.0], n),
            "constant": 1,
            "nothing": pd.Series([None] * n, dtype=object),
            "NaN": np.nan,
            "a[b]<c": random.normal(size=n),
        }
    )
    frame.loc[::7, ["Int64", "Float64", "boolean", "text", "object text", "category", "when", "before 1700"]] = None
    return frame


def target(frame: pd.DataFrame, task: str) -> np.ndarray:
    return np.where(frame["signal"] > 0, "yes", "no") if task == "classification" else frame["signal"].to_numpy() * 3


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("spec", ["tabular", "linear", "embedding"])
def test_presets_learn_from_a_frame_with_columns_of_every_type(spec: str, task: str) -> None:
    frame = awkward()
    y = target(frame, task)

    fitted = fit(load_model(spec, task), frame[:160], y[:160], seed=0)
    predicted = predict(fitted, frame[160:], classes=["no", "yes"])

    if task == "classification":
        assert (np.array(["no", "yes"])[predicted.argmax(axis=1)] == y[160:]).mean() > 0.85
    else:
        assert np.corrcoef(predicted, y[160:])[0, 1] > 0.9


@pytest.mark.parametrize("task", TASKS)
def test_the_text_preset_reads_all_text_columns_and_survives_texts_without_words(task: str) -> None:
    frame = pd.DataFrame(
        {"title": ["😀 great", "awful", None, "!!!"] * 20, "body": ["x", "", "great", None] * 20, "n": 1}
    )
    y = np.array(["good", "bad", "good", "bad"] * 20 if task == "classification" else [1.0, 0.0, 1.0, 0.0] * 20)

    fitted = fit(load_model("text", task), frame, y, seed=0)
    unseen = pd.DataFrame({"title": ["great", None], "body": [None, ""], "n": 1})
    predicted = predict(fitted, unseen, classes=["bad", "good"])

    great, empty = predicted[:, 1] if task == "classification" else predicted
    assert great > 0.6 and great > empty


def test_the_embedding_preset_reads_vectors_with_gaps() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(N, 3))
    y = np.where(vectors[:, 0] > 0, "up", "down")
    frame = pd.DataFrame({"vector": pd.Series(list(vectors), dtype=object), "note": "ignored"})
    frame.at[3, "vector"] = None
    frame.at[4, "vector"] = [np.nan, np.inf, 0.0]

    fitted = fit(load_model("embedding", "classification"), frame, y, seed=0)

    assert (predict(fitted, frame, classes=["down", "up"]).argmax(axis=1) == (y == "up")).mean() > 0.95


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("spec", ["tabular", "linear", "text", "embedding"])
@pytest.mark.parametrize("columns", [[], ["nothing", "NaN"]])
def test_without_any_usable_column_the_presets_learn_the_class_frequencies(
    spec: str, task: str, columns: list[str]
) -> None:
    frame = awkward(90)[columns]
    y = np.array(["no", "no", "yes"] * 30 if task == "classification" else [0.0, 0.0, 1.0] * 30)

    predicted = predict(fit(load_model(spec, task), frame, y, seed=0), frame[:1], classes=["no", "yes"])

    assert predicted.ravel()[-1] == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("spec", ["tabular", "linear"])
def test_rows_to_predict_may_bring_other_types_and_unknown_categories(spec: str) -> None:
    frame = awkward()
    fitted = fit(load_model(spec, "classification"), frame, target(frame, "classification"), seed=0)
    strange = pd.DataFrame(
        {name: pd.Series(["never seen", "1", "2020-01-01", None, 7], dtype=object) for name in frame}
    )

    predicted = predict(fitted, strange, classes=["no", "yes"])

    assert predicted.shape == (5, 2) and np.isfinite(predicted).all()


def test_categories_beyond_255_share_one_and_the_frequent_ones_keep_their_own() -> None:
    many = pd.DataFrame({"code": [f"c{i:03}" for i in range(400)] + ["often", "often", None]})
    columns = TabularColumns(max_categories=255).fit(many)

    codes = columns.transform(pd.DataFrame({"code": ["often", "c000", "c253", "c399", "never seen", None]}))["text0"]

    assert codes.cat.codes.tolist() == [0, 1, 254, 254, 254, -1]


def test_what_the_columns_learn_comes_from_the_train_rows_alone() -> None:
    columns = TabularColumns().fit(pd.DataFrame({"city": ["Oslo", "Rome"], "gone": [None, None]}))

    seen = columns.transform(pd.DataFrame({"city": ["Rome", "Paris"], "gone": ["now", "here"]}))

    assert list(seen) == ["text0"] and seen["text0"].cat.codes.tolist() == [1, -1]


def test_times_become_seconds_since_1970() -> None:
    frame = pd.DataFrame({"t": pd.to_datetime(["1970-01-02", None]), "d": [datetime.date(1969, 12, 31), None]})

    assert TabularColumns().fit_transform(frame).iloc[0].tolist() == [86400, -86400]


def test_probabilities_follow_the_classes_asked_for() -> None:
    frame = awkward()
    fitted = fit(load_model("linear", "classification"), frame, target(frame, "classification"), seed=0)

    plain = predict(fitted, frame, classes=["no", "yes"])
    wider = predict(fitted, frame, classes=["yes", "never in train", "no"])

    assert np.array_equal(wider[:, [2, 0]], plain)
    assert (wider[:, 1] == 0).all()
    assert wider.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("task", TASKS)
def test_no_rows_give_no_predictions(task: str) -> None:
    frame = awkward()
    fitted = fit(load_model("linear", task), frame, target(frame, task), seed=0)

    assert predict(fitted, frame[:0], classes=["no", "yes"]).shape == ((0, 2) if task == "classification" else (0,))


def test_the_same_seed_gives_the_same_predictions_and_another_seed_others(project: Path) -> None:
    write(project, "mine.py", MAKE_FOREST.format(trees=5))
    model = load_model("mine:make", "classification")
    numbers = awkward()[["signal", "a[b]<c"]]
    y = target(numbers, "classification")

    first, again, other = (
        predict(fit(model, numbers, y, seed=seed), numbers, classes=["no", "yes"]) for seed in (1, 1, 2)
    )

    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_random_states_are_set_wherever_there_is_one(project: Path) -> None:
    write(
        project,
        "deep.py",
        "from sklearn.decomposition import PCA\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "def make(): return make_pipeline(PCA(), LogisticRegression(random_state=99))\n",
    )

    parameters = load_model("deep:make", "classification").build(7).get_params()

    assert parameters["pca__random_state"] == parameters["logisticregression__random_state"] == 7


def test_a_built_estimator_is_new_each_time() -> None:
    model = load_model("linear", "classification")

    assert model.build(0) is not model.build(0)


def test_fingerprints_tell_presets_and_tasks_apart_and_stay_the_same() -> None:
    prints = [load_model(spec, task).fingerprint for spec in PRESETS for task in TASKS]

    assert len(set(prints)) == len(PRESETS) * len(TASKS)
    assert prints == [load_model(spec, task).fingerprint for spec in PRESETS for task in TASKS]
    assert all(len(one) == 64 and int(one, 16) >= 0 for one in prints)


TRICKY = """
from functools import partial
import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

def power(X, exponent): return X**exponent

def make():
    steps = make_column_transformer(
        (FunctionTransformer(partial(power, exponent=2)), ["a"]),
        (FunctionTransformer(lambda X: X + 1), make_column_selector(dtype_include=set([int, float, str]))),
        (OrdinalEncoder(categories=[np.array(["x", "y"], dtype=object)]), ["b"]),
    )
    grid = {"C": {1.0, 2.0, float("inf")}, "class_weight": [{"no": 1, "yes": np.float32(2)}]}
    return make_pipeline(steps, GridSearchCV(LogisticRegression(), grid, cv=KFold(3, shuffle=True, random_state=1)))
"""


def test_a_fingerprint_does_not_depend_on_the_process(project: Path) -> None:
    write(project, "tricky.py", TRICKY)
    here = load_model("tricky:make", "classification").fingerprint
    code = "from workbench.models import load_model; print(load_model('tricky:make', 'classification').fingerprint)"

    for hash_seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": str(Path(load_model.__code__.co_filename).parents[2]),
        }
        result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert result.stdout.strip() == here, result.stderr


def pipeline(power: int = 2, shift: int = 1, category: str = "y", folds: int = 3, weight: float = 2.0) -> Any:
    """An estimator with parameters of many kinds; each argument changes one of them, deep inside."""
    shifted = FunctionTransformer(lambda X: X + shift)
    powered = FunctionTransformer(partial(np.power, np.e, power))
    encoded = OrdinalEncoder(categories=[np.array(["x", category], dtype=object)])
    columns = make_column_transformer((shifted, ["a"]), (powered, {"b"}), (encoded, make_column_selector("c")))
    grid = {"class_weight": [{"no": 1, "yes": np.float32(weight)}]}
    return make_pipeline(columns, GridSearchCV(LogisticRegression(), grid, cv=KFold(folds)))


@pytest.mark.parametrize(
    "change",
    [{"power": 3}, {"shift": 2}, {"category": "z"}, {"folds": 4}, {"weight": 3.0}],
    ids=lambda change: [*change],
)
def test_a_parameter_anywhere_changes_the_fingerprint(change: dict[str, Any]) -> None:
    same, again, other = (
        fingerprint("mine:make", "classification", pipeline(**changed), pipeline) for changed in ({}, {}, change)
    )

    assert same == again != other


def test_code_in_the_model_file_changes_the_fingerprint(project: Path) -> None:
    write(project, "mine.py", MAKE_FOREST.format(trees=3))
    before = load_model("mine:make", "classification")
    write(project, "mine.py", MAKE_FOREST.format(trees=3) + "\nUNUSED = 1\n")

    assert load_model("mine:make", "classification").fingerprint != before.fingerprint


def test_code_of_a_class_from_another_file_changes_the_fingerprint(project: Path) -> None:
    write(project, "mine.py", "from mine_classes import Own\ndef make(): return Own()\n")
    own = "from sklearn.dummy import DummyClassifier\nclass Own(DummyClassifier):\n    VALUE = {}\n"
    prints = []
    for value in (1, 2):
        write(project, "mine_classes.py", own.format(value))
        sys.modules.pop("mine_classes", None)
        sys.modules.pop("mine", None)
        prints.append(load_model("mine:make", "classification").fingerprint)

    assert prints[0] != prints[1]


def test_a_random_state_does_not_change_the_fingerprint() -> None:
    one, other, larger = (
        fingerprint("s", "classification", RandomForestClassifier(trees, random_state=seed), pipeline)
        for trees, seed in ((10, 1), (10, 2), (11, 1))
    )

    assert one == other != larger


def test_an_edited_model_file_is_read_again(project: Path) -> None:
    write(project, "mine.py", MAKE_FOREST.format(trees=3))
    before = load_model("mine:make", "classification")
    write(project, "mine.py", MAKE_FOREST.format(trees=4))
    after = load_model("mine:make", "classification")

    assert [model.build(0).n_estimators for model in (before, after)] == [3, 4]
    assert before.fingerprint != after.fingerprint


def test_a_model_file_that_is_gone_is_not_remembered(project: Path) -> None:
    write(project, "mine.py", MAKE_FOREST.format(trees=3))
    load_model("mine:make", "classification")
    (project / "mine.py").unlink()

    with pytest.raises(ModelError, match=r"'mine:make' cannot be loaded.*No module named 'mine'"):
        load_model("mine:make", "classification")


def test_a_model_may_live_in_a_package_and_import_its_neighbour(project: Path) -> None:
    (project / "teamcode").mkdir()
    write(project, "teamcode/settings.py", "C = 0.5\n")
    write(
        project,
        "teamcode/linear.py",
        "from sklearn.linear_model import LogisticRegression\n"
        "from .settings import C\n"
        "def make(): return LogisticRegression(C=C)\n",
    )

    assert load_model("teamcode.linear:make", "classification").build(0).C == 0.5
    assert str(project) not in sys.path


OWN_STEP = """
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from constants_of_this_test import FACTOR

class Scaled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self
    def transform(self, X):
        from sums_of_this_test import summed
        return summed(X) * FACTOR

def make():
    return GridSearchCV(make_pipeline(Scaled(), LogisticRegression()), {"logisticregression__C": [1.0, 2.0]}, cv=2)
"""


def test_a_constant_two_imports_away_changes_the_fingerprint_and_the_model(project: Path) -> None:
    write(project, "mine.py", "from steps_of_this_test import make\n")
    write(project, "steps_of_this_test.py", OWN_STEP)
    write(project, "sums_of_this_test.py", "def summed(X):\n    return X[['x']].to_numpy()\n")
    X, y = pd.DataFrame({"x": np.arange(40) / 40}), np.array(["a"] * 20 + ["b"] * 20)
    made = []
    for factor in (1.0, 9.0, 1.0):
        write(project, "constants_of_this_test.py", f"FACTOR = {factor}\n")
        model = load_model("mine:make", "classification")
        made.append((model.fingerprint, predict(fit(model, X, y, seed=0), X, classes=["a", "b"])[0, 0]))
    assert made[0] == made[2] and made[0][0] != made[1][0] and made[0][1] != made[1][1]
    write(project, "sums_of_this_test.py", "def summed(X):\n    return -X[['x']].to_numpy()\n")
    assert load_model("mine:make", "classification").fingerprint != made[2][0]
    assert not [name for name in sys.modules if name.endswith("_of_this_test") or name == "mine"]


def test_a_class_of_the_project_can_be_sent_to_joblibs_processes(project: Path) -> None:
    import cloudpickle  # joblib's and loky's processes are sent objects so

    write(project, "mine.py", "from steps_of_this_test import make\n")
    write(project, "steps_of_this_test.py", OWN_STEP)
    write(project, "sums_of_this_test.py", "def summed(X):\n    return X[['x']].to_numpy()\n")
    write(project, "constants_of_this_test.py", "FACTOR = 2.0\n")
    sent = cloudpickle.dumps(load_model("mine:make", "classification").build(0))
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).estimator.steps[0][1])"
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=True, cwd="/")
    assert done.stdout == b"Scaled()\n"


def test_an_installed_class_serves_as_a_function() -> None:
    assert load_model("sklearn.dummy:DummyRegressor", "regression").build(0).strategy == "mean"


@pytest.mark.parametrize(("spec", "meant"), [("tabluar", "Did you mean 'tabular'?"), ("forest", "module:function")])
def test_an_unknown_preset_is_refused(spec: str, meant: str) -> None:
    with pytest.raises(UnknownName, match=f"no model '{spec}'") as refused:
        load_model(spec, "classification")
    assert meant in refused.value.hint


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UnknownName, match="no task 'ranking'"):
        load_model("linear", "ranking")


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ("absent:make", "", r"importing the module 'absent' raised ModuleNotFoundError: No module named 'absent'"),
        ("mine:make", "import no_such_library", r"importing the module 'mine' raised .*named 'no_such_library'"),
        ("mine:make", "def make(:", r"importing the module 'mine' raised SyntaxError"),
        ("mine:", "", r"'mine:' is no model"),
        ("mine:made", "def make(): ...", r"has no function 'made'.\n.*It has: make\."),
        ("mine:made", "", r"has no function 'made'.\n.*It defines no functions\."),
        ("mine:make", "def make(): return 1 / 0", r"'mine:make' raised ZeroDivisionError: division by zero"),
        ("mine:make", "def make(x): ...", r"raised TypeError.*\n.*called without arguments"),
        ("mine:make", "def make(): ...", r"returned None without fit and predict and get_params"),
        ("mine:make", "from sklearn.svm import SVC\ndef make(): return SVC", r"the class SVC.\n.*Return SVC\("),
        ("mine:make", "from sklearn.svm import LinearSVC\ndef make(): return LinearSVC()", r"no predict_proba"),
        ("mine:make", "from sklearn.linear_model import Ridge\ndef make(): return Ridge()", r"no predict_proba"),
        (
            "mine:make",
            "from sklearn.dummy import DummyClassifier as D\ndef make(): return D().fit([[0], [1]], [0, 1])",
            r"fitted already",
        ),
        (
            "mine:make",
            "from sklearn.dummy import DummyClassifier\n"
            "class Odd(DummyClassifier):\n"
            "    def __init__(self, strategy=None): super().__init__(strategy=[strategy])\n"
            "def make(): return Odd()",
            r"cannot be copied: RuntimeError",
        ),
    ],
)
def test_a_model_function_that_cannot_be_used_says_why(project: Path, spec: str, code: str, message: str) -> None:
    write(project, "mine.py", code)

    with pytest.raises(ModelError, match=message):
        load_model(spec, "classification")


def test_a_classifier_is_refused_for_regression(project: Path) -> None:
    write(project, "mine.py", MAKE_FOREST.format(trees=3))

    with pytest.raises(ModelError, match="a classifier; the task is regression"):
        load_model("mine:make", "regression")


STUBBORN = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

class Stubborn(ClassifierMixin, BaseEstimator):
    def __init__(self, answer="raise"): self.answer = answer
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if self.answer == "no fit": raise RuntimeError("first line\\nsecond line")
        if self.answer == "no classes": del self.classes_
        return self
    def predict(self, X): return np.full(len(X), self.classes_[0])
    def predict_proba(self, X):
        answers = {{"nan": [[np.nan, 1]], "negative": [[-1, 2]], "zero": [[0, 0]], "wide": [[0, 0, 1]]}}
        if self.answer == "raise": raise KeyError("lost column")
        return np.repeat(np.array(answers.get(self.answer, [[0.5, 0.5]]), dtype=float), len(X), axis=0)

def make(): return Stubborn({answer!r})
"""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("no fit", r"'mine:make' failed to fit \(240 rows\): RuntimeError: first line\n"),
        ("raise", r"'mine:make' failed to predict \(240 rows\): KeyError: 'lost column'"),
        ("no classes", r"'mine:make' does not say which class"),
        ("nan", r"'mine:make' predicted 240 values not finite"),
        ("negative", r"'mine:make' predicted probabilities that are negative or all 0"),
        ("zero", r"'mine:make' predicted probabilities that are negative or all 0"),
        ("wide", r"'mine:make' predicted an array of shape \(240, 3\), not \(240, 2\)"),
    ],
)
def test_an_estimator_that_fails_is_named_with_what_it_failed_at(project: Path, answer: str, message: str) -> None:
    write(project, "mine.py", STUBBORN.format(answer=answer))
    frame = awkward()[["signal"]]

    with pytest.raises(ModelError, match=message) as failed:
        fitted = fit(load_model("mine:make", "classification"), frame, target(frame, "classification"), seed=0)
        predict(fitted, frame, classes=["no", "yes"])
    assert (failed.value.__cause__ is not None) == (answer in ("no fit", "raise"))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * N, "All 240 train rows have the same label, 'a'"),
        (["a", None] * (N // 2), "120 of 240 train labels are missing"),
        (["a", "b"], r"240 train rows, but labels of shape \(2,\)"),
    ],
)
def test_labels_that_cannot_be_learnt_from_are_refused(y: list[str | None], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        fit(load_model("linear", "classification"), awkward(), np.array(y, dtype=object), seed=0)


def test_no_train_rows_are_refused() -> None:
    with pytest.raises(ModelError, match="no train rows"):
        fit(load_model("linear", "classification"), awkward()[:0], np.array([], dtype=object), seed=0)


@pytest.mark.parametrize(
    ("spec", "frame", "message"),
    [
        ("tabular", pd.DataFrame({"v": [[1.0, 2.0]] * 4}), "Column 'v' holds vectors"),
        ("text", pd.DataFrame({"n": [1, 2, 3, 4]}), "needs a text column; there is none among 'n'"),
        ("embedding", pd.DataFrame({"t": list("abcd")}), "needs a column of vectors or numbers"),
        ("embedding", pd.DataFrame({"v": [[1.0, 2.0]] * 3 + [[1.0]]}), "row 3 has 1 numbers; the first one .* has 2"),
        ("tabular", pd.DataFrame([[1, 2]] * 4, columns=["a", "a"]), "'a' comes twice"),
    ],
)
def test_columns_that_do_not_suit_the_preset_are_named(spec: str, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        fit(load_model(spec, "classification"), frame, np.array(["a", "b", "a", "b"]), seed=0)


def test_a_column_missing_from_the_rows_to_predict_is_named() -> None:
    frame = awkward()
    fitted = fit(load_model("linear", "classification"), frame, target(frame, "classification"), seed=0)

    with pytest.raises(ModelError, match="fitted with column 'signal', which the rows to predict do not have"):
        predict(fitted, frame.drop(columns="signal"), classes=["no", "yes"])


def test_a_class_that_was_not_asked_for_is_named() -> None:
    frame = awkward()
    fitted = fit(load_model("linear", "classification"), frame, target(frame, "classification"), seed=0)

    with pytest.raises(ModelError, match="fitted on class 'yes', which is not among those asked for"):
        predict(fitted, frame, classes=["no"])


def test_importing_the_package_does_not_load_scikit_learn() -> None:
    code = "import sys, workbench.models; print('sklearn' in sys.modules)"

    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(load_model.__code__.co_filename).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.strip() == "False"
