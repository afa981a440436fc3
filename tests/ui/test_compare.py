"""Compare: the figures of the library, the rows that flipped, and every change with who and why."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.compare import flipped_rows
from workbench.drafts import Correction
from workbench.lake import view_of
from workbench.reporting import badge, count_of, format_metric
from workbench.reporting.figures import format_floor
from workbench.reporting.versions import harmed, unsettled
from workbench.ui import comparing, jobs
from workbench.ui.components.compare_report import report_page
from workbench.ui.components.compare_verdict import change_text


def words(page: AppTest) -> str:
    """All that the page says, with markup as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html"))
    said = [element.value for kind in ("title", "subheader", "text", "error", "code") for element in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *said]))


def grids(page: AppTest) -> dict[str, list[list[object]]]:
    """Rows of each grid by its text alternative, missing values as None."""
    return {
        grid.proto.alt: [[None if pd.isna(cell) else cell for cell in row] for row in grid.value.to_numpy().tolist()]
        for grid in page.dataframe
    }


def heads(page: AppTest, alt: str) -> list[str]:
    """The column names of a grid as a person reads them."""
    grid = next(grid for grid in page.dataframe if grid.proto.alt == alt)
    return [each["label"] for each in json.loads(grid.proto.columns).values() if "label" in each]


def test_an_empty_lake_says_what_the_page_will_show(visit, lake):
    page = visit(lake.url, "compare")
    assert not page.exception
    assert page.title[0].value == "No dataset yet"
    assert "what changed between them, cell by cell" in words(page)


def test_the_figures_are_those_of_the_library(visit, measured):
    page = visit(measured, "compare", dataset="people")
    assert not page.exception
    said = words(page)
    with workbench.open(measured) as lake:
        found = lake["people"].compare(2, 3)
    assert "people · v2 → v3" in said
    assert badge(found.verdict, found.change, found.low, found.high, found.detectable) in said
    assert f"on {found.test_rows} test rows that both have, under the test labels of people@3" in said
    for name, effect in found.metrics.items():
        sides = " ".join(format_metric(name, *side) for side in effect.sides)
        assert f"{sides} {change_text(name, effect).replace(' (', '  (')}".replace("  ", " ") in said.replace("( ", "(")
    drawn = next(chart.proto.alt for chart in page.get("vega_lite_chart"))
    told = [f"{name} {change_text('recall', effect)}, {effect.verdict}" for name, effect in found.per_class.items()]
    floors = [f"{name} {format_floor(effect.noise_floor)}" for name, effect in found.per_class.items()]
    assert drawn == (
        f"Change of recall by class, v2 to v3: {'; '.join(told)}. Noise floor: other seeds, same data: "
        f"{'; '.join(floors)}."
    )
    chart = next(chart for chart in page.get("vega_lite_chart"))
    spec = json.loads(chart.proto.spec)
    assert "97.5 % intervals, which hold together at 95 % for all 2 classes (Bonferroni)" in spec["title"]["subtitle"]
    assert "grey: noise floor: other seeds, same data" in spec["title"]["subtitle"]


def test_the_versions_stand_in_the_address_and_can_be_chosen(visit, measured):
    page = visit(measured, "compare", dataset="people", a="3", b="production")
    assert not page.exception
    assert "people · v3 → v2" in words(page) and "LOSS" in words(page)
    page = page.selectbox(key="compare-b").select("1").run()
    assert page.query_params["b"] == "1" and "people · v3 → v1" in words(page)
    page = page.selectbox(key="compare-b").select("3").run()
    assert "Both are v3: nothing differs" in words(page)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"a": "9"}, "There is no version '9' in 'people'. Its versions are 1 to 3."),
        ({"b": "prod"}, "There is no tag 'prod' in 'people'."),
        ({"column": "z"}, "There is no column 'z' in these changes."),
        ({"row": "777"}, "There is no flipped row '777' in this list."),
    ],
)
def test_what_is_not_there_is_said(visit, measured, address, said):
    page = visit(measured, "compare", dataset="people", **address)
    assert not page.exception
    assert said in words(page)


