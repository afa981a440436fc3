"""The first line of a page: which dataset, how large, which version, what its tags name."""

from __future__ import annotations

import streamlit as st

from workbench.reporting import count_of, format_count
from workbench.ui.components.markup import element
from workbench.ui.standing import Standing


def show_headline(state: Standing) -> None:
    """Write ``adult · 16,060 rows · v4 · production = v3``."""
    version = state.version
    rows = count_of(version.rows, "row")
    facts = [
        rows + (f", {format_count(version.excluded)} of them excluded" if version.excluded else ""),
        f"v{version.version}" + ("" if version.version == state.newest else f" (newest: v{state.newest})"),
        *(f"{tag} = v{document['version']}" for document in state.documents for tag in document["tags"]),
    ]
    st.html(element("h1", version.dataset, element("span", *(f" · {fact}" for fact in facts)), css="wb-headline"))
