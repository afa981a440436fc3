"""Review: what it shows, what its buttons do to the lake, and what it says when something is not there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import workbench
from workbench.drafts import Correction, corrections_of
from workbench.findings import Filter, get, queue, saved_views, tally
from workbench.lake import newest
from workbench.reviewing import class_counts, rows_at
from workbench.ui import jobs
from workbench.ui.components.review_desk import Desk
from workbench.ui.components.review_table import _key, take_edits
from workbench.ui.components.review_wanted import Wanted
from workbench.ui.wording import plain

SCHEMA = """
import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "a": pa.Column(float, pa.Check.in_range(-50, 50)),
        "n": pa.Column(int, [pa.Check.in_range(0, 9), pa.Check.less_than(9, raise_warning=True)]),
        "answer": pa.Column(str, pa.Check.isin(["yes", "no"])),
    }
)
"""


@pytest.fixture(scope="session")
def checked_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with one checked version: wrong labels in train and test rows, numbers out of range, repeated rows."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "rules.py").write_text(SCHEMA)
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=(400, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    given = truth.copy()
    wrong = [*rng.choice(250, 25, replace=False), *(250 + rng.choice(150, 12, replace=False))]
    given[wrong] = np.where(truth[wrong] == "yes", "no", "yes")
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(400), n=5, note="![x](http://example.invalid)")
    frame["split"], frame["answer"] = ["train"] * 250 + ["test"] * 150, given
    frame.loc[[10, 20, 300], "n"] = [77, 88, 99]
    frame = pd.concat([frame, frame.head(2).assign(id=[400, 401])])
    with workbench.open(f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        schema = str(folder / "rules.py")
        people = lake.import_data(
            "people", frame, key=["id"], label="answer", split_column="split", ignore=["note"], model="linear",
            schema=schema,
        )  # fmt: skip
        people.check()
    return folder / "lake"


@pytest.fixture
def url(checked_lake: Path, tmp_path: Path) -> str:
    shutil.copytree(checked_lake, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


@pytest.fixture
def review(visit: Callable[..., AppTest], url: str) -> Callable[..., AppTest]:
    """Open the page with an address, as somebody who follows a link does."""

    def review(**address: str) -> AppTest:
        number = address.pop("page", None)
        page = visit(url, "review", **address)
        if number is not None:
            page.query_params["page"] = number
            page.run()
        return page

    return review


def words(page: AppTest) -> str:
    """All that the page says, with markup as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html") if "{" not in element.value)
    said = [element.value for kind in ("title", "subheader", "text", "error", "info") for element in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *said]))


def shown(page: AppTest) -> str:
    """The finding that is open, as the address says."""
    found = page.query_params["finding"]
    return found if isinstance(found, str) else found[0]


def press(page: AppTest, button: str) -> AppTest:
    """Press a button that belongs to the open finding."""
    return page.button(key=f"{button}-{shown(page)}").click().run()


def edit(page: AppTest, part: str) -> str:
    """Name a part of the open finding's field for another value."""
    return f"edit-{part}-{shown(page)}"


def grid(page: AppTest) -> pd.DataFrame:
    """The table that can be edited."""
    return page.dataframe[0].value


def type_into(page: AppTest, line: int, name: str, value: Any, *, also: Any = None) -> AppTest:
    """Edit a cell, as the browser tells it: together with the edits before it."""
    desk = page.session_state["review-desk"]
    editor = f"table-{desk.number}-{desk.edits}-1"
    edits = {number: dict(changes) for number, changes in (also or {}).items()}
    edits.setdefault(line, {})[name] = value
    page.session_state[editor] = {"edited_rows": edits, "added_rows": [], "deleted_rows": []}
    return page.run()


def corrections_of_draft(url: str, draft: int) -> list:
    with workbench.open(url) as lake:
        return corrections_of(lake.lake, draft)


def of(url: str, *, order: str = "score", **wanted: Any) -> list:
    with workbench.open(url) as lake:
        return queue(lake.lake, "people", Filter(**wanted), order=order)


def finding(url: str, identity: str):
    with workbench.open(url) as lake:
        return get(lake.lake, "people", identity)


