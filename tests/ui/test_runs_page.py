"""The Runs page: nothing yet, several runs, and a run that could not be done."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

import workbench
from workbench.drafts import Correction
from workbench.reporting import verdict_of
from workbench.ui import jobs


@pytest.fixture
def ran(measured):
    """A lake with two runs of people, a correction between them."""
    with workbench.open(measured, author="cron") as lake:
        people = lake["people"]
        people.run()
        draft = people.draft().draft
        lake.stage(draft, [Correction(key={"id": 3}, column="a", new=0.5)])
        lake.publish(draft, message="one number")
        people.run()
    return measured


def lines(page) -> list[list[str]]:
    """The table of runs, cell by cell."""
    table = next(each.value for each in page.get("html") if "wb-runs" in each.value)
    rows = re.findall(r"<tr.*?</tr>", table)[1:]
    return [[unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall(r"<td.*?</td>", row)] for row in rows]


def said(page) -> str:
    elements = [each.value for kind in ("title", "subheader", "text", "code", "error") for each in page.get(kind)]
    return " ".join([*elements, *(each.value for each in page.get("html"))])


def test_an_empty_lake(visit, lake):
    page = visit(lake.url, "runs")
    assert not page.exception and page.title[0].value == "No dataset yet"


def test_before_the_first_run_it_says_how_to_schedule_one(visit, measured):
    page = visit(measured, "runs", dataset="people")
    assert not page.exception
    assert "people · no run yet" in said(page) and "0 2 * * *  workbench --lake" in said(page)


def test_the_runs_newest_first_with_the_report_of_the_chosen_one(visit, ran):
    with workbench.open(ran) as lake:
        last, first = lake["people"].runs()
    page = visit(ran, "runs", dataset="people")
    assert not page.exception
    assert [line[2] for line in lines(page)] == ["v4", "v3"]
    assert [line[4] for line in lines(page)] == [f"{run.findings['open']:,}" for run in (last, first)]
    assert lines(page)[0][5] == f"{last.findings['new']:,}"
    assert lines(page)[0][9].replace("  ", " ") == verdict_of(last.to_dict()) and lines(page)[1][9] == "–"
    table = next(each.value for each in page.get("html") if "wb-runs" in each.value)
    assert f'title="{first.started_at:%Y-%m-%d %H:%M:%S} UTC"' in table
    assert f'href="runs?dataset=people&amp;run={first.run}"' in table and "wb-chosen" in table.split("<tr")[2]
    assert page.code[0].value.startswith("people@4  PASSED")
    other = visit(ran, "runs", dataset="people", run=first.run)
    assert other.code[0].value.startswith("people@3  PASSED") and "this is the first run" in other.code[0].value
    charts = [json.loads(chart.proto.spec)["title"]["text"] for chart in page.get("vega_lite_chart")]
    assert charts == ["Open findings of each check, run by run"]


def test_a_run_that_is_not_there(visit, ran):
    page = visit(ran, "runs", dataset="people", run="ffff")
    assert not page.exception and "There is no run 'ffff'" in said(page)


def test_a_run_can_be_started_from_the_page(visit, ran):
    page = visit(ran, "runs", dataset="people")
    page.button(key="run-now").click().run()
    assert jobs.find(f"run:{ran}:people").wait(60)
    with workbench.open(ran) as lake:
        assert [run.author for run in lake["people"].runs()] == ["Zoë", "cron", "cron"]
    page.run()
    assert not page.exception and len(lines(page)) == 3


def test_a_run_that_could_not_be_done_says_why(visit, measured):
    from workbench.lake import claimed

    with workbench.open(measured) as lake, claimed(lake.lake, "run of people"):
        page = visit(measured, "runs", dataset="people")
        page.button(key="run-now").click().run()
        job = jobs.find(f"run:{measured}:people")
        # It may have been refused, and told, before the page was laid.
        if job is not None:
            assert job.wait(60)
            page.run()
    assert not page.exception and "A run of people is under way already" in said(page)


def test_runs_are_searched_and_sorted(visit, ran):
    with workbench.open(ran) as lake:
        last, first = lake["people"].runs()
    page = visit(ran, "runs", dataset="people")
    page = page.text_input(key="search").set_value("v3").run()
    assert [line[2] for line in lines(page)] == ["v3"]
    assert page.query_params["search"] in ("v3", ["v3"])
    page = page.text_input(key="search").set_value("no such").run()
    assert "No run of 2 runs is like that." in said(page)
    page = page.text_input(key="search").set_value("").run()
    page = page.selectbox(key="runs-sort").set_value("new").run()
    counts = [int(line[5].replace(",", "")) for line in lines(page)]
    assert counts == sorted((run.findings["new"] for run in (last, first)), reverse=True)
    page = visit(ran, "runs", dataset="people", sort="x")
    assert not page.exception and "There is no order 'x'" in said(page)
