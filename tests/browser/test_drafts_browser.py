"""A draft in a real browser: ann submits, ben sends it back, ann mends it, ben approves, ann publishes."""

from __future__ import annotations

import socket
from pathlib import Path

import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction
from workbench.lake import view_of

pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A lake with a draft of ann's."""
    url = f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"
    frame = pd.DataFrame({"id": range(20), "age": [210, *range(30, 49)], "city": "Oslo"})
    with workbench.open(url, author="ann", create=True) as lake:
        people = lake.import_data("people", frame, key=["id"])
        draft = people.draft(title="ages").draft
        lake.stage(draft, [Correction(key={"id": 0}, column="age", new=21)])
    return url


@pytest.fixture
def app_of(url, serve):
    """Start the app as somebody and give its address."""

    def app_of(author):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        serve(url, port, author=author)
        return f"http://127.0.0.1:{port}"

    return app_of


def rows(lake, column):
    return dict(view_of(lake.lake, lake["people"].newest).fetch(f"SELECT id, {column} FROM {{rows}}"))


def test_submit_send_back_mend_approve_publish(url, app_of, browser, monkeypatch):
    from playwright.sync_api import expect

    monkeypatch.setenv("WORKBENCH_POLICIES", '{"approval": true}')
    ann, ben = (browser.new_page(viewport={"width": 1280, "height": 1400}) for _ in range(2))
    ann.goto(f"{app_of('ann')}/drafts?dataset=people&draft=1")
    ann.get_by_role("button", name="Submit for approval").click()
    expect(ann.locator(".st-key-draft-head")).to_contain_text("It waits for somebody else than ann.")
    expect(ann.get_by_role("button", name="Approve")).to_have_count(0)

    ben.goto(f"{app_of('ben')}/drafts?dataset=people&draft=1")
    expect(ben.get_by_role("button", name="Approve")).to_be_visible()
    ben.get_by_role("button", name="Send back …").click()
    ben.get_by_label("What has to change?").fill("row 1 is wrong as well")
    ben.get_by_label("What has to change?").press("Control+Enter")
    ben.get_by_role("button", name="Send back", exact=True).click()
    expect(ben.locator(".st-key-draft-head")).to_contain_text("ben sent it back: row 1 is wrong as well")
    with workbench.open(url, author="ann") as lake:
        assert lake.discussion(1).state == "sent back"
        lake.stage(1, [Correction(key={"id": 1}, column="age", new=33)])

    ann.reload()
    expect(ann.locator(".st-key-draft-talk")).to_contain_text("row 1 is wrong as well")
    ann.get_by_role("button", name="Submit for approval").click()
    expect(ann.locator(".st-key-draft-head")).to_contain_text("It waits for somebody else")
    ben.reload()
    ben.get_by_role("button", name="Approve").click()
    expect(ben.locator(".st-key-draft-head")).to_contain_text("It can be published.")
    with workbench.open(url) as lake:
        assert lake.discussion(1).state == "approved" and lake["people"].newest.version == 1

    ann.reload()
    ann.get_by_label("What does it do?").fill("two ages")
    ann.get_by_role("button", name="Publish", exact=True).click()
    expect(ann.locator(".st-key-draft-head")).to_contain_text("people@2 is published: 2 cells changed")
    with workbench.open(url) as lake:
        made = lake["people"].newest
        assert (made.version, made.author, made.message) == (2, "ann", "two ages")
        assert {key: age for key, age in rows(lake, "age").items() if key < 2} == {0: 21, 1: 33}
        said = [(event.kind, event.author) for event in lake.discussion(1).events]
    assert said == [("submitted", "ann"), ("sent back", "ben"), ("submitted", "ann"), ("approved", "ben")]


def test_a_conflict_is_decided_in_the_page(url, app_of, browser):
    from playwright.sync_api import expect

    with workbench.open(url, author="ann") as lake:
        lake.stage(1, [Correction(key={"id": 2}, column="city", new="Bern")])
    with workbench.open(url, author="ben") as lake:
        other = lake["people"].draft().draft
        cells = [(0, "age", 22), (2, "city", "Rome")]
        lake.stage(other, [Correction(key={"id": key}, column=column, new=new) for key, column, new in cells])
        lake.publish(other, message="other")
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{app_of('ann')}/drafts?dataset=people&draft=1")
    apply = page.get_by_role("button", name="Apply")
    expect(apply).to_be_disabled()
    page.get_by_role("radio", name="the draft's").first.click()
    expect(page.locator(".st-key-draft-clashes")).to_contain_text("1 not decided yet")
    page.get_by_role("radio", name="as it is now").last.click()
    expect(apply).to_be_enabled()
    apply.click()
    expect(page.locator(".st-key-draft-head")).to_contain_text("1 of its conflicts kept, 1 dropped")
    with workbench.open(url, author="ann") as lake:
        assert [(c.column, c.old, c.new) for c in lake.corrections(1)] == [("age", "22", "21")]
        lake.publish(1, message="mine")
        assert rows(lake, "age")[0] == 21 and rows(lake, "city")[2] == "Rome"