def finish(page: AppTest) -> AppTest:
    """Wait for the jobs of the app, and show the page again."""
    for job in list(jobs._board()[0].values()):
        assert job.wait(60)
        assert job.error is None
    return page.run()


def test_an_empty_lake_says_how_to_import(visit, lake):
    page = visit(lake.url, "review")
    assert not page.exception
    assert page.title[0].value == "No dataset yet"


def test_a_version_that_was_not_checked_is_checked_from_the_page(visit, lake, make):
    rows = {"id": range(8), "x": [1, 1, 2, 3, 4, 5, 6, 7], "y": ["a", "a"] * 4}
    make(pd.DataFrame(rows), "fresh", key=("id",))
    page = visit(lake.url, "review")
    assert "v1 has not been checked" in words(page)
    page = finish(page.button(key="check").click().run())
    assert not page.exception
    assert "1 left" in words(page)
    assert of_dataset(lake, "fresh") == ["data.duplicate"]
    assert "has not been checked" not in words(page.run())


def of_dataset(lake, name: str) -> list[str]:
    return [each.check for each in queue(lake, name)]


def test_the_page_shows_the_queue_of_the_library(review, url):
    page = review(check="label.issue")
    known = of(url, check="label.issue")
    assert not page.exception
    assert shown(page) == known[0].finding
    said = words(page)
    assert f"{len(known)} left · 0 done today" in said
    assert f"id {known[0].key['id']}" in said
    assert f"score {known[0].score:.2f}" in said
    assert f"the model says {known[0].suggestion} ({known[0].evidence['probability_suggested']:.2f})" in said
    assert "imported just now, never edited · v1 by ann" in said
    with workbench.open(url) as lake:
        counts = tally(lake.lake, "people", Filter(status="open"), by=["check"])
        row = rows_at(lake.lake, lake["people"].newest, [known[0].rid])[known[0].rid]
    assert all(f"{name} {value}" in said for name, value in row.cells.items() if name not in ("answer", "note"))
    options = page.selectbox(key="facet-check").options
    assert {option.rpartition(" · ")[0]: int(option.rpartition(" · ")[2]) for option in options[1:]} == {
        check: count for (check,), count in counts.items()
    }


def test_of_test_rows_the_model_says_nothing_anywhere(review, url):
    page = review(check="label.issue", lane="test")
    known = of(url, check="label.issue", lane="test")
    assert known and shown(page) == known[0].finding
    said = words(page)
    assert "test lane" in said and "what the model would say is hidden" in said
    assert "the model says" not in said and "score" not in said and "suggested" not in said
    assert page.button(key=f"use-{shown(page)}").disabled
    page = review(check="label.issue", lane="test", view="table")
    assert set(grid(page)["suggestion"]) == {""}
    assert "score" not in grid(page)


def test_the_suggestion_is_staged_and_the_next_finding_shows(review, url):
    page = review(check="label.issue")
    first, second, *_ = of(url, check="label.issue")
    page = press(page, "use")
    assert not page.exception
    assert shown(page) == second.finding
    now = finding(url, first.finding)
    assert (now.status, now.decision, now.author) == ("staged", "fix", "Zoë")
    with workbench.open(url) as lake:
        draft = lake["people"].drafts()[0]
        (staged,) = corrections_of(lake.lake, draft.draft)
    assert (staged.old, staged.new, draft.author) == (first.value, first.suggestion, "Zoë")
    assert f"{len(of(url, check='label.issue'))} left · 1 done today" in words(page)
    assert f"Draft {draft.draft} “review” 1 correction" in words(page)


def test_a_class_by_its_digit_and_the_given_class_keeps(review, url):
    page = review(check="label.issue", lane="test")
    first = finding(url, shown(page))
    classes = ["no", "yes"]
    page = press(page, f"class-{classes.index(first.value) + 1}")
    assert (finding(url, first.finding).status, finding(url, first.finding).decision) == ("kept", "keep")
    second = finding(url, shown(page))
    other = 2 - classes.index(second.value)
    page = press(page, f"class-{other}")
    assert finding(url, second.finding).status == "staged"
    with workbench.open(url) as lake:
        (staged,) = corrections_of(lake.lake, lake["people"].drafts()[0].draft)
    assert staged.new == classes[other - 1] != second.value


