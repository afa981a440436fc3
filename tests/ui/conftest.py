"""Lakes as a visitor may find them, and the app on them."""

from __future__ import annotations

import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import workbench
from workbench.drafts import Correction
from workbench.progress import Progress
from workbench.settings import load
from workbench.ui import jobs
from workbench.ui.tasks import on_lake

APP = Path(__file__).parents[2] / "workbench" / "ui" / "start" / "page.py"
SPITEFUL = "round 1 ![x](http://example.invalid/x.png) <b>bold</b> [a](http://example.invalid)"
"""A message that must never become markup."""

N_TRAIN, N_TEST = 200, 120


@pytest.fixture(scope="session")
def measured_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with three versions: test labels written otherwise, then alike, then most wrong train labels
    corrected."""
    folder = tmp_path_factory.mktemp("measured") / "lake"
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(N_TRAIN + N_TEST, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    given = truth.copy()
    wrong = [row for row in range(N_TRAIN) if truth[row] == "yes" and row % 10 < 7]
    given[wrong] = "no"
    frame = pd.DataFrame(
        {
            "id": range(N_TRAIN + N_TEST),
            "a": numbers[:, 0],
            "b": numbers[:, 1],
            "split": np.repeat(["train", "test"], [N_TRAIN, N_TEST]),
            "answer": [*given[:N_TRAIN], *(f"{label}." for label in given[N_TRAIN:])],
        }
    )
    with workbench.open(f"sqlite:{folder / 'catalog.sqlite'}", author="ann", create=True) as lake:
        people = lake.import_data(
            "people", frame, key=["id"], label="answer", split_column="split", model="linear", message="as it was found"
        )
        people.evaluate()
        for rows, message in ((range(N_TRAIN, N_TRAIN + N_TEST), "one spelling"), (wrong[12:], SPITEFUL)):
            draft = people.draft(title=message).draft
            lake.stage(draft, [Correction(key={"id": int(row)}, column="answer", new=str(truth[row])) for row in rows])
            lake.publish(draft, message=message)
            people.evaluate()
        people.tag(2, "production")
        people.check()
    return folder


@pytest.fixture
def measured(measured_lake: Path, tmp_path: Path) -> str:
    """The URL of a copy of the measured lake."""
    shutil.copytree(measured_lake, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


def packed(key, title, lake, task, *args, create=False):
    """Begin heavy work in a thread, with arguments and a result that could go to another process and back."""
    args = pickle.loads(pickle.dumps((task, args)))[1]
    settings = load()

    def work(progress: Progress) -> object:
        if lake is not None:
            return pickle.loads(pickle.dumps(task(lake, *args, progress=progress)))
        return pickle.loads(pickle.dumps(on_lake(settings, settings.who(), task, args, create, progress=progress)))

    return jobs.start(key, title, work)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., AppTest]]:
    """Open a page of the app: ``visit(url, "review", dataset="people")``; the first one where none is named."""
    st.cache_resource.clear()
    st.cache_data.clear()
    # However busy the machine is, what is mostly quick is done when a click returns.
    monkeypatch.setattr(jobs, "SOON", 60)
    # Heavy work is done in this process; what travels to another and back is packed all the same.
    monkeypatch.setattr(jobs, "start_apart", packed)

    def visit(url: str, page: str = "overview", **address: str) -> AppTest:
        monkeypatch.setenv("WORKBENCH_AUTHOR", "Zoë")
        monkeypatch.setenv("WORKBENCH_WRITE_TIMEOUT", "0.3")
        app = AppTest.from_file(str(APP), default_timeout=60)
        if page != "overview":
            # Pages are known once the app has run; without a lake that is quick.
            monkeypatch.setenv("WORKBENCH_LAKE", f"sqlite:{tmp_path / 'no lake' / 'catalog.sqlite'}")
            app.run().switch_page(f"../pages/{page}.py")
        monkeypatch.setenv("WORKBENCH_LAKE", url)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    yield visit
    # Work in the background must not outlive its lake.
    for job in list(jobs._board()[0].values()):
        job.cancel()
        job.wait(60)
    st.cache_resource.clear()


@pytest.fixture
def when_done() -> Callable[[AppTest, str], AppTest]:
    """Wait for a job, which the page may have taken over by then, and look again: ``when_done(page, "run:…")``."""

    def when_done(page: AppTest, key: str) -> AppTest:
        job = jobs.find(key)
        assert job is None or job.wait(60)
        return page.run()

    return when_done


@pytest.fixture
def endless() -> jobs.Work:
    """Work that goes on until somebody cancels it."""

    def endless(progress: Progress) -> None:
        while True:
            progress("learning", 1, 2)
            time.sleep(0.01)

    return endless


@pytest.fixture
def cancelled(endless: jobs.Work) -> Callable[[AppTest, str, str], None]:
    """See that a page offers no button while a job goes on, and again once it is cancelled: ``(page, key, button)``."""

    def cancelled(page: AppTest, key: str, button: str) -> None:
        job = jobs.start(key, "Looking", endless)
        assert page.run().button(key=button).disabled
        job.cancel()
        assert job.wait(60)
        page = page.run()
        assert not page.exception and any("cancelled. Nothing was changed" in each.value for each in page.info)
        assert not page.button(key=button).disabled

    return cancelled
