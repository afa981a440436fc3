"""Work on whole columns in a real browser: variants merged, kept as a recipe, and replayed by the next refresh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction

pytestmark = pytest.mark.browser

CITIES = ["Oslo", "Oslo", "oslo", "OSLO ", "Bergen", "Bergen"]
BY_HAND = 4
"""The row whose town a person put into small letters, and wants it so."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A delivery with a town in three spellings."""
    frame = pd.DataFrame({"id": range(60), "city": CITIES * 10, "n": range(60)})
    frame.to_csv(tmp_path / "towns.csv", index=False)
    return tmp_path / "towns.csv"


@pytest.fixture
def url(tmp_path: Path, file: Path) -> str:
    """A lake with the delivery, and a version in which a person corrected a row."""
    url = f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="ann", create=True) as lake:
        towns = lake.import_data("towns", str(file), key=["id"])
        draft = towns.draft().draft
        lake.stage(draft, [Correction(key={"id": BY_HAND}, column="city", new="oslo", reason="asked there")])
        lake.publish(draft, message="row 4")
    return url


def towns(url: str) -> dict[int, str]:
    """The town of each row in the newest version."""
    with workbench.open(url) as lake:
        frame = lake["towns"].at().to_pandas(columns=["id", "city"])
    return dict(zip(frame["id"], frame["city"], strict=True))


def open_columns(address: str, browser: Any, path: str = "") -> Any:
    """Open the view on the towns."""
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(f"{address}/review?dataset=towns&view=columns&column=city{path}")
    return page


def test_variants_become_a_recipe_that_the_next_refresh_replays(url, address, browser, file, still, leave):
    from playwright.sync_api import expect

    page = open_columns(address, browser)
    page.get_by_role("checkbox", name="Merge the variants of Oslo").check(force=True)
    page.get_by_role("button", name="Merge the ticked 1 …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 cluster of 'city': 20 cells would change.")
    expect(dialog).to_contain_text("a person put this value there, or kept it (1 row)")
    page.get_by_role("button", name="Merge: 20 cells").click()
    expect(page.locator(".wb-notice")).to_contain_text("20 cells changed. One undo takes it back.")
    with workbench.open(url) as lake:
        (draft,) = lake["towns"].drafts()
        assert (draft.author, draft.corrections) == ("Zoë", 20)

    page.get_by_role("button", name="Save as a recipe …").click()
    name = page.get_by_label("Name", exact=True)
    name.fill("one Oslo")
    leave(name)
    # The tick itself is hidden behind what the page draws for it.
    page.locator(".st-key-recipe-replay label").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".wb-notice")).to_contain_text("one Oslo is saved, and replayed on every refresh.")
    with workbench.open(url) as lake:
        (recipe,) = lake["towns"].recipes()
        (step,) = recipe.recipe.steps
        assert (recipe.replay, step.value, set(step.values)) == (True, "Oslo", {"Oslo", "oslo", "OSLO "})

    # Somebody reads what the recipe would do now before going on.
    expect(page.locator(".wb-steps")).to_contain_text("conflicts")
    still(page)
    page.get_by_role("button", name="Publish …").click()
    page.get_by_label("What does it do?").fill("one spelling")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("h1")).to_contain_text("towns@3")
    expected = {row: "Oslo" if CITIES[row % 6].strip().lower() == "oslo" else "Bergen" for row in range(60)}
    assert towns(url) == expected | {BY_HAND: "oslo"}

    frame = pd.read_csv(file).assign(city=lambda known: known["city"].replace({"OSLO ": "oSLO"}))
    more = pd.DataFrame({"id": range(60, 66), "city": ["oslo", "OSLO ", "Oslo", "oSLO", "Moss", "Bergen"], "n": 0})
    frame.loc[frame["id"] == 1, ["city", "n"]] = ["oslo", 100]
    pd.concat([frame, more]).to_csv(file, index=False)
    with workbench.open(url, author="cron") as lake:
        (told,) = lake["towns"].refresh().recipes
        versions = lake["towns"].versions()
    assert (told["recipe"], told["version"], told["conflicts"]) == ("one Oslo", versions[-1].version, [])
    assert versions[-1].message == "recipe one Oslo"
    after = towns(url)
    assert {row: after[row] for row in (1, 60, 61, 62, 63, 64, 65)} == {
        1: "Oslo", 60: "Oslo", 61: "Oslo", 62: "Oslo", 63: "oSLO", 64: "Moss", 65: "Bergen",
    }  # fmt: skip
    assert after[BY_HAND] == "oslo"

    # The address says which recipe is open; a click on its name closes it, another opens it again.
    page.reload()
    opened, name = page.locator(".st-key-recipe-opened"), page.get_by_role("button", name="one Oslo")
    expect(opened).to_contain_text("a person put this value there, or kept it")
    still(page)
    name.click()
    expect(opened).not_to_be_attached()
    still(page)
    name.click()
    expect(opened).to_contain_text("a person put this value there, or kept it")
    assert towns(url) == after


def test_a_transform_with_a_bad_pattern_is_mended_staged_and_undone_by_key(url, address, browser, leave):
    from playwright.sync_api import expect

    page = open_columns(address, browser, "&do=transform&kind=regex")
    pattern = page.get_by_label("Regular expression")
    pattern.fill("(oslo")
    leave(pattern)
    expect(page.locator(".wb-problem")).to_contain_text("is no pattern that can be used")
    pattern.fill("^OSLO $")
    leave(pattern)
    page.get_by_label("Put in its place").fill("Oslo")
    leave(page.get_by_label("Put in its place"))
    page.get_by_role("button", name="Stage: 10 cells").click()
    expect(page.locator(".st-key-draft")).to_contain_text("10 corrections on v2")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator(".wb-notice")).to_contain_text("Taken back")
    with workbench.open(url) as lake:
        (draft,) = lake["towns"].drafts()
        assert lake.corrections(draft.draft) == []