@pytest.mark.parametrize(("button", "status"), [("keep", "kept"), ("unsure", "unsure"), ("exclude", "staged")])
def test_an_answer_is_in_the_lake_and_undo_takes_it_back(review, url, button, status):
    page = review(check="label.issue")
    first = shown(page)
    page = press(page, button)
    assert shown(page) != first
    assert finding(url, first).status == status
    page = page.button(key="step-undo").click().run()
    assert not page.exception
    assert shown(page) == first
    assert finding(url, first).status == "open"
    assert "0 done today" in words(page)
    page = page.button(key="step-undo").click().run()
    assert "There is nothing to undo" in words(page)


def test_a_reload_in_the_middle_loses_nothing(review, url):
    page = review(check="label.issue")
    answered = []
    for button in ("keep", "use", "unsure"):
        answered.append(shown(page))
        page = press(page, button)
    again = review(check="label.issue")
    assert [finding(url, each).status for each in answered] == ["kept", "staged", "unsure"]
    assert shown(again) == shown(page)
    assert "3 done today" in words(again)
    again = again.button(key="step-undo").click().run()
    assert finding(url, answered[2]).status == "open"
    assert [finding(url, each).status for each in answered[:2]] == ["kept", "staged"]


def test_skip_and_back_change_nothing_and_the_end_is_said(review, url):
    page = review(check="schema.n", status="open")
    known = of(url, check="schema.n")
    order = [shown(page)]
    for _ in known[1:]:
        page = page.button(key="step-skip").click().run()
        order.append(shown(page))
    assert order == [each.finding for each in known]
    page = page.button(key="step-skip").click().run()
    assert "That was the last one" in words(page) and "finding" not in page.query_params
    page = page.button(key="step-back").click().run()
    assert shown(page) == order[-1]
    assert of(url, check="schema.n") == known


def test_any_cell_of_the_row_is_edited_and_tried_first(review, url):
    page = review(check="schema.n")
    first = finding(url, shown(page))

    def set_cell(page: AppTest, column: str, value: str) -> AppTest:
        page.selectbox(key=edit(page, "column")).select(column)
        page.text_input(key=edit(page, "value")).input(value)
        return page.button(key=edit(page, "set")).click().run()

    for column, value, said in (
        ("n", "many", "'many' does not fit the column's type BIGINT"),
        ("n", "4.5", "'4.5' does not fit the column's type BIGINT"),
        ("n", "41", "'41' fails in_range(0, 9)"),
        ("answer", "perhaps", "'perhaps' fails isin(['yes', 'no'])"),
        ("n", "", "Nothing was typed"),
    ):
        page = set_cell(page, column, value)
        assert said in words(page)
        assert shown(page) == first.finding
        assert page.text_input(key=edit(page, "value")).value == value
        assert finding(url, first.finding).status == "open"
    page = set_cell(page, "b", "0.25")
    assert "The cell is staged in your draft" in words(page) and shown(page) == first.finding
    page = set_cell(page, "n", "9")
    assert "Staged with a warning: in 'n', '9' fails less_than(9)" in words(page)
    assert shown(page) != first.finding
    with workbench.open(url) as lake:
        staged = corrections_of(lake.lake, lake["people"].drafts()[0].draft)
    assert [(each.column, each.new, each.rid) for each in staged] == [("b", "0.25", first.rid), ("n", "9", first.rid)]
    page = page.button(key="step-undo").click().run()
    assert shown(page) == first.finding and finding(url, first.finding).status == "open"


def test_a_key_column_is_not_offered(review):
    page = review(check="schema.n")
    assert "id" not in page.selectbox(key=edit(page, "column")).options


def of_drafts(url: str) -> list:
    with workbench.open(url) as lake:
        return [draft for draft in lake["people"].drafts() if draft.corrections]


