"""Review answers "What is wrong here, and what do I do with it?"."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UnknownName, WorkbenchError
from workbench.lake import Version
from workbench.reporting import format_count
from workbench.ui import session
from workbench.ui.components.cell_story import show_asked_story
from workbench.ui.components.choice import choose
from workbench.ui.components.columns_view import ADDRESS, show_columns
from workbench.ui.components.draft_panel import show_draft
from workbench.ui.components.finding_card import show_finding
from workbench.ui.components.finding_row import read_ahead, show_history, show_row
from workbench.ui.components.finding_similar import show_similar
from workbench.ui.components.markup import element
from workbench.ui.components.message import show_error, show_no_dataset
from workbench.ui.components.review_actions import show_actions, show_editor, show_problem, show_steps
from workbench.ui.components.review_bulk import show_bulk
from workbench.ui.components.review_checks import show_checks
from workbench.ui.components.review_desk import Desk, desk, leave, next_page
from workbench.ui.components.review_facets import show_facets
from workbench.ui.components.review_order import show_order
from workbench.ui.components.review_table import show_table, take_edits
from workbench.ui.components.review_views import show_views

VIEWS = {"one": "one by one", "table": "table", "columns": "whole columns"}


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(lake, "Once there is one, this page shows what may be wrong in it, finding by finding.")
        return
    newest = lake[version.dataset].newest
    if version.version != newest.version:
        st.info(f"v{version.version} is chosen; what is reviewed is always the newest version, v{newest.version}.")
    asked = show_checks(lake, newest)
    if not asked and st.query_params.get("view") != "columns":
        st.html(element("h1", "Review", element("span", f" · {newest.name}"), css="wb-headline"))
        st.text("Once it is checked, this page shows what may be wrong in it, finding by finding.")
        st.button("Work on a whole column", key="review-columns", on_click=_to_columns)
        return
    _review(lake, newest, asked)


@st.fragment
def _review(lake: OpenLake, newest: Version, asked: tuple[Any, ...]) -> None:
    """Show the queue; a key or button shows only this part anew."""
    try:
        view = st.query_params.get("view", "one")
        if view not in VIEWS:
            raise UnknownName("view", view, VIEWS)
        if view == "columns":
            _show_head(newest, "whole columns", view)
            show_columns(lake, newest)
            return
        if not asked:
            st.rerun(scope="app")
        here = desk(lake, newest, asked)
        if here.stale:
            leave()
            st.rerun(scope="app")
        if view == "table" and take_edits(lake, here):
            st.rerun()
        what = here.wanted.filter.status or "in all"
        counted = f"{format_count(here.left)} {'left' if what == 'open' else what}"
        _show_head(newest, f"{counted} · {format_count(here.today)} done today", view)
        left, right = st.columns([1, 4], gap="medium")
        with right:
            show_order(lake, here)
            if view == "table":
                st.query_params.pop("finding", None)
                here.written = None
                show_table(lake, here)
            else:
                _show_one(lake, here)
            show_draft(lake, here)
        # What the visitor waits for has gone to the browser first.
        with left, st.container(key="review-facets"):
            show_views(lake, here)
            show_facets(here)
            show_bulk(lake, here)
            if "review-desk" not in st.session_state:
                # What was saved meanwhile has made this desk an old one.
                st.rerun()
        if view == "one":
            read_ahead(lake, here)
        else:
            next_page(lake, here)
        if not here.bulk:
            show_asked_story(lake, newest)
    except UnknownName as error:
        show_error(error, title=f"This {error.kind} is not there")
        st.button("Show the open findings", key="review-anew", on_click=_anew)
    except WorkbenchError as error:
        show_error(error)


def _show_head(version: Version, counted: str, view: str) -> None:
    """Write how many are left, and offer the views."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(element("h1", "Review", element("span", f" · {version.name} · {counted}"), css="wb-headline"))
        st.session_state["review-view"] = view
        st.segmented_control(
            "View", list(VIEWS), key="review-view", format_func=VIEWS.__getitem__, label_visibility="collapsed",
            on_change=_change_view, required=True,
        )  # fmt: skip


def _show_one(lake: OpenLake, here: Desk) -> None:
    """Show the finding that is open, and what can be done with it."""
    finding = here.current
    here.written = finding.finding if finding else None
    if finding is None:
        st.query_params.pop("finding", None)
        show_problem(here)
        skipped = here.left
        st.subheader("No finding is left here" if not skipped else "That was the last one")
        if skipped:
            st.text(f"{format_count(skipped)} of this filter are still there: those that you skipped.")
            st.button("Begin again", key="review-again", type="primary", on_click=leave)
        show_steps(lake, here)
        return
    st.query_params["finding"] = finding.finding
    # The keys are there before the finding shows: whoever sees it can answer it.
    above, actions = st.container(), st.container()
    with actions:
        show_actions(lake, here, finding)
    with above:
        show_finding(finding)
        show_row(lake, here, finding)
        show_similar(lake, here, finding)
    show_problem(here)
    show_editor(lake, here, finding)
    show_history(lake, here, finding)


def _change_view() -> None:
    """Write the view into the address; what only the one that is left knows goes out of it."""
    view = st.session_state.get("review-view", "one")
    for name in ADDRESS if st.query_params.get("view") == "columns" else ("finding", "page"):
        st.query_params.pop(name, None)
    if view == "one":
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = view


def _to_columns() -> None:
    """Go to the columns of a dataset that nobody has checked yet."""
    st.query_params["view"] = "columns"


def _anew() -> None:
    """Leave a filter that is wrong."""
    leave()
    dataset = st.query_params.get("dataset")
    st.query_params.from_dict({"dataset": dataset} if dataset else {})


if __name__ == "__main__":
    show()
