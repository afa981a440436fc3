"""Compare in a real browser: the figures are the library's, a flipped row is opened, and its address brings it back."""

from __future__ import annotations

import re
from html import unescape

import pytest

import workbench
from workbench.compare import flipped_rows
from workbench.lake import view_of
from workbench.reporting import badge, format_count, format_metric

pytestmark = pytest.mark.browser


@pytest.fixture
def url(improved) -> str:
    """A lake with one measured dataset, and a version with most of its labels right."""
    return improved("labels <b>checked</b>")


def test_two_versions_are_compared_and_a_flipped_row_is_opened(url, address, browser, tmp_path):
    from playwright.sync_api import expect

    with workbench.open(url) as lake:
        people = lake["people"]
        found, differs = people.compare(1, 2), people.diff(1, 2)
        rows = flipped_rows(lake.lake, *(view_of(lake.lake, people.at(number).version) for number in (1, 2)))
    assert found.verdict == "gain" and len(rows.flips) >= 3
    page = browser.new_page(viewport={"width": 1280, "height": 2600})
    page.goto(f"{address}/?dataset=people")
    page.get_by_role("link", name="Compare").click()

    expect(page.locator("h1")).to_have_text("people · v1 → v2")
    text = badge(found.verdict, found.change, found.low, found.high, found.detectable, metric=found.metric)
    expect(page.locator(".wb-verdict-large")).to_contain_text(text)
    metrics = page.locator(".wb-metrics tbody tr")
    expect(metrics).to_have_count(len(found.metrics))
    for line, (name, effect) in enumerate(found.metrics.items()):
        expect(metrics.nth(line)).to_contain_text(format_metric(name, effect.a_mean))
        expect(metrics.nth(line)).to_contain_text(format_metric(name, effect.b_mean))
    dots = page.locator(".st-key-per-class .mark-symbol path[aria-roledescription='point']")
    expect(dots).to_have_count(len(found.per_class))
    expect(page.get_by_text(f"{format_count(differs.cells_changed)} cells changed in")).to_be_visible()

    grid = page.get_by_test_id("stDataFrame").filter(has=page.locator("canvas")).first
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 16, "y": 35 + 2 * 35 + 17})
    opened = page.locator(".st-key-flipped-row")
    flip = rows.flips[2]
    expect(opened).to_contain_text(f"id {flip.key['id']}")
    expect(opened).to_contain_text(f"label {flip.label} · predicted {flip.before} → {flip.after}")
    expect(opened.locator(".wb-both tbody tr")).to_have_count(5)
    expect(opened.locator(".wb-story")).to_contain_text("row added")
    assert f"row={flip.rid}" in page.url
    page.reload()
    expect(page.locator(".st-key-flipped-row")).to_contain_text(f"id {flip.key['id']}")

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download report").click()
    waiting.value.save_as(tmp_path / "report.html")
    read = re.sub("<[^>]*>", "", (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert text in unescape(read)
