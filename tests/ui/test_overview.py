"""The first page: on a lake with everything, with little, with nothing, and when something is wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.drafts import Correction
from workbench.findings import Filter, tally
from workbench.reporting import accuracy_of, verdict_of
from workbench.reporting.figures import format_floor
from workbench.reporting.wear import report_wear


def words(page: AppTest) -> str:
    """All that the page says, with markup as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html"))
    said = [element.value for kind in ("title", "subheader", "text", "error", "code") for element in page.get(kind)]
    labels = [element.label for element in page.get("expander")]
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *said, *labels]))


def commands(page: AppTest) -> str:
    return "\n".join(code.value for code in page.code)


def table(page: AppTest) -> str:
    return next(element.value for element in page.get("html") if "<table" in element.value)


def charts(page: AppTest) -> dict[str, dict]:
    """Chart by its title."""
    specs = [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]
    return {spec["title"]["text"]: spec for spec in specs}


def documents(url: str) -> list[dict]:
    with workbench.open(url) as lake:
        return lake["people"].documents()


def test_no_lake_says_how_to_make_one(visit, tmp_path):
    page = visit(f"sqlite:{tmp_path / 'none' / 'catalog.sqlite'}")
    assert not page.exception
    assert page.title[0].value == "No lake yet"
    assert f"There is no lake at {tmp_path / 'none' / 'catalog.sqlite'}" in words(page)
    assert f"workbench --lake sqlite:{tmp_path}/none/catalog.sqlite demo --no-app" in commands(page)
    assert not (tmp_path / "none").exists()


def test_an_empty_lake_says_how_to_import(visit, lake):
    page = visit(lake.url)
    assert not page.exception
    assert page.title[0].value == "No dataset yet"
    assert "import people people.csv --key id --label income" in commands(page)


def test_a_dataset_that_was_never_measured_says_what_will_stand_there(visit, lake, make):
    make(pd.DataFrame({"id": [1, 2, 3], "x": [1, 2, 3], "y": ["a", "b", "a"]}), "fresh", key=("id",), label="y")
    page = visit(lake.url)
    assert not page.exception
    assert "fresh · 3 rows · v1" in words(page)
    assert "Here the accuracy of the fixed model will be drawn" in words(page)
    assert "Here the open findings will be counted" in words(page)
    assert "evaluate fresh" in commands(page) and "check fresh" in commands(page)
    assert not charts(page)


def test_a_dataset_without_a_label_has_nothing_to_measure(visit, lake, make):
    make(pd.DataFrame({"id": [1, 2], "x": [1, 2]}), "plain", key=("id",))
    page = visit(lake.url)
    assert not page.exception
    assert "no label column" in words(page)
    assert "evaluate" not in commands(page)


def test_the_page_shows_the_figures_of_the_library(visit, measured):
    page = visit(measured, dataset="people")
    assert not page.exception
    said, known = words(page), documents(measured)
    assert "people · 320 rows · v3 · production = v2" in said
    assert f"accuracy of v3 {accuracy_of(known[2])} against v2 {verdict_of(known[2])} what moved it: train rows" in said
    assert known[2]["verdict"] == "gain"
    for document in known:
        number = document["version"]
        row = next(row for row in table(page).split("<tr") if f">v{number}" in row)
        row = re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", " ", row)))
        assert accuracy_of(document) in row
        assert verdict_of(document) in row
        assert document["message"] in row
    with workbench.open(measured) as lake:
        counts = tally(lake.lake, "people", Filter(status="open"), by=["check"])
    total = sum(counts.values())
    assert total > 0
    assert any(title.startswith(f"{total} open finding") for title in charts(page))
    assert page.button(key="next-step").label.startswith(f"Review {total} finding")


