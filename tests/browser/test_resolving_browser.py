"""A long review in a real browser: by keyboard alone, in bulk, in the table, and through the death of the server."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.findings import Filter, Finding, find, queue

pytestmark = pytest.mark.browser

SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema({"n": pa.Column("Int64", pa.Check.in_range(0, 99))}, strict=False)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A checked lake with some seventy wrong train labels and three impossible numbers."""
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(900, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    clear = np.flatnonzero(np.abs(numbers[:700] @ [2, 1]) > 1)
    wrong = rng.choice(clear, 70, replace=False)
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(900), n=rng.integers(0, 99, 900), answer=truth)
    frame.loc[wrong, "answer"] = np.where(truth[wrong] == "yes", "no", "yes")
    frame.loc[[3, 5, 7], "n"] = [200, 300, 400]
    frame["split"] = ["train"] * 700 + ["test"] * 200
    (tmp_path / "rules.py").write_text(SCHEMA)
    url = f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="ann", create=True) as lake:
        people = lake.import_data(
            "people", frame, key=["id"], label="answer", split_column="split", model="linear",
            schema=str(tmp_path / "rules.py"),
        )  # fmt: skip
        people.check()
    return url


def labels(url: str) -> list[Finding]:
    """The doubted train labels, as the queue has them."""
    with workbench.open(url) as lake:
        return queue(lake.lake, "people", Filter(check="label.issue", lane="train"))


def statuses(url: str, findings: list[Finding]) -> list[str]:
    """How findings stand in the lake."""
    with workbench.open(url) as lake:
        return [finding.status for finding in find(lake.lake, "people", [each.finding for each in findings])]


def shows(page: Any, finding: Finding) -> None:
    """Wait until a finding is the one that is shown."""
    from playwright.sync_api import expect

    expect(page.locator(".wb-finding")).to_contain_text(f"id {finding.key['id']}")


def test_fifty_findings_by_keyboard_alone(url, address, browser, press):
    known = labels(url)
    assert len(known) > 55
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(f"{address}/review?dataset=people&check=label.issue&lane=train")
    keys = {"w": "staged", "k": "kept", "1": "staged", "u": "unsure", "e": "staged"}
    pressed = [list(keys)[number % len(keys)] for number in range(50)]
    for finding, key in zip(known, pressed, strict=False):
        shows(page, finding)
        press(page, key)
    shows(page, known[50])
    assert statuses(url, known[:51]) == [*(keys[key] for key in pressed), "open"]
    for undone in (known[49], known[48]):
        press(page, "z")
        shows(page, undone)
    assert statuses(url, known[47:51]) == ["staged", "open", "open", "open"]


def test_many_are_fixed_at_once_undone_and_then_published(url, address, browser):
    from playwright.sync_api import expect

    known = labels(url)
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{address}/review?dataset=people&check=label.issue&lane=train")
    headline = page.locator("h1")
    for _ in range(2):
        page.get_by_role("button", name="Use suggestion …").click()
        page.get_by_role("button", name=f"Use suggestion: {len(known)} findings").click()
        expect(headline).to_contain_text(f"0 left · {len(known)} done today")
        assert set(statuses(url, known)) == {"staged"}
        page.get_by_role("button", name="Undo", exact=False).first.click()
        expect(headline).to_contain_text(f"{len(known)} left · 0 done today")
        assert set(statuses(url, known)) == {"open"}
    page.get_by_role("button", name="Use suggestion …").click()
    page.get_by_role("button", name=f"Use suggestion: {len(known)} findings").click()
    expect(headline).to_contain_text(f"0 left · {len(known)} done today")
    page.get_by_role("button", name="Publish …").click()
    page.get_by_label("What does it do?").fill("all labels")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".wb-published")).to_contain_text("v2 is published")
    with workbench.open(url) as lake:
        changes = lake["people"].diff(1, 2).changes
    assert {(change.rid, change.new) for change in changes} == {(each.rid, each.suggestion) for each in known}


def test_a_cell_typed_into_the_table_is_staged_and_a_wrong_one_is_refused(url, address, browser):
    from playwright.sync_api import expect

    with workbench.open(url) as lake:
        first, second, _ = queue(lake.lake, "people", Filter(check="schema"))
    page = browser.new_page(viewport={"width": 1600, "height": 1200})
    page.goto(f"{address}/review?dataset=people&check=schema&view=table")
    grid = page.get_by_test_id("stDataFrame")
    expect(grid.locator("canvas").first).to_be_visible()

    def put(line: int, value: str) -> None:
        grid.locator("canvas").first.focus()
        cell = grid.get_by_test_id(f"glide-cell-7-{line}")
        cell.focus()
        expect(cell).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        page.locator("#portal textarea, #portal input").first.fill(value)
        page.keyboard.press("Enter")

    put(0, "42")
    expect(page.locator(".st-key-draft")).to_contain_text("1 correction on v1")
    put(1, "777")
    expect(page.locator(".wb-problem")).to_contain_text("'777' fails in_range(0, 99)")
    assert statuses(url, [first, second]) == ["staged", "open"]
    with workbench.open(url) as lake:
        (draft,) = lake["people"].drafts()
        assert [(each.rid, each.column, each.old, each.new) for each in lake.corrections(draft.draft)] == [
            (first.rid, "n", "200", "42")
        ]


def test_no_answer_is_lost_when_the_server_dies_in_mid_review(url, serve, browser, press):
    from tests.browser.conftest import free_port

    known = labels(url)
    port = free_port()
    app = serve(url, port)
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(f"http://127.0.0.1:{port}/review?dataset=people&check=label.issue&lane=train")
    for finding, key in zip(known, "wkw", strict=False):
        shows(page, finding)
        press(page, key)
    shows(page, known[3])
    os.killpg(app.pid, signal.SIGKILL)
    app.wait()
    assert statuses(url, known[:4]) == ["staged", "kept", "staged", "open"]
    page.keyboard.press("w")
    serve(url, port)
    # The page finds the server again by itself; what was pressed meanwhile was never answered.
    page.reload()
    shows(page, known[3])
    assert statuses(url, known[:4]) == ["staged", "kept", "staged", "open"]
    press(page, "w")
    shows(page, known[4])
    assert statuses(url, known[:5]) == ["staged", "kept", "staged", "staged", "open"]
    with workbench.open(url) as lake:
        (draft,) = lake["people"].drafts()
    assert draft.corrections == 3
