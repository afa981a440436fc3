"""A job of the app with its page open against the same work as a command: python -m benchmarks.app_jobs [--pairs 3]

A real server and a real browser, whose page stays open on the job. Each pair measures the fixed model on a version
that nobody measured: once with `workbench evaluate`, once with the button of Overview. Both are timed from outside,
from the start of the command or the click until the figure is in the lake, so each has the start of its process in it.
Two processes of their own do the work, one after the other in changing order. Everything made is deleted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import workbench
from benchmarks.app import CHROMIUM, ROOT, app


def made(folder: Path, rows: int) -> None:
    """Make a lake with one dataset that was checked and not measured."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{column}": random.normal(size=rows) for column in range(12)}).assign(id=range(rows))
    frame["label"] = np.where(frame.x0 + frame.x1 * frame.x2 + random.normal(size=rows) > 0, "yes", "no")
    with workbench.open(url_of(folder), author="bench", create=True) as lake:
        lake.import_data("people", frame, key=["id"], label="label", model="tabular")
        lake["people"].check(only=["data"])


def url_of(folder: Path) -> str:
    """Name the lake in a folder."""
    return f"sqlite:{folder / 'lake' / 'catalog.sqlite'}"


def until_measured(folder: Path, began: float) -> float:
    """Seconds until the lake has a figure of the dataset."""
    with workbench.open(url_of(folder)) as lake:
        while not lake["people"].documents()[-1]["metrics"]:
            time.sleep(0.3)
    return time.perf_counter() - began


def as_command(folder: Path) -> float:
    """Measure with the command."""
    began = time.perf_counter()
    program = "from workbench.cli import main; main()"
    words = ["--lake", url_of(folder), "evaluate", "people"]
    with subprocess.Popen([sys.executable, "-c", program, *words], cwd=ROOT, stdout=subprocess.DEVNULL):
        return until_measured(folder, began)


def as_job(folder: Path, browser: object) -> float:
    """Measure with the button, and keep looking at the page."""
    with app(url_of(folder)) as address:
        tab = browser.new_page(bypass_csp=True, viewport={"width": 1280, "height": 1000})
        tab.goto(address)
        button = tab.get_by_role("button", name="Measure", exact=False).first
        button.wait_for(timeout=120_000)
        tab.wait_for_timeout(1_000)
        began = time.perf_counter()
        button.click()
        took = until_measured(folder, began)
        tab.close()
    return took


def main() -> None:
    """Measure pairs."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=60_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder, sync_playwright() as driver:
        first = Path(folder) / "first"
        made(first, given.rows)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        ratios = []
        for pair in range(given.pairs):
            took = {}
            for kind in ("command", "job") if pair % 2 else ("job", "command"):
                copy = Path(folder) / f"{kind}{pair}"
                shutil.copytree(first, copy)
                took[kind] = as_command(copy) if kind == "command" else as_job(copy, browser)
            ratios.append(took["job"] / took["command"])
            sys.stdout.write(
                f"command {took['command']:6.1f} s   job with its page open {took['job']:6.1f} s   "
                f"ratio {ratios[-1]:.2f}   load {os.getloadavg()[0]:.1f}\n"
            )
            sys.stdout.flush()
        sys.stdout.write(f"median ratio {statistics.median(ratios):.2f}\n")
        browser.close()


if __name__ == "__main__":
    main()
