"""From an empty machine to a gain, in a real browser: upload, import, check, measure, fix by key, publish."""

from __future__ import annotations

import pytest

import workbench
from workbench.findings import Filter, queue
from workbench.reporting import verdict_of

pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path):
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


def test_a_file_is_uploaded_measured_fixed_by_key_and_published(tmp_path, url, address, browser, press):
    from playwright.sync_api import expect

    rows = [f"{n},{20 + n * 37 % 60},{'high' if (n * 37 % 60 > 30) != (n % 17 == 0) else 'low'}" for n in range(200)]
    (tmp_path / "people.csv").write_text("\n".join(["id,age,income", *rows]) + "\n")
    (tmp_path / "ragged.csv").write_text("id,age\n1,2\n3\n")
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
    with workbench.open(url) as lake:
        people = lake["people"]
        [document] = people.documents()
        assert (document["author"], document["rows"]) == ("Zoë", 200)
        assert document["metrics"]["accuracy"]["mean"] > 0.6
        assert people.definition.key == ("id",) and people.definition.label == "income"
        assert people.definition.source is None, "an uploaded file is not there to be read again"
        found = queue(lake.lake, "people", Filter(check="label.issue", lane="train"))[:4]
    assert len(found) == 4

    page.goto(f"{address}/review?dataset=people&check=label.issue&lane=train")
    card = page.locator(".wb-finding")
    for finding in found[:3]:
        expect(card).to_contain_text(f"id {finding.key['id']}")
        press(page, "w")
    expect(card).to_contain_text(f"id {found[3].key['id']}")
    page.get_by_role("button", name="Publish …").click()
    page.get_by_label("What does it do?").fill("three labels")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("button", name="Check and measure v2").click()
    expect(page.locator(".wb-published .wb-badge")).to_be_visible()
    page.goto(f"{address}/?dataset=people")
    with workbench.open(url) as lake:
        second = lake["people"].documents()[1]
        assert (second["cells_changed"], second["message"], second["author"]) == (3, "three labels", "Zoë")
    expect(page.locator(".wb-verdict")).to_contain_text(verdict_of(second))
