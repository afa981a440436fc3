"""Which of several records of a name counts: the one that came last, by snapshot and not by anybody's clock."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from workbench.findings import Filter, get_view, save_view, saved_views
from workbench.iterations import measurements, version_documents
from workbench.lake import latest, maintain, open_lake
from workbench.recipes import Recipe, SetStep, get_recipe, save_recipe
from workbench.runs import list_runs, read_run
from workbench.runs.history import last_run, write_run
from workbench.runs.records import Run

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def people(make):
    return make(pd.DataFrame({"id": [1, 2], "city": ["NYC", "Rome"]}), "people", key=("id",))


@pytest.fixture
def clock(monkeypatch):
    """Set the clocks of the machine that writes next: ``clock("workbench.findings.views", hours=-3)``."""

    def clock(module: str, *, hours: int) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return NOON + timedelta(hours=hours)

        monkeypatch.setattr(f"{module}.datetime", Clock)

    return clock


@pytest.fixture
def other(settings, lake):
    """Another machine's way into the same lake."""
    with open_lake(settings) as opened:
        yield opened


def test_a_view_that_is_saved_last_counts_although_its_clock_is_behind(lake, other, people, clock):
    clock("workbench.findings.views", hours=5)
    save_view(lake, "people", "ages", Filter(check="schema"), author="ann")
    clock("workbench.findings.views", hours=0)
    assert save_view(other, "people", "ages", Filter(check="label"), author="ben").wanted == Filter(check="label")
    assert [(view.author, view.wanted.check) for view in saved_views(lake, "people")] == [("ben", "label")]


def test_a_recipe_that_is_saved_last_counts(lake, other, people, clock):
    clock("workbench.recipes.keeping", hours=5)
    save_recipe(lake, "people", Recipe("tidy", (SetStep("city", "NYC", "New York"),)), author="ann")
    clock("workbench.recipes.keeping", hours=0)
    save_recipe(other, "people", Recipe("tidy", (SetStep("city", "NYC", "N. Y."),)), author="ben")
    assert get_recipe(lake, "people", "tidy").author == "ben"


def a_run(name: str, outcome: str) -> Run:
    return Run(name, "people", 1, outcome, "cron", NOON, findings={"open": 0})


def test_the_end_of_a_run_counts_and_the_run_that_began_last_is_the_newest(lake, other, people, clock):
    clock("workbench.runs.history", hours=5)
    write_run(lake, a_run("first", "running"))
    clock("workbench.runs.history", hours=-5)
    write_run(other, a_run("first", "passed"))
    write_run(other, a_run("second", "failed"))
    assert [(run.run, run.outcome) for run in list_runs(lake)] == [("second", "failed"), ("first", "passed")]
    assert [run.run for run in list_runs(lake, limit=1)] == ["second"] and last_run(lake, "people").run == "second"


def test_the_measurement_that_was_made_last_counts(lake, other, people):
    for handle, evaluation, hours in ((lake, "before", 5), (other, "after", -5)):
        record = {"dataset": "people", "version": 1, "evaluation": evaluation, "result": "{}"}
        later = {**record, "created_at": NOON + timedelta(hours=hours)}
        handle.write(lambda session, later=later: session.insert("measurements", [later]))
    assert [row["evaluation"] for row in measurements(lake, "people")] == ["after"]


def test_the_order_survives_maintenance(lake):
    """Inlined rows are written to files, files merged, snapshots let go: each row keeps the snapshot that wrote it."""
    for text in ("old", "new"):
        rows = [{"dataset": "t", "name": "few", "text": text}]
        many = [{"dataset": "t", "name": "many", "text": f"{text} {n}"} for n in range(200)]
        for records in (rows, many):
            lake.write(lambda session, records=records: session.insert("recipes", records))
    lake.write(lambda session: session.insert("recipes", [{"dataset": "t", "name": "gone", "text": "x"}]))
    lake.write(lambda session: session.run("DELETE FROM lake.workbench.recipes WHERE name = 'gone'"))

    def moments():
        query = "SELECT name, text, snapshot_id FROM lake.workbench.recipes ORDER BY ALL"
        with lake.session() as session:
            return session.rows(query)

    before = moments()
    assert len({moment for _, _, moment in before}) == 4
    maintain(lake)
    assert moments() == before
    assert latest(lake, "recipes", "name", ["text"]) == [("many", "new 199"), ("few", "new")]


def test_what_a_transaction_has_written_itself_counts_in_it(lake):
    def work(session):
        for text in ("one", "two"):
            session.insert("recipes", [{"dataset": "t", "name": "tidy", "text": text}])
        return latest(session, "recipes", "name", ["text"])

    lake.write(lambda session: session.insert("recipes", [{"dataset": "t", "name": "tidy", "text": "zero"}]))
    assert lake.write(work) == [("tidy", "two")]


def test_a_record_of_another_release_does_not_break_the_list(lake, people):
    save_view(lake, "people", "ages", Filter(check="schema"), author="ann")
    write_run(lake, a_run("known", "passed"))
    views = [
        {"dataset": "people", "name": "renamed", "wanted": json.dumps({"colour": "red", "order": "score"})},
        {"dataset": "people", "name": "cut off", "wanted": '{"check": "sch'},
        {"dataset": "people", "name": "no order", "wanted": json.dumps({"check": "label"})},
    ]
    lake.write(lambda session: session.insert("saved_views", views))
    found = {view.name: view for view in saved_views(lake, "people")}
    assert found["ages"].problem == found["no order"].problem == ""
    assert "another release" in found["renamed"].problem and "another release" in found["cut off"].problem
    assert found["no order"].wanted == Filter(check="label") and get_view(lake, "people", "ages") == found["ages"]

    document = {**a_run("more", "passed").to_dict(), "colour": "red"}
    runs = [
        {"run": name, "dataset": "people", "outcome": "passed", "version": 1, "document": text, "created_at": NOON}
        for name, text in (("more", json.dumps(document)), ("less", '{"run": "less"}'), ("broken", "{"))
    ]
    lake.write(lambda session: session.insert("runs", runs))
    known = {run.run: run for run in list_runs(lake)}
    assert known["more"].findings == {"open": 0} and known["more"].error == ""
    for name in ("less", "broken"):
        assert known[name].outcome == "passed" and "written by another release" in known[name].error
    assert read_run(lake, "known").error == "" and last_run(lake, "people").run == "more"

    record = {"dataset": "people", "version": 1, "evaluation": "e", "result": '{"score": 1}', "created_at": NOON}
    lake.write(lambda session: session.insert("measurements", [record]))
    assert version_documents(lake, "people")[0]["notes"] == []


def test_no_query_goes_by_a_clock_to_tell_what_counts():
    clock = re.compile(r"(arg_m(?:ax|in)|max_by|min_by|ORDER BY)[^\n]*(created_at|closed_at)")
    found = {
        str(file.relative_to(ROOT / "workbench")): match[0]
        for file in (ROOT / "workbench").rglob("*.py")
        for match in clock.finditer(file.read_text(encoding="utf-8"))
    }
    # How long an answer took is a matter of one person's clock.
    assert set(found) == {"ranking/pace.py"}
