"""A table of more than 1,000 columns is corrected and published: no expression is too deep for DuckDB."""

from __future__ import annotations

import pandas as pd

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.lake import view_of
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
