"""Similar rows beside a finding: said in a line, folded out on demand, and not a word of them for a test row."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.findings import Finding, get
from workbench.similar import HIDDEN, SimilarRows, likeness
from workbench.ui import jobs
from workbench.ui.components import finding_similar

SPITE = "<b>yes</b>"
"""A class that must never become markup."""

SCHEMA = """
import pandera.pandas as pa

schema = pa.DataFrameSchema({"a": pa.Column(float, pa.Check.le(0))})
"""


@pytest.fixture(scope="session")
def similar_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with four checked datasets: some labels wrong; no label and repeated rows; no feature; numbers."""
    folder = tmp_path_factory.mktemp("similar")
    (folder / "rules.py").write_text(SCHEMA)
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=(300, 2))
    truth = np.where(numbers @ [2, 1] > 0, SPITE, "no")
    given = truth.copy()
    wrong = [*rng.choice(200, 12, replace=False), *(200 + rng.choice(100, 8, replace=False))]
    given[wrong] = np.where(truth[wrong] == "no", SPITE, "no")
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(300), comment="![x](http://example.invalid)")
    frame["split"], frame["answer"] = ["train"] * 200 + ["test"] * 100, given
    things = pd.concat([frame.head(40), frame.head(2).assign(id=[300, 301])]).drop(columns=["split", "answer"])
    with workbench.open(f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        people = lake.import_data(
            "people", frame, key=["id"], label="answer", split_column="split", ignore=["comment"], model="linear"
        )
        people.check()
        lake.import_data("things", things, key=["id"]).check()
        bare = frame[["id", "a", "b"]].head(20)
        lake.import_data("bare", bare, key=["id"], ignore=["a", "b"], schema=str(folder / "rules.py")).check()
        prices = frame[["id", "a"]].head(20).assign(price=range(20), comment="x" * 9)
        priced = lake.import_data(
            "prices", prices, key=["id"], label="price", task="regression", schema=str(folder / "rules.py")
        )
        priced.check(only=["schema"])
    return folder / "lake"


@pytest.fixture
def url(similar_lake: Path, tmp_path: Path) -> str:
    shutil.copytree(similar_lake, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


@pytest.fixture
def review(visit: Callable[..., AppTest], url: str) -> Callable[..., AppTest]:
    """Open the page, look again so that the work begins, and once more when it is done."""

    def review(**address: str) -> AppTest:
        page = visit(url, "review", **address)
        assert not page.exception
        page.run()
        for job in list(jobs._board()[0].values()):
            assert job.wait(60)
        return page.run()

    return review


def words(page: AppTest) -> str:
    """All that the page says in markup, as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html") if "{" not in element.value)
    return re.sub(r"\s+", " ", unescape(markup))


def similar(page: AppTest, url: str) -> tuple[Finding, SimilarRows]:
    """The finding that is open, and what the library says of its row."""
    given = [page.query_params[name] for name in ("dataset", "finding")]
    dataset, shown = [value if isinstance(value, str) else value[0] for value in given]
    with workbench.open(url) as lake:
        opened = get(lake.lake, dataset, shown)
        return opened, likeness(lake.lake, lake[dataset].newest).similar(opened.rid or 0)


def buttons(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def test_first_the_page_shows_and_then_the_line(visit, url):
    page = visit(url, "review", dataset="people", check="label.issue", lane="train")
    assert "looking for similar rows …" in words(page) and "similar-show" not in buttons(page)
    assert not [key for key in jobs._board()[0] if key.startswith("similar:")], "nothing begins before it is on screen"


def test_the_line_says_what_the_library_finds(review, url):
    page = review(dataset="people", check="label.issue", lane="train")
    first, found = similar(page, url)
    assert not page.exception
    (most, count), *_ = found.counts
    assert most == first.suggestion != first.value, "the row stands among rows of the other class"
    assert f"similar rows: {count} of 10 are {most} , the label suggested" in words(page)
    assert "distance" not in words(page)
    assert not any(SPITE in element.value for element in page.get("html"))


def test_the_rows_fold_out_and_stay_for_the_next_finding(review, url):
    page = review(dataset="people", check="label.issue", lane="train")
    _, found = similar(page, url)
    page = page.button(key="similar-show").click().run()
    assert not page.exception
    said = words(page)
    assert "id answer distance what differs in it" in said
    for row in found.rows:
        assert f"{row.key['id']} {row.label} {row.distance:.2f} a" in said
    assert "example.invalid" not in said.partition("what differs in it")[2].partition("imported")[0]
    page = page.button(key="step-skip").click().run()
    assert "what differs in it" in words(page)
    page = page.button(key="similar-show").click().run()
    assert "what differs in it" not in words(page)


def test_of_a_test_row_no_similar_row_and_no_count_is_shown(review, url):
    page = review(dataset="people", check="label.issue", lane="test")
    said = words(page)
    assert HIDDEN in said and "similar rows:" not in said and " of 10 are" not in said
    assert "similar-show" not in buttons(page)
    assert not [key for key in jobs._board()[0] if key.startswith("similar:")]
    assert similar(page, url)[1].rows == ()


def test_rows_that_stay_folded_out_are_gone_on_a_test_row(review, url):
    page = review(dataset="people")
    page = page.button(key="similar-show").click().run()
    assert "what differs in it" in words(page)
    with workbench.open(url) as lake:
        found = lake["people"].findings(check="label.issue")
    page.query_params["finding"] = next(each.finding for each in found if each.lane == "test")
    page.run()
    assert HIDDEN in words(page) and "what differs in it" not in words(page)


def test_without_a_label_there_are_similar_rows_and_no_count(review):
    page = review(dataset="things", check="data.duplicate", lane="train")
    said = words(page)
    assert not page.exception
    assert "similar rows: 10 rows, the nearest at a distance of 0.00 · 1 equal in every feature" in said
    page = page.button(key="similar-show").click().run()
    assert "nothing: equal in every feature" in words(page)


def test_of_numbers_the_range_and_the_middle_are_said(review, url):
    page = review(dataset="prices")
    _, found = similar(page, url)
    values = [float(row.label or "nan") for row in found.rows]
    said = f"similar rows: price {min(values):g} to {max(values):g} , the middle one {np.median(values):g} "
    assert said in words(page)


def test_a_failure_is_one_line_and_can_be_tried_again(review):
    page = review(dataset="bare")
    assert not page.exception
    said = "Similar rows cannot be shown: bare@1 has no column but key and label by which rows could be compared."
    assert said in words(page)
    assert any(str(key).startswith("keep-") for key in buttons(page)), "the page stays usable"
    page = page.button(key="similar-again").click().run()
    assert not page.exception and "looking for similar rows …" in words(page)


def test_few_versions_are_kept(visit, url):
    visit(url, "review", dataset="people")
    kept = finding_similar._kept()
    with workbench.open(url) as lake:
        for name in ("people", "things", "people"):
            version = lake[name].newest
            key = f"{name} {len(kept)}"
            finding_similar._learn(lake, version, key, kept)
            job = jobs.find(key)
            assert job is not None and job.wait(60) and job.error is None
    assert len(kept) == finding_similar.KEPT
