"""Rules: one value becomes another wherever it stands, seen first and staged like any correction."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from workbench.drafts import new_draft, publish_draft
from workbench.errors import DataError, UnknownName, UsageError
from workbench.lake import newest, view_of
from workbench.recipes import Rule, dry_run, read_rules, stage_rules

FRAME = pd.DataFrame(
    {
        "id": range(1, 7),
        "age": pd.array([31, -1, 45, -1, 52, 18], dtype="Int64"),
        "city": ["NYC", "New York", "NYC", None, "Oslo", " Oslo"],
        "income": ["low", "high", "low", "low.", "high.", "low."],
    }
)
RULES = [
    Rule("city", "NYC", "New York", "one spelling"),
    Rule("city", "LA", "Los Angeles"),
    Rule("age", "-1", None, "impossible"),
    Rule("income", "low.", "low", "renamed"),
    Rule("income", "high.", "high", "renamed"),
]


@pytest.fixture
def cities(make):
    return make(FRAME, "cities", key=("id",), label="income", lanes=[0, 0, 0, 2, 2, 2])


def test_a_dry_run_counts_and_changes_nothing(lake, cities):
    assert [applied.rows for applied in dry_run(view_of(lake, cities), RULES)] == [2, 0, 2, 2, 1]
    assert newest(lake, "cities").version == 1
    with pytest.raises(UnknownName, match="no column 'town'"):
        dry_run(view_of(lake, cities), [Rule("town", "a", "b")])


def test_rules_are_staged_published_and_find_nothing_to_do_a_second_time(lake, cities):
    draft = new_draft(lake, "cities", author="ann").draft
    assert stage_rules(lake, draft, view_of(lake, cities), RULES, author="ann").corrections == 7
    version = publish_draft(lake, draft, author="ann", message="rules").version
    rows = view_of(lake, version).to_pandas()
    assert list(rows["city"])[:3] == ["New York"] * 3 and list(rows["income"]) == ["low", "high"] + ["low"] * 2 + [
        "high",
        "low",
    ]
    assert rows["age"].isna().sum() == 2
    again = new_draft(lake, "cities", author="ann").draft
    with pytest.raises(UsageError, match="no corrections"):
        stage_rules(lake, again, view_of(lake, version), RULES, author="ann")


@pytest.mark.parametrize(
    "rules",
    [[Rule("income", "low.", "high.")], [Rule("income", "low.", "high."), Rule("income", "high.", "low.")]],
    ids=["merge", "swap"],
)
def test_rules_neither_merge_nor_swap_classes_of_test_rows(lake, cities, rules):
    draft = new_draft(lake, "cities", author="ann").draft
    with pytest.raises(UsageError, match="merge or swap"):
        stage_rules(lake, draft, view_of(lake, cities), rules, author="ann")


def test_a_rules_file(tmp_path: Path):
    file = tmp_path / "rules.csv"
    file.write_text('column,old,new,reason\nage,-1,,impossible\ncity," Oslo",Oslo,stray blank\n')
    assert read_rules(file) == [Rule("age", "-1", None, "impossible"), Rule("city", " Oslo", "Oslo", "stray blank")]
    file.write_text("column,old,new,reason\nage,-1\n")
    with pytest.raises(DataError, match="line 2: 2 fields"):
        read_rules(file)
    file.write_text("a,b\n")
    with pytest.raises(DataError, match="no rules file"):
        read_rules(file)
    with pytest.raises(DataError, match="no such file"):
        read_rules(tmp_path / "none.csv")
