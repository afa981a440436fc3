"""Make docs/images/ from the demo: python docs/make_images.py [--lake URL]. Needs Chromium; takes about two minutes.

Without --lake the demo runs in a temporary folder first. Each page is taken in the light and the dark theme.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
IMAGES = Path(__file__).parent / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WORKBENCH = [sys.executable, "-c", "from workbench.cli import main; main()"]
TOKEN = secrets.token_urlsafe(32)
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "WORKBENCH_APP_TOKEN": TOKEN}
PAGES = {
    "overview": "",
    "review": "review?dataset=adult&check=label.issue&lane=train",
    "table": "review?dataset=adult&check=label.issue&lane=train&view=table",
    "columns": "review?dataset=adult&view=columns&column=occupation&do=transform&kind=case",
    "drafts": "drafts?dataset=adult&draft=5",
    "compare": "compare?dataset=adult&a=2&b=5",
    "history": "history?dataset=adult",
    "runs": "runs?dataset=adult",
    "data": "data?dataset=adult",
}
WIDTH, HEIGHT = 1280, 900
STILL = (
    "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    " && !document.body.innerText.includes('looking for similar rows')"
)
"""Whether a page shows all that it is going to show."""

COLOURS = 128
"""Of an image's palette: text and charts lose nothing, and the file is a third of the size."""


@contextmanager
def app(folder: str, where: list[str]) -> Iterator[str]:
    """Run the app in a folder, on its lake or another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*WORKBENCH, *where, "--author", "ann", "app", "--port", str(port)],
        cwd=folder,
        env=ENV,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def propose(url: str) -> None:
    """Leave a draft that waits for somebody's approval."""
    sys.path.insert(0, str(ROOT))
    import workbench

    with workbench.open(url, author="ben") as lake:
        adult = lake["adult"]
        doubted = [each for each in adult.findings(check="label.issue", limit=200) if each.lane == "train"][20:80]
        decided = adult.decide([each.finding for each in doubted], "fix", use_suggestion=True)
        draft = decided.draft or 0
        lake.check_draft(draft)
        lake.evaluate_draft(draft)
        lake.submit(draft, text="Sixty labels that the model doubts; ten of them I looked up.")


def take(browser: Any, address: str, name: str, query: str, theme: str) -> None:
    """Take one page in one theme."""
    # Playwright waits by eval, which the app forbids.
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme, bypass_csp=True)
    page.goto(f"{address}/{query}{'&' if '?' in query else '?'}token={TOKEN}")
    page.wait_for_url(lambda url: "token=" not in url)
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_timeout(2_500)
    page.wait_for_function(STILL, timeout=60_000)
    page.wait_for_timeout(1_000)
    file = IMAGES / f"{name}-{theme}.png"
    page.screenshot(path=file)
    page.close()
    Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)
    sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KB\n")


def main() -> None:
    """Make all images."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", help="take this lake instead of running the demo")
    given = parser.parse_args().lake
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-images-") as folder:
        where = ["--lake", given] if given else []
        if not given:
            for who, *words in (("ann", "demo", "--no-app"), ("cron", "run", "adult")):
                subprocess.run([*WORKBENCH, "--author", who, *words], cwd=folder, env=ENV, check=True)
            propose(f"sqlite:{folder}/data/lake/catalog.sqlite")
        with app(folder, where) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            for name, query in PAGES.items():
                for theme in ("light", "dark"):
                    take(browser, address, name, query, theme)
            browser.close()


if __name__ == "__main__":
    main()
