"""Odd column names work everywhere: stored under a name the lake can hold, shown as the source has them."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.lake import literal, newest, quote, rid_list, view_of
from workbench.lake.sql import SYSTEM_COLUMNS, physical_names
from workbench.versions import blame, diff, export, find_row, restore

ODD = [
    "a b", 'quo"te', "it's", "do.t", "semi;colon", "ünïcode ✓ 🙂", "Name", "name", "NAME", "row_id", "rowid",
    "snapshot_id", "begin_snapshot", "end_snapshot", "change_type", "_rid", "_lane", "_excluded", "_RID", "select",
    "key", "order", "rid", "{rows}", "%s", "c0", "-", "2024",
]  # fmt: skip


@pytest.fixture
def odd(make):
    frame = pd.DataFrame([[f"{name} {row}" for name in ODD] for row in (1, 2, 3)], columns=ODD)
    return make(frame, "odd", key=("row_id", "a b"), label="select")


def key(row):
    return {"row_id": f"row_id {row}", "a b": f"a b {row}"}


def test_every_odd_column_is_corrected_compared_and_blamed(lake, odd, recomputed):
    draft = new_draft(lake, odd.dataset, author="ann").draft
    names = [name for name in ODD if name not in odd.definition.key]
    stage(
        lake, draft, [Correction(key(2), column=name, old=f"{name} 2", new=f"new {name}") for name in names],
        author="ann",
    )  # fmt: skip
    second = publish_draft(lake, draft, author="ann", message="all of them").version
    assert second.cells_changed == len(names)
    changes = diff(lake, odd, second).changes
    assert {(c.column, c.old, c.new) for c in changes} == {(name, f"{name} 2", f"new {name}") for name in names}
    assert {tuple(c.key.items()) for c in changes} == {tuple(key(2).items())}
    rid = find_row(view_of(lake, second), key(2))
    for name in ('quo"te', "NAME", "_rid"):
        assert [(e.version, e.new) for e in blame(lake, odd.dataset, rid, column=name)][1:] == [(2, f"new {name}")]
    assert recomputed(lake, second) == second.content_hash
    assert restore(lake, odd, author="ann", message="back").content_hash == odd.content_hash


def test_odd_columns_come_back_under_their_own_names(lake, odd, tmp_path):
    view = view_of(lake, odd)
    assert [column.name for column in view.columns] == ODD
    assert view.to_arrow(limit=1).column_names == ["_rid", *ODD]
    frame = view.to_pandas(columns=["name", "Name", "NAME"])
    assert frame.loc[2].tolist() == ["name 2", "Name 2", "NAME 2"]
    export(view, tmp_path / "odd.csv", formula_safe=False)
    with (tmp_path / "odd.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ODD
    assert newest(lake, odd.dataset).definition.key == ("row_id", "a b")


def test_stored_names_are_unique_without_regard_to_case_and_never_reserved():
    stored = physical_names([*ODD, "", " ", "name_2"])
    folded = [name.casefold() for name in stored]
    assert len(set(folded)) == len(folded)
    assert not {*SYSTEM_COLUMNS, "rowid", "row_id", "snapshot_id"} & set(folded)
    assert stored[: len(ODD)][ODD.index("a b")] == "a b" and "column_29" in stored


def test_names_and_values_are_quoted():
    assert quote('a"b') == '"a""b"'
    assert (literal("it's"), literal(7), literal(None)) == ("'it''s'", "7", "NULL")
    assert (rid_list([1, 2]), rid_list([])) == ("1, 2", "NULL")
