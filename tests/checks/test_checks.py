"""The checks, each on rows small enough to see what they must find."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.checks import CHECKS, MOST_FINDINGS, Subject, run_checks
from workbench.checks.label_issue import find_doubts
from workbench.errors import Cancelled, DataError, UnknownName
from workbench.evaluation import OutOfFold
from workbench.findings import FINDING_FIELDS, CheckResult, Filter, count, insert_decisions, queue, record
from workbench.lake import Lake, Version, view_of
from workbench.validation import Schema, load_schema

Make = Callable[..., Version]
Publish = Callable[..., Version]


def asked(lake: Lake, version: Version, code: str, **more: Any) -> CheckResult:
    """The result of one check."""
    results = run_checks(lake, view_of(lake, version), only=[code], **more)
    return next(result for result in results if result.code == code)


def found(result: CheckResult) -> list[dict[str, Any]]:
    """Its findings, with the evidence read."""
    assert result.findings is not None
    assert result.findings.column_names == list(FINDING_FIELDS)
    assert (result.outcome == "failed") == bool(result.findings.num_rows)
    return [{**row, "evidence": json.loads(row["evidence"])} for row in result.findings.to_pylist()]


def keys(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [json.loads(row["row_key"])["id"] for row in rows]


def frame(*rows: tuple[Any, ...], columns: Sequence[str] = ("id", "a", "b", "y")) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


class Fails:
    code = "data.fails"
    title = "A check that raises"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def run(self, subject: Subject) -> CheckResult:
        raise self.error


class Passes:
    code = "label.passes"
    title = "A check that passes"

    def run(self, subject: Subject) -> CheckResult:
        return CheckResult(self.code, "passed", subject.view.label)


@pytest.fixture
def pair(make: Make) -> Version:
    return make(frame((1, "x", 1, "n"), (2, "y", 2, "p")), key=("id",), label="y", lanes=[0, 0])


class TestRunning:
    def test_every_check_has_a_code_of_its_own_and_a_title(self) -> None:
        assert [check.code for check in CHECKS] == [
            "schema", "data.duplicate", "data.contradiction", "data.leak", "label.issue",
        ]  # fmt: skip
        assert all(check.title for check in CHECKS)

    @pytest.mark.parametrize("error", [ValueError("boom"), DataError("boom", hint="mend it"), KeyError("boom")])
    def test_a_check_that_raises_is_an_error_and_the_next_one_runs(
        self, lake: Lake, pair: Version, error: Exception
    ) -> None:
        first, second = run_checks(lake, view_of(lake, pair), checks=[Fails(error), Passes()])
        assert (first.code, first.outcome, first.findings) == ("data.fails", "error", None)
        assert "boom" in first.message
        assert (second.outcome, second.message) == ("passed", "t@1")

    @pytest.mark.parametrize("error", [Cancelled("stopped"), KeyboardInterrupt()])
    def test_stopping_stops(self, lake: Lake, pair: Version, error: BaseException) -> None:
        with pytest.raises(type(error)):
            run_checks(lake, view_of(lake, pair), checks=[Fails(error), Passes()])

    def test_progress_can_stop_it(self, lake: Lake, pair: Version) -> None:
        def stop(stage: str, done: int, total: int) -> None:
            raise Cancelled(stage)

        with pytest.raises(Cancelled, match="check schema"):
            run_checks(lake, view_of(lake, pair), progress=stop)

    @pytest.mark.parametrize(("only", "ran"), [(["data.fails"], [0]), (["label"], [1]), (None, [0, 1])])
    def test_each_check_ends_in_one_outcome_and_what_was_not_asked_is_skipped(
        self, lake: Lake, pair: Version, only: list[str] | None, ran: list[int]
    ) -> None:
        results = run_checks(lake, view_of(lake, pair), checks=[Fails(ValueError()), Passes()], only=only)
        assert [n for n, result in enumerate(results) if result.outcome != "skipped"] == ran
        assert [result.code for result in results] == ["data.fails", "label.passes"]

    def test_a_misspelt_check_is_an_error(self, lake: Lake, pair: Version) -> None:
        with pytest.raises(UnknownName, match="label.isue"):
            run_checks(lake, view_of(lake, pair), only=["label.isue"])

    def test_a_result_is_told_as_json(self) -> None:
        part = CheckResult("schema.a.isin", "failed", "wrong", total=3)
        document = json.loads(json.dumps(CheckResult("schema", "failed", "1 rule", parts=(part,), total=3).to_dict()))
        told = {"check": "schema.a.isin", "outcome": "failed", "findings": 3, "message": "wrong"}
        assert document == {
            "check": "schema", "outcome": "failed", "findings": 3, "message": "1 rule", "parts": [told],
        }  # fmt: skip

    def test_all_checks_of_a_version_are_recorded_and_run_again_without_change(self, lake: Lake, make: Make) -> None:
        rows = [(n, "xy"[n % 2], n % 7, "pn"[n % 2]) for n in range(60)]
        version = make(frame(*rows), key=("id",), label="y", lanes=[0] * 40 + [1] * 10 + [2] * 10)
        results = run_checks(lake, view_of(lake, version))
        assert {r.code: r.outcome for r in results} == {
            "schema": "not applicable",
            "data.duplicate": "failed",
            "data.contradiction": "passed",
            "data.leak": "failed",
            "label.issue": "passed",
        }
        record(lake, version, results, author="robot")
        before = queue(lake, "t")
        assert len(before) == sum(result.count for result in results)
        record(lake, version, run_checks(lake, view_of(lake, version)), author="robot")
        assert queue(lake, "t") == before


class TestSchema:
    @pytest.fixture
    def schema(self, tmp_path: Path) -> Callable[[str], Schema]:
        def write(columns: str) -> Schema:
            path = tmp_path / "people.py"
            path.write_text(f"import pandera.pandas as pa\nschema = pa.DataFrameSchema({{{columns}}})\n")
            return load_schema(path)

        return write

    def test_without_a_schema_it_does_not_apply(self, lake: Lake, pair: Version) -> None:
        result = asked(lake, pair, "schema")
        assert (result.outcome, result.message) == ("not applicable", "the dataset has no schema")

    def test_each_failure_case_is_a_finding_of_its_rule(
        self, lake: Lake, pair: Version, schema: Callable[[str], Schema]
    ) -> None:
        rules = "'b': pa.Column(int, pa.Check.in_range(2, 9)), 'a': pa.Column(str, pa.Check.isin(['x', 'y']))"
        result = asked(lake, pair, "schema", schema=schema(rules))
        (finding,) = found(result)
        assert (finding["check_code"], finding["rid"], finding["column_name"], finding["observed"]) == (
            "schema.b.in_range", 1, "b", "1",
        )  # fmt: skip
        assert (finding["severity"], finding["message"]) == ("error", "b breaks in_range(2, 9)")
        outcomes = {part.code: part.outcome for part in result.parts}
        assert outcomes["schema.b.in_range"] == "failed"
        assert outcomes["schema.a.isin"] == "passed"

    def test_a_warning_is_a_finding_too(self, lake: Lake, pair: Version, schema: Callable[[str], Schema]) -> None:
        result = asked(lake, pair, "schema", schema=schema("'b': pa.Column(int, pa.Check.ge(2, raise_warning=True))"))
        assert [row["severity"] for row in found(result)] == ["warning"]

    def test_a_column_that_is_not_there_is_a_finding_about_no_row(
        self, lake: Lake, pair: Version, schema: Callable[[str], Schema]
    ) -> None:
        result = asked(lake, pair, "schema", schema=schema("'b': pa.Column(int), 'gone': pa.Column(int)"))
        (finding,) = found(result)
        assert (finding["rid"], finding["row_key"], finding["column_name"]) == (None, None, "gone")
        record(lake, pair, [result], author="robot")
        assert [(f.rid, f.key, f.lane) for f in queue(lake, "t")] == [(None, {}, None)]

    def test_a_rule_that_raises_is_an_error_and_the_others_are_answered(
        self, lake: Lake, pair: Version, schema: Callable[[str], Schema]
    ) -> None:
        rules = "'a': pa.Column(str, pa.Check(lambda s: 1 / 0, name='odd')), 'b': pa.Column(int, pa.Check.ge(2))"
        result = asked(lake, pair, "schema", schema=schema(rules))
        assert result.outcome == "error"
        assert "schema.a.odd" in result.message
        assert result.findings is not None
        assert result.findings.column("check_code").to_pylist() == ["schema.b.greater_than_or_equal_to"]
        record(lake, pair, [result], author="robot")
        assert count(lake, "t") == 1


class TestDuplicates:
    def test_the_first_by_key_is_the_original_and_each_later_row_is_a_finding(self, lake: Lake, make: Make) -> None:
        rows = frame((30, "x", 1, "n"), (4, "x", 1, "n"), (5, "x", 2, "n"), (9, "x", 1, "n"), (1, "x", 1, "p"))
        result = asked(lake, make(rows, key=("id",), label="y", lanes=[0, 1, 0, 0, 0]), "data.duplicate")
        first, second = found(result)
        assert keys([first, second]) == ["9", "30"]
        assert first["message"] == "repeats the row id=4 under another key"
        assert (first["suggestion"], first["column_name"], first["observed"]) == ("exclude", None, None)
        assert first["evidence"]["members"] == [{"id": "4"}, {"id": "9"}, {"id": "30"}]
        assert first["evidence_key"] == second["evidence_key"]
        assert result.message == "2 rows repeat another one in all features and the label"

    def test_rows_that_differ_in_ignored_columns_only_are_equal(self, lake: Lake, make: Make) -> None:
        rows = frame((1, "x", 1, "n"), (2, "x", 2, "n"))
        version = make(rows, key=("id",), label="y", ignore=("b",), lanes=[0, 0])
        assert keys(found(asked(lake, version, "data.duplicate"))) == ["2"]

    def test_missing_values_equal_each_other_and_nothing_else(self, lake: Lake, make: Make) -> None:
        rows = frame((1, None, 1.5, "n"), (2, None, 1.5, "n"), (3, "", 1.5, "n"), (4, "None", 1.5, None))
        version = make(rows, key=("id",), label="y", lanes=[0] * 4)
        assert keys(found(asked(lake, version, "data.duplicate"))) == ["2"]

    def test_excluded_rows_are_out(self, lake: Lake, make: Make, publish: Publish) -> None:
        make(frame((1, "x", 1, "n"), (2, "x", 1, "n")), key=("id",), label="y", lanes=[0, 0])
        after = publish("t", {1: {"_excluded": True}})
        assert asked(lake, after, "data.duplicate").outcome == "passed"

    def test_test_rows_are_compared_among_themselves(self, lake: Lake, make: Make) -> None:
        rows = frame(*((n, "x", 1, "n") for n in range(1, 5)))
        version = make(rows, key=("id",), label="y", lanes=[2, 0, 1, 2])
        assert keys(found(asked(lake, version, "data.duplicate"))) == ["3", "4"]

    def test_without_a_label_or_a_key_it_works_and_without_features_it_does_not_apply(
        self, lake: Lake, make: Make
    ) -> None:
        rows = pd.DataFrame({"a": ["x", "x"], "b": [1, 1]})
        (finding,) = found(asked(lake, make(rows, "bare"), "data.duplicate"))
        assert (finding["rid"], finding["message"]) == (2, "repeats the row rid=1 under another key")
        only_key = make(pd.DataFrame({"id": [1, 2], "y": ["n", "n"]}), "narrow", key=("id",), label="y")
        for code in ("data.duplicate", "data.contradiction", "data.leak"):
            assert asked(lake, only_key, code).outcome == "not applicable"

    def test_a_key_of_two_columns_orders_the_rows_by_both(self, lake: Lake, make: Make) -> None:
        rows = [("b", 2, "x", "n"), ("a", 10, "x", "n"), ("a", 9, "x", "n"), ("c", 1, "x", "p"), ("d", 1, "x", "p")]
        version = make(
            pd.DataFrame(rows, columns=["part", "id", "a", "y"]), key=("part", "id"), label="y", lanes=[0, 0, 0, 0, 2]
        )
        assert [finding["row_key"] for finding in found(asked(lake, version, "data.duplicate"))] == [
            '{"part":"a","id":"10"}',
            '{"part":"b","id":"2"}',
        ]
        assert [asked(lake, version, f"data.{code}").total for code in ("contradiction", "leak")] == [5, 4]

    def test_a_group_that_grows_is_another_finding(self, lake: Lake, make: Make, publish: Publish) -> None:
        rows = frame((1, "x", 1, "n"), (2, "x", 1, "n"), (3, "x", 9, "n"))
        version = make(rows, key=("id",), label="y", lanes=[0] * 3)
        record(lake, version, [asked(lake, version, "data.duplicate")], author="robot")
        lake.write(lambda s: insert_decisions(s, queue(lake, "t"), "keep", author="ann"))
        same = publish("t", {3: {"b": 8}})
        record(lake, same, [asked(lake, same, "data.duplicate")], author="robot")
        assert (count(lake, "t"), count(lake, "t", Filter(status="kept"))) == (0, 1)
        grown = publish("t", {3: {"b": 1}})
        record(lake, grown, [asked(lake, grown, "data.duplicate")], author="robot")
        assert [(f.rid, f.status) for f in queue(lake, "t", Filter(status=None))] == [
            (2, "open"),
            (3, "open"),
            (2, "fixed"),
        ]

    def test_odd_column_names_and_types_are_compared(self, lake: Lake, make: Make) -> None:
        odd = {'a "b"': [[1.0, 2.0]] * 2, "Select": [pd.Timestamp("2020-01-01")] * 2, "select": [True] * 2}
        version = make(pd.DataFrame({"id": [1, 2], **odd}), key=("id",))
        assert len(found(asked(lake, version, "data.duplicate"))) == 1

    def test_more_than_the_queue_takes_is_said(self, lake: Lake, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("workbench.checks.groups.MOST_FINDINGS", 3)
        rows = frame(*((n, "x", 1, "n") for n in range(1, 9)))
        result = asked(lake, make(rows, key=("id",), label="y", lanes=[0] * 8), "data.duplicate")
        assert (keys(found(result)), result.count) == (["2", "3", "4"], 7)
        assert result.message.endswith("the first 3 by key join the queue")
        assert MOST_FINDINGS == 1_000_000

    def test_where_the_queue_takes_not_all_whole_groups_join_it(
        self, lake: Lake, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("workbench.checks.groups.MOST_FINDINGS", 4)
        rows = frame(*((n, "x", n % 3, "n") for n in range(1, 10)))
        version = make(rows, key=("id",), label="y", lanes=[0] * 6 + [2] * 3)
        repeats, leaks = (asked(lake, version, f"data.{kind}") for kind in ("duplicate", "leak"))
        assert (keys(found(repeats)), repeats.count) == (["4", "5", "6"], 3)
        assert (keys(found(leaks)), leaks.count) == (["1", "2", "4", "5"], 6)
        assert leaks.message.endswith("features; the first 4 by key join the queue")


class TestContradictions:
    def test_each_row_of_the_group_is_a_finding_about_its_label(self, lake: Lake, make: Make) -> None:
        rows = frame((1, "x", 1, "n"), (2, "x", 1, "p"), (3, "x", 1, "n"), (4, "x", 2, "p"), (5, "x", 1, None))
        version = make(rows, key=("id",), label="y", lanes=[0, 0, 2, 0, 0])
        findings = found(asked(lake, version, "data.contradiction"))
        assert [(row["rid"], row["column_name"], row["observed"]) for row in findings] == [
            (1, "y", "n"), (2, "y", "p"), (3, "y", "n"),
        ]  # fmt: skip
        assert findings[0]["evidence"]["labels"] == [{"label": "n", "rows": 2}, {"label": "p", "rows": 1}]
        assert [row["evidence"]["lane"] for row in findings] == ["train", "train", "test"]
        assert {row["severity"] for row in findings} == {"error"}
        assert findings[0]["message"] == "3 rows that are equal in all features have 2 different labels"

    def test_in_regression_it_is_a_warning(self, lake: Lake, make: Make) -> None:
        rows = frame((1, "x", 1, 1.5), (2, "x", 1, 2.0))
        version = make(rows, key=("id",), label="y", task="regression", lanes=[0, 0])
        assert [row["severity"] for row in found(asked(lake, version, "data.contradiction"))] == ["warning"] * 2

    def test_equal_labels_are_none_and_without_a_label_it_does_not_apply(self, lake: Lake, make: Make) -> None:
        rows = frame((1, "x", 1, "n"), (2, "x", 1, "n"))
        assert asked(lake, make(rows, key=("id",), label="y"), "data.contradiction").outcome == "passed"
        assert asked(lake, make(rows, "bare", key=("id",)), "data.contradiction").outcome == "not applicable"


class TestLeaks:
    def test_the_finding_is_about_the_train_row_and_names_the_test_row(self, lake: Lake, make: Make) -> None:
        rows = frame((1, "x", 1, "n"), (2, "x", 1, "p"), (3, "x", 1, "n"), (4, "y", 1, "n"), (5, "x", 1, "n"))
        version = make(rows, key=("id",), label="y", lanes=[0, 2, 1, 0, 2])
        findings = found(asked(lake, version, "data.leak"))
        assert [(row["rid"], row["evidence"]["lane"]) for row in findings] == [(1, "train"), (3, "validation")]
        assert findings[0]["message"] == "equals the test row id=2 in all features"
        assert findings[0]["evidence"]["members"] == [{"id": "2"}, {"id": "5"}]
        assert (findings[0]["severity"], findings[0]["suggestion"]) == ("error", "exclude")

    @pytest.mark.parametrize(("lane", "lacking"), [(0, "test"), (2, "train or validation")])
    def test_with_one_side_only_it_does_not_apply(self, lake: Lake, make: Make, lane: int, lacking: str) -> None:
        version = make(frame((1, "x", 1, "n"), (2, "x", 1, "n")), key=("id",), label="y", lanes=[lane, lane])
        result = asked(lake, version, "data.leak")
        assert (result.outcome, result.message) == ("not applicable", f"there are no {lacking} rows")


def believed(labels: str, believes: str, lanes: str, *, sure: float = 0.9) -> OutOfFold:
    """What a model that is sure of ``believes`` thinks of rows labelled ``labels``; one letter per row."""
    learnt = sorted({label for label, lane in zip(labels, lanes, strict=True) if lane == "t"})
    classes = tuple(sorted(set(labels)))
    rest = (1 - sure) / (len(learnt) - 1)
    rows = len(labels)
    return OutOfFold(
        dataset="t",
        version=1,
        state="t@1",
        rid=np.arange(1, rows + 1),
        row_key=np.array([f'{{"id":"{n}"}}' for n in range(rows)], dtype=object),
        lane=np.array(["tvs".index(lane) for lane in lanes], dtype=np.uint8),
        label=np.array(list(labels), dtype=object),
        classes=classes,
        pred_probs=np.array([[(sure if c == b else rest) * (c in learnt) for c in classes] for b in believes]),
        folds=5,
        sampled=False,
        notes=(),
        id="",
        input_hash="",
        fingerprint="",
    )


class TestDoubts:
    def test_train_and_validation_rows_show_what_the_model_thinks(self) -> None:
        doubts = find_doubts(believed("aaaaabbbbb" * 2, "abaaabbbbb" * 2, "t" * 10 + "v" * 10))
        assert doubts.rid.tolist() == [2, 12]
        assert doubts.suggested.tolist() == ["b", "b"]
        assert doubts.score == pytest.approx([0.1, 0.1])
        assert doubts.confidence == pytest.approx([0.9, 0.9])

    def test_test_rows_hide_it_and_are_mixed_with_as_many_others(self) -> None:
        thought = believed("ab" * 30, "ab" * 20 + "bb" * 3 + "ab" * 7, "t" * 20 + "s" * 40)
        doubts = find_doubts(thought)
        assert set(doubts.rid) >= {41, 43, 45}
        assert len(doubts.rid) == 6
        assert set(doubts.lane) == {2}
        assert set(doubts.suggested) == {None}
        assert np.isnan(doubts.score).all()
        assert np.isnan(doubts.confidence).all()
        moved = find_doubts(believed("ab" * 30, "ab" * 20 + "bb" * 3 + "ab" * 7, "t" * 20 + "s" * 40, sure=0.7))
        assert moved.rid.tolist() == doubts.rid.tolist()

    def test_labels_that_no_train_row_has_are_left_out_and_named(self) -> None:
        doubts = find_doubts(believed("aaaabbbb" + "xyab", "aaaabbbb" + "abab", "t" * 8 + "s" * 4))
        assert doubts.rid.tolist() == []
        assert doubts.notes == ("2 rows have labels that no train row has ('x', 'y') and were not judged",)


class TestLabelIssues:
    @pytest.fixture
    def flipped(self, make: Make) -> Version:
        """A label that follows from the features, wrong in one row of each lane."""
        rng = np.random.default_rng(0)
        a = rng.normal(size=300)
        y = np.where(a > 0, "high", "low")
        lanes = [0] * 180 + [1] * 60 + [2] * 60
        sure = np.abs(a) > 1
        wrong = [int(np.flatnonzero(sure & (np.array(lanes) == lane))[0]) for lane in range(3)]
        y[wrong] = np.where(y[wrong] == "high", "low", "high")
        rows = pd.DataFrame({"id": range(1, 301), "a": a, "b": rng.normal(size=300), "y": y})
        return make(rows, key=("id",), label="y", model="linear", lanes=lanes)

    def test_planted_errors_are_found_with_what_they_look_like(self, lake: Lake, flipped: Version) -> None:
        result = asked(lake, flipped, "label.issue")
        rows = {row["evidence"]["lane"]: row for row in found(result) if row["evidence"]["lane"] != "test"}
        truth = view_of(lake, flipped).to_pandas()
        for row in rows.values():
            should = "high" if truth.loc[row["rid"], "a"] > 0 else "low"
            assert row["suggestion"] == row["evidence"]["suggested"] == should != row["observed"]
            assert row["score"] == pytest.approx(row["evidence"]["probability_given"], abs=1e-4)
            assert row["evidence_key"] == json.dumps([row["observed"], should], separators=(",", ":"))
        assert set(rows) == {"train", "validation"}

    def test_nothing_about_a_test_row_gives_the_guess_away(self, lake: Lake, flipped: Version) -> None:
        result = asked(lake, flipped, "label.issue")
        record(lake, flipped, [result], author="robot")
        findings = queue(lake, "t", Filter(lane="test"))
        assert len(findings) >= 2
        for finding in findings:
            guess = "low" if finding.value == "high" else "high"
            assert guess not in json.dumps(finding.to_dict())
            assert finding.score is None
            assert finding.evidence == {"given": finding.value, "lane": "test"}
            assert finding.evidence_key == json.dumps([finding.value])
        stored = lake.read("SELECT message, suggestion, score, evidence FROM lake.workbench.sightings WHERE lane = 2")
        assert {(row[1], row[2]) for row in stored} == {(None, None)}

    def test_a_kept_label_survives_a_refit_after_other_rows_changed(
        self, lake: Lake, flipped: Version, publish: Publish
    ) -> None:
        record(lake, flipped, [asked(lake, flipped, "label.issue")], author="robot")
        kept = queue(lake, "t", Filter(lane="train"))
        lake.write(lambda s: insert_decisions(s, kept, "keep", author="ann"))
        after = publish("t", {rid: {"b": 9.0} for rid in range(100, 130)})
        record(lake, after, [asked(lake, after, "label.issue")], author="robot")
        again = {finding.finding: finding for finding in queue(lake, "t", Filter(status="kept"))}
        assert set(again) == {finding.finding for finding in kept}
        assert any(again[finding.finding].score != finding.score for finding in kept)

    @pytest.mark.parametrize(
        ("labels", "more", "why"),
        [
            ([1.5, 2.5, 3.5, 4.5], {"label": "y", "task": "regression"}, "the label is a number"),
            (["a", "a", "a", "b"], {"label": "y"}, "the train rows all have the same label"),
            ([None, None, None, "b"], {"label": "y"}, "the train rows have no labels"),
            (["a", "b", "a", "b"], {}, "the dataset has no label column"),
        ],
    )
    def test_where_there_is_nothing_to_doubt_it_does_not_apply(
        self, lake: Lake, make: Make, labels: list[Any], more: dict[str, Any], why: str
    ) -> None:
        rows = pd.DataFrame({"id": range(4), "a": range(4), "y": labels})
        result = asked(lake, make(rows, key=("id",), lanes=[0, 0, 0, 2], **more), "label.issue")
        assert result.outcome == "not applicable"
        assert result.message.startswith(why)

    def test_a_model_that_cannot_be_had_is_an_error(self, lake: Lake, make: Make) -> None:
        rows = pd.DataFrame({"id": range(4), "a": range(4), "y": ["a", "b"] * 2})
        version = make(rows, key=("id",), label="y", model="no_such_module:model", lanes=[0, 0, 0, 2])
        result = asked(lake, version, "label.issue")
        assert result.outcome == "error"
        assert "no_such_module" in result.message
