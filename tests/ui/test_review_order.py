"""Review by expected gain: the usual order once there is one, made anew behind the work and never in its way."""

from __future__ import annotations

import json
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
from workbench.findings import queue
from workbench.lake import claimed
from workbench.ranking import newest_ranking
from workbench.ui import jobs
from workbench.ui.components import review_order
from workbench.ui.order_charts import KINDS, rounds_chart


@pytest.fixture(scope="session")
def ranked_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a checked version with wrong labels in train and validation rows, its queue scored once."""
    folder = tmp_path_factory.mktemp("ranked") / "lake"
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=(400, 2))
    truth = np.where(numbers @ [2, 1] > 0, "yes", "no")
    given = truth.copy()
    wrong = rng.choice(320, 80, replace=False)
    given[wrong] = np.where(truth[wrong] == "yes", "no", "yes")
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(id=range(400), answer=given)
    frame["split"] = ["train"] * 240 + ["validation"] * 80 + ["test"] * 80
    with workbench.open(f"sqlite:{folder / 'catalog.sqlite'}", author="ann", create=True) as lake:
        people = lake.import_data("people", frame, key=["id"], label="answer", split_column="split", model="linear")
        people.check()
        lake.rescore("people")
    return folder


@pytest.fixture
def url(ranked_lake: Path, tmp_path: Path) -> str:
    shutil.copytree(ranked_lake, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


def words(page: AppTest) -> str:
    """All that the page says outside of buttons."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html") if "{" not in element.value)
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *(element.value for element in page.get("text"))]))


def settle() -> None:
    """Wait for the work in the background."""
    for job in list(jobs._board()[0].values()):
        assert job.wait(60)


def answer(page: AppTest, times: int) -> AppTest:
    """Take the suggestion of so many findings."""
    for _ in range(times):
        found = page.query_params["finding"]
        page.button(key=f"use-{found if isinstance(found, str) else found[0]}").click().run()
    return page


def test_it_is_the_usual_order_once_there_is_one_and_says_what_it_rests_on(visit: Callable[..., AppTest], url):
    page = visit(url, "review", dataset="people")
    assert page.selectbox(key="facet-order").value == "gain" and "order" not in page.query_params
    with workbench.open(url) as lake:
        found = lake.ranking("people")
        first = queue(lake.lake, "people", order="gain", limit=3)
    desk = page.session_state["review-desk"]
    assert [item.finding for item in desk.items[:3]] == [finding.finding for finding in first]
    assert (
        f"Ordered by expected gain after 0 decisions, just now · {100 * found.expected:+.1f} pt of balanced accuracy "
        "predicted for the next 100, which no round has checked yet"
    ) in words(page)
    assert found.explanation in words(page)
    assert jobs.find(f"rescore:{url}:people:Zoë") is None
    page.selectbox(key="facet-order").select("score").run()
    assert page.query_params["order"] in ("score", ["score"]) and "Ordered by expected gain" not in words(page)


def test_a_round_of_answers_has_the_rest_ordered_anew_and_what_is_open_stays(visit, url, monkeypatch):
    monkeypatch.setattr(review_order, "ROUND", 3)
    page = visit(url, "review", dataset="people")
    answer(page, 2)
    assert jobs.find(f"rescore:{url}:people:Zoë") is None
    answer(page, 1)
    assert jobs.find(f"rescore:{url}:people:Zoë") is not None
    settle()
    seen = page.query_params["finding"]
    page.run()
    assert page.query_params["finding"] == seen
    assert "after 3 decisions" in words(page) and "realised by the last 3" in words(page)
    with workbench.open(url) as lake:
        ranking = newest_ranking(lake.lake, "people")
        order = [f.finding for f in queue(lake.lake, "people", order="gain")]
    assert (ranking.round, ranking.author, ranking.decisions, ranking.rounds[0].decisions) == (2, "Zoë", 3, 3)
    assert ranking.explanation in words(page)

    answer(page, 2)
    here = page.query_params["finding"]
    first = seen if isinstance(seen, str) else seen[0]
    expected = [finding for finding in order if finding != first]
    assert (here if isinstance(here, str) else here[0]) == expected[1]


def test_a_page_with_stale_scores_has_them_made_anew_when_it_opens(visit, url):
    with workbench.open(url, author="bob") as lake:
        lake["people"].decide([queue(lake.lake, "people", limit=1)[0].finding], "keep")
    page = visit(url, "review", dataset="people")
    settle()
    page.run()
    assert "after 1 decision," in words(page)


def test_what_was_cancelled_is_not_begun_again_by_itself(visit, url, monkeypatch):
    monkeypatch.setattr(review_order, "ROUND", 1)
    page = visit(url, "review", dataset="people")
    key = f"rescore:{url}:people:Zoë"
    with workbench.open(url) as lake, claimed(lake.lake, "scoring of people"):
        # Somebody else is at it, so that this one waits and can be stopped.
        answer(page, 1)
        assert jobs.find(key).running
        jobs.find(key).cancel()
        settle()
    page.run()
    assert [info.value for info in page.info] == [
        "Ordering by expected gain: cancelled. Nothing was changed; finished fits are kept for the next try."
    ]
    answer(page, 2)
    assert jobs.find(key) is None
    page.button(key="order-anew").click().run()
    settle()
    page.run()
    assert "after 3 decisions" in words(page)


def test_the_chart_says_what_it_shows_and_in_what():
    rows = [{"decisions": 20, "kind": kind, "points": 0.2, "low": -0.1, "high": 0.5} for kind in KINDS]
    drawn = json.dumps(rounds_chart(pd.DataFrame(rows), ink="#000000").to_dict())
    for said in (
        "Gain on the validation rows, predicted and realised",
        "gain so far (pt)",
        "decisions",
        "95 % interval",
    ):
        assert said in drawn


def test_before_the_first_scoring_the_order_is_by_urgency_until_somebody_asks(visit, measured):
    page = visit(measured, "review", dataset="people")
    assert page.selectbox(key="facet-order").value == "score" and jobs.find(f"rescore:{measured}:people:Zoë") is None
    page.selectbox(key="facet-order").select("gain").run()
    settle()
    page.run()
    assert "no validation rows, so no gain is predicted" in words(page)
    assert "the order goes by label quality alone" in words(page)
