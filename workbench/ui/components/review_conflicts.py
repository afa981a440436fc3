"""What stands against publishing a draft, cell by cell."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from workbench.characters import visible
from workbench.drafts import Draft
from workbench.errors import Conflict, ConflictError
from workbench.reporting import count_of
from workbench.ui.wording import marked

SHOWN = 200
"""Conflicts shown at once."""


def show_conflicts(error: ConflictError, draft: Draft, *, publish: Callable[[], None]) -> None:
    """Show the cells that somebody else has changed, and offer to publish the rest."""
    with st.container(border=True, key="conflicts"):
        st.error("Somebody else changed what your draft corrects", icon=":material/error:")
        st.text(visible(error.message, lines=True))
        st.dataframe(marked(table(error.conflicts[:SHOWN])), hide_index=True)
        if len(error.conflicts) > SHOWN:
            st.text(f"and {count_of(len(error.conflicts) - SHOWN, 'more cell')}")
        rest = draft.corrections - len(error.conflicts)
        if rest > 0:
            st.text("Published is what still fits; these cells go into a new draft, with the values found now.")
            st.button(f"Publish the rest ({count_of(rest, 'correction')})", key="publish-rest", on_click=publish)


def table(conflicts: tuple[Conflict, ...]) -> pd.DataFrame:
    """Lay conflicts out.

    Returns
    -------
    DataFrame of shape (n_conflicts, 6)
    """
    rows = [
        (
            ", ".join(f"{name} {value}" for name, value in conflict.key.items()),
            conflict.column or "the row",
            *conflict.texts(),
            conflict.why,
        )
        for conflict in conflicts
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["row", "column", "you saw", "now", "your correction", "why"])
