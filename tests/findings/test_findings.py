"""Findings across versions, re-runs, refits and people's answers."""

from __future__ import annotations

import functools
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest

from workbench.drafts import Correction, discard, new_draft, publish_draft, redo, stage_in, undo_in
from workbench.errors import UnknownName, UsageError
from workbench.findings import (
    FINDING_FIELDS,
    CheckResult,
    Filter,
    Finding,
    cause_of,
    count,
    count_answered,
    count_recorded,
    find,
    findings_table,
    get,
    insert_decisions,
    last_answers,
    outcomes,
    queue,
    record,
    reinstate,
    reopen,
    tally,
    withdraw,
)
from workbench.findings.filtering import cause_sql
from workbench.lake import Lake, Version

Make = Callable[..., Version]
Publish = Callable[..., Version]


@pytest.fixture
def people(make: Make) -> Version:
    """Six rows, the last two of them test rows."""
    frame = pd.DataFrame(
        {"id": range(1, 7), "age": [30, 999, 41, -5, 50, 60], "note": list("abcdef"), "y": ["no", "no", "yes"] * 2}
    )
    return make(frame, "people", key=("id",), label="y", lanes=[0, 0, 0, 1, 2, 2])


def table(*findings: dict[str, Any]) -> Any:
    """A table of findings about rows, with the usual values where none is given."""
    usual = {"column_name": "age", "severity": "error", "message": "wrong", "evidence": "{}", "evidence_key": ""}
    rows = [{**usual, "row_key": json.dumps({"id": str(f.get("rid"))}), **f} for f in findings]
    return findings_table({name: [row.get(name) for row in rows] for name in FINDING_FIELDS})


def ages(*wrong: tuple[int, str]) -> CheckResult:
    """The result of a schema check on ages."""
    rows = [{"check_code": "schema.age.in_range", "rid": rid, "observed": observed} for rid, observed in wrong]
    outcome = "failed" if wrong else "passed"
    return CheckResult("schema", outcome, "", table(*rows), (CheckResult("schema.age.in_range", outcome),))


def labels(*doubts: tuple[int, str, str, float]) -> CheckResult:
    """The result of a label check: row, given, suggested, probability of the given label."""
    rows = [
        {
            "check_code": "label.issue",
            "rid": rid,
            "column_name": "y",
            "observed": given,
            "severity": "warning",
            "suggestion": suggested,
            "score": score,
            "evidence": json.dumps({"given": given, "suggested": suggested, "probability": score}),
            "evidence_key": json.dumps([given, suggested]),
        }
        for rid, given, suggested, score in doubts
    ]
    return CheckResult("label.issue", "failed" if doubts else "passed", "", table(*rows))


def groups(*members: tuple[int, str]) -> CheckResult:
    """The result of a check for duplicates: row, digest of its group."""
    rows = [
        {"check_code": "data.duplicate", "rid": rid, "column_name": None, "evidence_key": digest, "severity": "warning"}
        for rid, digest in members
    ]
    return CheckResult("data.duplicate", "failed" if members else "passed", "", table(*rows))


def run(lake: Lake, version: Version, *results: CheckResult) -> None:
    record(lake, version, results, author="robot")


def answer(lake: Lake, findings: list[Finding], decision: str, **more: Any) -> int:
    return lake.write(lambda session: insert_decisions(session, findings, decision, author="ann", **more))


def stage(lake: Lake, finding: Finding, decision: str, draft: int, *, new: str | None = None) -> int:
    """Answer by a correction, both in one transaction."""
    correction = Correction(
        key={"id": finding.key["id"]},
        action="exclude" if decision == "exclude" else "set",
        column=None if decision == "exclude" else finding.column,
        new=new,
        finding=finding.finding,
    )
    with lake.session() as session:

        def work(s: Any) -> int:
            step = stage_in(s, lake, draft, [correction], author="ann")
            insert_decisions(s, [finding], decision, author="ann", draft=draft, step=step, values=[new])
            return step

        return lake.write(work, session=session)


