"""The history of a cell, from wherever it is shown: it opens by address, over any page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import workbench


def words(page: AppTest) -> str:
    """All that the page says, with markup as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", each.value) for each in page.get("html"))
    said = [each.value for kind in ("title", "subheader", "text", "error") for each in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *said]))


@pytest.fixture
def corrected(measured: str) -> tuple[int, str]:
    """A row whose label version 3 corrected, and its key."""
    with workbench.open(measured) as lake:
        change = lake["people"].diff(2, 3).changes[0]
    return change.rid, str(change.key["id"])


@pytest.mark.parametrize("page", ["data", "review", "compare"])
def test_the_story_says_who_when_why_and_what_it_did_to_the_model(visit, measured, corrected, page):
    rid, key = corrected
    shown = visit(measured, page, dataset="people", story=str(rid), cell="answer")
    said = words(shown)
    assert not shown.exception
    assert shown.selectbox(key="story-cell").label == f"Row id {key}"
    assert "answer : no → yes" in said
    assert "v3" in said and "ann" in said
    with workbench.open(measured) as lake:
        verdict = lake["people"].documents()[2]["verdict"]
    assert verdict.upper() in said


def test_another_cell_of_the_row_is_chosen(visit, measured, corrected):
    rid, _ = corrected
    shown = visit(measured, "data", dataset="people", story=str(rid), cell="a")
    assert "answer : no" not in words(shown)
    shown = shown.selectbox(key="story-cell").set_value("answer").run()
    assert shown.query_params["cell"] in ("answer", ["answer"])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"story": "x"}, "There is no row 'x' in people."),
        ({"story": "1", "cell": "nothing"}, "There is no column 'nothing' in people."),
    ],
)
def test_an_address_that_names_nothing_is_said(visit, measured, address, said):
    shown = visit(measured, "data", dataset="people", **address)
    assert not shown.exception
    assert said in words(shown)


def test_a_row_that_is_gone_still_has_its_story(visit, measured, tmp_path: Path):
    with workbench.open(measured, author="ben") as lake:
        draft = lake["people"].draft().draft
        rid = next(iter(lake["people"].at(3).to_pandas().index))
        (tmp_path / "gone.csv").write_text("id,action,reason\n0,delete,asked to be forgotten\n")
        lake.stage_file(draft, tmp_path / "gone.csv")
        lake.publish(draft, message="forget")
    shown = visit(measured, "data", dataset="people", story=str(rid), cell="")
    said = words(shown)
    assert "row removed" in said and "ben" in said
    assert "which the newest version does not have" in shown.selectbox(key="story-cell").label
