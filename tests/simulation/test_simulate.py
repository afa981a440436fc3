"""Simulated review: true figures, orders that help, a reviewer who errs, and a lake that stays as it was."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Cancelled, DataError, UnknownName, UsageError
from workbench.evaluation import evaluate
from workbench.lake import Lake, Version, newest, view_of
from workbench.progress import silent
from workbench.ranking.signals import PRODUCT, QUALITY, VALUE
from workbench.simulation import ORDERS, REACHED, Truth, read_truth, simulate
from workbench.simulation.bench import read_bench
from workbench.simulation.learning import ExpectedGain
from workbench.simulation.orders import Evidence, score
from workbench.simulation.replaying import _ends

CLASSES = np.array(["ant", "bee", "cat"])


@pytest.fixture
def noisy(make, tmp_path) -> tuple[Version, Path, pd.DataFrame]:
    """Three well separated classes; a third of the train labels wrong, validation and test labels right."""
    rng = np.random.default_rng(5)
    number = rng.integers(0, 3, 500)
    points = rng.normal(size=(500, 3)) + 1.6 * np.eye(3)[number]
    lanes = [0] * 240 + [1] * 80 + [2] * 180
    wrong = np.zeros(500, dtype=bool)
    wrong[rng.choice(240, 80, replace=False)] = True
    frame = pd.DataFrame({"id": range(500), "a": points[:, 0], "b": points[:, 1], "c": points[:, 2]})
    frame["kind"] = CLASSES[np.where(wrong, (number + 1) % 3, number)]
    version = make(frame, "bugs", lanes=lanes, key=("id",), label="kind", model="linear")
    truth = pd.DataFrame({"id": range(500), "kind": CLASSES[number]})
    path = tmp_path / "truth.csv"
    truth.to_csv(path, index=False)
    return version, path, frame.assign(true=truth["kind"])


def contents(lake: Lake) -> list[object]:
    """All that the lake's own books hold."""
    tables = lake.read("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'workbench' ORDER BY 1")
    return [(name, lake.read(f'SELECT count(*) FROM lake.workbench."{name}"')) for (name,) in tables]


def test_without_review_it_is_what_evaluate_says_and_with_all_of_it_what_true_labels_give(lake, noisy, publish):
    version, path, frame = noisy
    found = simulate(lake, version, read_truth(lake, version, path), order="random", budget=1, every=0.5)
    assert found.dirty == evaluate(lake, view_of(lake, version)).metrics["accuracy"].mean
    assert [step.inspected for step in found.steps] == [0, 120, 240]
    assert (found.steps[0].accuracy, found.steps[0].recovered) == (found.dirty, 0.0)
    assert (found.steps[-1].accuracy, found.steps[-1].wrong) == (found.clean, 0)
    assert found.steps[-1].recovered == pytest.approx(1)
    assert (found.steps[-1].low, found.steps[-1].high) == (found.low, found.high)
    assert found.low < found.clean - found.dirty < found.high
    assert (found.train_rows, found.wrong_labels, found.test_rows, found.steps[-1].found) == (240, 80, 180, 80)
    publish("bugs", {n + 1: {"kind": label} for n, label in enumerate(frame["true"])})
    assert found.clean == evaluate(lake, view_of(lake, newest(lake, "bugs"))).metrics["accuracy"].mean


def test_the_lake_stays_as_it_was(lake, noisy):
    version, path, _ = noisy
    before = contents(lake)
    assert before
    simulate(lake, version, read_truth(lake, version, path), order="mixed", budget=0.2, every=0.1, fits=2)
    assert contents(lake) == before


@pytest.mark.parametrize("order", ["expected-gain", "label-quality", "knn-shapley", "knn-balanced", "mixed"])
@pytest.mark.parametrize("rescore", [True, False])
def test_an_order_finds_more_wrong_labels_than_chance(lake, noisy, order, rescore):
    version, path, _ = noisy
    truth = read_truth(lake, version, path)
    found = simulate(lake, version, truth, order=order, budget=0.3, every=0.1, fits=2, rescore=rescore)
    # By chance a third of 72 are found, 24 ± 3.4; there are 80.
    assert 40 <= found.steps[-1].found <= 72
    assert found.steps[-1].wrong == 80 - found.steps[-1].found


