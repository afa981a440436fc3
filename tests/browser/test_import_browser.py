"""From an empty machine to a checked dataset, in a real browser: upload, import, check, measure."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import workbench

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


@pytest.fixture
def address(url):
    """The address of the app on a lake that is not there yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = "from workbench.cli import main; main()"
    app = subprocess.Popen(
        [sys.executable, "-c", program, "--lake", url, "--author", "Zoë", "app", "--port", str(port)], cwd=ROOT
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                assert app.poll() is None
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
        app.send_signal(signal.SIGTERM)
        assert app.wait(timeout=20) == 0
    finally:
        app.kill()
        app.wait()


def test_a_file_is_uploaded_imported_checked_and_measured(tmp_path, url, address):
    from playwright.sync_api import expect, sync_playwright

    rows = [f"{n},{20 + n * 37 % 60},{'high' if (n * 37 % 60 > 30) != (n % 17 == 0) else 'low'}" for n in range(200)]
    (tmp_path / "people.csv").write_text("\n".join(["id,age,income", *rows]) + "\n")
    (tmp_path / "ragged.csv").write_text("id,age\n1,2\n3\n")
    expect.set_options(timeout=20_000)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1300})
        page.goto(address)
        expect(page.locator("h1")).to_have_text("No lake yet")
        page.get_by_role("button", name="Import data").click()
        upload = page.locator("[data-testid=stFileUploaderDropzoneInput]")
        upload.set_input_files(tmp_path / "ragged.csv")
        expect(page.get_by_role("dialog")).to_contain_text("ragged.csv, line 3: expected 2 fields as in the header")
        assert str(tmp_path) not in page.get_by_role("dialog").inner_text()
        upload.set_input_files(tmp_path / "people.csv")
        expect(page.get_by_label("Name", exact=True)).to_have_value("people")
        page.get_by_role("combobox", name="Label").click()
        page.keyboard.type("income")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.locator("h1")).to_have_text("people · 200 rows · v1")
        page.get_by_role("button", name="Check v1").click()
        page.get_by_role("button", name="Measure v1").click()
        expect(page.locator(".wb-verdict")).to_contain_text("accuracy of v1")
        browser.close()
    with workbench.open(url) as lake:
        [document] = lake["people"].documents()
        assert (document["author"], document["rows"]) == ("Zoë", 200)
        assert document["metrics"]["accuracy"]["mean"] > 0.6
        assert lake["people"].definition.key == ("id",) and lake["people"].definition.label == "income"
        assert lake["people"].definition.source is None, "an uploaded file is not there to be read again"
        assert lake["people"].count_findings() > 0
