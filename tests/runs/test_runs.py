"""A run does everything that should happen while nobody watches, and says what is different."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import iterations
from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import AlreadyUnderWay, Cancelled, UnknownName
from workbench.findings import Filter, queue
from workbench.ingest import import_source
from workbench.lake import claimed, maintain, newest, open_lake, view_of
from workbench.runs import list_runs, read_run, run, worst
from workbench.runs.history import changed_findings

ROOT = Path(__file__).parents[2]


def cron(lake, **options):
    return run(lake, "people", author="cron", **options)


def correct(lake, cells: dict[int, int]):
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [Correction({"id": key}, column="age", new=age) for key, age in cells.items()], author="ann")
    return publish_draft(lake, draft, author="ann", message="ages").version


def test_a_first_run_says_where_the_dataset_stands(lake, people):
    first = cron(lake)
    assert (first.outcome, first.exit_code, first.version, first.since) == ("failed", 1, 1, None)
    assert first.refresh["version"] is None, "the source is what it was"
    failing = [(rule["check"], rule["failures"]) for rule in first.validation["checks"] if rule["outcome"] == "failed"]
    assert failing == [("schema.age.in_range", 3)]
    assert [check["check"] for check in first.checks] == [
        "data.contradiction", "data.duplicate", "data.leak", "label.issue", "schema",
    ]  # fmt: skip
    assert first.findings["open"] == first.findings["new"] == len(queue(lake, "people")) > 3
    assert first.findings["by_check"]["schema.age.in_range"] == 3
    assert 0.5 < first.evaluation["metrics"]["accuracy"]["mean"] <= 1 and first.comparison is None
    assert list_runs(lake, "people") == [first] and read_run(lake, first.run[:6]) == first


def test_what_is_new_fixed_answered_and_returned_since_the_run_before(lake, people, deliver):
    cron(lake)
    ages = {f.key["id"]: f for f in queue(lake, "people", Filter(check="schema"))}
    correct(lake, {5: 40})
    iterations.decide(lake, "people", [ages["6"].finding], "keep", author="ann")
    deliver({9: {"age": -4}})
    second = cron(lake)
    assert (second.version, second.since) == (3, 1)
    assert second.refresh["cells_changed"] == 1 and second.refresh["kept_corrections"] == 1
    assert {name: second.findings[name] for name in ("answered", "returned")} == {"answered": 1, "returned": 0}
    new = {finding for finding, _, _ in changed_findings(lake, second.run, change="new")}
    assert {f.key["id"] for f in queue(lake, "people", Filter(check="schema")) if f.finding in new} == {"9"}
    assert ages["5"].finding in {finding for finding, _, _ in changed_findings(lake, second.run, change="fixed")}
    assert second.comparison["a"] == "people@1" and second.comparison["b"] == "people@3"

    correct(lake, {5: 205})
    third = cron(lake, refresh=False)
    returned = changed_findings(lake, third.run, change="returned")
    assert ages["5"].finding in {finding for finding, _, _ in returned} and third.findings["returned"] == len(returned)


def test_nothing_is_done_twice_where_nothing_changed(lake, people, monkeypatch):
    first = cron(lake)
    statements = []
    with lake.traced(lambda query, params: statements.append(query)):
        second = cron(lake)
    written = [
        query for query in statements if "INSERT INTO lake" in query or "CREATE OR REPLACE TEMP TABLE incoming" in query
    ]
    tables = [query.split()[2] for query in written]
    assert tables == ["lake.workbench.claims", "lake.workbench.runs", "lake.workbench.runs"]
    assert second.refresh is None and "was not merged again" in second.notes[0]
    assert second.validation == first.validation and second.evaluation == first.evaluation
    assert second.findings == {**first.findings, "new": 0} and second.findings["fixed"] == 0


def test_a_run_that_another_one_took_over_ends_and_says_so(lake, people, project, settings):
    """Its lock was lost, to a server that dropped it or to whoever cleared the folder."""
    taken = []

    def take_over(*_):
        if not taken:
            shutil.rmtree(project / "data" / "lake" / "claims")
            with open_lake(settings) as other, claimed(other, "run of people"):
                taken.append(True)

    lost = cron(lake, progress=take_over)
    assert (lost.outcome, lost.exit_code, lost.checks) == ("error", 3, [])
    assert lost.error.startswith("This run of people has lost its claim: its connection to the server was dropped or")
    assert list_runs(lake, "people") == [lost] and queue(lake, "people") == []
    assert cron(lake, evaluate=False).outcome == "failed"


def test_what_makes_a_run_fail_is_for_the_caller_to_say(lake, people):
    outcomes = {reason: cron(lake, fail_on=[reason]).outcome for reason in ("error", "never", "loss", "warning")}
    assert outcomes == {"error": "failed", "never": "passed", "loss": "passed", "warning": "failed"}


def test_a_loss_fails_a_run_that_was_told_to(lake, people, deliver):
    correct(lake, {5: 40, 6: 40, 7: 40})
    assert cron(lake, fail_on=["error", "loss"]).outcome == "passed"
    train = [row[0] for row in view_of(lake, newest(lake, "people")).fetch("SELECT id FROM {rows} WHERE _lane = 0")]
    deliver({row: {"income": "low"} for row in train if row % 3})
    done = cron(lake, fail_on=["error", "loss"])
    assert done.comparison["verdict"] == "loss" and (done.outcome, done.exit_code) == ("failed", 1)


def test_a_step_that_cannot_be_done_is_an_error_and_keeps_the_others(lake, people, project):
    (project / "people.csv").unlink()
    gone = cron(lake)
    assert (gone.outcome, gone.exit_code, gone.version) == ("error", 3, None) and "no such file" in gone.error
    (project / "schemas" / "people.py").write_text("raise ValueError('boom')\n")
    broken = cron(lake, refresh=False)
    assert broken.outcome == "error" and "raised ValueError: boom" in broken.error and broken.version == 1
    assert worst([gone, broken]) == 3 and [each.outcome for each in list_runs(lake)] == ["error", "error"]


def test_a_check_that_breaks_is_an_error_not_a_pass(lake, people, project):
    schema = project / "schemas" / "people.py"
    schema.write_text(schema.read_text().replace("pa.Check.in_range(0, 120)", "pa.Check(lambda ages: ages.nonsense)"))
    broken = cron(lake)
    assert broken.outcome == "error" and broken.error.startswith("checks that could not be answered: schema.age.")
    assert broken.findings is not None and broken.evaluation is not None


def test_a_model_that_cannot_be_loaded_leaves_the_other_checks_their_say(lake, project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "mine.py").write_text("from sklearn.linear_model import LogisticRegression as make\n")
    import_source(lake, "people", "people.csv", key=["id"], label="income", model="mine:make", author="ann")
    (project / "mine.py").unlink()
    broken = cron(lake)
    assert broken.outcome == "error" and "mine:make" in broken.error and broken.evaluation is None
    outcomes = {check["check"]: check["outcome"] for check in broken.checks}
    assert (outcomes["label.issue"], outcomes["data.duplicate"]) == ("error", "failed"), "the others did answer"


def test_two_runs_of_one_dataset_never_overlap(lake, people):
    with claimed(lake, "run of people"), pytest.raises(AlreadyUnderWay, match="A run of people is under way already"):
        cron(lake)
    assert list_runs(lake) == []


def test_a_cancelled_run_says_so_and_frees_the_dataset(lake, people):
    def stop(stage, done, total):
        if stage.startswith("evaluating"):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        cron(lake, progress=stop)
    [stopped] = list_runs(lake)
    assert stopped.outcome == "cancelled" and stopped.findings["open"] > 0 and stopped.evaluation is None
    assert cron(lake).evaluation is not None


def test_a_killed_run_is_lost_and_the_next_one_goes_on(lake, people, settings):
    program = (
        "import sys, time; from workbench.runs import run; from workbench.lake import open_lake\n"
        "from workbench.settings import Settings\n"
        "def progress(stage, done, total):\n"
        "    if stage.startswith('check'):\n"
        "        print(stage, flush=True); time.sleep(60)\n"
        "run(open_lake(Settings(lake=sys.argv[1])), 'people', author='cron', progress=progress)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, settings.lake], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    process.stdout.readline()
    assert list_runs(lake)[0].outcome == "running"
    process.kill()
    process.communicate()
    assert list_runs(lake)[0].outcome == "lost"
    assert cron(lake).since is None and [each.outcome for each in list_runs(lake)] == ["failed", "lost"]


def test_the_version_of_the_run_before_may_be_gone(lake, people):
    from datetime import UTC, datetime, timedelta

    cron(lake)
    correct(lake, {5: 40})
    correct(lake, {6: 40})
    maintain(lake, retention_days=0, now=datetime.now(UTC) + timedelta(days=1))
    second = cron(lake)
    assert second.comparison is None and any("people@1" in note and "let go" in note for note in second.notes)


def test_unknown_names(lake, people):
    with pytest.raises(UnknownName, match="no dataset 'persons'"):
        run(lake, "persons", author="cron")
    with pytest.raises(UnknownName, match="reason to fail 'errors'"):
        cron(lake, fail_on=["errors"])
    with pytest.raises(UnknownName, match="no run 'ffff'"):
        read_run(lake, "ffff")