def test_rows_of_text_are_valued_by_their_words(lake, make):
    rng = np.random.default_rng(2)
    words = {
        "loan": ["rate", "bank", "credit", "owe", "month"],
        "card": ["lost", "stolen", "pin", "swallowed", "block"],
    }
    topic = rng.choice(list(words), 300)
    frame = pd.DataFrame({"id": range(300), "text": [" ".join(rng.choice([*words[t], "my", "the"], 6)) for t in topic]})
    wrong = np.arange(300) < 40
    frame["topic"] = np.where(wrong, np.where(topic == "loan", "card", "loan"), topic)
    lanes = [0] * 200 + [1] * 40 + [2] * 60
    version = make(frame, "mail", lanes=lanes, key=("id",), label="topic", model="text")
    truth = Truth({f'{{"id":"{n}"}}': str(label) for n, label in enumerate(topic)}, True, "")
    found = simulate(lake, version, truth, order="knn-shapley", budget=0.2, every=0.2, fits=1)
    assert found.steps[-1].found >= 36


def test_scores_that_are_refreshed_see_the_corrections(lake, noisy):
    version, path, _ = noisy
    truth = read_truth(lake, version, path)
    once, again = (
        simulate(lake, version, truth, order="label-quality", budget=0.4, every=0.05, fits=1, rescore=rescore)
        for rescore in (False, True)
    )
    assert once.steps[1] == again.steps[1]
    assert [step.found for step in once.steps] != [step.found for step in again.steps]


def test_the_order_that_learns_is_led_by_what_was_confirmed(lake, noisy):
    """Where neighbours say nothing of the label, label quality leads; where they know it, they have more of a say."""
    version, path, _ = noisy
    truth = read_truth(lake, version, path)
    bench = read_bench(lake, version, truth, fits=1, true_validation=False)
    scrambled = dataclasses.replace(
        bench.validation, label=np.random.default_rng(0).permutation(bench.validation.label)
    )
    leaders = []
    for validation in (scrambled, bench.validation):
        evidence = Evidence(bench.series.model, bench.train, validation, bench.true, np.zeros(240))
        learner, labels, looked = ExpectedGain(evidence), bench.train.label.copy(), np.zeros(240, dtype=bool)
        for _ in range(3):
            scores = learner.score(labels, looked, silent)
            assert (scores[looked] == 240).all() and sorted(scores[~looked]) == [*range((~looked).sum())]
            chosen = np.argsort(scores)[:20]
            looked, labels = looked.copy(), labels.copy()
            looked[chosen], labels[chosen] = True, bench.true[chosen]
        leaders.append({share.signal: share for share in learner.shares})
    assert leaders[0][PRODUCT].share > 0.5 and leaders[0][VALUE].asked >= 3
    assert leaders[1][VALUE].share > leaders[0][VALUE].share + 0.1
    assert leaders[1][VALUE].reward > leaders[0][VALUE].reward
    assert sum(share.share for share in learner.shares) == pytest.approx(1)


def test_without_validation_rows_it_goes_by_label_quality_that_knows_which_classes_are_mistaken(lake, make, noisy):
    _, path, frame = noisy
    lanes = [0] * 320 + [2] * 180
    version = make(frame.drop(columns="true"), "two", lanes=lanes, key=("id",), label="kind", model="linear")
    truth = read_truth(lake, version, path)
    bench = read_bench(lake, version, truth, fits=1, true_validation=False)
    evidence = Evidence(bench.series.model, bench.train, bench.validation, bench.true, np.zeros(320))
    learner, nobody = ExpectedGain(evidence), np.zeros(320, dtype=bool)
    order = np.argsort(learner.score(bench.train.label, nobody, silent))
    assert [(share.signal, share.share) for share in learner.shares] == [(QUALITY, 1.0)]
    plain = np.argsort(score("label-quality", evidence, bench.train.label, progress=silent), kind="stable")
    wrong = bench.train.label != bench.true
    assert wrong[order[:60]].mean() > wrong[plain[:60]].mean() > 2 * wrong.mean()