def test_the_noise_floor_is_that_of_the_version_before(visit, measured):
    with workbench.open(measured) as lake:
        known = lake["people"].evaluate(2).metrics["accuracy"]
    assert 0 < known.noise_floor < 0.2
    page = visit(measured, dataset="people")
    said = f"oise floor: other seeds, same data ({format_floor(known.noise_floor)})"
    assert any(f"N{said}." in chart.proto.alt for chart in page.get("vega_lite_chart"))
    spec = json.loads(next(chart for chart in page.get("vega_lite_chart")).proto.spec)
    assert f"darker grey: n{said}" in spec["title"]["subtitle"]


def test_a_figure_that_cannot_be_compared_stands_apart_and_is_said(visit, measured):
    page = visit(measured, dataset="people")
    said = words(page)
    assert "v1 stands apart: not comparable: 120 of 120 test rows have labels that no train row has" in said
    assert re.search(r"v1 [^v]*? not comparable", said)
    alt = next(chart.proto.alt for chart in page.get("vega_lite_chart") if "by version" in chart.proto.alt)
    assert alt.endswith("Not comparable: v1.")
    assert accuracy_of(documents(measured)[2]) in alt


def test_times_are_relative_and_exact_at_the_pointer(visit, measured):
    page = visit(measured, dataset="people")
    made = datetime.fromisoformat(documents(measured)[2]["created_at"])
    assert f'title="{made.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"' in table(page)
    assert re.search(r"<time [^>]*>(just now|\d+ min ago)</time>", table(page))


def test_what_people_wrote_is_never_markup(visit, measured):
    page = visit(measured, dataset="people")
    assert not [element for element in page.markdown if "example.invalid" in element.value]
    raw = " ".join(element.value for element in page.get("html"))
    assert "<b>bold" not in raw
    assert "&lt;b&gt;bold&lt;/b&gt;" in raw


def test_the_address_names_dataset_and_version(visit, measured):
    page = visit(measured, dataset="people", version="production")
    assert not page.exception
    assert "v2 (newest: v3)" in words(page)
    assert page.selectbox(key="version").value == "2"
    page = page.selectbox(key="version").select("3").run()
    assert page.query_params["version"] == "3"
    assert "against v2 GAIN" in words(page)
    page = page.selectbox(key="version").select("").run()
    assert "version" not in page.query_params
    assert page.query_params["dataset"] == "people"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"dataset": "peeple"}, "There is no dataset 'peeple' in this lake. Did you mean 'people'?"),
        ({"dataset": "people", "version": "9"}, "There is no version '9' in 'people'. Its versions are 1 to 3."),
        ({"dataset": "people", "version": "prod"}, "There is no tag 'prod' in 'people'."),
        ({"dataset": "![x](http://example.invalid)"}, "There is no dataset '![x](http://example.invalid)'"),
    ],
)
def test_an_address_that_names_nothing_is_said_and_can_be_left(visit, measured, address, said):
    page = visit(measured, **address)
    assert not page.exception
    assert said in words(page)
    assert not [element for element in page.markdown if "example.invalid" in element.value]
    if "version" in address:
        page = page.selectbox(key="version").select("3").run()
    else:
        page = page.selectbox(key="dataset").select("people").run()
    assert not page.error
    assert "people · 320 rows · v3" in words(page)


def test_a_locked_lake_is_said_and_tried_again(visit, measured):
    # Another process: the locks of one process do not bar its own way.
    program = (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1]); held.execute('PRAGMA locking_mode = EXCLUSIVE');"
        "held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    )
    holding = [sys.executable, "-c", program, measured.removeprefix("sqlite:")]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        page = visit(measured, dataset="people")
        other.stdin.close()
    assert not page.exception
    assert "is held by other processes" in words(page)
    page = page.button(key="again").click().run()
    assert not page.error
    assert "people · 320 rows" in words(page)


def test_a_lake_that_is_none_is_said(visit, tmp_path):
    (tmp_path / "catalog.sqlite").write_text("not a catalogue at all")
    page = visit(f"sqlite:{tmp_path / 'catalog.sqlite'}")
    assert not page.exception
    assert "is not a lake's catalogue" in words(page)


