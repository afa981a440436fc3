"""Review in a real browser: three findings fixed by key, published, measured; and two people at one finding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.findings import Filter, get, queue
from workbench.lake import view_of
from workbench.reporting import verdict_of

pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A lake with one dataset that was checked and measured, and in which many train labels are wrong."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(300, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    wrong = rng.choice(200, 20, replace=False)
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(300), answer=truth)
    frame.loc[wrong, "answer"] = np.where(truth[wrong] == "yes", "no", "yes")
    frame["split"] = ["train"] * 200 + ["test"] * 100
    url = f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="ann", create=True) as lake:
        people = lake.import_data("people", frame, key=["id"], label="answer", split_column="split", model="linear")
        people.evaluate()
        people.check(only=["label.issue"])
    return url


def test_three_findings_by_key_then_publish_and_measure(url, address, browser, press, still):
    from playwright.sync_api import expect

    with workbench.open(url) as lake:
        known = queue(lake.lake, "people", Filter(check="label.issue", lane="train"))
    first, second, third, fourth = known[:4]
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(f"{address}/review?dataset=people&check=label.issue&lane=train")
    card = page.locator(".wb-finding")
    headline = page.locator("h1")
    digit = str([name for name, _ in second.evidence["likely"]].index(second.suggestion) + 1)

    expect(card).to_contain_text(f"id {first.key['id']}")
    press(page, "w")
    expect(card).to_contain_text(f"id {second.key['id']}")
    expect(headline).to_contain_text(f"{len(known) - 1} left · 1 done today")
    with workbench.open(url) as lake:
        assert get(lake.lake, "people", first.finding).status == "staged"
    press(page, digit)
    expect(card).to_contain_text(f"id {third.key['id']}")

    page.get_by_role("textbox", name="Another value").fill("wk")
    still(page)
    expect(card).to_contain_text(f"id {third.key['id']}")
    page.reload()
    expect(card).to_contain_text(f"id {third.key['id']}")
    expect(headline).to_contain_text(f"{len(known) - 2} left · 2 done today")
    press(page, "k")
    expect(card).to_contain_text(f"id {fourth.key['id']}")
    press(page, "z")
    expect(card).to_contain_text(f"id {third.key['id']}")
    press(page, "w")
    expect(card).to_contain_text(f"id {fourth.key['id']}")
    expect(page.locator(".st-key-draft")).to_contain_text("3 corrections on v1")

    page.get_by_role("button", name="Publish …").click()
    page.get_by_label("What does it do?").fill("three labels")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".wb-published")).to_contain_text("v2 is published")
    with workbench.open(url) as lake:
        made = lake["people"].newest
        assert (made.version, made.author, made.message, made.cells_changed) == (2, "Zoë", "three labels", 3)
        view = view_of(lake.lake, made)
        rows = dict(view.fetch("SELECT id, answer FROM {rows}"))
    assert [rows[int(each.key["id"])] for each in (first, second, third)] == [
        each.suggestion for each in (first, second, third)
    ]

    page.get_by_role("button", name="Check and measure v2").click()
    badge = page.locator(".wb-published .wb-badge")
    expect(badge).to_be_visible()
    with workbench.open(url) as lake:
        document = lake["people"].documents()[1]
        now = [get(lake.lake, "people", each.finding).status for each in (first, second, third)]
    assert document["verdict"] is not None
    expect(badge).to_have_text(verdict_of(document))
    assert "open" not in now


def test_of_two_people_at_one_finding_the_second_is_told(url, address, browser, press, still):
    from playwright.sync_api import expect

    with workbench.open(url) as lake:
        first, second = queue(lake.lake, "people", Filter(check="label.issue", lane="train"))[:2]
    pages = [browser.new_page(viewport={"width": 1280, "height": 1200}) for _ in range(2)]
    for page in pages:
        page.goto(f"{address}/review?dataset=people&check=label.issue&lane=train")
        expect(page.locator(".wb-finding")).to_contain_text(f"id {first.key['id']}")
    for page in pages:
        still(page)
    press(pages[0], "k")
    expect(pages[0].locator(".wb-finding")).to_contain_text(f"id {second.key['id']}")
    press(pages[1], "e")
    told = pages[1].locator(".wb-problem")
    expect(told).to_contain_text(f"Finding {first.finding} is kept by Zoë since you looked. Nothing was recorded.")
    expect(pages[1].locator(".wb-finding")).to_contain_text(f"id {first.key['id']}")
    press(pages[1], "n")
    expect(pages[1].locator(".wb-finding")).to_contain_text(f"id {second.key['id']}")
    expect(told).to_have_count(0)
    with workbench.open(url) as lake:
        assert get(lake.lake, "people", first.finding).status == "kept"
        assert not lake["people"].drafts()
