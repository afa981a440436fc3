"""A draft is moved to the newest version: what others changed meanwhile is decided cell by cell, or nothing happens."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.drafts import (
    Correction,
    conflicts_of,
    corrections_of,
    discussion_of,
    get_draft,
    new_draft,
    publish_draft,
    rebase,
    redo,
    stage,
    undo,
)
from workbench.errors import ConflictError, UsageError
from workbench.findings import CheckResult, find, findings_table, record
from workbench.iterations import decide
from workbench.lake import newest, view_of

PEOPLE = pd.DataFrame({"id": [10, 20, 30, 40], "age": [31, 210, 45, 50], "city": ["NYC", "Oslo", "Rome", "Rome"]})


@pytest.fixture
def people(make):
    return make(PEOPLE, "people", key=("id",))


def fix(key, column, new):
    return Correction(key={"id": key}, column=column, new=new)


def begin(lake, *steps, author="mine"):
    number = new_draft(lake, "people", author=author).draft
    for step in steps:
        stage(lake, number, step, author=author)
    return number


def cells(lake):
    return view_of(lake, newest(lake, "people")).to_pandas().set_index("id")


@pytest.fixture
def clashing(lake, people):
    """A draft with three steps, of which somebody else has published otherwise the cells 20/age and 30/city."""
    mine = begin(lake, [fix(20, "age", 21)], [fix(30, "city", "Bern")], [fix(10, "age", 32)])
    theirs = begin(lake, [fix(20, "age", 22), fix(30, "city", "Roma")], author="theirs")
    publish_draft(lake, theirs, author="theirs", message="theirs")
    return mine


def test_each_conflict_is_decided_and_the_rest_is_carried_over(lake, clashing):
    clash = {(c.key["id"], c.column): (c.rid, c.column) for c in conflicts_of(lake, clashing)}
    done = rebase(lake, clashing, {clash["20", "age"]: "mine", clash["30", "city"]: "theirs"}, author="mine")
    assert (done.mine, done.theirs, done.draft.base, done.draft.corrections) == (1, 1, 2, 2)
    assert [(c.step, c.key["id"], c.old, c.new) for c in corrections_of(lake, clashing)] == [
        (1, "20", "22", "21"),
        (3, "10", "31", "32"),
    ]
    assert not conflicts_of(lake, clashing)
    assert discussion_of(lake, clashing).events[-1].text == "onto v2: 1 kept, 1 dropped"
    undo(lake, clashing, author="mine")
    redo(lake, clashing, author="mine")
    publish_draft(lake, clashing, author="mine", message="mine")
    assert cells(lake)["age"].to_dict() == {10: 32, 20: 21, 30: 45, 40: 50} and cells(lake)["city"][30] == "Roma"


def test_an_undecided_conflict_changes_nothing(lake, clashing):
    before = corrections_of(lake, clashing)
    first, second = conflicts_of(lake, clashing)
    with pytest.raises(ConflictError, match="1 of draft 1's conflicts are not decided") as error:
        rebase(lake, clashing, {(first.rid, first.column): "mine"}, author="mine")
    assert error.value.conflicts == (second,)
    assert corrections_of(lake, clashing) == before and get_draft(lake, clashing).base == 1


def test_a_choice_about_no_conflict_is_refused(lake, clashing):
    with pytest.raises(UsageError, match="is no conflict of draft"):
        rebase(lake, clashing, {(1, "age"): "mine"}, author="mine")


def test_of_a_row_that_was_deleted_meanwhile_only_the_dropping_is_possible(lake, people):
    mine = begin(lake, [fix(20, "age", 21), fix(10, "age", 32)], [Correction({"id": 30}, "exclude")])
    theirs = begin(lake, [Correction({"id": 20}, "delete"), Correction({"id": 30}, "delete")], author="theirs")
    publish_draft(lake, theirs, author="theirs", message="gone")
    conflicts = conflicts_of(lake, mine)
    assert [(c.key["id"], c.column, c.gone) for c in conflicts] == [("20", "age", True), ("30", None, True)]
    cells_ = [(c.rid, c.column) for c in conflicts]
    with pytest.raises(UsageError, match="is gone from the newest version"):
        rebase(lake, mine, dict.fromkeys(cells_, "mine"), author="mine")
    done = rebase(lake, mine, dict.fromkeys(cells_, "theirs"), author="mine")
    assert (done.draft.corrections, done.theirs) == (1, 2)
    assert publish_draft(lake, mine, author="mine", message="rest").version.cells_changed == 1


def test_a_row_that_was_excluded_meanwhile_is_a_conflict_and_may_still_take_the_correction(lake, people):
    mine = begin(lake, [fix(20, "age", 21)])
    theirs = begin(lake, [Correction({"id": 20}, "exclude")], author="theirs")
    publish_draft(lake, theirs, author="theirs", message="out")
    (conflict,) = conflicts_of(lake, mine)
    assert (conflict.column, conflict.why) == ("age", "the row was excluded")
    rebase(lake, mine, {(conflict.rid, "age"): "mine"}, author="mine")
    version = publish_draft(lake, mine, author="mine", message="age").version
    assert version.excluded == 1 and cells(lake)["age"][20] == 21


def test_a_cell_corrected_twice_keeps_both_steps(lake, people):
    mine = begin(lake, [fix(20, "age", 21)], [fix(20, "age", 23)])
    theirs = begin(lake, [fix(20, "age", 22)], author="theirs")
    publish_draft(lake, theirs, author="theirs", message="theirs")
    (clash,) = conflicts_of(lake, mine)
    rebase(lake, mine, {(clash.rid, clash.column): "mine"}, author="mine")
    assert [(c.step, c.old, c.new) for c in corrections_of(lake, mine)] == [(1, "22", "21"), (2, "21", "23")]
    undo(lake, mine, author="mine")
    publish_draft(lake, mine, author="mine", message="first thought")
    assert cells(lake)["age"][20] == 21


def test_a_dropped_correction_takes_its_answer_back(lake, people):
    found = findings_table(
        {
            "check_code": ["c"] * 2, "rid": [1, 2], "row_key": ['{"id": "10"}', '{"id": "20"}'],
            "column_name": ["age"] * 2, "observed": ["31", "210"], "severity": ["error"] * 2, "message": ["?"] * 2,
            "suggestion": [None] * 2, "score": [None] * 2, "evidence": ["{}"] * 2, "evidence_key": [""] * 2,
        }
    )  # fmt: skip
    record(lake, people, [CheckResult("c", "failed", findings=found)], author="ann")
    names = [row[0] for row in lake.read("SELECT finding FROM lake.workbench.findings ORDER BY rid")]
    mine = decide(lake, "people", names, "fix", values=["32", "21"], author="mine").draft
    theirs = begin(lake, [fix(20, "age", 22)], author="theirs")
    publish_draft(lake, theirs, author="theirs", message="theirs")
    (clash,) = conflicts_of(lake, mine)
    rebase(lake, mine, {(clash.rid, clash.column): "theirs"}, author="mine")
    kept, dropped = find(lake, "people", names)
    assert (kept.status, kept.decision, kept.author) == ("staged", "fix", "mine")
    # Nobody's answer any more; what the colleague published changed the cell.
    assert (dropped.status, dropped.decision, dropped.author) == ("fixed", None, None)


def test_a_draft_on_the_newest_version_stays_as_it_is(lake, people):
    mine = begin(lake, [fix(20, "age", 21)])
    assert rebase(lake, mine, {}, author="mine").draft == get_draft(lake, mine)
    assert not discussion_of(lake, mine).events


def test_a_published_draft_is_not_moved(lake, people):
    mine = begin(lake, [fix(20, "age", 21)])
    publish_draft(lake, mine, author="mine", message="age")
    with pytest.raises(UsageError, match="was published"):
        rebase(lake, mine, {}, author="mine")