def names(findings: list[Finding]) -> list[str]:
    return [finding.finding for finding in findings]


def status(lake: Lake, finding: Finding, **more: Any) -> str:
    return get(lake, "people", finding.finding, **more).status


def snapshot(lake: Lake) -> int:
    return lake.read("SELECT max(snapshot_id) FROM ducklake_snapshots('lake')")[0][0]


def test_a_finding_carries_where_what_and_how_sure(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")), labels((4, "no", "yes", 0.1)))
    first, second = queue(lake, "people")
    assert (first.check, first.rid, first.key, first.column, first.value) == (
        "schema.age.in_range", 2, {"id": "2"}, "age", "999",
    )  # fmt: skip
    assert (second.suggestion, second.score, second.lane) == ("yes", 0.1, "validation")
    assert (second.status, second.returned, second.decision, second.first_version) == ("open", False, None, 1)
    document = json.loads(json.dumps(second.to_dict()))
    assert document["evidence"] == {"given": "no", "suggested": "yes", "probability": 0.1}
    assert "evidence_key" not in document


def test_recording_the_same_results_again_writes_nothing(lake: Lake, people: Version) -> None:
    results = ages((2, "999"), (4, "-5")), labels((4, "no", "yes", 0.1))
    run(lake, people, *results)
    before, known = snapshot(lake), queue(lake, "people")
    run(lake, people, *results)
    assert snapshot(lake) == before
    assert queue(lake, "people") == known


def test_a_rerun_with_other_results_replaces_those_of_its_checks_only(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")), labels((4, "no", "yes", 0.1)))
    run(lake, people, ages((4, "-5")))
    assert [f.check for f in queue(lake, "people")] == ["schema.age.in_range", "label.issue"]
    assert count(lake, "people", Filter(status="fixed")) == 1


def test_the_identity_survives_edits_of_other_columns_and_follows_the_value(
    lake: Lake, people: Version, publish: Publish
) -> None:
    run(lake, people, ages((2, "999")))
    (first,) = queue(lake, "people")
    run(lake, publish("people", {2: {"note": "edited"}}), ages((2, "999")))
    (again,) = queue(lake, "people")
    assert (again.finding, again.first_version, again.version) == (first.finding, 1, 2)
    run(lake, publish("people", {2: {"age": 998}}), ages((2, "998")))
    (other,) = queue(lake, "people")
    assert other.finding != first.finding
    assert status(lake, first) == "fixed"


def test_the_identity_is_the_same_in_every_release(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")), groups((2, "1 and 2")))
    parts = [
        ["people", "schema.age.in_range", 2, "age", "999", ""],
        ["people", "data.duplicate", 2, None, None, "1 and 2"],
    ]
    digests = [hashlib.md5(json.dumps(part, separators=(",", ":")).encode()).hexdigest() for part in parts]
    assert names(queue(lake, "people")) == [digest[:16] for digest in digests]


def test_the_identity_of_a_group_is_its_members(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, groups((2, "1 and 2"), (4, "3 and 4")))
    first, other = queue(lake, "people", order="row")
    answer(lake, [first, other], "keep")
    run(lake, publish("people", {1: {"note": "x"}}), groups((2, "1, 2 and 5"), (4, "3 and 4")))
    (new,) = queue(lake, "people")
    assert (new.rid, new.evidence_key) == (2, "1, 2 and 5")
    assert (status(lake, first), status(lake, other)) == ("fixed", "kept")


def test_a_kept_label_stays_quiet_when_the_model_is_refitted(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, labels((2, "no", "yes", 0.10), (4, "no", "yes", 0.20)))
    kept, other = queue(lake, "people")
    answer(lake, [kept], "keep", reason="asked the clinic")
    run(lake, people, labels((2, "no", "yes", 0.01), (4, "no", "yes", 0.21)))
    run(lake, publish("people", {1: {"age": 31}}), labels((2, "no", "yes", 0.33), (4, "no", "yes", 0.02)))
    assert names(queue(lake, "people")) == [other.finding]
    (known,) = queue(lake, "people", Filter(status="kept"))
    assert (known.finding, known.score, known.author, known.reason) == (kept.finding, 0.33, "ann", "asked the clinic")
    assert known.decided_at is not None


def test_a_kept_label_returns_when_another_class_is_suggested_and_is_quiet_when_that_passes(
    lake: Lake, people: Version
) -> None:
    run(lake, people, labels((2, "no", "yes", 0.1)))
    answer(lake, queue(lake, "people"), "keep")
    run(lake, people, labels((2, "no", "maybe", 0.1)))
    (returned,) = queue(lake, "people")
    assert returned.returned
    assert returned.decision == "keep"
    run(lake, people, labels((2, "no", "yes", 0.2)))
    assert count(lake, "people", Filter(status="kept")) == 1


def test_a_kept_label_is_another_finding_once_the_label_changes(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, labels((2, "no", "yes", 0.1)))
    (kept,) = queue(lake, "people")
    answer(lake, [kept], "keep")
    run(lake, publish("people", {2: {"y": "yes"}}), labels((2, "yes", "no", 0.1)))
    (new,) = queue(lake, "people")
    assert new.finding != kept.finding
    assert not new.returned


def test_the_newest_answer_counts(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    (finding,) = queue(lake, "people")
    for decision, expected in (("unsure", "unsure"), ("keep", "kept"), ("unsure", "unsure")):
        answer(lake, [finding], decision)
        assert status(lake, finding) == expected


def test_what_is_gone_is_fixed_and_what_comes_back_is_open_again(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")))
    run(lake, publish("people", {2: {"age": 40}}), ages((4, "-5")))
    (fixed,) = queue(lake, "people", Filter(status="fixed"))
    assert (fixed.value, fixed.version, fixed.message) == ("999", 1, "wrong")
    run(lake, publish("people", {2: {"age": 999}}), ages((2, "999"), (4, "-5")))
    back, never_left = queue(lake, "people")
    assert (back.finding, back.returned, never_left.returned) == (fixed.finding, True, False)
    run(lake, publish("people", {1: {"age": 31}}), ages((2, "999"), (4, "-5")))
    assert [f.returned for f in queue(lake, "people")] == [True, False]


def test_a_fix_is_staged_then_fixed_and_returns_where_it_did_not_help(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")))
    helped, useless = queue(lake, "people")
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, helped, "fix", draft, new="39")
    stage(lake, useless, "fix", draft, new="5")
    assert count(lake, "people", Filter(status="staged")) == 2
    published = publish_draft(lake, draft, author="ann", message="ages").version
    assert tally(lake, "people", by=("status",)) == {("fixed",): 2}
    run(lake, published, ages((4, "-5")))
    (returned,) = queue(lake, "people")
    assert (returned.finding, returned.returned, returned.decision) == (useless.finding, True, "fix")
    assert status(lake, helped) == "fixed"


def test_an_excluded_row_is_excluded_before_and_after_the_next_check(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    (finding,) = queue(lake, "people")
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, finding, "exclude", draft)
    assert status(lake, finding) == "staged"
    published = publish_draft(lake, draft, author="ann", message="out").version
    assert status(lake, finding) == "excluded"
    run(lake, published, ages())
    assert status(lake, finding) == "excluded"
    assert status(lake, finding, version=1) == "open"


def test_undoing_a_step_brings_back_the_answer_before_it(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    (finding,) = queue(lake, "people")
    answer(lake, [finding], "keep")
    draft = new_draft(lake, "people", author="ann").draft
    step = stage(lake, finding, "fix", draft, new="39")
    assert status(lake, finding) == "staged"

    def undo(session: Any) -> int:
        return withdraw(session, "people", draft, undo_in(session, draft), author="ben")

    assert lake.write(undo) == 1
    assert status(lake, finding) == "kept"
    redo(lake, draft, author="ben")
    assert lake.write(lambda session: reinstate(session, "people", draft, step, author="ben")) == 1
    assert (status(lake, finding), get(lake, "people", finding.finding).author) == ("staged", "ben")
    assert lake.write(lambda session: reinstate(session, "people", draft, step, author="ben")) == 0
    told = lake.read("SELECT decision FROM lake.workbench.decisions ORDER BY snapshot_id")
    assert [row[0] for row in told] == ["keep", "fix", "reopen", "fix"]


def test_a_step_number_used_again_is_not_undone_with_the_first(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")))
    first, second = queue(lake, "people")
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, first, "fix", draft, new="39")
    lake.write(lambda s: withdraw(s, "people", draft, undo_in(s, draft), author="ann"))
    assert stage(lake, second, "fix", draft, new="5") == 1
    assert [status(lake, finding) for finding in (first, second)] == ["open", "staged"]


def test_a_discarded_draft_leaves_its_findings_open(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    (finding,) = queue(lake, "people")
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, finding, "fix", draft, new="39")
    discard(lake, draft, author="ann")
    (open_again,) = queue(lake, "people")
    assert (open_again.finding, open_again.decision) == (finding.finding, None)


def test_a_correction_that_names_its_finding_stages_it_without_an_answer(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    (finding,) = queue(lake, "people")
    draft = new_draft(lake, "people", author="ann").draft
    correction = Correction(key={"id": 2}, column="age", new=39, finding=finding.finding)
    with lake.session() as session:
        lake.write(lambda s: stage_in(s, lake, draft, [correction], author="ann"), session=session)
    assert status(lake, finding) == "staged"


def test_a_check_that_breaks_fixes_nothing(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, ages((2, "999")), labels((4, "no", "yes", 0.1)))
    after = publish("people", {1: {"age": 31}})
    run(lake, after, CheckResult("schema", "error", "boom"), labels())
    assert [(f.check, f.version) for f in queue(lake, "people")] == [("schema.age.in_range", 1)]
    assert count(lake, "people", Filter(status="fixed")) == 1
    run(lake, after, ages())
    assert count(lake, "people", Filter(status="fixed")) == 2


def test_of_a_check_that_breaks_in_one_part_the_others_count(lake: Lake, people: Version, publish: Publish) -> None:
    notes = {"check_code": "schema.note.odd", "rid": 1, "column_name": "note", "observed": "a"}
    age = {"check_code": "schema.age.in_range", "rid": 2, "observed": "999"}
    both = CheckResult("schema.age.in_range", "failed"), CheckResult("schema.note.odd", "failed")
    run(lake, people, CheckResult("schema", "failed", "", table(notes, age), both))
    broken = CheckResult("schema.age.in_range", "passed"), CheckResult("schema.note.odd", "error", "boom")
    run(lake, publish("people", {2: {"age": 40}}), CheckResult("schema", "error", "", table(), broken))
    assert {(f.check, f.status) for f in queue(lake, "people", Filter(status=None))} == {
        ("schema.age.in_range", "fixed"),
        ("schema.note.odd", "open"),
    }


def test_the_findings_of_a_rule_that_was_dropped_are_settled(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, ages((2, "999")))
    passed = CheckResult("schema", "passed", "", None, (CheckResult("schema.note.odd", "passed"),))
    run(lake, people, passed)
    assert count(lake, "people", Filter(status="fixed")) == 1
    run(lake, people, ages((2, "999")))
    assert count(lake, "people") == 1
    run(lake, publish("people", {1: {"age": 31}}), CheckResult("schema", "not applicable", "no schema"))
    assert count(lake, "people", Filter(status="fixed")) == 1


def test_a_skipped_check_leaves_everything_as_it_is(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    before = snapshot(lake)
    run(lake, people, CheckResult("schema", "skipped", "not asked for"))
    assert snapshot(lake) == before
    assert count(lake, "people") == 1


def test_an_old_version_shows_what_was_found_there(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")))
    run(lake, publish("people", {2: {"age": 40}}), ages((4, "-5")))
    run(lake, publish("people", {4: {"age": 5}}), ages())
    assert [count(lake, "people", version=v) for v in (1, 2, 3)] == [2, 1, 0]
    assert [count(lake, "people", Filter(status="fixed"), version=v) for v in (1, 2, 3)] == [0, 1, 2]


def test_a_version_not_checked_yet_shows_what_was_found_last(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, ages((2, "999")))
    publish("people", {1: {"age": 31}})
    assert count(lake, "people") == 1


def test_checking_an_older_version_later_dates_the_finding_back(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, publish("people", {1: {"age": 31}}), ages((2, "999")))
    run(lake, people, ages((2, "999")))
    assert [f.first_version for f in queue(lake, "people")] == [1]


def test_the_queue_begins_with_broken_rules_and_ends_with_warnings(lake: Lake, people: Version) -> None:
    warning = {"check_code": "schema.note.odd", "rid": 1, "column_name": "note", "severity": "warning"}
    missing = {"check_code": "schema.age.in_range", "rid": None, "row_key": None, "message": "there is no column"}
    rules = CheckResult("schema", "failed", "", table(warning, missing))
    doubts = labels((2, "no", "yes", 0.4), (3, "no", "yes", 0.1), (5, "no", "yes", 0.01), (4, "no", "yes", 0.3))
    run(lake, people, doubts, rules, groups((3, "a")))
    found = queue(lake, "people")
    assert [(f.check, f.rid) for f in found] == [
        ("schema.age.in_range", None),
        ("data.duplicate", 3),
        ("label.issue", 3),
        ("label.issue", 4),
        ("label.issue", 2),
        ("label.issue", 5),  # a test row comes after the others
        ("schema.note.odd", 1),
    ]
    assert (found[0].key, found[0].lane) == ({}, None)
    assert [f.rid for f in queue(lake, "people", order="row")] == [None, 1, 2, 3, 3, 4, 5]


def test_pages_follow_one_another_and_counts_agree_with_them(lake: Lake, people: Version) -> None:
    run(lake, people, ages(*((rid, "1") for rid in range(1, 7))), labels((2, "no", "yes", 0.4), (5, "no", "no", 0.1)))
    answer(lake, queue(lake, "people", limit=2), "keep")
    whole = queue(lake, "people", Filter(status=None))
    paged = [f for start in range(0, 9, 3) for f in queue(lake, "people", Filter(status=None), limit=3, offset=start)]
    assert paged == whole
    assert len(whole) == 8
    assert tally(lake, "people") == {
        ("label.issue", "open"): 2,
        ("schema.age.in_range", "kept"): 2,
        ("schema.age.in_range", "open"): 4,
    }
    assert tally(lake, "people", Filter(status=None, check="label"), by=("lane",)) == {("test",): 1, ("train",): 1}
    assert tally(lake, "people", Filter(status="kept"), by=("severity", "column")) == {("error", "age"): 2}
    for wanted in (Filter(check="schema"), Filter(check="schema.age"), Filter(column="y"), Filter(lane="test")):
        assert count(lake, "people", wanted) == len(queue(lake, "people", wanted)) > 0
    assert count(lake, "people", Filter(check="sch")) == 0


def test_findings_are_looked_up_by_identity_in_the_order_asked(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")))
    known = names(queue(lake, "people"))[::-1]
    assert names(find(lake, "people", known)) == known
    with pytest.raises(UnknownName, match="finding 'nonsense'"):
        get(lake, "people", "nonsense")


@pytest.mark.parametrize(
    ("wanted", "more", "kind"),
    [
        (Filter(status="opne"), {}, "status"),
        (Filter(lane="tests"), {}, "lane"),
        (Filter(cause="mising"), {}, "cause"),
        (Filter(), {"order": "age"}, "order"),
        (Filter(), {"version": 7}, "version"),
    ],
)
def test_a_misspelt_filter_is_an_error_and_not_an_empty_list(
    lake: Lake, people: Version, wanted: Filter, more: dict[str, Any], kind: str
) -> None:
    with pytest.raises(UnknownName, match=f"no {kind}"):
        queue(lake, "people", wanted, **more)


def test_a_score_outside_its_range_is_refused(lake: Lake, people: Version) -> None:
    with pytest.raises(UsageError, match="no score of 2"):
        queue(lake, "people", Filter(score_at_most=2))


def test_findings_are_filtered_by_class_cause_score_reviewer_and_search(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999"), (4, "-5")), labels((1, "no", "yes", 0.1), (3, "yes", "no", 0.4)))
    wrong = next(finding for finding in queue(lake, "people") if finding.rid == 2)
    lake.write(lambda session: insert_decisions(session, [wrong], "keep", author="ben"))

    def rows(**wanted: Any) -> list[int | None]:
        return sorted(finding.rid or 0 for finding in queue(lake, "people", Filter(**{"status": None, **wanted})))

    assert rows(label="no") == [1, 2, 4]
    assert rows(label="yes") == [3]
    assert rows(cause="out of range") == [2, 4]
    assert rows(cause="doubtful label") == [1, 3]
    assert rows(score_at_most=0.1) == [1]
    assert rows(reviewer="ben") == [2]
    assert rows(reviewer="ann") == []
    assert rows(search="99") == [2]
    assert rows(search="NO") == [1]
    assert rows(search="4") == [4]
    assert rows(search="id") == []
    assert rows(search="'; DROP TABLE x") == []
    by = ("cause", "label", "reviewer")
    assert tally(lake, "people", by=by) == {
        ("doubtful label", "no", None): 1,
        ("doubtful label", "yes", None): 1,
        ("out of range", "no", "ben"): 1,
        ("out of range", "no", None): 1,
    }


def test_what_is_gone_is_still_found_by_its_class(lake: Lake, people: Version, publish: Publish) -> None:
    run(lake, people, ages((2, "999")))
    run(lake, publish("people", {2: {"age": 40}}), ages())
    assert [finding.status for finding in queue(lake, "people", Filter(status=None, label="no"))] == ["fixed"]


@pytest.mark.parametrize(
    ("check", "cause"),
    [
        ("schema.age.in_range", "out of range"),
        ("schema.age.in_range_2", "out of range"),
        ("schema.age.dtype", "wrong type"),
        ("schema.job.isin", "not an allowed value"),
        ("schema.a.b.not_nullable", "missing"),
        ("label.issue", "doubtful label"),
        ("data.duplicate", "duplicate"),
        ("schema.age.adults_only", "own rule"),
    ],
)
def test_a_check_says_its_cause_in_python_as_in_sql(lake: Lake, people: Version, check: str, cause: str) -> None:
    assert cause_of(check) == cause
    assert lake.read(f"SELECT {cause_sql('?')}".replace("?", f"'{check}'"))[0][0] == cause


def test_more_that_makes_no_sense_is_refused(lake: Lake, people: Version) -> None:
    with pytest.raises(UnknownName, match="dataset"):
        queue(lake, "nobody")
    with pytest.raises(UnknownName, match="property"):
        tally(lake, "people", by=("colour",))
    with pytest.raises(UsageError, match="page"):
        queue(lake, "people", offset=-1)


def test_answers_that_make_no_sense_are_refused(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999")))
    found = queue(lake, "people")
    for decision, more, says in (
        ("delete", {}, "no decision 'delete'"),
        ("fix", {}, "'fix' needs draft"),
        ("exclude", {"draft": 1}, "'exclude' needs draft"),
        ("keep", {"draft": 1, "step": 1}, "'keep' has no draft"),
        ("keep", {"values": ["a", "b"]}, "2 values do not fit 1 findings"),
    ):
        with pytest.raises(UsageError, match=says):
            answer(lake, found, decision, **more)
    with pytest.raises(UsageError, match="no findings to answer"):
        answer(lake, [], "keep")
    assert lake.read("SELECT count(*) FROM lake.workbench.decisions") == [(0,)]


def test_results_that_could_not_be_told_apart_are_refused(lake: Lake, people: Version) -> None:
    with pytest.raises(UsageError, match="two results of the check 'schema'"):
        run(lake, people, CheckResult("schema", "passed"), CheckResult("schema", "passed"))
    stray = table({"check_code": "label.issue", "rid": 1})
    with pytest.raises(UsageError, match="has a finding of 'label.issue'"):
        run(lake, people, CheckResult("schema", "failed", "", stray))


def test_the_same_place_reported_twice_is_one_finding(lake: Lake, people: Version) -> None:
    run(lake, people, ages((2, "999"), (2, "999")))
    assert count(lake, "people") == 1


def test_several_runs_at_once_record_each_finding_once(lake: Lake, people: Version, publish: Publish) -> None:
    after = publish("people", {1: {"age": 31}})
    results = ages((2, "999"), (4, "-5")), labels((3, "yes", "no", 0.2))
    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(run, lake, version, *results) for version in (people, after) * 3]:
            job.result()
    assert lake.read("SELECT count(*), count(DISTINCT finding) FROM lake.workbench.findings") == [(3, 3)]
    assert lake.read("SELECT count(*) FROM lake.workbench.sightings") == [(6,)]
    assert count(lake, "people") == 3


def test_column_names_and_values_of_any_kind_pass(lake: Lake, make: Make) -> None:
    odd = "a \"b\" 'c' 🙂"
    version = make(pd.DataFrame({"id": [1], odd: ["x"]}), "odd", key=("id",))
    run_on = table({"check_code": "schema.odd", "rid": 1, "column_name": odd, "observed": "'; DROP --", "message": odd})
    record(lake, version, [CheckResult("schema", "failed", "", run_on)], author="o'neill")
    (finding,) = queue(lake, "odd", Filter(column=odd))
    assert (finding.value, finding.message) == ("'; DROP --", odd)


def test_importing_findings_loads_neither_pandas_nor_pyarrow() -> None:
    script = "import sys, workbench.findings; print(sorted({'pandas', 'pyarrow', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_how_each_check_ended_when_it_was_last_asked(lake, people, publish):
    assert outcomes(lake, "people") == []
    broke = CheckResult("label.issue", "error", "the model cannot be imported")
    record(lake, people, [ages((2, "999")), broke], author="ann")
    second = publish("people", {2: {"age": 99}})
    record(lake, second, [ages()], author="bob")
    found = {each.check: (each.version, each.outcome, each.count, each.author) for each in outcomes(lake, "people")}
    assert found == {
        "label.issue": (1, "error", 0, "ann"),
        "schema": (2, "passed", 0, "bob"),
        "schema.age.in_range": (2, "passed", 0, "bob"),
    }
    assert [each.outcome for each in outcomes(lake, "people", version=1)] == ["error", "failed", "failed"]
    with pytest.raises(UnknownName, match="version '9'"):
        outcomes(lake, "people", version=9)


def test_what_no_draft_holds_is_reopened_and_may_be_answered_again(lake, people):
    record(lake, people, [ages((2, "999"), (4, "-5"))], author="ann")
    one, two = queue(lake, "people")

    def say(decision: str) -> None:
        lake.write(lambda session: insert_decisions(session, [one, two], decision, author="ann"))

    def status() -> list[str]:
        return [get(lake, "people", finding.finding).status for finding in (one, two)]

    say("unsure")
    say("keep")
    last = last_answers(lake, "people", author="ann")
    assert last and set(last.findings) == {one.finding, two.finding} and last.decision == "keep"
    assert count_answered(lake, "people", author="ann", since=last.created_at) == 2
    reopened = [one.finding]
    with lake.session() as session:
        work = functools.partial(reopen, dataset="people", findings=reopened, author="ben")
        assert lake.write(work, session=session) == 1
        assert lake.write(work, session=session) == 0
    assert status() == ["open", "kept"]
    assert get(lake, "people", one.finding).returned is False
    last = last_answers(lake, "people", author="ann")
    assert last and last.findings == (two.finding,)
    assert count_recorded(lake, "people", [one.finding]) == 3
    say("keep")
    assert status() == ["kept", "kept"]
    assert last_answers(lake, "people", author="cem") is None
