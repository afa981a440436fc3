"""Review says what an answer to all findings of the filter would do, and stages nothing for it."""

from __future__ import annotations

import re
from html import unescape

import workbench
from workbench.findings import Filter
from workbench.whatif.telling import lines, verdict_text

CHECK = "label.issue"


def words(page):
    """All markup of the page, as the browser reads it."""
    return unescape(" ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html")))


def squeezed(text):
    """Blanks alone."""
    return re.sub(r"\s+", " ", text)


def test_the_answers_are_tried_side_by_side_and_nothing_is_staged(visit, measured, when_done):
    page = visit(measured, "review", dataset="people", check=CHECK)
    assert not page.exception
    page.button(key="what-if-now").click().run()
    page = when_done(page, f"what-if:{measured}:people@3:Zoë")
    assert not page.exception
    with workbench.open(measured) as lake:
        found = lake.what_if("people", do=("fix", "exclude"), wanted=Filter(check=CHECK))
        assert lake["people"].drafts() == []
        open_now = lake["people"].count_findings(check=CHECK)
    for outcome in found.outcomes:
        assert verdict_text(outcome) in squeezed(words(page))
    page = page.button(key="what-if-open").click().run()
    shown = squeezed(words(page))
    for outcome in found.outcomes:
        told = dict(lines(outcome))
        assert told["findings"] in shown and told["rows"] in shown
    assert any(
        f"The first {open_now} finding" in each.value and "Nothing was staged" in each.value for each in page.text
    )
    assert "classes" in shown and "yes 144 → " in shown


def test_it_can_be_cancelled(visit, measured, cancelled):
    page = visit(measured, "review", dataset="people", check=CHECK)
    cancelled(page, f"what-if:{measured}:people@3:Zoë", "what-if-now")
