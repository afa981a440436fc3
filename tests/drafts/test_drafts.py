"""Corrections are staged in a draft, undone, redone, and published against whatever the newest version holds."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from workbench.drafts import (
    Correction,
    conflicts_of,
    corrections_of,
    discard,
    draft_view,
    get_draft,
    list_drafts,
    new_draft,
    publish_draft,
    read_corrections,
    redo,
    stage,
    undo,
)
from workbench.errors import ConflictError, DataError, UnknownName, UsageError
from workbench.lake import newest, open_lake, view_of
from workbench.versions import blame, diff

PEOPLE = pd.DataFrame(
    {
        "id": [10, 20, 30, 40],
        "age": [31, 210, 45, None],
        "city": ["NYC", "Oslo", None, "Rome"],
        "income": ["low", "low", "high", "high"],
    }
)
PEOPLE["age"] = PEOPLE["age"].astype("Int64")


@pytest.fixture
def people(make):
    return make(PEOPLE, "people", key=("id",), label="income")


def fix(key, column, new, **more):
    return Correction(key={"id": key}, column=column, new=new, **more)


def cells(lake, dataset="people"):
    return view_of(lake, newest(lake, dataset)).to_pandas().set_index("id")


def test_a_published_draft_is_the_next_version_and_says_who_and_why(lake, people):
    draft = new_draft(lake, "people", title="ages", author="ann")
    stage(lake, draft.draft, [fix(20, "age", 21, old=210, reason="typo"), fix("30", "city", "Bern")], author="ann")
    version = publish_draft(lake, draft.draft, author="ann", message="first round").version
    assert (version.version, version.parent, version.cells_changed, version.author) == (2, 1, 2, "ann")
    assert cells(lake).loc[20, "age"] == 21 and cells(lake).loc[30, "city"] == "Bern"
    changes = diff(lake, people, version).changes
    assert [(c.key, c.column, c.old, c.new, c.author, c.reason) for c in changes] == [
        ({"id": 20}, "age", 210, 21, "ann", "typo"),
        ({"id": 30}, "city", None, "Bern", "ann", "first round"),
    ]
    assert get_draft(lake, draft.draft).state == "published"
    assert [(e.version, e.change) for e in blame(lake, "people", 2, column="age")] == [(1, "added"), (2, "changed")]


def test_rows_are_excluded_restored_and_deleted(lake, people):
    first = new_draft(lake, "people", author="ann").draft
    stage(lake, first, [Correction({"id": 10}, "exclude"), Correction({"id": 40}, "delete")], author="ann")
    version = publish_draft(lake, first, author="ann", message="rows").version
    assert (version.rows, version.excluded, version.rows_removed) == (3, 1, 1)
    second = new_draft(lake, "people", author="ann").draft
    stage(lake, second, [Correction({"id": 10}, "restore")], author="ann")
    assert publish_draft(lake, second, author="ann", message="back").version.excluded == 0


def test_undo_and_redo_go_step_by_step_and_a_new_step_forgets_the_undone(lake, people):
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [fix(10, "age", 1)], author="ann")
    stage(lake, draft, [fix(10, "age", 2), fix(20, "age", 2)], author="ann")
    assert get_draft(lake, draft).corrections == 3
    assert undo(lake, draft, author="ann").corrections == 1
    assert redo(lake, draft, author="ann").corrections == 3
    undo(lake, draft, author="ann")
    stage(lake, draft, [fix(30, "age", 3)], author="ann")
    with pytest.raises(UsageError, match="nothing to redo"):
        redo(lake, draft, author="ann")
    assert [(c.key["id"], c.old, c.new) for c in corrections_of(lake, draft)] == [("10", "31", "1"), ("30", "45", "3")]


def test_the_draft_view_shows_the_rows_as_they_would_be(lake, people):
    draft = new_draft(lake, "people", author="ann").draft
    base = view_of(lake, people)
    assert draft_view(base, draft).content_hash() == people.content_hash
    stage(
        lake,
        draft,
        [
            fix(10, "age", None),
            fix(20, "age", "21"),
            Correction({"id": 30}, "exclude"),
            Correction({"id": 40}, "delete"),
        ],
        author="ann",
    )
    seen = draft_view(base, draft).fetch("SELECT id, age, _excluded FROM {rows} ORDER BY id")
    assert seen == [(10, None, False), (20, 21, False), (30, 45, True)]
    version = publish_draft(lake, draft, author="ann", message="all").version
    assert draft_view(base, draft).content_hash() == version.content_hash


def test_conflicts_are_listed_cell_by_cell_and_the_rest_can_be_published(lake, people):
    mine, theirs = (new_draft(lake, "people", title=t, author=t).draft for t in ("mine", "theirs"))
    stage(lake, mine, [fix(20, "age", 21), fix(30, "city", "Bern"), fix(10, "city", "New York")], author="mine")
    stage(lake, theirs, [fix(20, "age", 22), fix(10, "city", "New York")], author="theirs")
    publish_draft(lake, theirs, author="theirs", message="theirs")
    with pytest.raises(ConflictError) as error:
        publish_draft(lake, mine, author="mine", message="mine")
    assert [(c.key, c.column, c.expected, c.found, c.new) for c in error.value.conflicts] == [
        ({"id": "20"}, "age", 210, 22, 21)
    ]
    assert newest(lake, "people").version == 2 and get_draft(lake, mine).state == "open"
    assert conflicts_of(lake, mine) == list(error.value.conflicts)
    done = publish_draft(lake, mine, author="mine", message="mine", skip_conflicts=True)
    assert done.version.version == 3 and done.version.cells_changed == 1
    assert cells(lake).loc[20, "age"] == 22 and cells(lake).loc[30, "city"] == "Bern"
    assert done.rest is not None and done.rest.corrections == 1
    assert publish_draft(lake, done.rest.draft, author="mine", message="after all").version.version == 4
    assert cells(lake).loc[20, "age"] == 21


def test_a_row_deleted_meanwhile_is_a_conflict(lake, people):
    mine, theirs = (new_draft(lake, "people", author="x").draft for _ in range(2))
    stage(lake, mine, [fix(20, "age", 21)], author="x")
    stage(lake, theirs, [Correction({"id": 20}, "delete")], author="x")
    publish_draft(lake, theirs, author="x", message="gone")
    with pytest.raises(ConflictError) as error:
        publish_draft(lake, mine, author="x", message="mine")
    assert [(c.expected, c.found, c.new) for c in error.value.conflicts] == [(210, None, 21)]


@pytest.mark.parametrize(
    ("correction", "error", "says"),
    [
        (fix(99, "age", 1), UnknownName, "no row 'id=99'"),
        (fix(10, "agee", 1), UnknownName, "Did you mean 'age'"),
        (fix(10, "age", "old"), DataError, "does not fit"),
        (fix(10, "age", "1.5"), DataError, "whole number"),
        (fix(10, "id", 11), UsageError, "never corrected"),
        (fix(10, "age", 1, old=30), ConflictError, "age of id=10 is 31, not 30"),
        (Correction({"name": 1}, column="age", new=1), UsageError, "The key of 'people' is id"),
    ],
)
def test_a_correction_that_cannot_be_taken_stages_nothing(lake, people, correction, error, says):
    draft = new_draft(lake, "people", author="ann").draft
    with pytest.raises(error, match=says):
        stage(lake, draft, [correction, correction], author="ann")
    assert get_draft(lake, draft).corrections == 0


def test_closed_and_empty_drafts_say_so(lake, people):
    draft = new_draft(lake, "people", author="ann").draft
    with pytest.raises(UsageError, match="changes nothing"):
        publish_draft(lake, draft, author="ann", message="nothing")
    with pytest.raises(UsageError, match="nothing to undo"):
        undo(lake, draft, author="ann")
    with pytest.raises(UsageError, match="no corrections"):
        stage(lake, draft, [], author="ann")
    discard(lake, draft, author="ann")
    with pytest.raises(UsageError, match="was discarded"):
        stage(lake, draft, [fix(10, "age", 1)], author="ann")
    with pytest.raises(UnknownName, match="no draft '99'"):
        get_draft(lake, 99)
    assert list_drafts(lake, "people", state="open") == []
    assert [d.state for d in list_drafts(lake)] == ["discarded"]


def test_an_edit_back_to_the_base_value_changes_nothing(lake, people):
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [fix(10, "age", 99)], author="ann")
    stage(lake, draft, [fix(10, "age", 31)], author="ann")
    with pytest.raises(UsageError, match="changes nothing"):
        publish_draft(lake, draft, author="ann", message="nothing")
    assert newest(lake, "people").version == 1


def test_corrections_files_in_csv_and_json(lake, people, tmp_path: Path):
    table = tmp_path / "fixes.csv"
    table.write_text(
        'id,action,column,old,new,reason\n20,,age,210,21,"typo, surely"\n30,set,city,,Bern,\n40,exclude,,,,\n'
    )
    found = read_corrections(table, ["id"])
    assert [(c.action, c.column, c.old, c.new, c.reason) for c in found] == [
        ("set", "age", "210", "21", "typo, surely"),
        ("set", "city", None, "Bern", ""),
        ("exclude", None, found[2].old, None, ""),
    ]
    document = tmp_path / "fixes.json"
    document.write_text(json.dumps([{"id": 20, "column": "age", "new": 21}, {"id": 10, "column": "age", "new": None}]))
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, read_corrections(document, ["id"]), author="ann")
    stage(lake, draft, [*found[1:]], author="ann")
    version = publish_draft(lake, draft, author="ann", message="from files").version
    assert (version.cells_changed, version.excluded) == (3, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("id,new\n1\n", "line 2: 1 fields where the header has 2"),
        ("column,new\nage,1\n", "line 2: has no value for the key column id"),
        ("id,colum,new\n1,age,1\n", "line 2: has a column 'colum'"),
        ("id,action,column,new\n1,replace,age,1\n", "'replace' is no action"),
        ("id,new\n1,1\n", "names no column"),
        ('id,new\n1,"a', "not valid CSV"),
    ],
)
def test_a_malformed_corrections_file_names_its_line(tmp_path: Path, content, says):
    file = tmp_path / "fixes.csv"
    file.write_text(content)
    with pytest.raises(DataError, match=says):
        read_corrections(file, ["id"])
    with pytest.raises(DataError, match="no such file"):
        read_corrections(tmp_path / "none.csv", ["id"])


def test_ten_thousand_corrections_are_one_step(lake, make):
    frame = pd.DataFrame({"id": range(12_000), "x": 1.0, "y": "a"})
    make(frame, "big", key=("id",), label="y")
    draft = new_draft(lake, "big", author="ann").draft
    stage(lake, draft, [Correction({"id": n}, column="x", new=2.5) for n in range(10_000)], author="ann")
    assert publish_draft(lake, draft, author="ann", message="bulk").version.cells_changed == 10_000


def test_publishing_reports_its_own_version_though_another_follows_at_once(lake, people, settings):
    """Somebody publishes on top between our commit and our reading of what became of it."""
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [fix(20, "age", 21)], author="ann")
    committed = []

    def tracer(query, params):
        if query == "COMMIT":
            committed.append(False)
        elif committed == [False]:
            committed[0] = True
            with open_lake(settings) as other:
                later = new_draft(other, "people", author="bob").draft
                stage(other, later, [fix(30, "age", 46)], author="bob")
                publish_draft(other, later, author="bob", message="at once")

    with lake.traced(tracer):
        done = publish_draft(lake, draft, author="ann", message="mine")
    assert newest(lake, "people").message == "at once"
    assert (done.version.version, done.version.message) == (2, "mine")