def test_what_somebody_else_just_answered_is_told(review, url):
    page = review(check="label.issue")
    name = shown(page)
    with workbench.open(url, author="ben") as other:
        other["people"].decide([name], "keep")
    page = press(page, "use")
    assert not page.exception
    assert shown(page) == name
    said = words(page)
    assert f"Finding {name} is kept by ben since you looked. Nothing was recorded." in said
    assert "kept (keep by ben, just now)" in said
    assert not of_drafts(url)
    page = page.button(key="step-skip").click().run()
    assert shown(page) != name


def test_an_address_that_names_nothing_is_said_and_can_be_left(review):
    page = review()
    for address, said in (
        ({"finding": "0123456789abcdef"}, "There is no finding '0123456789abcdef' in people."),
        ({"finding": "![x](http://example.invalid)"}, "There is no finding '![x](http://example.invalid)'"),
        ({"check": "label.isue"}, "There is no check 'label.isue' in the findings of people."),
        ({"column": "nn"}, "There is no column 'nn' in the findings of people."),
        ({"lane": "tset"}, "There is no lane 'tset'. Did you mean 'test'?"),
        ({"status": "opn"}, "There is no status 'opn'. Did you mean 'open'?"),
        ({"order": "x"}, "There is no order 'x'."),
        ({"class": "maybe"}, "There is no class 'maybe' in the findings of people."),
        ({"cause": "mising"}, "There is no cause 'mising'. Did you mean 'missing'?"),
        ({"by": "nobody"}, "There is no reviewer 'nobody' in the findings of people."),
        ({"score": "high"}, "There is no score 'high'"),
        ({"score": "1.5"}, "There is no score '1.5'"),
        ({"view": "x"}, "There is no view 'x'."),
        ({"view": "table", "page": "99"}, "There is no page '99'. The pages of this table are 1 to"),
        ({"view": "table", "page": "-1"}, "There is no page '-1'."),
    ):
        page.query_params.clear()
        for name, value in {"dataset": "people", **address}.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        assert said in words(page)
        page = page.button(key="review-anew").click().run()
        assert not page.error
        assert "left · 0 done today" in words(page)


def test_the_address_holds_filter_and_finding(review, url):
    known = of(url, check="label.issue", lane="train", order="row")
    page = review(check="label.issue", lane="train", order="row", finding=known[3].finding)
    assert shown(page) == known[3].finding
    assert page.selectbox(key="facet-lane").value == "train"
    page = page.radio(key="facet-status").set_value("kept").run()
    assert page.query_params["status"] in ("kept", ["kept"])
    assert "No finding is left here" in words(page)


def test_a_search_finds_a_row_by_its_key_and_counts_what_it_finds(review, url):
    known = of(url, check="label.issue", lane="train")
    key = known[-1].key["id"]
    page = review(check="label.issue")
    page = page.text_input(key="facet-search").set_value(key).run()
    found = of(url, check="label.issue", search=key)
    assert shown(page) == found[0].finding
    assert f"{len(found)} left" in words(page)
    assert page.query_params["search"] in (key, [key])
    page = press(page, "keep")
    assert f"{len(found) - 1} left" in words(page)
    page = page.text_input(key="facet-search").set_value("").run()
    assert f"{len(of(url, check='label.issue'))} left" in words(page)


def test_facets_narrow_by_class_cause_score_and_reviewer(review, url):
    labels = of(url, check="label.issue", lane="train")
    page = review()
    assert any(option.startswith("doubtful label · ") for option in page.selectbox(key="facet-cause").options)
    assert "facet-reviewer" not in {box.key for box in page.selectbox}
    page = page.selectbox(key="facet-cause").set_value("doubtful label").run()
    given = labels[0].label
    page = page.selectbox(key="facet-label").set_value(given).run()
    wanted = of(url, cause="doubtful label", label=given)
    assert shown(page) == wanted[0].finding
    assert f"{len(wanted)} left" in words(page)
    page = page.selectbox(key="facet-score_at_most").set_value("0.1").run()
    assert f"{len(of(url, cause='doubtful label', label=given, score_at_most=0.1))} left" in words(page)
    finding_kept = shown(page)
    page = press(page, "keep")
    page = page.radio(key="facet-status").set_value("kept").run()
    page = page.selectbox(key="facet-reviewer").set_value("Zoë").run()
    assert shown(page) == finding_kept
    assert page.query_params["by"] in ("Zoë", ["Zoë"])


