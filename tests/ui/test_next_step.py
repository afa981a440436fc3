"""What the page's one button proposes, and how commands and times are written."""

from __future__ import annotations

import dataclasses
import shlex
import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction, new_draft, stage
from workbench.reporting import count_of
from workbench.ui import jobs, session
from workbench.ui.components.next_step import next_step
from workbench.ui.standing import standing
from workbench.ui.wording import ago, command, metric_name

URL = "sqlite:/srv/lake/catalog.sqlite"


@pytest.fixture
def state(lake, make):
    """Where a dataset stands that was imported just now."""
    frame = pd.DataFrame({"id": [1, 2], "x": [1, 2], "y": ["a", "b"]})
    return standing(lake, make(frame, "new-people", key=("id",), label="y"))


def test_an_imported_dataset_is_checked_first(state):
    step = next_step(state, URL)
    assert step.label == "Check v1"
    assert step.commands == (f"workbench --lake {URL} check new-people",)


def test_then_it_is_measured(state):
    step = next_step(dataclasses.replace(state, checked=1), URL)
    assert step.label == "Measure v1"
    assert step.commands == (f"workbench --lake {URL} evaluate new-people",)


def test_a_newer_version_is_checked_again(state):
    second = {**state.documents[0], "version": 2}
    known = dataclasses.replace(state, checked=1, documents=[*state.documents, second], open_now=7)
    assert next_step(known, URL).label == "Check v2"


@pytest.mark.parametrize(("count", "label"), [(1, "Review 1 finding"), (1214, "Review 1,214 findings")])
def test_open_findings_are_reviewed(state, count, label):
    known = dataclasses.replace(state, checked=1, results={1: {}}, open_now=count)
    step = next_step(known, URL)
    assert step.label == label
    assert [shlex.split(line)[3] for line in step.commands] == ["findings", "decide"]


def test_a_draft_is_published_once_nothing_is_open(lake, make):
    version = make(pd.DataFrame({"id": [1, 2], "x": [1, 2], "y": ["a", "b"]}), key=("id",), label="y")
    new_draft(lake, "t", title="empty", author="ann")
    draft = new_draft(lake, "t", author="ann").draft
    stage(lake, draft, [Correction(key={"id": 1}, column="x", new=5)], author="ann")
    known = dataclasses.replace(standing(lake, version), checked=1, results={1: {}})
    step = next_step(known, URL)
    assert step.label == f"Publish draft {draft}"
    assert f"draft publish {draft} -m why" in step.commands[1]


def test_when_all_is_done_newer_data_is_fetched(state):
    step = next_step(dataclasses.replace(state, checked=1, results={1: {}}), URL)
    assert step.label == "Fetch newer data"


def test_a_dataset_without_a_label_is_not_measured(lake, make):
    version = make(pd.DataFrame({"id": [1, 2], "x": [1, 2]}), key=("id",))
    step = next_step(dataclasses.replace(standing(lake, version), checked=1), URL)
    assert step.label == "Fetch newer data"


def test_commands_name_the_lake_only_where_they_must(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert command(f"sqlite:{tmp_path.resolve()}/data/lake/catalog.sqlite", "check", "people") == (
        "workbench check people"
    )
    assert command("sqlite:/srv/my lake.sqlite", "check", "people") == (
        "workbench --lake 'sqlite:/srv/my lake.sqlite' check people"
    )
    assert command("postgres:dbname=wb password=s3cret", "check", "people") == "workbench check people"


@pytest.mark.parametrize("name", ["a b", "it's", "$(reboot)", "-x", "a;b", "ünï", "a\nb"])
def test_a_command_can_be_pasted_whatever_the_name(name):
    assert shlex.split(command(URL, "check", name)) == ["workbench", "--lake", URL, "check", name]


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=5, seconds=59), "5 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=40), "10 Feb 2026"),
    ],
)
def test_times_are_relative_to_now(passed, said):
    now = datetime(2026, 3, 22, 12, tzinfo=UTC)
    assert ago(now - passed, now=now) == said


def test_counts_and_metrics_are_written_for_people():
    assert [count_of(n, "row") for n in (0, 1, 16060)] == ["0 rows", "1 row", "16,060 rows"]
    assert [metric_name(name) for name in ("accuracy", "balanced_accuracy", "r2")] == [
        "accuracy",
        "balanced accuracy",
        "R²",
    ]


def test_what_a_job_did_shows_where_it_ended_while_the_page_was_being_written(visit, measured, monkeypatch):
    with workbench.open(measured, author="ann") as lake:
        draft = lake["people"].draft().draft
        lake.stage(draft, [Correction(key={"id": 0}, column="a", new=0.5)])
        lake.publish(draft, message="a half")
    page = visit(measured, dataset="people")
    assert page.button(key="next-step").label == "Check v4"
    let, begin, read, key = threading.Event(), jobs.start, session.stand, f"step:{measured}:people"
    monkeypatch.setattr(
        jobs, "start", lambda key, title, work: begin(key, title, lambda told: (let.wait(300), work(told))[1])
    )
    page = page.button(key="next-step").click().run()
    assert jobs.find(key).running

    def read_and_then_it_ends(*asked):
        found = read(*asked)
        let.set()
        assert jobs.find(key) is None or jobs.find(key).wait(60)
        return found

    monkeypatch.setattr(session, "stand", read_and_then_it_ends)
    page = page.run()
    assert not page.exception and page.button(key="next-step").label != "Check v4"
    assert "Checking people@4: done" in page.success[0].value
