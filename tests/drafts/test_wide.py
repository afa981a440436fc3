"""A table of many columns is used like any other: no expression too deep, no catalogue too narrow, no memory short."""

from __future__ import annotations

import pandas as pd

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.ingest import refresh
from workbench.lake import read_versions, verify, view_of
from workbench.lake.room import limit_bytes, untouched
from workbench.lake.sql import any_of, sum_of
from workbench.versions import blame, diff, export, restore


def test_a_table_of_1003_columns_is_corrected_refreshed_compared_restored_verified_and_exported(lake, make, tmp_path):
    names = [f"a{n}" for n in range(1002)]
    make(pd.DataFrame([[row, *["x"] * 1002] for row in range(3)], columns=["id", *names]), "wide", key=("id",))
    draft = new_draft(lake, "wide", author="ann").draft
    every = [Correction({"id": 1}, column=name, old="x", new="y") for name in names]
    stage(lake, draft, [*every, Correction({"id": 2}, "exclude")], author="ann")
    made = publish_draft(lake, draft, author="ann", message="m").version
    assert (made.cells_changed, made.excluded) == (1002, 1)
    assert view_of(lake, made).fetch("SELECT a7, a1001 FROM {rows} ORDER BY id") == [("x", "x"), ("y", "y"), ("x", "x")]

    second = pd.DataFrame([[1, *["x"] * 1001, "z"], [2, "w", *["x"] * 1001]], columns=["id", *names])
    result = refresh(lake, "wide", second, mode="full", author="bob", confirmed=True)
    assert (result.removed, result.updated_cells) == (1, 2)
    assert (result.kept_corrections, result.replaced_corrections) == (1001, 1)
    changed = diff(lake, made, result.version)
    assert [(each.change, each.column, each.old, each.new) for each in changed.changes[1:]] == [
        ("changed", "a1001", "y", "z"), ("changed", "a0", "x", "w"),
    ]  # fmt: skip
    story = [(event.version, event.column, event.new) for event in blame(lake, "wide", 2)[1:]]
    assert story == [*((2, name, "y") for name in names), (3, "a1001", "z")]
    back = restore(lake, read_versions(lake, "wide")[0], author="ann", message="back")
    assert (back.rows_added, back.cells_changed) == (1, 1003)
    assert [each.state for each in verify(lake, read_versions(lake, "wide"))] == ["sound"] * 4
    assert export(view_of(lake, back), tmp_path / "out.csv") == 3
    assert pd.read_csv(tmp_path / "out.csv")["a1001"].tolist() == ["x", "x", "x"]


def test_two_thousand_terms_are_not_too_deep(lake):
    conditions, terms = any_of([f"{n} = 1999" for n in range(2000)]), sum_of(["1"] * 2000)
    assert lake.read(f"SELECT {conditions}, {terms}, {any_of([])}, {sum_of([])}") == [(True, 2000, False, 0)]


def test_a_table_wider_than_the_catalogue_can_hold_is_imported(lake, make):
    rows = [[row, *["x"] * 2100] for row in range(3)]
    made = make(pd.DataFrame(rows, columns=["id", *(f"a{n}" for n in range(2100))]), "wide", key=("id",))
    assert view_of(lake, made).fetch("SELECT id, a2099 FROM {rows} ORDER BY id") == [(0, "x"), (1, "x"), (2, "x")]


def test_a_short_wide_table_may_count_for_more_memory_and_a_long_or_narrow_one_may_not():
    assert untouched(9_000, 3) == 9_000 * 2048 * 16 * 24 * 7 // 8
    assert untouched(9_000, 2048) == untouched(200, 3) == 0
    assert [limit_bytes(text) for text in ("1GB", "512 MiB", "1.5gb")] == [10**9, 2**29, 15 * 10**8]
