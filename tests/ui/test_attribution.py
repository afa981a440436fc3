"""Compare shares the change of the figure out when somebody asks for it, with the library's own figures."""

from __future__ import annotations

import pytest

import workbench
from workbench.drafts import Correction
from workbench.lake import view_of
from workbench.reporting import format_change
from workbench.ui.components.compare_attribution import WORDS


def alts(page):
    """The text alternatives of the page's charts."""
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]


@pytest.fixture
def two_authors(measured):
    """Version 4 breaks 60 labels that version 3 had right."""
    with workbench.open(measured, author="ben") as lake:
        people = lake["people"]
        view = view_of(lake.lake, people.newest)
        rows = view.fetch("SELECT id FROM {rows} WHERE answer = 'yes' AND split = 'train' ORDER BY id LIMIT 60")
        draft = people.draft(title="by mistake").draft
        lake.stage(draft, [Correction({"id": row[0]}, column="answer", new="no") for row in rows])
        lake.publish(draft, message="by mistake")
        people.evaluate()
    return measured


def test_who_did_what_is_worked_out_and_drawn(visit, two_authors, when_done):
    page = visit(two_authors, "compare", dataset="people", a="2", b="4")
    assert not page.exception and not any("Share of each" in alt for alt in alts(page))
    page = page.segmented_control(key="attribution-by").set_value("version").run()
    page.button(key="attribution-now").click().run()
    page = when_done(page, f"attribution:{two_authors}:people@2:4:version")
    assert not page.exception and page.button(key="attribution-now").disabled
    said = next(alt for alt in alts(page) if "Share of each version" in alt)
    with workbench.open(two_authors) as lake:
        found = lake.attribute("people@2", "people@4", by="version")
    assert [share.group.name for share in found.shares] == ["people@3", "people@4"]
    for share in found.shares:
        effect = share.effect
        figure = format_change(effect.change, effect.low, effect.high)
        assert f"{share.group.name}: {figure}, {WORDS.get(effect.verdict, effect.verdict)}" in said
