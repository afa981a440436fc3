"""How worn the test set is."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.iterations import Wear, wear
from workbench.lake import Lake
from workbench.reporting.wear import report_wear
from workbench.ui.components.markup import element
from workbench.ui.session import moment
from workbench.ui.standing import Standing


def show_wear(lake: OpenLake, state: Standing) -> None:
    """Say how many decisions the newest test rows have informed; nothing before the newest version was measured."""
    if state.newest not in state.results:
        return
    found = _wear(moment(lake), lake.lake, state.version.dataset)
    first, *rest = report_wear(found)
    css = "wb-plain wb-problem" if found.worn else "wb-plain wb-small"
    st.html(element("p", element("strong", first), " ", " ".join(rest), css=css))


@st.cache_data(show_spinner=False, max_entries=64)
def _wear(key: tuple[object, ...], _lake: Lake, dataset: str) -> Wear:
    """Count at a moment."""
    return wear(_lake, dataset)
