"""What a person needs to answer findings: a value tried, the row, the classes, a step back, and who was faster."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from workbench.drafts import Correction, corrections_of, list_drafts, new_draft, publish_draft, stage
from workbench.errors import AnsweredMeanwhile, ConflictError, DataError, UnknownName, UsageError
from workbench.findings import FINDING_FIELDS, CheckResult, Filter, count_answered, findings_table, get, queue, record
from workbench.iterations import decide
from workbench.lake import Lake, Version
from workbench.lake.sql import NAMED
from workbench.reviewing import class_counts, edit, reopen, rows_at, staged_on, try_value, undo_last

SCHEMA = """
import pandera.pandas as pa

schema = pa.DataFrameSchema({
    "age": pa.Column(int, [pa.Check.in_range(0, 120), pa.Check.less_than(100, raise_warning=True)]),
    "sum": pa.Column(int, pa.Check(lambda column: column.sum() < 10)),
    "note": pa.Column(str, nullable=True),
})
"""


@pytest.fixture
def people(lake: Lake, make, tmp_path) -> Version:
    """Four rows with a finding each on their age, checked."""
    (tmp_path / "rules.py").write_text(SCHEMA)
    frame = pd.DataFrame(
        {"id": [1, 2, 3, 4], "age": [300, 40, -5, 200], "sum": 1, "note": ["a", None, "c", "d"], "y": list("bbab")}
    )
    version = make(frame, "people", key=("id",), label="y", schema=str(tmp_path / "rules.py"), lanes=[0, 0, 0, 2])
    rows = [
        {
            "check_code": "schema.age", "rid": rid, "row_key": json.dumps({"id": str(rid)}), "column_name": "age",
            "observed": observed, "severity": "error", "message": "wrong", "evidence": "{}", "evidence_key": "",
        }
        for rid, observed in ((1, "300"), (3, "-5"), (4, "200"))
    ]  # fmt: skip
    table = findings_table({name: [row.get(name) for row in rows] for name in FINDING_FIELDS})
    record(lake, version, [CheckResult("schema", "failed", "", table)], author="ann")
    return version


@pytest.mark.parametrize(
    ("value", "failing"),
    [("40", []), ("300", ["error"]), ("110", ["warning"]), (None, ["error"])],
)
def test_a_value_is_tried_against_the_checks_of_its_cell(lake, people, value, failing):
    assert [check.severity for check in try_value(lake, people, "age", value)] == (
        failing if value != "300" else ["error", "warning"]
    )


def test_only_checks_of_single_cells_are_asked(lake, people):
    assert try_value(lake, people, "sum", "1000") == []
    assert try_value(lake, people, "note", None) == []


def test_a_value_that_cannot_be_stored_is_refused(lake, people):
    with pytest.raises(DataError, match="'many' does not fit the column's type BIGINT"):
        try_value(lake, people, "age", "many")
    with pytest.raises(UsageError, match="part of the key of 'people' and is never corrected"):
        try_value(lake, people, "id", "9")
    with pytest.raises(UnknownName, match="There is no column 'agee'"):
        try_value(lake, people, "agee", "9")


def test_rows_and_classes_are_those_of_the_version(lake, people, publish):
    version = publish("people", {3: {"age": 5, "_excluded": True}})
    rows = rows_at(lake, version, [3, 2, 99])
    assert rows.keys() == {2, 3}
    assert rows[3].excluded and rows[3].cells == {"id": "3", "age": "5", "sum": "1", "note": "c", "y": "a"}
    assert rows[2].cells["note"] is None
    assert rows_at(lake, people, [3], columns=["age"])[3].cells == {"age": "-5"}
    assert rows_at(lake, people, []) == {}
    assert class_counts(lake, people) == {"b": 3, "a": 1}
    assert class_counts(lake, version) == {"b": 3}


@pytest.mark.parametrize("decision", ["keep", "unsure"])
def test_keep_and_unsure_are_reopened(lake, people, decision):
    first, *_ = queue(lake, "people")
    decide(lake, "people", [first.finding], decision, author="ann")
    assert get(lake, "people", first.finding).status == {"keep": "kept", "unsure": "unsure"}[decision]
    assert reopen(lake, "people", [first.finding], author="ben") == 1
    now = get(lake, "people", first.finding)
    assert (now.status, now.returned, now.decision) == ("open", False, None)
    with pytest.raises(UsageError, match="no such answer to take back"):
        reopen(lake, "people", [first.finding], author="ben")
    decide(lake, "people", [first.finding], decision, author="ann")
    assert get(lake, "people", first.finding).status != "open"


def test_reopening_leaves_what_a_draft_holds(lake, people):
    first, *_ = queue(lake, "people")
    decide(lake, "people", [first.finding], "keep", author="ann")
    decide(lake, "people", [first.finding], "fix", values=["30"], author="ann")
    reopen(lake, "people", [first.finding], author="ann")
    assert get(lake, "people", first.finding).status == "staged"


def test_undo_takes_back_one_thing_after_the_other(lake, people):
    one, two, three = queue(lake, "people")
    decide(lake, "people", [one.finding], "keep", author="ann")
    draft = decide(lake, "people", [two.finding], "fix", values=["30"], author="ann").draft
    decide(lake, "people", [three.finding], "unsure", author="ben")
    edit(lake, people, two, "note", "seen", old=rows_at(lake, people, [two.rid])[two.rid].cells["note"], author="ann")
    today = datetime.now(UTC) - timedelta(days=1)
    assert count_answered(lake, "people", author="ann", since=today) == 2
    assert [each.new for each in staged_on(lake, "people", [two.rid])[two.rid]] == ["30", "seen"]
    assert undo_last(lake, "people", draft=draft, author="ann").findings == ()
    assert undo_last(lake, "people", draft=draft, author="ann").findings == (two.finding,)
    assert undo_last(lake, "people", draft=draft, author="ann").findings == (one.finding,)
    assert {each.status for each in queue(lake, "people", Filter(status=None))} == {"open", "unsure"}
    assert count_answered(lake, "people", author="ann", since=today) == 0
    with pytest.raises(UsageError, match="nothing to undo"):
        undo_last(lake, "people", draft=draft, author="ann")
    assert get(lake, "people", three.finding).status == "unsure"


def test_what_was_published_is_not_undone(lake, people):
    one, *_ = queue(lake, "people")
    draft = decide(lake, "people", [one.finding], "fix", values=["30"], author="ann").draft
    publish_draft(lake, draft, author="ann", message="one")
    with pytest.raises(UsageError, match="nothing to undo"):
        undo_last(lake, "people", draft=None, author="ann")


def test_a_staged_fix_is_fixed_again(lake, people):
    one, *_ = queue(lake, "people")
    draft = decide(lake, "people", [one.finding], "fix", values=["30"], author="ann").draft
    decide(lake, "people", [one.finding], "fix", values=["31"], author="ann")
    assert [(each.old, each.new) for each in corrections_of(lake, draft)] == [(one.value, "30"), ("30", "31")]


def test_an_edit_expects_what_was_seen(lake, people):
    one, *_ = queue(lake, "people")
    with pytest.raises(ConflictError, match="expected another value"):
        edit(lake, people, one, "note", "new", old="something else", author="ann")
    with pytest.raises(UsageError, match="part of the key"):
        edit(lake, people, one, "id", "9", author="ann")
    assert all(draft.corrections == 0 for draft in list_drafts(lake, "people"))


def test_who_comes_second_is_told(lake, people):
    one, two, _ = queue(lake, "people")
    decide(lake, "people", [one.finding], "keep", seen=[one], author="ann")
    with pytest.raises(AnsweredMeanwhile, match=f"Finding {one.finding} is kept by ann since you looked"):
        decide(lake, "people", [two.finding, one.finding], "exclude", seen=[two, one], author="ben")
    assert get(lake, "people", two.finding).status == "open"
    decide(lake, "people", [one.finding], "unsure", seen=[get(lake, "people", one.finding)], author="ben")
    assert get(lake, "people", one.finding).status == "unsure"


@pytest.mark.parametrize(("decision", "values"), [("keep", None), ("unsure", None), ("fix", ["30"])])
def test_a_doubled_key_press_answers_once(lake, people, decision, values):
    """The second one answers what the first one answered, whatever status it has left the finding with."""
    one, *_ = queue(lake, "people")
    for _ in range(2):
        seen = [get(lake, "people", one.finding)]
        decide(lake, "people", [one.finding], decision, values=values, seen=seen, author="ann")
        recorded = lake.read("SELECT count(*) FROM lake.workbench.decisions")
        with pytest.raises(AnsweredMeanwhile, match=rf"Finding {one.finding} is \w+ by ann since you looked"):
            decide(lake, "people", [one.finding], decision, values=values, seen=seen, author="ann")
        assert lake.read("SELECT count(*) FROM lake.workbench.decisions") == recorded


def test_of_two_at_the_same_moment_one_is_told(lake, people):
    one, *_ = queue(lake, "people")
    told, start = [], threading.Barrier(4)

    def answer(author: str) -> None:
        start.wait()
        try:
            decide(lake, "people", [one.finding], "keep", seen=[one], author=author)
        except AnsweredMeanwhile as error:
            told.append((author, error))

    threads = [threading.Thread(target=answer, args=(name,)) for name in ("ann", "ben", "cem", "dee")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    rows = lake.read("SELECT count(*) FROM lake.workbench.decisions")
    assert rows[0][0] == 1


@pytest.mark.parametrize("count", [NAMED, NAMED + 1])
def test_few_rows_and_many_are_read_and_staged_alike(lake, make, count):
    frame = pd.DataFrame({"id": range(1, count + 51), "n": range(1, count + 51)})
    version = make(frame, "many", key=("id",))
    rids = list(range(2, count + 2))
    rows = rows_at(lake, version, [*rids, 10**9], columns=["n"])
    assert {rid: row.cells["n"] for rid, row in rows.items()} == {rid: str(rid) for rid in rids}
    draft = new_draft(lake, "many", author="ann").draft
    stage(lake, draft, [Correction({}, column="n", old=rid, new=-rid, rid=rid) for rid in rids], author="ann")
    assert [(each.rid, each.old, each.new) for each in corrections_of(lake, draft)] == [
        (rid, str(rid), str(-rid)) for rid in rids
    ]
    with pytest.raises(UnknownName):
        stage(lake, draft, [Correction({}, column="n", new=0, rid=rid) for rid in [*rids, 10**9]], author="ann")