def test_every_change_is_listed_with_who_and_why_and_can_be_filtered(visit, measured):
    page = visit(measured, "compare", dataset="people", a="1", b="3")
    assert not page.exception
    with workbench.open(measured) as lake:
        found = lake["people"].diff(1, 3)
    grid = next(key for key in grids(page) if key.startswith("Changes from"))
    assert heads(page, grid) == ["id", "column", "old", "new", "who", "why"]
    first = [
        [*change.key.values(), change.column, change.old, change.new, change.author, change.reason]
        for change in found.changes[:50]
    ]
    assert grids(page)[grid] == first
    assert f"{count_of(found.cells_changed, 'cell')} changed" in words(page)
    page = page.text_input(key="changes-q").input("21").run()
    assert page.query_params["q"] == "21"
    wanted = [change for change in found.changes if "21" in str(change.key["id"])]
    grid = next(key for key in grids(page) if key.startswith("Changes from"))
    assert [row[0] for row in grids(page)[grid]] == [change.key["id"] for change in wanted]
    page = page.selectbox(key="changes-column").select("answer").run()
    assert page.query_params["column"] == "answer" and not page.exception


def test_changes_are_sorted_on_the_server_and_searched_by_value(visit, lake, make, publish):
    make(pd.DataFrame({"id": range(60), "x": [str(n) for n in range(60)], "n": range(60)}), "t", key=("id",))
    publish("t", {rid: {"n": 200 - rid, "x": "odd" if rid % 2 else None} for rid in range(1, 61)})
    page = visit(lake.url, "compare", dataset="t", a="1", b="2", column="n", sort="new")
    assert not page.exception
    grid = next(key for key in grids(page) if key.startswith("Changes from"))
    assert [row[3] for row in grids(page)[grid]] == [str(n) for n in range(140, 190)], "numbers sort as numbers"
    page = page.selectbox(key="changes-column").select("x").run()
    page = page.text_input(key="changes-q").input("odd").run()
    grid = next(key for key in grids(page) if key.startswith("Changes from"))
    assert {row[3] for row in grids(page)[grid]} == {"odd"} and len(grids(page)[grid]) == 30
    assert page.query_params["sort"] == "new"
    assert "There is no order 'z' in these changes." in words(visit(lake.url, "compare", dataset="t", sort="z"))


def test_the_rows_of_one_class_among_those_that_flipped(visit, measured):
    page = visit(measured, "compare", dataset="people")
    alt = "Test rows whose prediction changed between right and wrong"
    labels = {row[1] for row in grids(page)[alt]}
    page = page.selectbox(key="flips-label").select("yes").run()
    assert not page.exception and page.query_params["label"] == "yes"
    assert "yes" in labels and {row[1] for row in grids(page)[alt]} == {"yes"}
    chart = json.loads(next(chart.proto.spec for chart in page.get("vega_lite_chart")))
    assert [each["name"] for each in chart["params"]] == ["label"], "a click on a class chooses its rows"


def test_of_a_large_difference_the_first_changes_are_listed_and_that_is_said(visit, measured, monkeypatch):
    monkeypatch.setattr(comparing, "LISTED", 30)
    page = visit(measured, "compare", dataset="people", a="1", b="3")
    assert not page.exception
    with workbench.open(measured) as lake:
        found = lake["people"].diff(1, 3)
    assert f"{count_of(found.cells_changed, 'cell')} changed" in words(page)
    assert [caption.value for caption in page.caption][-1] == (
        "30 changes; only the first 30 are read, the counts above are of all"
    )


def test_a_later_page_of_changes_has_an_address(visit, measured):
    page = visit(measured, "compare", dataset="people", a="1", b="3")
    page.query_params["page"] = "3"
    page = page.run()
    with workbench.open(measured) as lake:
        found = lake["people"].diff(1, 3)
    grid = next(key for key in grids(page) if key.startswith("Changes from"))
    assert [row[0] for row in grids(page)[grid]] == [change.key["id"] for change in found.changes[100:150]]


