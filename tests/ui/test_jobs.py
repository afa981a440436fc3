"""Long work goes on in the background, once for each key, and can be stopped."""

from __future__ import annotations

import threading

import pytest

import workbench
from workbench import execution
from workbench.errors import Cancelled, UsageError
from workbench.findings import outcomes
from workbench.ui import jobs, tasks


@pytest.fixture
def gate():
    """A job's work stops here until the test opens it."""
    gate = threading.Event()
    yield gate
    gate.set()


def test_a_job_tells_how_far_it_is_and_what_came_of_it(gate):
    def work(progress):
        progress("fitting", 2, 5)
        gate.wait(10)
        return "done"

    job = jobs.start("a", "Measuring t@1", work)
    while not job.stage:
        pass
    assert job.running and (job.stage, job.done, job.total) == ("fitting", 2, 5)
    gate.set()
    assert job.wait(10) and (job.result, job.error) == ("done", None)
    assert jobs.find("a") is job
    jobs.dismiss("a")
    assert jobs.find("a") is None


def test_two_visitors_who_ask_for_the_same_get_the_same_job(gate):
    begun = []

    def work(progress):
        begun.append(1)
        gate.wait(10)

    first, second = jobs.start("b", "x", work), jobs.start("b", "x", work)
    assert first is second and jobs.start("c", "x", work) is not first
    jobs.dismiss("b")
    assert jobs.find("b") is first, "a job on its way is not forgotten"
    gate.set()
    first.wait(10)
    assert len(begun) == 2
    assert jobs.start("b", "x", work) is not first


def test_a_cancelled_job_stops_at_its_next_step(gate):
    steps = []

    def work(progress):
        for step in range(3):
            progress("step", step, 3)
            steps.append(step)
            gate.wait(10)

    job = jobs.start("d", "Checking t@1", work)
    while not steps:
        pass
    job.cancel()
    gate.set()
    assert job.wait(10) and isinstance(job.error, Cancelled) and steps == [0]
    assert "Checking t@1 was cancelled" in job.error.message


def test_an_error_is_kept_for_the_page():
    def work(progress):
        raise UsageError("no such column", hint="Choose another.")

    job = jobs.start("e", "x", work)
    assert job.wait(10) and job.error.message == "no such column"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_foresaw_is_told_too():
    def work(progress):
        return 1 / 0

    job = jobs.start("f", "x", work)
    assert job.wait(10) and "ZeroDivisionError: division by zero" in job.error.message


def test_heavy_work_has_a_process_of_its_own_and_commits_there(measured, monkeypatch):
    monkeypatch.setenv("WORKBENCH_LAKE", measured)
    with workbench.open(author="ann") as lake:
        job = jobs.start_apart("g", "Checking people@3", lake, tasks.run_checks, "people", 3)
        assert jobs.start_apart("g", "Checking people@3", lake, tasks.run_checks, "people", 3) is job
        assert job.wait(120) and job.error is None
        assert {found.author for found in outcomes(lake.lake, "people")} == {"ann"}
        assert job.stage
    execution.apart.end()


def test_cancelled_heavy_work_is_cancelled_for_the_page_too(measured, monkeypatch):
    monkeypatch.setenv("WORKBENCH_LAKE", measured)
    with workbench.open() as lake:
        job = jobs.start_apart("h", "Run of people", lake, tasks.run, "people")
        job.cancel()
        assert job.wait(120) and isinstance(job.error, Cancelled)
