"""Datasets that were dropped, each with a button that brings it back."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import WorkbenchError
from workbench.lake.names import Dropped
from workbench.ui.components.message import show_error
from workbench.ui.session import moment


def show_dropped(lake: OpenLake) -> None:
    """List the datasets that can be brought back; nothing where there is none."""
    problem = st.session_state.pop("undrop-problem", None)
    if isinstance(problem, WorkbenchError):
        show_error(problem, title="The dataset cannot be brought back")
    found = _dropped(moment(lake), lake)
    if not found:
        return
    kept = timedelta(days=lake.lake.settings.retention_days)
    with st.expander(f"Dropped datasets ({len(found)})", icon=":material/delete:", key="dropped"):
        for each in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                why = f": {each.message}" if each.message else ""
                st.text(
                    visible(
                        f"{each.dataset}, dropped by {each.author} on {each.at:%Y-%m-%d}{why}. Maintenance deletes it "
                        f"for good after {each.at + kept:%Y-%m-%d}."
                    )
                )
                st.button("Bring back", key=f"undrop-{each.dataset}", on_click=_bring_back, args=(lake, each.dataset))


@st.cache_data(show_spinner=False, max_entries=16)
def _dropped(moment: tuple[object, ...], _lake: OpenLake) -> list[Dropped]:
    """Read which there are."""
    return _lake.dropped()


def _bring_back(lake: OpenLake, dataset: str) -> None:
    """Bring a dataset back, and go to it."""
    try:
        lake.undrop(dataset)
    except WorkbenchError as error:
        st.session_state["undrop-problem"] = error
    else:
        st.query_params.from_dict({"dataset": dataset})
