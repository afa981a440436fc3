"""Saved views on Review: a filter and an order under a name, for everybody who works on the dataset."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import UsageError, WorkbenchError
from workbench.findings import SavedView, remove_view, save_view, saved_views
from workbench.ui.components.message import show_error
from workbench.ui.components.review_desk import Desk, leave
from workbench.ui.components.review_wanted import Wanted, to_address, usual_order
from workbench.ui.session import is_choice

NONE = ""
"""Stands for no view."""


def show_views(lake: OpenLake, desk: Desk) -> None:
    """Offer the saved views, and to save the filter as one."""
    views = _views(lake, desk)
    usable = (view for view in views.values() if not view.problem)
    here = next((view for view in usable if Wanted(view.wanted, view.order) == desk.wanted), None)
    st.session_state["view-chosen"] = here.name if here else NONE
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="review-views"):
        st.selectbox(
            "Saved view", [NONE, *views], key="view-chosen", label_visibility="collapsed", width="stretch",
            format_func=lambda name: visible(name) or ("Saved views" if views else "No saved views"),
            on_change=_open, args=(views,), disabled=not views,
        )  # fmt: skip
        with st.popover(
            "", icon=":material/bookmark_add:", help="Save this filter and order as a view.", key="view-pop"
        ):
            st.text_input("Name", key="view-name", placeholder="ages out of range")
            st.button("Save view", key="view-save", on_click=_save, args=(lake, desk))
            if here is not None:
                st.text(visible(f"“{here.name}” was saved by {here.author}."))
                st.button("Remove this view", key="view-remove", on_click=_remove, args=(lake, desk, here))
            problem = st.session_state.pop("view-problem", None)
            if isinstance(problem, WorkbenchError):
                show_error(problem)


def _views(lake: OpenLake, desk: Desk) -> dict[str, SavedView]:
    """Read the views once per desk; saving and removing read them again."""
    if desk.views is None:
        desk.views = {view.name: view for view in saved_views(lake.lake, desk.dataset)}
    return desk.views


def _open(views: dict[str, SavedView]) -> None:
    """Write a view into the address; no view is the usual queue."""
    if not is_choice("view-chosen", (NONE, *views)):
        return
    view = views.get(st.session_state["view-chosen"])
    if view is not None and view.problem:
        st.session_state["view-problem"] = UsageError(
            f"The view '{view.name}' cannot be opened: {view.problem}.", hint="Save the filter again under its name."
        )
        return
    to_address(Wanted(view.wanted, view.order) if view else Wanted(order=usual_order()))
    leave()


def _save(lake: OpenLake, desk: Desk) -> None:
    """Save the filter under the name that was typed."""
    name = str(st.session_state["view-name"])
    try:
        save_view(lake.lake, desk.dataset, name, desk.wanted.filter, order=desk.wanted.order, author=lake.author)
    except WorkbenchError as error:
        st.session_state["view-problem"] = error
        return
    st.session_state["view-name"] = ""
    desk.views = None
    desk.notice = f"Saved as “{' '.join(name.split())}”."


def _remove(lake: OpenLake, desk: Desk, view: SavedView) -> None:
    """Remove a view."""
    try:
        remove_view(lake.lake, desk.dataset, view.name, author=lake.author)
    except WorkbenchError as error:
        st.session_state["view-problem"] = error
    desk.views = None
