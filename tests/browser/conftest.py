"""The app as ``workbench app`` starts it, and a real Chromium to look at it with."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ROOT = Path(__file__).parents[2]
TOKEN = "the-token-of-the-browser-tests"
PATIENCE = 240
"""Seconds after which a state that does not come is a failure: so many that a busy machine is none."""

COUNT_RUNS = """
    window.runs = 0;
    new MutationObserver(changes => {
        window.runs += changes.filter(
            ({target, oldValue}) =>
                oldValue !== "notRunning" && target.getAttribute("data-test-script-state") === "notRunning"
        ).length;
    }).observe(document, {subtree: true, attributeFilter: ["data-test-script-state"], attributeOldValue: true});
"""
"""Counts in ``window.runs`` how often the page's script, or a part of it, has run to its end."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_app(url: str, port: int, *, author: str = "Zoë") -> subprocess.Popen[bytes]:
    """Start the app on a lake and wait until it answers."""
    program = "from workbench.cli import main; main()"
    app = subprocess.Popen(
        [sys.executable, "-c", program, "--lake", url, "--author", author, "app", "--port", str(port)],
        cwd=ROOT, start_new_session=True, env={**os.environ, "WORKBENCH_APP_TOKEN": TOKEN},
    )  # fmt: skip
    for _ in range(4 * PATIENCE):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
            return app
        except OSError:
            assert app.poll() is None
            time.sleep(0.25)
    app.kill()
    raise AssertionError(f"the app did not answer within {PATIENCE} s")


def make_improved(folder: Path, message: str, *, repeated: int = 0) -> str:
    """Make a lake with one measured dataset: wrong train labels, and a version with most of them right.

    ``repeated`` rows are there twice. Returns its URL.
    """
    numbers = np.random.default_rng(0).normal(size=(300, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    wrong = [row for row in range(200) if truth[row] == "yes" and row % 10 < 7]
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(300), answer=truth)
    frame.loc[wrong, "answer"] = "no"
    frame["split"] = ["train"] * 200 + ["test"] * 100
    frame = pd.concat([frame, frame.head(repeated).assign(id=range(300, 300 + repeated))])
    url = f"sqlite:{folder / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="ann", create=True) as lake:
        people = lake.import_data("people", frame, key=["id"], label="answer", split_column="split", model="linear")
        people.evaluate()
        draft = people.draft().draft
        lake.stage(draft, [Correction(key={"id": row}, column="answer", new="yes") for row in wrong[12:]])
        lake.publish(draft, message=message)
        people.evaluate()
    return url


@pytest.fixture
def improved(tmp_path: Path) -> Callable[..., str]:
    """Make a lake as :func:`make_improved` does: ``improved("labels", repeated=3)``."""
    return partial(make_improved, tmp_path)


@contextlib.contextmanager
def served(url: str) -> Iterator[str]:
    """The address of the app on a lake; it must end as it is asked to."""
    port = free_port()
    app = start_app(url, port)
    try:
        yield f"http://127.0.0.1:{port}"
        app.send_signal(signal.SIGTERM)
        assert app.wait(timeout=PATIENCE) == 0
    finally:
        app.kill()
        app.wait()


@pytest.fixture
def address(url: str) -> Iterator[str]:
    """The address of the app on the lake of the test's own fixture ``url``."""
    with served(url) as address:
        yield address


@pytest.fixture
def serve() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the app as often as a test wants to kill it: ``serve(url, port)``; all are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def serve(url: str, port: int, *, author: str = "Zoë") -> subprocess.Popen[bytes]:
        started.append(start_app(url, port, author=author))
        return started[-1]

    yield serve
    for app in started:
        if app.poll() is None:
            os.killpg(app.pid, signal.SIGKILL)
        app.wait()


class Browser:
    """A headless Chromium; each page is a visitor of its own, who waits as long as it takes."""

    def __init__(self, started: Any) -> None:
        self._started = started

    def new_page(self, **options: Any) -> Any:
        """Open a window: ``new_page(viewport={"width": 1280, "height": 1200})``.

        Its ``goto`` takes addresses without the app's token and adds it.
        """
        context = self._started.new_context(**options)
        context.add_init_script(COUNT_RUNS)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto = partial(self._go, page, page.goto)
        return page

    @staticmethod
    def _go(page: Any, goto: Callable[[str], Any], address: str) -> None:
        """Open an address with the token, and wait until the app has led to the one without."""
        goto(f"{address}{'&' if '?' in address else '?'}token={TOKEN}")
        page.wait_for_url(lambda url: "token=" not in url)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield Browser(started)
        started.close()


@pytest.fixture
def still() -> Callable[[Any], None]:
    """Wait until a page has nothing left to write: ``still(page)``.

    A click or key that comes while the browser exchanges what it shows may meet nothing. The page tells that its script
    does not run; what will show it anew by itself is a job, whose line or bar it shows.
    """
    from playwright.sync_api import expect

    def still(page: Any) -> None:
        expect(page.locator(".wb-waiting, [class*='st-key-cancel-']")).to_have_count(0)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    return still


@pytest.fixture
def leave(still: Callable[[Any], None]) -> Callable[[Any], None]:
    """Leave a field that was filled in, and wait until the page has taken what it holds: ``leave(field)``."""

    def leave(field: Any) -> None:
        page = field.page
        before = page.evaluate("window.runs")
        field.press("Tab")
        page.wait_for_function("before => window.runs > before", arg=before)
        still(page)

    return leave


@pytest.fixture
def press(still: Callable[[Any], None]) -> Callable[[Any, str], None]:
    """Press a key once the page has nothing left to write, as somebody does who has read it: ``press(page, "w")``."""

    def press(page: Any, key: str) -> None:
        still(page)
        page.keyboard.press(key)

    return press
