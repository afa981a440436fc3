"""Publishing and discarding where it takes more than a moment: a job, and the page is usable meanwhile."""

from __future__ import annotations

import re
import threading
import time

import pytest

import workbench
from workbench.drafts import Correction
from workbench.ui import jobs


def words(page):
    """All that the page says."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html"))
    said = [element.value for kind in ("title", "subheader", "text", "error") for element in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([markup, *said]))


@pytest.fixture
def drafted(measured):
    """A draft of the visitor's with three corrections."""
    with workbench.open(measured, author="Zoë") as lake:
        number = lake["people"].draft().draft
        lake.stage(number, [Correction(key={"id": row}, column="a", new=0.5) for row in range(3)])
    return measured, number


@pytest.fixture
def slow(monkeypatch):
    """Clicks that wait for nothing, and jobs that begin when they are let: returns what lets them."""
    let = threading.Event()
    begin = jobs.start

    def start(key, title, work):
        return begin(key, title, lambda progress: (let.wait(300), work(progress))[1])

    def patient():
        monkeypatch.setattr(jobs, "SOON", 0)
        monkeypatch.setattr(jobs, "start", start)
        return let

    yield patient
    let.set()


def test_a_draft_is_published_behind_the_page(visit, drafted, slow):
    url, number = drafted
    page = visit(url, "review", dataset="people")
    let = slow()
    page.text_input(key=f"draft-message-{number}").input("three halves")
    page = page.button(key="draft-publish").click().run()
    key = f"change-draft:{url}:{number}"
    assert not page.exception and jobs.find(key).running
    assert {page.button(key=f"draft-{what}").disabled for what in ("undo", "redo", "evaluate")} == {True}
    assert not [button for button in page.button if button.key == f"cancel-{key}"], "one commit cannot be stopped"
    assert not page.button(key="step-skip").disabled
    let.set()
    assert jobs.find(key).wait(60)
    page = page.run()
    assert not page.exception and "v4 is published" in words(page) and jobs.find(key) is None
    with workbench.open(url) as lake:
        assert (lake["people"].newest.message, lake["people"].newest.cells_changed) == ("three halves", 3)


def test_a_draft_that_is_published_already_is_waited_for_until_its_job_has_ended(visit, drafted, monkeypatch):
    url, number = drafted
    page = visit(url, "review", dataset="people")
    let, begin = threading.Event(), jobs.start
    monkeypatch.setattr(jobs, "SOON", 0)
    monkeypatch.setattr(
        jobs, "start", lambda key, title, work: begin(key, title, lambda told: (work(told), let.wait(300))[0])
    )
    page.text_input(key=f"draft-message-{number}").input("three halves")
    page = page.button(key="draft-publish").click().run()
    with workbench.open(url) as lake:
        until = time.monotonic() + 60
        while lake["people"].newest.message != "three halves":
            assert time.monotonic() < until
            time.sleep(0.05)
    page = page.run()
    assert jobs.find(f"change-draft:{url}:{number}").running
    assert "No draft yet" not in words(page) and "Publishing draft" in page.get("progress")[0].proto.text
    let.set()
    assert jobs.find(f"change-draft:{url}:{number}").wait(60)
    page = page.run()
    assert not page.exception and "v4 is published" in words(page) and "No draft yet" in words(page)


def test_a_conflict_found_behind_the_page_is_shown_as_ever(visit, drafted, slow):
    url, number = drafted
    with workbench.open(url, author="ben") as lake:
        other = lake["people"].draft().draft
        lake.stage(other, [Correction(key={"id": 0}, column="a", new=7.5)])
        lake.publish(other, message="seven and a half")
    page = visit(url, "review", dataset="people")
    let = slow()
    page.text_input(key=f"draft-message-{number}").input("halves")
    page = page.button(key="draft-publish").click().run()
    let.set()
    assert jobs.find(f"change-draft:{url}:{number}").wait(60)
    for _ in range(2):
        page = page.run()
        assert "Somebody else changed what your draft corrects" in [error.value for error in page.error]
    page = page.button(key="publish-rest").click().run()
    job = jobs.find(f"change-draft:{url}:{number}")
    assert job is None or job.wait(60)
    page = page.run()
    assert not page.exception and "v5 is published" in words(page)
    with workbench.open(url) as lake:
        assert lake["people"].newest.cells_changed == 2
