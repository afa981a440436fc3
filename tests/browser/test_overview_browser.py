"""The first page in a real browser: what it draws, where a click leads, and that nothing leaves the machine."""

from __future__ import annotations

import pytest

import workbench
from workbench.reporting import accuracy_of, verdict_of

pytestmark = pytest.mark.browser


@pytest.fixture
def url(improved) -> str:
    """A lake with one measured dataset, repeated rows in it, and a version with most of its labels right."""
    url = improved("labels <b>checked</b> ![x](http://example.invalid/x.png)", repeated=3)
    with workbench.open(url, author="ann") as lake:
        lake["people"].check(only=["data.duplicate"])
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
