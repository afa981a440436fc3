"""History: every version with what can be done with it, and the story of a row."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from html import unescape

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.drafts import Correction
from workbench.lake import maintain
from workbench.reporting import format_change, verdict_of
from workbench.ui import jobs


def words(page: AppTest) -> str:
    """All that the page says, with markup as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html"))
    said = [element.value for kind in ("title", "subheader", "text", "error", "code") for element in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *said]))


def test_an_empty_lake_says_what_the_page_will_show(visit, lake):
    page = visit(lake.url, "history")
    assert not page.exception
    assert "who made which version when and why" in words(page)


def test_every_version_is_there_newest_first(visit, measured):
    page = visit(measured, "history", dataset="people")
    assert not page.exception
    said = words(page)
    with workbench.open(measured) as lake:
        documents = lake["people"].documents()
    places = [said.index(f"v{number} ") for number in (3, 2)]
    assert places == sorted(places)
    assert f"v3 published by ann just now {documents[2]['message']}" in said or "v3 published by ann" in said
    assert "v2 production published by ann" in said
    assert "v1 imported by ann" in said
    assert f"{documents[2]['cells_changed']} cells changed · 320 rows {verdict_of(documents[2])}" in said
    assert [button.key for button in page.button if button.key.startswith("restore-")] == ["restore-2", "restore-1"]


def test_many_versions_are_paged(visit, lake, make, publish):
    make(pd.DataFrame({"id": [1], "x": [0]}), "t", key=("id",))
    for value in range(1, 12):
        publish("t", {1: {"x": value}})
    page = visit(lake.url, "history", dataset="t")
    assert [button.key for button in page.button if button.key.startswith("tag-")][0] == "tag-12"
    page.query_params["page"] = "2"
    page = page.run()
    assert [button.key for button in page.button if button.key.startswith("tag-")] == ["tag-2", "tag-1"]
    page.query_params["page"] = "two"
    assert "There is no page 'two'." in words(page.run())


def test_restoring_asks_for_a_reason_says_what_will_happen_and_does_it(visit, measured):
    page = visit(measured, "history", dataset="people")
    page = page.button(key="restore-2").click().run()
    assert not page.exception
    with workbench.open(measured) as lake:
        changed = lake["people"].diff(3, 2).cells_changed
    assert f"A new version v4 is published that equals v2: {changed} cells changed back in {changed} rows." in words(
        page
    )
    assert page.button(key="restore-now").disabled
    page = page.text_input(key="restore-message").input("the labels were better").run()
    page = page.button(key="restore-now").click().run()
    assert not page.exception
    with workbench.open(measured) as lake:
        newest = lake["people"].newest
        assert (newest.version, newest.kind, newest.author) == (4, "restore", "Zoë")
        assert newest.message == "the labels were better"
        assert newest.content_hash == lake["people"].at(2).version.content_hash
    assert page.success[0].value == "v4 equals v2 again"
    assert "v4 restored by Zoë" in words(page)
    assert not [button for button in page.button if button.key == "restore-now"]


def test_tagging_names_a_version_and_a_wrong_name_is_refused(visit, measured):
    page = visit(measured, "history", dataset="people")
    page = page.button(key="tag-3").click().run()
    page = page.text_input(key="tag-name").input("v7").run()
    page = page.button(key="tag-now").click().run()
    assert "'v7' cannot be a tag." in words(page)
    page = page.text_input(key="tag-name").input("production").run()
    assert "'production' names v2 now; it moves to v3." in words(page)
    page = page.button(key="tag-now").click().run()
    assert page.success[0].value == "v3 is tagged"
    with workbench.open(measured) as lake:
        assert [document["tags"] for document in lake["people"].documents()] == [[], [], ["production"]]


def test_the_story_of_a_row_is_told_cell_by_cell(visit, measured):
    with workbench.open(measured) as lake:
        change = lake["people"].diff(2, 3).changes[0]
    page = visit(measured, "history", dataset="people")
    page = page.text_input(key="story-0").input(str(change.key["id"])).run()
    assert page.query_params["key"] == str(change.key["id"])
    assert not page.exception
    assert f"answer : {change.old} → {change.new}" in words(page) or (
        f"answer: {change.old} → {change.new}" in words(page)
    )
    assert "row added" in words(page)


@pytest.mark.parametrize("key", ["99999", "nobody", "' OR 1=1"])
def test_an_unknown_key_is_said(visit, measured, key):
    page = visit(measured, "history", dataset="people", key=key)
    assert not page.exception
    assert f"There is no row 'id={key}'" in words(page)
    assert "v3 published by ann" in words(page)


def test_a_dataset_without_a_key_is_searched_by_row_identity(visit, lake, make, publish):
    make(pd.DataFrame({"x": ["a", "b"]}), "bare")
    publish("bare", {2: {"x": "c"}})
    page = visit(lake.url, "history", dataset="bare", key="2")
    assert not page.exception
    assert "b → c" in words(page)
    assert page.text_input(key="story-0").label == "Story of a row: its rid"