def test_a_lake_that_went_away_or_was_made_anew_is_noticed(visit, measured, measured_lake):
    page = visit(measured, dataset="people")
    folder = Path(measured.removeprefix("sqlite:")).parent
    shutil.rmtree(folder)
    assert page.run().title[0].value == "No lake yet"
    shutil.copytree(measured_lake, folder)
    assert "people · 320 rows" in words(page.run())


def test_a_setting_that_is_wrong_is_said(visit, measured, monkeypatch):
    monkeypatch.setenv("WORKBENCH_THREDS", "2")
    page = visit(measured)
    assert not page.exception
    assert "WORKBENCH_THREDS is no setting" in words(page)


def test_the_sidebar_says_where_and_as_whom(visit, measured):
    said = words(visit(measured, dataset="people"))
    assert f"Lake {measured.removeprefix('sqlite:')}" in said
    assert "You are recorded as Zoë" in said


def test_an_open_draft_is_shown_with_its_count(visit, measured):
    with workbench.open(measured, author="ben") as lake:
        draft = lake["people"].draft(title="evening <i>round</i>").draft
        lake.stage(draft, [Correction(key={"id": 1}, column="a", new=0.5)])
    page = visit(measured, dataset="people")
    assert f"Open draft {draft} “evening <i>round</i>” by ben: 1 correction" in words(page)


def test_the_last_run_is_told_on_the_first_page(visit, measured):
    assert "last run" not in words(visit(measured, dataset="people"))
    with workbench.open(measured, author="cron") as lake:
        run = lake["people"].run()
    said = words(visit(measured, dataset="people"))
    assert f"last run {run.outcome.upper()} just now · {run.findings['new']:,} new, 0 returned, 0 fixed" in said


def test_several_datasets_have_a_line_each(visit, measured):
    with workbench.open(measured, author="ann") as lake:
        lake.import_data("a-b", pd.DataFrame({"id": [1, 2], "x": [3, 4]}), key=["id"])
    page = visit(measured, dataset="people")
    assert not page.exception
    assert "Datasets of this lake" in words(page)
    tables = [element.value for element in page.get("html") if "<table" in element.value]
    rows = [re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", " ", row))) for row in tables[-1].split("<tr")[2:]]
    with workbench.open(measured) as lake:
        newest = lake["people"].documents()[-1]
    assert " a-b v1 2 " in rows[0] and accuracy_of(newest) in rows[1] and verdict_of(newest) in rows[1]
    assert 'href="?dataset=a-b"' in tables[-1]


def test_comparisons_stored_without_the_intervals_of_each_side_are_shown(visit, measured):
    with workbench.open(measured) as lake:
        [(version, comparison)] = lake.lake.read(
            "SELECT version, comparison FROM lake.workbench.measurements WHERE dataset = 'people' AND version = 3 "
            "ORDER BY created_at DESC LIMIT 1"
        )
        old = json.loads(comparison)
        for effect in (*old["metrics"].values(), *old["per_class"].values()):
            for name in ("a_low", "a_high", "b_low", "b_high"):
                del effect[name]
        lake.lake.write(
            lambda session: session.rows(
                "UPDATE lake.workbench.measurements SET comparison = ? WHERE dataset = 'people' AND version = ?",
                [json.dumps(old), version],
            ),
            message="as earlier releases wrote it",
        )
        expected = verdict_of(lake["people"].documents()[-1])
    for page in ("overview", "compare", "history", "runs"):
        shown = visit(measured, page, dataset="people")
        assert not shown.exception and not shown.error
        assert page == "runs" or expected in words(shown)


def test_the_wear_of_the_test_set_is_told_in_a_line(visit, measured):
    with workbench.open(measured) as lake:
        known = lake.wear("people")
    assert known.test_labels == "people@3"
    assert known.decisions == 2, "v2 corrected test labels alone: its model is that of v1"
    said = words(visit(measured, dataset="people"))
    assert all(line in said for line in report_wear(known))