def test_a_flipped_row_is_opened_with_its_cells_and_its_history(visit, measured):
    page = visit(measured, "compare", dataset="people")
    with workbench.open(measured) as lake:
        a, b = (view_of(lake.lake, lake["people"]._version(number)) for number in (2, 3))
        rows = flipped_rows(lake.lake, a, b)
    assert len(grids(page)["Test rows whose prediction changed between right and wrong"]) == len(rows.flips) > 0
    assert f"{count_of(rows.gained, 'row')} became right, {rows.lost} became wrong." in words(page)
    page.query_params["row"] = str(rows.flips[0].rid)
    page = page.run()
    flip = rows.flips[0]
    assert not page.exception
    opened = f"id {flip.key['id']} · label {flip.label} · predicted {flip.before} → {flip.after}"
    assert opened in words(page)
    assert "one spelling" in words(page) and "row added" in words(page)
    assert "suggest" not in words(page)


def test_findings_gone_and_new_lead_to_review(visit, lake, make, publish):
    frame = pd.DataFrame({"id": [1, 2, 3], "x": ["a", "a", "b"]})
    make(frame, "twins", key=("id",))
    with workbench.open(lake.url, author="ann") as opened:
        opened["twins"].check(only=["data.duplicate"])
        publish("twins", {2: {"x": "c"}})
        opened["twins"].check(only=["data.duplicate"])
    page = visit(lake.url, "compare", dataset="twins", a="1", b="2")
    assert not page.exception
    assert "no label column" in words(page)
    assert "data.duplicate 1 0 together 1 0" in words(page)
    assert any('href="review?dataset=twins&amp;check=data.duplicate"' in element.value for element in page.get("html"))


def test_regression_is_compared_without_classes(visit, lake, make, publish):
    random = np.random.default_rng(0)
    x = random.normal(size=90)
    frame = pd.DataFrame({"id": range(90), "x": x, "y": 3 * x + random.normal(size=90)})
    make(frame, "prices", key=("id",), label="y", task="regression", model="embedding", lanes=[0, 0, 2] * 30)
    publish("prices", {1: {"y": 0.5}})
    with workbench.open(lake.url) as opened:
        opened["prices"].evaluate(1)
        opened["prices"].evaluate(2)
        found = opened["prices"].compare(1, 2)
    page = visit(lake.url, "compare")
    assert not page.exception
    assert badge(found.verdict, found.change, found.low, found.high, found.detectable, metric="r2") in words(page)
    assert "R²" in words(page) and "Test rows that flipped" not in words(page)
    assert not page.get("vega_lite_chart")


def test_one_version_alone_has_nothing_to_compare_with(visit, lake, make):
    make(pd.DataFrame({"id": [1, 2], "x": [1, 2]}), "plain", key=("id",))
    page = visit(lake.url, "compare")
    assert not page.exception
    assert "Both are v1: nothing differs" in words(page)


def test_nothing_is_fitted_unasked_and_then_as_a_job(visit, measured, when_done):
    with workbench.open(measured, author="ben") as lake:
        draft = lake["people"].draft().draft
        lake.stage(draft, [Correction(key={"id": 0}, column="a", new=0.25)])
        lake.publish(draft, message="one cell")
    page = visit(measured, "compare", dataset="people")
    assert not page.exception
    assert "v4 was never measured" in words(page)
    assert "v4 has not been checked yet" in words(page)
    with workbench.open(measured) as lake:
        assert lake["people"].documents()[3]["metrics"] is None
    page.button(key="measure-now").click().run()
    page = when_done(page, f"compare:{measured}:people@3:4")
    with workbench.open(measured) as lake:
        found = lake["people"].documents()[3]["comparison"]
    assert found is not None
    assert badge(found["verdict"], found["change"], found["low"], found["high"], found["detectable"]) in words(page)


def test_what_people_wrote_is_never_markup(visit, measured):
    page = visit(measured, "compare", dataset="people")
    assert not [element for element in page.markdown if "example.invalid" in element.value]
    assert "<b>bold" not in " ".join(element.value for element in page.get("html"))