def test_a_reviewer_who_errs_leaves_wrong_labels_and_makes_new_ones(lake, noisy):
    version, path, _ = noisy
    truth = read_truth(lake, version, path)
    options = {"budget": 1, "every": 1, "fits": 1}
    some = simulate(lake, version, truth, error_rate=0.25, order="random", **options)
    assert some.steps[-1].wrong == pytest.approx(60, abs=25)
    assert simulate(lake, version, truth, error_rate=1, order="random", **options).steps[-1].wrong == 240
    # Which rows are misjudged depends on the seed, not on the order.
    other = simulate(lake, version, truth, error_rate=0.25, order="perfect", **options)
    assert other.steps[-1] == some.steps[-1]
    assert simulate(lake, version, truth, error_rate=0.25, order="random", seed=1, **options) != some


def test_test_labels_decide_no_order(lake, noisy, publish):
    """With all test labels changed the same rows are looked at."""
    version, path, frame = noisy
    truth = read_truth(lake, version, path)
    lying = Truth({**truth.labels, **{f'{{"id":"{n}"}}': "ant" for n in range(320, 500)}}, True, "")
    for order in ORDERS:
        honest, misled = (
            simulate(lake, version, known, order=order, budget=0.2, every=0.1, fits=1) for known in (truth, lying)
        )
        assert [step.found for step in honest.steps] == [step.found for step in misled.steps]
        assert honest.clean != misled.clean


def test_a_list_of_wrong_labels_says_as_much_as_all_labels(lake, noisy, tmp_path):
    version, path, frame = noisy
    wrong = frame[frame["kind"] != frame["true"]]
    lines = [f"{row.id},set,kind,{row.kind},{row.true},flipped" for row in wrong.itertuples()]
    listed = tmp_path / "wrong.csv"
    listed.write_text(
        "\n".join(["id,action,column,old,new,why", "3,set,a,1,2,other", "4,exclude,,,,twin", *lines]) + "\n"
    )
    few, every = read_truth(lake, version, listed), read_truth(lake, version, path)
    assert not few.complete and every.complete and len(few.labels) == 80
    options = {"order": "perfect", "budget": 0.4, "every": 0.2, "fits": 1}
    assert simulate(lake, version, few, **options) == simulate(lake, version, every, **options)


def test_validation_labels_that_were_reviewed_beforehand_value_rows_better(make, lake, noisy):
    version, path, frame = noisy
    spoilt = frame.drop(columns="true")
    rows = spoilt.index[240:320]
    spoilt.loc[rows[:50], "kind"] = "ant"
    version = make(spoilt, "spoilt", lanes=[0] * 240 + [1] * 80 + [2] * 180, key=("id",), label="kind", model="linear")
    truth = read_truth(lake, version, path)
    given, reviewed = (
        simulate(lake, version, truth, order="knn-shapley", budget=0.3, every=0.3, fits=1, true_validation=known)
        for known in (False, True)
    )
    assert reviewed.steps[-1].found > given.steps[-1].found


def test_the_share_to_reach_is_where_the_curve_first_is_there(lake, noisy):
    version, path, _ = noisy
    truth = read_truth(lake, version, path)
    found = simulate(lake, version, truth, order="perfect", budget=0.4, every=0.05, fits=2)
    assert [step.found for step in found.steps] == [*range(0, 84, 12), 80, 80]
    there = [step.share for step in found.steps if step.accuracy >= REACHED * found.clean]
    assert found.dirty < REACHED * found.clean and found.share_to_reach == there[0]
    assert simulate(lake, version, truth, order="random", budget=0.02, every=0.02, fits=2).share_to_reach is None


