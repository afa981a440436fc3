"""Data answers "show me the rows."."""

from __future__ import annotations

import streamlit as st

from workbench.errors import UnknownName
from workbench.lake import kept_snapshots, view_of
from workbench.ui import session
from workbench.ui.browsing import asked
from workbench.ui.components.choice import choose, show_drafts
from workbench.ui.components.data_controls import show_controls
from workbench.ui.components.data_export import show_export
from workbench.ui.components.data_profile import show_profile
from workbench.ui.components.data_rows import show_rows
from workbench.ui.components.data_settings import show_settings
from workbench.ui.components.headline import show_headline
from workbench.ui.components.message import show_no_dataset
from workbench.versions import resolve

SHOWN = ("rows", "profile", "settings")


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(lake, "Once there is one, this page shows its rows, page by page, and what is in each column.")
        return
    state = session.stand(lake, version)
    show_drafts(state.drafts)
    if version.snapshot not in kept_snapshots(lake.lake):
        resolve(lake.lake, version.name)  # says that it was let go
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        show_headline(state)
        show_export(lake, version)
    shown = _shown()
    if shown != "rows":
        {"profile": show_profile, "settings": show_settings}[shown](lake, version)
        return
    view = view_of(lake.lake, version)
    show_controls(view, asked(view))
    show_rows(version)


def _shown() -> str:
    """Choose between rows, profile and settings; the choice stands in the address."""
    wanted = st.query_params.get("show", SHOWN[0])
    if wanted not in SHOWN:
        raise UnknownName("view", wanted, SHOWN, where="this page")
    st.session_state["data-show"] = wanted
    st.segmented_control(
        "Show", SHOWN, key="data-show", format_func=str.capitalize, label_visibility="collapsed", on_change=_to_address
    )
    return wanted


def _to_address() -> None:
    """Write what is shown into the address; a second click on it leaves it as it is."""
    if st.session_state["data-show"] in ("profile", "settings"):
        st.query_params["show"] = st.session_state["data-show"]
    elif st.session_state["data-show"] == "rows":
        st.query_params.pop("show", None)


if __name__ == "__main__":
    show()
