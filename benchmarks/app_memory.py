"""Memory of the app's server while one person works down a queue: python -m benchmarks.app_memory [--presses 2000]

A real server and a real browser. Keys N (next) and K (keep) are pressed in turn on Review; the server's resident memory
is told every 100 presses. Everything made is deleted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.app import CHROMIUM, app, lake_of, wait_for_change


def resident() -> float:
    """Resident megabytes of the largest Streamlit server below this process."""
    sizes = [
        child.memory_info().rss / 1e6
        for child in psutil.Process().children(recursive=True)
        if "streamlit" in " ".join(child.cmdline())
    ]
    return max(sizes)


def main() -> None:
    """Press and tell."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3_600, help="stop after so long")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        url = lake_of(Path(folder), given.rows)
        with app(url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            tab = browser.new_page(bypass_csp=True, viewport={"width": 1280, "height": 1000})
            tab.goto(f"{address}/review?dataset=people&check=schema.age.in_range")
            tab.wait_for_selector(".wb-finding", timeout=120_000)
            tab.wait_for_timeout(2_000)
            began = time.monotonic()
            sys.stdout.write(f"{0:>6} presses  {resident():6.0f} MB\n")
            for press in range(1, given.presses + 1):
                before = tab.inner_text(".wb-finding")
                tab.keyboard.press("nk"[press % 2])
                wait_for_change(tab, ".wb-finding", before)
                if press % 100 == 0 or time.monotonic() - began > given.seconds:
                    took = time.monotonic() - began
                    sys.stdout.write(f"{press:>6} presses  {resident():6.0f} MB  {took / press:.2f} s each\n")
                    sys.stdout.flush()
                    if took > given.seconds:
                        break
            browser.close()


if __name__ == "__main__":
    main()