def test_it_can_be_repeated_and_laid_out_as_json(lake, noisy):
    version, path, _ = noisy
    truth = read_truth(lake, version, path)
    one, two = (simulate(lake, version, truth, budget=0.1, every=0.05, error_rate=0.1, fits=2) for _ in range(2))
    assert one == two
    document = json.loads(json.dumps(one.to_dict()))
    assert document["steps"][2]["inspected"] == 24 and document["order"] == "label-quality"


def test_labels_that_are_all_right_leave_nothing_to_recover(lake, noisy):
    version, _, _ = noisy
    found = simulate(lake, version, Truth({}, False, ""), budget=0.1, every=0.1, fits=2)
    assert found.wrong_labels == 0 and found.steps[-1].recovered is None
    assert any("nothing to recover" in note for note in found.notes)


def test_one_fit_cannot_tell_what_is_chance(lake, noisy):
    version, path, _ = noisy
    found = simulate(lake, version, read_truth(lake, version, path), order="random", budget=0.1, every=0.1, fits=1)
    assert found.low is None and any("chance" in note for note in found.notes)


def test_it_stops_when_told_to(lake, noisy):
    version, path, _ = noisy
    said = []

    def stop(stage: str, done: int, total: int) -> None:
        said.append((done, total))
        if done == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        simulate(lake, version, read_truth(lake, version, path), budget=0.2, every=0.05, fits=1, progress=stop)
    assert {total for _, total in said} == {6} and sorted({done for done, _ in said}) == [0, 1, 2, 3]


def test_shares_out_of_range_are_refused(lake, noisy):
    for options, said in (
        ({"budget": 0}, "A budget of 0"),
        ({"budget": 1.2}, "A budget of 1.2"),
        ({"budget": float("nan")}, "A budget of nan"),
        ({"budget": 0.1, "every": 0.2}, "A round of 0.2 does not fit a budget of 0.1"),
        ({"every": 0}, "A round of 0"),
        ({"error_rate": -0.1}, "An error rate of -0.1"),
        ({"fits": 0}, "0 fits"),
    ):
        with pytest.raises(UsageError, match=said):
            simulate(lake, noisy[0], Truth({}, False, ""), **options)


def test_what_cannot_be_simulated_is_refused(lake, make, noisy):
    version, _, frame = noisy
    rows = frame[["id", "a", "b"]].iloc[:100]
    nothing = Truth({}, False, "")
    with pytest.raises(UnknownName, match="no order 'best'"):
        simulate(lake, version, nothing, order="best")
    with pytest.raises(UsageError, match="no label column"):
        simulate(lake, make(rows, "bare", key=("id",)), nothing)
    with pytest.raises(UsageError, match="is a number"):
        simulate(lake, make(rows, "numbers", key=("id",), label="b", task="regression"), nothing)
    lanes = [0] * 60 + [2] * 40
    no_validation = make(frame.drop(columns="true").iloc[:100], "two", lanes=lanes, key=("id",), label="kind")
    for order in ("knn-shapley", "knn-balanced", "mixed"):
        with pytest.raises(UsageError, match="no labelled validation row"):
            simulate(lake, no_validation, nothing, order=order)
    with pytest.raises(DataError, match="there are 0 test rows"):
        no_test = make(frame.drop(columns="true").iloc[:100], "one", lanes=[0] * 100, key=("id",), label="kind")
        simulate(lake, no_test, nothing)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_truth_that_cannot_be_read_is_refused(lake, noisy, tmp_path):
    for text, said in (
        ("", "no column 'id'"),
        ("name,kind\n1,ant\n", "no column 'id'"),
        ("id,label\n1,ant\n", "no column 'kind' with the true labels"),
        ("id,kind\n1,ant\n2\n", "line 3: 1 fields where the header has 2"),
        ("id,kind\none,ant\n", "line 2: the key 'one' does not fit its column"),
        ("id,kind\n1,ant\n1,bee\n", "line 3: the row .* has two true labels, 'ant' and 'bee'"),
        ("id,kind\n9001,ant\n", "it names no row of bugs@1"),
        ('id,kind\n1,"ant\n', "is not valid CSV"),
    ):
        with pytest.raises(DataError, match=said):
            read_truth(lake, noisy[0], written(tmp_path / "bad.csv", text))
    (tmp_path / "bad.csv").write_bytes(b"id,kind\n1,\xff\n")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_truth(lake, noisy[0], tmp_path / "bad.csv")
    with pytest.raises(DataError, match="there is no such file"):
        read_truth(lake, noisy[0], tmp_path / "none.csv")