def test_a_view_is_saved_opened_and_removed(review, url):
    page = review(cause="doubtful label", lane="train", order="group")
    page = page.text_input(key="view-name").set_value("labels first").run()
    page = page.button(key="view-save").click().run()
    with workbench.open(url) as lake:
        (saved,) = saved_views(lake.lake, "people")
    assert (saved.name, saved.wanted, saved.order) == (
        "labels first", Filter(cause="doubtful label", lane="train"), "group",
    )  # fmt: skip
    assert page.selectbox(key="view-chosen").value == "labels first"
    page = page.radio(key="facet-status").set_value("kept").run()
    assert page.selectbox(key="view-chosen").value == ""
    page = page.selectbox(key="view-chosen").set_value("labels first").run()
    assert shown(page) == of(url, cause="doubtful label", lane="train", order="group")[0].finding
    assert page.query_params["lane"] in ("train", ["train"])
    page = page.button(key="view-remove").click().run()
    with workbench.open(url) as lake:
        assert saved_views(lake.lake, "people") == []


def test_a_view_without_a_name_is_refused_with_a_word(review, url):
    page = review().button(key="view-save").click().run()
    assert "A view needs a name." in words(page)
    with workbench.open(url) as lake:
        assert saved_views(lake.lake, "people") == []


def test_the_keys_are_shown_when_asked_for(review):
    page = review()
    assert "use the suggestion" not in words(page)
    page = page.button(key="step-keys").click().run()
    assert "use the suggestion" in words(page)
    assert "use the suggestion" not in words(page.run())


def test_digits_stand_for_the_most_probable_classes_first(review, url):
    known = of(url, check="label.issue", lane="train")[0]
    page = review(check="label.issue", lane="train")
    probable = [name for name, _ in known.evidence["likely"]]
    assert probable[0] == known.suggestion
    assert [page.button(key=f"class-{n}-{known.finding}").label for n in (1, 2)] == probable[:2]
    page = press(page, "class-1")
    assert finding(url, known.finding).status == "staged"


def test_the_table_shows_a_page_of_the_queue(review, url):
    page = review(view="table", check="label.issue")
    known = of(url, check="label.issue")
    assert list(grid(page)["row"]) == [each.key["id"] for each in known[:50]]
    assert f"1 to {min(50, len(known))} of {len(known)}" in words(page)


def test_a_cell_edited_in_the_table_is_staged_by_row_identity(review, url):
    page = review(view="table", check="schema.n")
    known = of(url, check="schema.n")
    page = type_into(page, 1, "cell n", "7")
    assert not page.exception
    ((draft, staged),) = [(draft, corrections_of_draft(url, draft.draft)) for draft in of_drafts(url)]
    assert [(each.rid, each.column, each.new, each.finding) for each in staged] == [
        (known[1].rid, "n", "7", known[1].finding)
    ]
    assert (draft.author, finding(url, known[1].finding).status) == ("Zoë", "staged")
    assert list(grid(page)["state"])[:2] == ["", "● staged: n"]
    assert grid(page)["cell n"][1] == "7"
    page = type_into(page, 0, "cell a", "0.5", also={1: {"cell n": "7"}})
    assert len(corrections_of_draft(url, draft.draft)) == 2
    assert list(grid(page)["state"])[0] == "● staged: a"
    page = page.button(key="step-undo").click().run()
    page = page.button(key="step-undo").click().run()
    assert set(grid(page)["state"]) == {""}
    assert finding(url, known[1].finding).status == "open"


def test_what_was_typed_into_a_table_is_never_taken_for_the_lines_of_another_desk(url):
    """The browser goes on telling of it while the page is laid anew, and its lines may be others."""
    with workbench.open(url) as lake:
        first, second = (Desk((), newest(lake.lake, "people"), Wanted(), {}, 0, {}) for _ in range(2))
        first.pages = second.pages = {1: queue(lake.lake, "people", limit=2)}
        st.session_state[_key(first, 1)] = {"edited_rows": {0: {"cell n": "7"}}}
        assert not take_edits(lake, second) and second.applied == []
    assert not of_drafts(url)


