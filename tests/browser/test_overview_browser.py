"""The first page in a real browser: what it draws, where a click leads, and that nothing leaves the machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction
from workbench.reporting import accuracy_of, verdict_of

pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A lake with one measured dataset: wrong train labels and repeated rows, and a version with most labels right."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(300, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    wrong = [row for row in range(200) if truth[row] == "yes" and row % 10 < 7]
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(300), answer=truth)
    frame.loc[wrong, "answer"] = "no"
    frame["split"] = ["train"] * 200 + ["test"] * 100
    frame = pd.concat([frame, frame.head(3).assign(id=[300, 301, 302])])
    url = f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="ann", create=True) as lake:
        people = lake.import_data("people", frame, key=["id"], label="answer", split_column="split", model="linear")
        people.evaluate()
        draft = people.draft().draft
        lake.stage(draft, [Correction(key={"id": row}, column="answer", new="yes") for row in wrong[12:]])
        lake.publish(draft, message="labels <b>checked</b> ![x](http://example.invalid/x.png)")
        people.evaluate()
        people.check(only=["data.duplicate"])
    return url


def test_the_overview_in_chromium(url, address, browser):
    from playwright.sync_api import expect

    with workbench.open(url) as lake:
        known = lake["people"].documents()
        found = lake["people"].count_findings()
    assert known[1]["verdict"] == "gain" and found
    page = browser.new_page(viewport={"width": 1280, "height": 1600}, color_scheme="dark")
    elsewhere, complaints = [], []
    page.on("request", lambda request: elsewhere.append(request.url))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(address)

    expect(page.locator("h1")).to_have_text("people · 303 rows · v2")
    expect(page.locator(".wb-verdict")).to_contain_text(verdict_of(known[1]))
    expect(page.locator(".wb-table tbody tr")).to_have_count(2)
    expect(page.locator(".wb-table")).to_contain_text("labels <b>checked</b> ![x](http://example.invalid/x.png)")
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(20, 24, 28)"

    points = page.locator(".st-key-accuracy .mark-symbol path[aria-label*='version']")
    expect(points).to_have_count(2)
    points.first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text(accuracy_of(known[0]))
    expect(page.locator(".st-key-findings svg.marks")).to_contain_text("data.duplicate")
    expect(page.locator(".st-key-findings svg.marks")).to_contain_text(f"{found:,}")

    points.first.click()
    expect(page.locator("h1")).to_have_text("people · 303 rows · v1 (newest: v2)")
    assert page.url.endswith("/?dataset=people&version=1")
    page.reload()
    expect(page.locator("h1")).to_have_text("people · 303 rows · v1 (newest: v2)")
    page.go_back()
    expect(page.locator("h1")).to_have_text("people · 303 rows · v2")

    page.locator(".st-key-findings .mark-rect path").first.click()
    page.wait_for_url("**/review?dataset=people&check=data.duplicate")
    page.go_back()
    page.get_by_role("button", name=f"Review {found:,} findings").click()
    page.wait_for_url("**/review?dataset=people")

    assert not [to for to in elsewhere if not to.startswith((address, "data:", "blob:", address.replace("http", "ws")))]
    assert not complaints
