"""A table of many columns is used like any other: no expression too deep, no catalogue too narrow, no memory short."""

from __future__ import annotations

import pandas as pd

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.lake import view_of
from workbench.lake.room import limit_bytes, untouched
from workbench.lake.sql import any_of, sum_of


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


def test_a_table_wider_than_the_catalogue_can_hold_is_imported(lake, make):
    rows = [[row, *["x"] * 2100] for row in range(3)]
    made = make(pd.DataFrame(rows, columns=["id", *(f"a{n}" for n in range(2100))]), "wide", key=("id",))
    assert view_of(lake, made).fetch("SELECT id, a2099 FROM {rows} ORDER BY id") == [(0, "x"), (1, "x"), (2, "x")]


def test_a_short_wide_table_may_count_for_more_memory_and_a_long_or_narrow_one_may_not():
    assert untouched(9_000, 3) == 9_000 * 2048 * 16 * 24 * 7 // 8
    assert untouched(9_000, 2048) == untouched(200, 3) == 0
    assert [limit_bytes(text) for text in ("1GB", "512 MiB", "1.5gb")] == [10**9, 2**29, 15 * 10**8]
