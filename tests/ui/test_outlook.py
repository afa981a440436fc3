"""Overview says whether to go on, with the library's own figures; more rows are tried when somebody asks for it."""

from __future__ import annotations

import pandas as pd

import workbench
from workbench.outlook import outlook
from workbench.outlook.telling import sentences


def said(page):
    """What the panel says."""
    return " ".join(element.value for element in page.get("html") if "wb-plain" in element.value)


def alts(page):
    """The text alternatives of the page's charts."""
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]


def test_the_outlook_is_the_library_s(visit, measured):
    page = visit(measured, dataset="people")
    assert not page.exception and "Go on, or stop?" in [header.value for header in page.subheader]
    with workbench.open(measured) as lake:
        found = outlook(lake.lake, "people")
    assert found.method == "average"
    for sentence in sentences(found):
        assert sentence in said(page)
    alt = next(alt for alt in alts(page) if alt.startswith("Accuracy as rows were corrected"))
    assert "people@2 at 0: " in alt and f"people@3 at {found.points[1].n}: " in alt
    assert any("Notes on the outlook" in each.label for each in page.expander)


def test_more_rows_are_tried_on_demand_and_the_answer_stays(visit, measured, when_done):
    page = visit(measured, dataset="people")
    assert "More data:" not in said(page)
    page.button(key="outlook-sizes").click().run()
    page = when_done(page, f"outlook:{measured}:people@3")
    assert not page.exception and page.button(key="outlook-sizes").disabled
    with workbench.open(measured) as lake:
        found = outlook(lake.lake, "people", sizes=True)
    assert sentences(found)[-1] in said(page) and "1,000 more rows" in sentences(found)[-1]
    alt = next(alt for alt in alts(page) if alt.startswith("Accuracy by number of rows"))
    assert "50 rows at 50: " in alt and "200 rows at 200: " in alt


def test_where_there_is_much_to_read_it_is_read_on_demand(visit, measured, when_done, monkeypatch):
    monkeypatch.setattr("workbench.ui.components.outlook.READ", 100)
    page = visit(measured, dataset="people")
    assert not page.exception and "What 100 more decisions" not in said(page)
    page.button(key="outlook-now").click().run()
    page = when_done(page, f"outlook:{measured}:people@3")
    assert not page.exception and "What 100 more decisions are likely to bring" in said(page)
    assert not page.button(key="outlook-sizes").disabled


def test_it_can_be_cancelled(visit, measured, cancelled):
    cancelled(visit(measured, dataset="people"), f"outlook:{measured}:people@3", "outlook-sizes")


def test_where_nothing_was_measured_nothing_is_said(visit, lake, make):
    make(pd.DataFrame({"id": [1, 2, 3], "x": [1, 2, 3], "y": ["a", "b", "a"]}), "fresh", key=("id",), label="y")
    page = visit(lake.url)
    assert not page.exception and "Go on, or stop?" not in [header.value for header in page.subheader]
