"""Comparisons: a verdict that holds up, under equal test labels, with parts that add up to what was published."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.compare import compare
from workbench.drafts import Correction, draft_view, new_draft, stage
from workbench.errors import DataError, UnknownName, UsageError
from workbench.evaluation import evaluate, read_predictions
from workbench.impact import paired, together
from workbench.iterations import compare_many
from workbench.lake import newest, publish_rows, read_versions, view_of
from workbench.reporting import report_comparison, report_comparisons
from workbench.reporting.figures import NOISE_FLOOR, about

FAST = "embedding"
"""The preset that fits these small frames fastest: a linear model of the numbers."""

LINE = """
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

def only_x(X):
    return X[["x"]].fillna(0)

def make():
    return make_pipeline(FunctionTransformer(only_x), LogisticRegression())
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
    """Half train, the rest test: rids 1 to 5 train, 6 to 10 test, and so on."""
    return [place % 10 // 5 * 2 for place in range(rows)]


@pytest.fixture
def dataset(make):
    def dataset(frame=None, name="t", **definition):
        frame = people() if frame is None else frame
        settled = {"key": ("id",), "label": "y", "model": FAST, "ignore": ("comment",), "lanes": lanes(len(frame))}
        return make(frame, name, **{**settled, **definition})

    return dataset


@pytest.fixture
def against(lake):
    """Compare versions of "t" by number, and check what every comparison must hold."""

    def against(a: int, b: int, **options):
        versions = {version.version: view_of(lake, version) for version in read_versions(lake, "t")}
        found = compare(lake, versions[a], versions[b], **options)
        if all(part is not None for part in found.parts.values()):
            assert math.fsum(found.parts.values()) == pytest.approx(found.b_published - found.a_published, abs=1e-12)
        return found

    return against


class Fits:
    """Counts fits by what progress is told."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.done += bool(done)


def test_identical_data_never_reads_gain_or_loss_and_costs_no_fit(dataset, publish, against):
    dataset()
    assert against(1, 1).verdict == "no change"
    fits = Fits()
    for number in range(2, 6):
        publish("t", {number: {"comment": f"seen {number}"}})
        found = against(number - 1, number, progress=fits)
        assert (found.verdict, found.change, found.low, found.high) == ("no change", 0, 0, 0)
        assert set(found.parts.values()) == {0} and found.test_labels == f"t@{number}"
        assert {effect.verdict for effect in (*found.metrics.values(), *found.per_class.values())} == {"no change"}
    assert fits.done == 0


def test_a_planted_effect_of_five_points_is_found(dataset, publish, against, tmp_path, monkeypatch):
    """A tenth of the range of x is labelled wrongly in train, so the model's threshold is off by 5 % of all rows."""
    (tmp_path / "line.py").write_text(LINE)
    monkeypatch.chdir(tmp_path)
    frame = people(3000)
    frame["x"] = np.random.default_rng(5).uniform(-1, 1, 3000)
    truth = np.where(frame["x"] > 0, "yes", "no")
    wrong = (frame["x"] > 0) & (frame["x"] < 0.1) & (np.array(lanes(3000)) == 0)
    frame["y"] = np.where(wrong, "no", truth)
    dataset(frame, model="line:make")
    publish("t", {int(rid): {"y": "yes"} for rid in frame.loc[wrong, "id"]})
    found = against(1, 2)
    assert found.verdict == "gain" and 0.03 < found.low < 0.05 < found.high < 0.07
    assert found.detectable < 0.05 and found.parts["train rows"] == pytest.approx(found.change)
    assert found.per_class["yes"].verdict == "gain" and found.per_class["yes"].change == pytest.approx(0.1, abs=0.03)
    back = against(2, 1)
    assert back.verdict == "loss" and back.change == -found.change and back.low == -found.high
    assert against(1, 2, metric="log_loss").change < 0 and against(1, 2, metric="log_loss").verdict == "gain"


def test_a_small_edit_cannot_be_told_and_the_detectable_change_says_why(dataset, publish, against):
    dataset()
    publish("t", {1: {"y": "no"}, 3: {"city": "Bern"}})
    found = against(1, 2)
    assert found.verdict == "cannot tell" and found.low <= found.change <= found.high and found.detectable > 0


def test_what_cannot_be_told_says_how_many_test_rows_would_settle_it(dataset, publish, against):
    dataset()
    publish("t", {1: {"y": "no"}, 3: {"city": "Bern"}})
    publish("t", {rid: {"y": "yes"} for rid in range(1, 36) if rid % 10 in range(1, 6)})
    found = against(1, 3)
    fields = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert found.verdict == "cannot tell" and found.change != 0
    assert fields["rows_needed"] == found.metrics["accuracy"].rows_needed
    said = report_comparison(found)
    if found.rows_needed is None:
        assert "no number of test rows would settle a change of this size" in said
    else:
        assert found.rows_needed > 100
        assert f"About {about(found.rows_needed)} test rows would settle a change of this size (now 100)." in said
    same = against(1, 1)
    assert same.rows_needed is same.seeds_needed is None and "settle" not in report_comparison(same)


def test_the_classes_hold_together_at_95_per_cent(lake, dataset, publish, against):
    frame = people()
    frame["y"] = np.where(frame["x"] > 1, "high", frame["y"])
    dataset(frame)
    publish("t", {rid: {"y": "no"} for rid in range(1, 60) if rid % 10 in range(1, 6)})
    found = against(1, 2)
    assert len(found.per_class) == 3 and found.per_class_level == together(3)
    assert found.level == 0.95 and "98.33 % intervals, which hold together at 95 % for all 3 classes" in (
        report_comparison(found)
    )
    labels = dict(view_of(lake, newest(lake, "t")).fetch("SELECT id, y FROM {rows} WHERE _lane = 2"))
    hits = []
    for version in read_versions(lake, "t"):
        evaluation = evaluate(lake, view_of(lake, version))
        kept = read_predictions(lake, evaluation.id)
        own = np.array([labels[int(json.loads(key)["id"])] for key in kept.row_key])
        hits.append((np.array(evaluation.train_classes)[kept.by_seed(5).argmax(axis=2)] == own).astype(float))
    for name, effect in found.per_class.items():
        single, wanted = (
            paired(hits[0][:, own == name], hits[1][:, own == name], span=1.0, level=level)
            for level in (0.95, together(3))
        )
        assert (effect.low, effect.high) == pytest.approx((wanted.low, wanted.high))
        assert effect.low < single.low and effect.high > single.high


def test_several_versions_against_one_hold_together_at_95_per_cent(lake, dataset, publish, against):
    dataset()
    publish("t", {1: {"x": 2.0, "y": "no"}})
    publish("t", {rid: {"y": "no"} for rid in range(1, 60) if rid % 10 in range(1, 6)})
    publish("t", {3: {"x": 1.5}})
    base, *others = read_versions(lake, "t")
    found = compare_many(lake, base, others, slices=True)
    assert (found.base, found.level, [each.b for each in found.comparisons]) == (
        "t@1", together(3), ["t@2", "t@3", "t@4"],
    )  # fmt: skip
    for each, other in zip(found.comparisons, others, strict=True):
        single = against(1, other.version)
        assert (each.change, each.level) == (single.change, together(3))
        assert each.low < single.low and each.high > single.high and each.detectable > single.detectable
        assert each.per_class_level == pytest.approx(1 - 0.05 / 3 / 2)
        assert each.slices.level == pytest.approx(1 - 0.05 / 3 / len(each.slices.found))
        assert each.metrics["roc_auc"].low < single.metrics["roc_auc"].low
    text = report_comparisons(found)
    assert "3 versions against t@1" in text and "Each interval of a change is at 98.33 %" in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  t@")] == ["t@2", "t@3", "t@4"]
    fields = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(fields) == {"base", "level", "comparisons"}
    assert fields["comparisons"][0] == json.loads(json.dumps(found.comparisons[0].to_dict()))
    assert compare_many(lake, base, others[:1]).comparisons[0] == against(1, 2), "one is no many"
    for names in ([], [others[0], others[0]], [base, others[0]]):
        with pytest.raises(UsageError, match="named twice|nothing to be compared with"):
            compare_many(lake, base, names)


def test_a_changed_test_label_re_scores_every_version_without_a_fit(dataset, publish, against):
    frame = people()
    dataset(frame)
    publish("t", {1: {"x": 3.0, "y": "no"}, 2: {"x": -3.0, "y": "yes"}})
    before = against(1, 2)
    assert before.test_labels == "t@2"
    fits = Fits()
    publish("t", {rid: {"y": "no" if frame["y"][rid - 1] == "yes" else "yes"} for rid in (6, 7, 8)})
    after = against(1, 2, progress=fits)
    assert after.test_labels == "t@3" and fits.done == 0
    assert (after.a_published, after.b_published) == (before.a_published, before.b_published)
    assert after.a_mean != before.a_mean and after.parts == before.parts
    labels_only = against(2, 3, progress=fits)
    assert fits.done == 0 and labels_only.verdict == "no change" and labels_only.a_mean == labels_only.b_mean
    assert labels_only.parts["test labels"] == labels_only.b_published - labels_only.a_published != 0


def test_the_parts_tell_train_rows_test_labels_features_and_membership_apart(dataset, publish, against):
    dataset()
    train = [rid for rid in range(1, 201) if lanes()[rid - 1] == 0]
    test = [rid for rid in range(1, 201) if lanes()[rid - 1] == 2]
    publish("t", {rid: {"_excluded": True} for rid in test[:9]})
    assert only_part(against(1, 2)) == {"test membership"}
    publish("t", {rid: {"y": "yes"} for rid in test[9:25]})
    assert only_part(against(2, 3)) == {"test labels"}
    fits = Fits()
    publish("t", {rid: {"x": (-1) ** rid * 2.0} for rid in test[30:60]})
    assert only_part(against(3, 4, progress=fits)) == {"test features"}
    publish("t", {rid: {"y": "no"} for rid in train[:40]})
    assert only_part(against(4, 5)) == {"train rows"}
    fits = Fits()
    whole = against(1, 5, progress=fits)
    assert all(abs(part) > 1e-6 for part in whole.parts.values())
    assert fits.done == 0, "the models of version 1 learnt what those of version 4 did, and version 4's rows are kept"
    assert whole.test_rows == 91 and whole.notes == ("91 test rows are shared; 9 are only in t@1, 0 only in t@5",)


def only_part(found):
    return {name for name, part in found.parts.items() if abs(part) > 1e-9}


def test_old_models_are_asked_about_changed_test_features_once(dataset, publish, against):
    dataset()
    test = {rid: {"x": -2.0} for rid in (6, 7, 8, 9, 10, 16)}
    publish("t", {**test, 1: {"y": "no"}, 2: {"x": 2.5, "y": "no"}})
    fits = Fits()
    first = against(1, 2, progress=fits)
    assert fits.done == 15, "five fits for each version, five of the old one again"
    assert first.parts["test features"] != 0 and first.parts["test labels"] == 0
    fits = Fits()
    assert against(1, 2, progress=fits) == first and fits.done == 0


def test_classes_renamed_everywhere_are_read_by_their_new_names(dataset, publish, against):
    frame = people()
    dataset(frame)
    new = {"yes": "1", "no": "0"}
    publish("t", {rid: {"y": new[label]} for rid, label in zip(frame["id"], frame["y"], strict=True)})
    found = against(1, 2)
    assert found.change == 0 and found.a_mean > 0.6 and found.verdict == "cannot tell"
    assert set(found.parts.values()) == {0}
    assert "class 'yes' of t@1 is now called '1' and read so" in found.notes
    assert against(2, 1).a_mean == found.b_mean


def test_test_labels_renamed_alone_are_no_triumph(dataset, publish, against):
    frame = people()
    dotted = frame["y"] + np.where(np.array(lanes()) == 2, ".", "")
    dataset(frame.assign(y=dotted))
    publish("t", {rid: {"y": frame["y"][rid - 1]} for rid in frame["id"] if dotted[rid - 1].endswith(".")})
    found = against(1, 2)
    assert not found.comparable and found.notes[0].startswith("t@1 is not comparable as published")
    assert found.a_published == 0 and found.a_mean == found.b_mean == found.b_published
    assert found.verdict == "no change" and only_part(found) == {"test labels"}
    assert only_part(against(2, 1)) == {"test labels"}


def test_a_draft_is_compared_with_its_base_under_published_labels(lake, dataset):
    base = view_of(lake, dataset())
    draft = new_draft(lake, "t", title="round", author="ann").draft
    assert compare(lake, base, draft_view(base, draft)).verdict == "no change"
    renamed = [Correction(key={"id": rid}, column="y", new="perhaps") for rid in range(16, 21)]
    stage(lake, draft, [*renamed, Correction(key={"id": 1}, column="x", new=2)], author="ann")
    found = compare(lake, base, draft_view(base, draft))
    assert (found.a, found.b, found.test_labels) == ("t@1", f"t@1 + draft {draft}", "t@1")
    assert "perhaps" not in found.per_class and found.parts["test labels"] != 0


def test_a_row_that_has_left_since_counts_by_its_last_label(dataset, publish, against):
    dataset()
    publish("t", {1: {"x": 2.0}})
    before = against(1, 2)
    publish("t", {}, gone=(6,))
    after = against(1, 2)
    assert after.change == before.change and after.test_rows == 100
    assert "1 of the shared test rows are not in t@3 and count by b's label" in after.notes


def test_a_column_that_one_version_lacks(lake, dataset):
    whole = view_of(lake, dataset(model="linear"))
    columns = tuple(column for column in whole.columns if column.name != "city")
    less = dataclasses.replace(whole, columns=columns, label="t@1 + draft 1", known_hash="")
    for a, b in ((whole, less), (less, whole)):
        found = compare(lake, a, b)
        assert math.fsum(found.parts.values()) == pytest.approx(found.b_published - found.a_published, abs=1e-12)
        assert found.parts["test labels"] == found.parts["test membership"] == 0


def test_regression_reads_r2_unless_told_otherwise(dataset, publish, against):
    frame = people()
    frame["y"] = 2 * frame["x"] + np.random.default_rng(1).normal(scale=0.5, size=200)
    dataset(frame, task="regression")
    publish("t", {rid: {"y": 20.0} for rid in (1, 2, 3, 11, 12)} | {6: {"y": 5.0}, 7: {"x": 4.0}})
    found = against(1, 2)
    assert found.metric == "r2" and found.verdict == "loss" and found.per_class == {}
    assert found.metrics["mae"].verdict == "loss" and found.metrics["mae"].change > 0
    assert all(part != 0 for name, part in found.parts.items() if name != "test membership")
    assert against(1, 2, metric="rmse").verdict == "loss"


def test_a_metric_that_is_undefined_is_said_to_be_and_stays_out_of_json(dataset, publish, against):
    frame = people()
    frame["y"] = np.where(np.array(lanes()) == 2, 1.0, frame["x"])
    dataset(frame, task="regression")
    publish("t", {1: {"y": 7.0}})
    found = against(1, 2)
    assert (found.change, found.verdict, found.parts["train rows"]) == (None, "cannot tell", None)
    assert "r2 is undefined on the shared test rows: all labels are the same number" in found.notes
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["low"] is None
    assert found.rows_needed is found.seeds_needed is found.noise_floor is None
    assert "settle" not in report_comparison(found) and f"{NOISE_FLOOR}: –" in report_comparison(found)
    assert against(1, 2, metric="mae").change is not None


def test_few_test_rows_get_an_answer_and_a_warning(dataset, publish, against):
    dataset(lanes=[0] * 195 + [2] * 5)
    publish("t", {1: {"x": 5.0, "y": "no"}})
    found = against(1, 2)
    assert found.test_rows == 5 and found.verdict == "cannot tell" and found.high - found.low > 0.2
    assert "only 5 shared test rows: the interval is a rough guess" in found.notes


def test_with_ten_test_rows_of_one_class_every_answer_is_finite_or_none(dataset, publish, against):
    frame = people()
    lane = [0] * 200
    for place in [place for place in range(200) if frame["y"][place] == "yes"][:10]:
        lane[place] = 2
    dataset(frame, lanes=lane)
    train = [place + 1 for place in range(200) if not lane[place]]
    publish("t", {rid: {"y": "no"} for rid in train[:25]})
    found = against(1, 2)
    json.dumps(found.to_dict(), allow_nan=False)
    assert list(found.per_class) == ["yes"] and found.per_class_level == 0.95
    assert found.metrics["roc_auc"].rows_needed is None and found.metrics["roc_auc"].noise_floor is None
    assert found.verdict != "cannot tell" or found.rows_needed is None or found.rows_needed > 10


def test_a_class_that_no_test_row_has(dataset, publish, against):
    frame = people()
    frame.loc[[0, 1, 2, 10, 11], "y"] = "perhaps"
    dataset(frame)
    publish("t", {4: {"y": "perhaps"}})
    found = against(1, 2)
    assert found.metrics["roc_auc"].change is None and found.metrics["accuracy"].change is not None
    assert list(found.per_class) == ["no", "yes"]


def test_each_side_has_the_interval_of_an_evaluation(lake, dataset, publish, against):
    dataset()
    publish("t", {number: {"y": "no"} for number in range(1, 60) if number % 10 in range(1, 6)})
    found = against(1, 2)
    for place, version in enumerate(read_versions(lake, "t")):
        for name, score in evaluate(lake, view_of(lake, version)).metrics.items():
            assert (score.mean, score.low, score.high) == pytest.approx(found.metrics[name].sides[place])
    for effect in (*found.metrics.values(), *found.per_class.values()):
        assert all(low < mean < high for mean, low, high in effect.sides)


def test_the_json_has_the_promised_fields(dataset, publish, against):
    dataset()
    publish("t", {1: {"x": 2.0}})
    fields = json.loads(json.dumps(against(1, 2).to_dict(), allow_nan=False))
    assert {"a", "b", "metric", "a_mean", "b_mean", "change", "low", "high", "verdict", "detectable"} < set(fields)
    assert fields["a"] == "t@1" and fields["metric"] == "accuracy" and fields["test_labels"] == "t@2"
    assert {"a_low", "a_high", "b_low", "b_high"} < set(fields["metrics"]["accuracy"]) == set(fields["per_class"]["no"])
    assert list(fields["parts"]) == ["train rows", "test labels", "test features", "test membership"]


def test_what_cannot_be_compared_is_refused(lake, dataset):
    first = view_of(lake, dataset())
    others = {
        "versions of two datasets": view_of(lake, dataset(name="u")),
        "their task is not the same": variant(first, task="regression"),
        "their label is not the same": variant(first, label="city"),
        r"different models \('embedding' and 'tabular'\)": variant(first, model="tabular"),
    }
    for said, other in others.items():
        with pytest.raises(UsageError, match=f"not comparable: .*{said}"):
            compare(lake, first, other)
    with pytest.raises(UnknownName, match="no metric 'acuracy'") as refused:
        compare(lake, first, first, metric="acuracy")
    assert "accuracy" in refused.value.hint
    with pytest.raises(UnknownName, match="no metric 'r2'"):
        compare(lake, first, first, metric="r2")
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == [(0,)], "refused before any fit"


def variant(view, **changes):
    return dataclasses.replace(view, definition=dataclasses.replace(view.definition, **changes))


def test_versions_without_a_shared_test_row_are_refused(dataset, publish, against):
    dataset()
    moved = {rid: {"_lane": 2 - lanes()[rid - 1]} for rid in range(1, 201)}
    publish("t", moved)
    with pytest.raises(DataError, match="t@1 and t@2 share no test row"):
        against(1, 2)


def test_a_test_label_that_was_taken_away_does_not_count(dataset, publish, against):
    dataset()
    publish("t", {1: {"x": 2.0}, 6: {"y": None}})
    found = against(1, 2)
    assert found.test_rows == 99 and found.parts["test membership"] != 0
    assert "1 of the shared test rows have no label in t@2 and do not count" in found.notes


@pytest.mark.slow
def test_corrected_labels_of_adult_are_a_gain_and_spelling_rules_are_not(lake, make):
    data = Path(__file__).parents[2] / "data"
    frame = pd.read_csv(data / "adult.csv", keep_default_na=False)
    truth = pd.read_csv(data / "adult_truth.csv", keep_default_na=False)
    frame["income"] = frame["income"].str.removesuffix(".")
    lane = frame["split"].map({"train": 0, "validation": 1, "test": 2}).tolist()
    definition = {"key": ("person_id",), "label": "income", "split_column": "split", "model": "tabular"}
    dirty = view_of(lake, make(frame, "adult", lanes=lane, **definition))
    rules = correct(lake, truth[truth["kind"].isin(["spelling", "stray_space"])])
    labels = correct(lake, truth[truth["kind"] == "flipped_label"])
    found = compare(lake, dirty, rules)
    assert found.verdict == "cannot tell" and abs(found.change) < found.detectable < 0.01
    found = compare(lake, rules, labels)
    assert found.verdict == "gain" and found.low > 0.015 and found.test_rows == 8000
    assert found.metrics["roc_auc"].verdict == "gain" and only_part(found) == {"train rows"}


def correct(lake, truth):
    """Publish what the truth file says about cells of "adult"."""
    with lake.session() as session:
        session.register("truth", truth)
        session.run("CREATE TEMP TABLE gone_rows (_rid BIGINT)")
        rows = "SELECT d.* FROM lake.data.adult d WHERE person_id IN (SELECT person_id FROM truth)"
        session.run(f"CREATE TEMP TABLE new_rows AS {rows}")
        for column in truth["column"].unique():
            session.run(
                f'UPDATE new_rows r SET "{column}" = t.new FROM truth t WHERE t.person_id = r.person_id '
                f"AND t.\"column\" = '{column}'"
            )

        def work(current):
            publish_rows(current, newest(current, "adult"), kind="publish", author="reviewer", message="truth")

        lake.write(work, session=session)
    return view_of(lake, newest(lake, "adult"))