def test_a_key_of_two_columns_needs_both(visit, lake, make):
    make(pd.DataFrame({"a": [1, 1], "b": ["x", "y"], "v": [1, 2]}), "pairs", key=("a", "b"))
    page = visit(lake.url, "history", dataset="pairs", key="1")
    assert "Its key is a, b." in words(page)
    page = visit(lake.url, "history", dataset="pairs")
    page = page.text_input(key="story-0").input("1").run()
    assert "key" not in page.query_params
    page = page.text_input(key="story-1").input("y").run()
    assert not page.exception
    assert "row added" in words(page)


def test_what_people_wrote_is_never_markup(visit, measured):
    page = visit(measured, "history", dataset="people")
    assert not [element for element in page.markdown if "example.invalid" in element.value]
    raw = " ".join(element.value for element in page.get("html"))
    assert "<b>bold" not in raw and "&lt;b&gt;bold&lt;/b&gt;" in raw


def test_a_version_that_was_let_go_keeps_its_line_and_offers_nothing(visit, lake, make, publish):
    make(pd.DataFrame({"id": [1], "x": [0]}), "t", key=("id",))
    publish("t", {1: {"x": 1}})
    maintain(lake, retention_days=0, now=datetime.now(UTC) + timedelta(days=1))
    page = visit(lake.url, "history")
    assert not page.exception
    assert "Its rows were let go by maintain." in words(page)
    assert [button.key for button in page.button if button.key.startswith(("tag-", "restore-"))] == ["tag-2"]
    for other, address in (("data", {"version": "1"}), ("compare", {"a": "1", "b": "2"})):
        page = visit(lake.url, other, **address)
        assert not page.exception
        assert "There is no version '1' in 't' any more." in words(page)


def test_a_restore_that_takes_longer_goes_on_behind_the_page(visit, measured, monkeypatch):
    page = visit(measured, "history", dataset="people")
    page = page.button(key="restore-2").click().run()
    page = page.text_input(key="restore-message").input("back").run()
    let, begin = threading.Event(), jobs.start
    monkeypatch.setattr(jobs, "SOON", 0)
    monkeypatch.setattr(
        jobs, "start", lambda key, title, work: begin(key, title, lambda told: (let.wait(300), work(told))[1])
    )
    page = page.button(key="restore-now").click().run()
    job = jobs.find(f"restore:{measured}:people")
    assert not page.exception and job.running
    assert not [button for button in page.button if button.key == "restore-now"]
    let.set()
    assert job.wait(60)
    page = page.run()
    assert not page.exception and page.success[0].value == "v4 equals v2 again"
    assert "v4 restored by Zoë" in words(page)


def test_versions_are_searched_by_message_author_and_tag(visit, measured):
    page = visit(measured, "history", dataset="people")
    for sought, shown in (("one spelling", ["2"]), ("PRODUCTION", ["2"]), ("ann", ["3", "2", "1"]), ("v3", ["3"])):
        page = page.text_input(key="search").set_value(sought).run()
        numbers = [each.key.removeprefix("tag-") for each in page.button if (each.key or "").startswith("tag-")]
        assert numbers == shown
    page = page.text_input(key="search").set_value("nobody").run()
    assert not page.exception and "No version of 3 versions is like that." in words(page)


def test_several_verdicts_say_at_what_level_each_holds(visit, measured):
    with workbench.open(measured) as lake:
        data = lake["people"]
        draft = data.draft(title="more").draft
        lake.stage(draft, [Correction(key={"id": row}, column="answer", new="yes") for row in range(1, 9)])
        lake.publish(draft, message="more")
        assert "Each verdict holds at 95 %" not in " ".join(visit_captions(visit, measured))
        data.evaluate()
    assert "of 20 versions whose changes did nothing, one may read gain or loss" in " ".join(
        visit_captions(visit, measured)
    )


def visit_captions(visit, measured):
    return [caption.value for caption in visit(measured, "history", dataset="people").caption]


def test_all_measured_versions_are_compared_at_once_when_asked(visit, measured):
    page = visit(measured, "history", dataset="people")
    assert not page.get("vega_lite_chart")
    page.toggle(key="together").set_value(True).run()
    assert not page.exception
    assert page.selectbox(key="together-base").value == 2, "v1 is not comparable as published"
    with workbench.open(measured) as lake:
        found = lake["people"].compare_many(2, 1, 3)
    (chart,) = page.get("vega_lite_chart")
    told = [
        f"v{each.b[-1]} {format_change(each.change, each.low, each.high)}, {each.verdict}" for each in found.comparisons
    ]
    assert "; ".join(told) in chart.proto.alt and "Noise floor: other seeds, same data" in chart.proto.alt
    subtitle = json.loads(chart.proto.spec)["title"]["subtitle"]
    assert subtitle[0] == "97.5 % intervals, which hold together at 95 % for all 2 versions (Bonferroni)"


def test_a_version_that_cannot_be_compared_at_once_is_named_and_nothing_is_fitted(visit, measured):
    with workbench.open(measured) as lake:
        data = lake["people"]
        draft = data.draft(title="features").draft
        lake.stage(draft, [Correction(key={"id": row}, column="a", new=0.5) for row in range(200, 210)])
        lake.publish(draft, message="features of test rows")
        data.evaluate()
    page = visit(measured, "history", dataset="people")
    page.toggle(key="together").set_value(True).run()
    assert not page.exception and page.get("vega_lite_chart")
    assert any(text.value.startswith("Left out: people@4. This comparison is not known yet") for text in page.text)
