"""Compare answers "what changed between these two, and did it help?"."""

from __future__ import annotations

import streamlit as st

from workbench.compare import Comparison, NotMeasured
from workbench.errors import WorkbenchError
from workbench.ui import comparing, session
from workbench.ui.components.cell_story import show_asked_story
from workbench.ui.components.choice import choose, show_drafts
from workbench.ui.components.compare_attribution import show_attribution
from workbench.ui.components.compare_changes import show_changes
from workbench.ui.components.compare_choice import choose_pair
from workbench.ui.components.compare_classes import show_confusion, show_per_class
from workbench.ui.components.compare_findings import show_findings_between
from workbench.ui.components.compare_flips import show_flips
from workbench.ui.components.compare_measure import show_measure
from workbench.ui.components.compare_report import show_downloads
from workbench.ui.components.compare_samples import show_samples
from workbench.ui.components.compare_slices import show_slices
from workbench.ui.components.compare_verdict import show_metrics, show_moved, show_notes, show_verdict_large
from workbench.ui.components.markup import element
from workbench.ui.components.message import show_error, show_no_dataset
from workbench.ui.standing import Standing


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(
            lake,
            "Once there is one with two versions, this page shows what changed between them, cell by cell, and whether "
            "it helped the fixed model.",
        )
        return
    state = session.stand(lake, version)
    show_drafts(state.drafts)
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    pair = comparing.Pair(lake, *choose_pair(lake, state))
    a, b = pair.a.version, pair.b.version
    with head:
        st.html(element("h1", version.dataset, element("span", f" · v{a} → v{b}"), css="wb-headline"))
    if a == b:
        st.text(f"Both are v{a}: nothing differs. Choose two different versions.")
        return
    found = _model(pair, state)
    differs, between = comparing.changes(pair), comparing.findings_between(pair)
    with head:
        show_downloads(pair, found, differs)
    show_findings_between(between, state, a, b, lake.lake.url)
    show_changes(differs)
    show_asked_story(lake, lake[version.dataset].newest)


def _model(pair: comparing.Pair, state: Standing) -> Comparison | None:
    """Show what the change did to the fixed model, where that is known."""
    if pair.b.definition.label is None:
        st.text("This dataset has no label column, so there is nothing a model could be measured on.")
        return None
    try:
        found = comparing.comparison(pair, state.results)
    except WorkbenchError as error:
        show_error(error, title="The fixed model's figures cannot be compared")
        return None
    if isinstance(found, NotMeasured):
        show_measure(pair, state)
        return None
    show_verdict_large(found)
    show_metrics(found)
    rows = comparing.row_changes(pair)
    left, right = st.container(key="compare-sides").columns(2)
    with left:
        show_per_class(found)
        show_moved(found)
    with right:
        if rows.confusion:
            show_confusion(rows, pair.a.version, pair.b.version)
    show_slices(found)
    show_attribution(pair)
    show_samples(found, pair)
    show_notes(found)
    if rows.rows:
        show_flips(rows, pair)
    return found


if __name__ == "__main__":
    show()
