"""A lake whose bookkeeping tables have a column that this workbench does not know, as a newer one may have added it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench import iterations
from workbench.drafts import Correction, comment, new_draft, publish_draft, stage
from workbench.findings import Filter, queue, save_view, saved_views
from workbench.lake import Session, newest, read_versions
from workbench.ranking import rescore
from workbench.recipes import Recipe, SetStep, list_recipes, save_recipe
from workbench.reviewing import reopen
from workbench.runs import list_runs, run
from workbench.versions import diff, restore, tag

ROOT = Path(__file__).parents[2]
TIDY = Recipe("tidy", (SetStep("city", "Oslo", "Rome"),))


@pytest.fixture
def lake(lake):
    """A lake whose tables were all given one more column."""
    tables = lake.read("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'workbench'")
    assert len(tables) > 15

    def grow(session: Session) -> None:
        for (table,) in tables:
            session.run(f"ALTER TABLE lake.workbench.{table} ADD COLUMN later VARCHAR")

    lake.write(grow, message="grow")
    return lake


def test_the_whole_loop_writes_by_name(lake, people, deliver):
    first = run(lake, "people", author="cron")
    ages = {f.key["id"]: f for f in queue(lake, "people", Filter(check="schema"))}
    iterations.decide(lake, "people", [ages["6"].finding], "keep", author="ann")
    reopen(lake, "people", [ages["6"].finding], author="ann")
    iterations.decide(lake, "people", [ages["5"].finding], "fix", values=["40"], author="ann")
    rescore(lake, "people", author="ann")
    save_view(lake, "people", "schema", Filter(check="schema"), author="ann")
    save_recipe(lake, "people", TIDY, author="ann")
    tag(lake, newest(lake, "people"), "good", author="ann")
    late = new_draft(lake, "people", author="bob").draft
    cells = [Correction({"id": 5}, column="age", new=41), Correction({"id": 9}, column="age", new=42)]
    stage(lake, late, [*cells, Correction({"id": 10}, action="delete")], author="bob")
    comment(lake, late, "look at this", author="ann")
    iterations.publish(lake, iterations.own_draft(lake, "people", author="ann"), author="ann", message="age")
    done = publish_draft(lake, late, author="bob", message="late", skip_conflicts=True)
    assert done.rest is not None and len(done.conflicts) == 1
    restore(lake, read_versions(lake, "people")[0], author="ann", message="back")
    deliver({9: {"age": -4}})
    second = run(lake, "people", author="cron", mode="full", evaluate=False)
    assert [each.version for each in read_versions(lake, "people")] == [1, 2, 3, 4, 5]
    assert list_runs(lake, "people") == [second, first]
    assert [view.name for view in saved_views(lake, "people")] == ["schema"]
    assert [kept.name for kept in list_recipes(lake, "people")] == ["tidy"]
    assert diff(lake, *read_versions(lake, "people")[::4]).cells_changed == 1


def test_every_insert_into_the_lake_names_its_columns():
    """By position it would break, or fill the wrong columns, in a table that has grown."""
    written = re.compile(r"INSERT INTO (?:lake\.workbench\.\S+|\{table\})( \(| BY NAME)?")
    found = [match for file in (ROOT / "workbench").rglob("*.py") for match in written.finditer(file.read_text())]
    assert len(found) > 12
    assert [match[0] for match in found if not match[1]] == []