def test_the_report_says_what_the_page_says(visit, measured):
    page = visit(measured, "compare", dataset="people", a="2", b="3")
    assert not page.exception
    said = words(page)
    with workbench.open(measured) as lake:
        found = lake["people"].compare(2, 3)
        versions = {version.version: version for version in lake["people"].versions()}
        report = report_page(comparing.Pair(lake, versions[2], versions[3]))
        fresh = lake["people"].draft(title="more").draft
        lake.stage(fresh, [Correction({"id": 2}, column="a", new="9.5")])
        lake.publish(fresh, message="more")
        unknown = report_page(comparing.Pair(lake, versions[3], lake["people"].newest))
    report = re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", " ", report)))
    badges = badge(found.verdict, found.change, found.low, found.high, found.detectable)
    for text in (badges, *(format_metric(name, *side) for name, each in found.metrics.items() for side in each.sides)):
        assert text.split(" (")[0] in said and text.split(" (")[0] in report
    became = re.search(r"[\d,]+ rows? became right, [\d,]+ became wrong\.", said)[0]
    assert became in report
    assert "would have to be fitted" in unknown and "1 cell changed in 1 row" in unknown


def test_slices_are_drawn_and_losses_said(visit, measured):
    page = visit(measured, "compare", dataset="people", a="2", b="3")
    assert not page.exception
    with workbench.open(measured) as lake:
        found = lake["people"].compare(2, 3)
    drawn = [chart.proto.alt for chart in page.get("vega_lite_chart") if "by slice" in chart.proto.alt]
    first = found.slices.found[0] if found.slices.found else None
    if first is None:
        assert drawn == []
    else:
        told = f"{first.name} {change_text(found.slices.metric, first.effect)}, {first.effect.verdict}"
        assert drawn[0].startswith(f"Change of accuracy by slice, v2 to v3: {told}")
    assert all(line in words(page) for line in harmed(found))


def test_samples_are_fitted_when_asked_and_the_verdict_says_what_it_is_about(visit, measured, monkeypatch):
    monkeypatch.setattr("workbench.ui.comparing.SAMPLES", 4)
    monkeypatch.setattr("workbench.ui.components.compare_samples.SAMPLES", 4)
    page = visit(measured, "compare", dataset="people")
    assert "Would it help on data like this?" in words(page) and "bootstrap sample" not in words(page)
    page.button(key="samples-now").click().run()
    jobs.find(f"samples:{measured}:people@2:3").wait(60)
    page.run()
    assert not page.exception
    with workbench.open(measured) as lake:
        found = lake["people"].compare(2, 3, resample=4)
        assert lake.lake.read("SELECT count(*) FROM lake.workbench.evaluations WHERE evaluation IS NOT NULL")[0][0] > 3
    said = words(visit(measured, "compare", dataset="people"))
    assert "4 fits of each version, each on another bootstrap sample of its train rows" in said
    assert badge(found.verdict, found.change, found.low, found.high, found.detectable) in said


def test_what_is_done_to_another_lake_is_not_waited_for(visit, measured, tmp_path, endless):
    shutil.copytree(tmp_path / "lake", tmp_path / "other")
    other = f"sqlite:{tmp_path / 'other' / 'catalog.sqlite'}"
    for button, key in (
        ("samples-now", f"samples:{measured}:people@2:3"),
        ("attribution-now", f"attribution:{measured}:people@2:3:check"),
    ):
        jobs.start(key, "Comparing", endless)
        assert visit(measured, "compare", dataset="people").button(key=button).disabled
        assert not visit(other, "compare", dataset="people").button(key=button).disabled


def test_what_would_settle_it_stands_below_a_verdict_that_cannot_be_told(visit, measured):
    with workbench.open(measured) as lake:
        data = lake["people"]
        draft = data.draft(title="one cell").draft
        lake.stage(draft, [Correction(key={"id": 1}, column="answer", new="yes"),
                           Correction(key={"id": 3}, column="answer", new="no")])  # fmt: skip
        lake.publish(draft, message="one cell")
        data.evaluate()
        found = data.compare(3, 4)
    assert found.verdict == "cannot tell"
    line = unsettled(found.to_dict())
    assert "settle" in line
    assert line in words(visit(measured, "compare", dataset="people"))
    assert line in words(visit(measured, dataset="people"))
