"""A table of many columns is used like any other: no expression too deep, no catalogue too narrow, no memory short."""

from __future__ import annotations

import pandas as pd

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.ingest import refresh
from workbench.lake import read_versions, view_of
from workbench.lake.room import limit_bytes, untouched
from workbench.lake.sql import any_of, sum_of
from workbench.versions import blame, diff


def test_corrections_of_1003_columns_are_published(lake, make):
    make(pd.DataFrame([[row, *["x"] * 1002] for row in range(3)], columns=["id", *(f"a{n}" for n in range(1002))]),
         "wide", key=("id",))  # fmt: skip
    draft = new_draft(lake, "wide", author="ann").draft
    stage(lake, draft, [Correction({"id": 1}, column="a7", new="y"), Correction({"id": 2}, "exclude")], author="ann")
    made = publish_draft(lake, draft, author="ann", message="m").version
    assert (made.cells_changed, made.excluded) == (1, 1)
    assert view_of(lake, made).fetch("SELECT a7 FROM {rows} ORDER BY id") == [("x",), ("y",), ("x",)]


def test_two_thousand_terms_are_not_too_deep(lake):
    conditions, terms = any_of([f"{n} = 1999" for n in range(2000)]), sum_of(["1"] * 2000)
    assert lake.read(f"SELECT {conditions}, {terms}, {any_of([])}, {sum_of([])}") == [(True, 2000, False, 0)]


def test_a_table_wider_than_the_catalogue_can_hold_is_imported_refreshed_corrected_and_compared(lake, make):
    first = pd.DataFrame([[row, *["x"] * 2100] for row in range(3)], columns=["id", *(f"a{n}" for n in range(2100))])
    make(first, "wide", key=("id",))
    draft = new_draft(lake, "wide", author="ann").draft
    stage(lake, draft, [Correction({"id": 1}, column="a7", new="y")], author="ann")
    publish_draft(lake, draft, author="ann", message="m")
    second = first.assign(a2099=["x", "x", "z"], more=["new"] * 3)
    assert refresh(lake, "wide", second, author="bob").version.cells_changed == 1
    one, *_, last = read_versions(lake, "wide")
    found = diff(lake, one, last)
    assert (found.by_column, found.columns_added) == ({"a7": 1, "a2099": 1}, ("more",))
    assert [event.new for event in blame(lake, "wide", 2, column="a7") if event.change == "changed"] == ["y"]
    # A refresh that small would lie in the catalogue, which has no room for it.
    assert lake.read("SELECT value FROM ducklake_options('lake') WHERE option_name = 'data_inlining_row_limit' "
                     "AND scope = 'TABLE'") == [("0",)]  # fmt: skip


def test_narrow_tables_are_kept_in_the_catalogue_after_a_wide_one_was_made(lake, make):
    make(pd.DataFrame({f"a{n}": [1] for n in range(401)}), "wide")
    make(pd.DataFrame({"id": [1], "a": [1]}), "narrow", key=("id",))
    refresh(lake, "narrow", pd.DataFrame({"id": [1, 2], "a": [1, 2]}), author="ann")
    assert lake.read("SELECT file_count FROM ducklake_table_info('lake') WHERE table_name = 'narrow'") == [(1,)]


def test_a_short_wide_table_may_count_for_more_memory_and_a_long_or_narrow_one_may_not():
    assert untouched(9_000, 3) == 9_000 * 2048 * 16 * 24 * 7 // 8
    assert untouched(9_000, 2048) == untouched(200, 3) == 0
    assert [limit_bytes(text) for text in ("1GB", "512 MiB", "1.5gb")] == [10**9, 2**29, 15 * 10**8]