def test_a_truth_that_lacks_train_rows_is_refused_and_one_that_lacks_test_rows_says_so(lake, noisy, tmp_path):
    version, path, _ = noisy
    lines = path.read_text().splitlines()
    lacking = read_truth(lake, version, written(tmp_path / "train.csv", "\n".join([lines[0], *lines[5:]])))
    with pytest.raises(DataError, match=r'no true label for 4 of 240 train rows, such as \{"id":"0"\}'):
        simulate(lake, version, lacking)
    without_test = read_truth(lake, version, written(tmp_path / "test.csv", "\n".join(lines[:321])))
    found = simulate(lake, version, without_test, order="random", budget=0.1, every=0.1, fits=1)
    assert any("180 test rows are scored on the labels that they have" in note for note in found.notes)


def test_classes_that_the_dataset_does_not_have_are_told(lake, noisy):
    version, path, _ = noisy
    truth = read_truth(lake, version, path).labels
    with pytest.raises(DataError, match="no row of bugs@1 has any of its labels: 'Ant', 'Bee', 'Cat'"):
        simulate(lake, version, Truth({key: label.title() for key, label in truth.items()}, True, "truth.csv"))
    new = {key: "dog" if label == "cat" else label for key, label in truth.items()}
    found = simulate(lake, version, Truth(new, True, ""), order="perfect", budget=1, every=1, fits=1)
    assert found.wrong_labels > 80 and any("has: 'dog'" in note for note in found.notes)
    assert found.steps[-1].accuracy == found.clean > found.dirty


def test_true_labels_that_make_the_model_worse_leave_nothing_to_recover(lake, noisy):
    version, path, frame = noisy
    lies = {f'{{"id":"{n}"}}': str(label) for n, label in enumerate(frame["kind"])}
    lies.update({f'{{"id":"{n}"}}': str(np.roll(CLASSES, 1)[n % 3]) for n in range(240)})
    found = simulate(lake, version, Truth(lies, True, ""), order="random", budget=0.5, every=0.5, fits=2)
    assert found.clean < found.dirty and found.steps[-1].recovered is None
    assert any("lower accuracy" in note for note in found.notes)


def test_rows_without_a_key_are_named_by_their_identity_and_labels_may_be_numbers(lake, make, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=90)
    frame = pd.DataFrame({"x": x, "y": np.where(x > 0, 1, 0)})
    version = make(frame, "plain", lanes=[0] * 60 + [2] * 30, label="y", model="linear")
    path = written(tmp_path / "plain.csv", "rid,y\n" + "".join(f"{n + 1},{1 - int(x[n] > 0)}.0\n" for n in range(90)))
    found = simulate(lake, version, read_truth(lake, version, path), order="perfect", budget=1, every=1, fits=1)
    assert found.wrong_labels == 60 and found.steps[-1].recovered == pytest.approx(1)


@settings(deadline=None)
@given(st.integers(1, 100_000), st.floats(1e-4, 1), st.floats(1e-4, 1))
def test_rounds_go_up_to_the_budget_and_each_looks_at_a_row_at_least(n, budget, every):
    ends = _ends(n, budget, min(every, budget))
    assert ends[-1] == max(1, round(n * budget)) and ends[0] >= 1
    assert all(a < b for a, b in zip(ends, ends[1:], strict=False))