def test_the_table_refuses_what_the_schema_and_the_type_refuse_and_shows_what_the_lake_holds(review, url):
    page = review(view="table", check="schema.n")
    known = of(url, check="schema.n")
    for name, value, said in (
        ("cell n", "-5", "'-5' fails"),
        ("cell n", "many", "'many' does not fit the column's type"),
        ("cell id", "7", "is part of the key"),
        ("cell nothing", "7", "There is no column 'nothing'"),
    ):
        page = type_into(page, 0, name, value)
        assert not page.exception
        assert said in words(page)
        assert grid(page)["cell n"][0] == known[0].value
        assert grid(page)["state"][0] == f"✕ refused: {name.removeprefix('cell ')}"
    assert not of_drafts(url)
    assert {each.status for each in of(url, check="schema.n", status=None)} == {"open"}


def test_a_line_of_the_table_is_answered_from_a_list(review, url):
    page = review(view="table", check="label.issue", lane="train")
    first, second, third, *_ = of(url, check="label.issue", lane="train")
    page = type_into(page, 0, "answer", "keep")
    page = type_into(page, 1, "answer", "use suggestion")
    page = type_into(page, 2, "answer", "exclude")
    assert [finding(url, each.finding).status for each in (first, second, third)] == ["kept", "staged", "staged"]
    assert list(grid(page)["state"])[:3] == ["● kept", f"● staged: {first.column}", "● staged: to be excluded"]
    page = type_into(page, 3, "open", True)
    assert shown(page) == of(url, check="label.issue", lane="train")[0].finding


def test_a_suggestion_that_is_hidden_is_not_used_from_the_table(review, url):
    page = review(view="table", check="label.issue", lane="test")
    page = type_into(page, 0, "answer", "use suggestion")
    assert "Nothing is suggested" in words(page)
    assert not of_drafts(url)


def test_an_older_version_that_is_chosen_is_not_the_one_reviewed(review, url):
    with workbench.open(url, author="ann") as lake:
        draft = lake["people"].draft().draft
        lake.stage(draft, [Correction(key={"id": 10}, column="n", new=7)])
        lake.publish(draft, message="seven")
    page = review(version="1")
    said = words(page)
    assert "v1 is chosen; what is reviewed is always the newest version, v2." in said
    assert "v2 has not been checked yet; the queue is what v1 had" in said


@pytest.mark.parametrize(("decision", "status"), [("fix", "staged"), ("keep", "kept"), ("exclude", "staged")])
def test_one_answer_to_all_shows_first_what_it_does(review, url, decision, status):
    page = review(check="label.issue")
    known = of(url, check="label.issue")
    fixable = [each for each in known if each.lane != "test"] if decision != "keep" else known
    page = page.button(key=f"bulk-{decision}").click().run()
    assert not page.exception
    said = words(page)
    assert f"{len(fixable)} findings." in said
    assert {each.status for each in of(url, check="label.issue", status=None)} == {"open"}
    if decision != "keep":
        assert f"Left out: {len(known) - len(fixable)} labels of test rows, which are judged one by one." in said
    if decision == "fix":
        balance = page.dataframe[0].value.set_index("class")
        with workbench.open(url) as lake:
            before = class_counts(lake.lake, lake["people"].newest)
        moved = sum(each.suggestion == "yes" for each in fixable) - sum(each.value == "yes" for each in fixable)
        assert dict(balance["before"]) == before
        assert balance.loc["yes", "change"] == moved == -balance.loc["no", "change"]
    page = finish(page.button(key="bulk-confirm").click().run())
    assert not page.exception
    after = {each.finding: each.status for each in of(url, check="label.issue", status=None)}
    assert {after[each.finding] for each in fixable} == {status}
    assert all(after[each.finding] == "open" for each in known if each not in fixable)
    assert f"{len(fixable)} done today" in words(page.run())
    page = page.button(key="step-undo").click().run()
    assert {each.status for each in of(url, check="label.issue", status=None)} == {"open"}


def test_one_answer_to_the_first_few_leaves_the_others(review, url):
    page = review(check="label.issue", lane="train")
    known = of(url, check="label.issue", lane="train")
    page = page.number_input[0].set_value(3).run()
    page = page.button(key="bulk-fix").click().run()
    assert "3 findings." in words(page)
    assert f"Left out: {len(known) - 3} beyond the first 3." in words(page)
    page = finish(page.button(key="bulk-confirm").click().run())
    assert [finding(url, each.finding).status for each in known[:4]] == ["staged"] * 3 + ["open"]


def test_a_draft_is_checked_evaluated_and_published(review, url):
    page = review(check="schema.n")
    name = shown(page)
    page.text_input(key=edit(page, "value")).input("7")
    page = page.button(key=edit(page, "set")).click().run()
    page = finish(page.button(key="draft-check").click().run())
    with workbench.open(url) as lake:
        number = lake["people"].drafts()[0].draft
        checked = lake.check_draft(number)
    assert f"failures {checked.before} → {checked.after}" in words(page.run())
    assert checked.after < checked.before
    page = finish(page.button(key="draft-evaluate").click().run()).run()
    assert re.search(r"NO CHANGE|CANNOT TELL|GAIN|LOSS", words(page))
    page = page.button(key="draft-publish").click().run()
    assert "A version needs a message" in words(page)
    page.text_input(key=f"draft-message-{number}").input("seven, not <b>77</b>")
    page = page.button(key="draft-publish").click().run()
    assert not page.exception
    with workbench.open(url) as lake:
        made = lake["people"].newest
    assert (made.version, made.author, made.message, made.cells_changed) == (2, "Zoë", "seven, not <b>77</b>", 1)
    assert "v2 is published" in words(page)
    # What was found out about the draft is known of its version: only the checks are left to run.
    page = finish(page.button(key="check").click().run()).run()
    with workbench.open(url) as lake:
        document = lake["people"].documents()[1]
    assert document["metrics"] is not None
    assert not [button for button in page.button if button.key in ("check", "check-measure")]
    assert finding(url, name).status == "fixed"


def test_conflicts_are_shown_cell_by_cell_and_the_rest_is_published(review, url):
    page = review(check="schema.n")
    for _ in range(2):
        name = shown(page)
        page.text_input(key=edit(page, "value")).input("7")
        page = page.button(key=edit(page, "set")).click().run()
    last = finding(url, name)
    with workbench.open(url, author="ben") as lake:
        mine = lake["people"].drafts()[0].draft
        draft = lake["people"].draft().draft
        lake.stage(draft, [Correction(key={"id": int(last.key["id"])}, column="n", new=3)])
        lake.publish(draft, message="three")
    page = page.run()
    page.text_input(key=f"draft-message-{mine}").input("sevens")
    page = page.button(key="draft-publish").click().run()
    assert "Somebody else changed what your draft corrects" in [error.value for error in page.error]
    conflict = page.dataframe[0].value.iloc[0]
    assert list(conflict) == [f"id {last.key['id']}", "n", last.value, "3", "7", "the cell was changed"]
    page = page.button(key="publish-rest").click().run()
    assert not page.exception
    with workbench.open(url) as lake:
        made = lake["people"].newest
    assert (made.version, made.message, made.cells_changed) == (3, "sevens", 1)


def test_a_draft_is_discarded(review, url):
    page = review(check="label.issue")
    name = shown(page)
    page = press(page, "use")
    page = page.button(key="draft-discard").click().run()
    assert not of_drafts(url)
    assert finding(url, name).status == "open"
    assert shown(page) == name or "left · 0 done today" in words(page)


def test_what_the_data_says_is_never_markdown(review):
    page = review(check="label.issue")
    assert not [element for element in page.markdown if "example.invalid" in element.value]
    assert plain("a*b [x](http://e) :red[x] $y$") == r"a\*b \[x\]\(http\:\/\/e\) \:red\[x\] \$y\$"
