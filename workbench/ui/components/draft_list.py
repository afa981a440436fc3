"""The drafts of a dataset, one line each: what is proposed, by whom, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from workbench.drafts import Draft
from workbench.reporting import format_count
from workbench.ui.components.markup import element
from workbench.ui.wording import ago

CLOSED = 50
"""Published and discarded drafts shown at most."""

COLUMNS = {"draft": "wb-short", "by": "", "state": "", "corrections": "wb-number", "based on": "wb-short", "begun": ""}
"""Column → its classes."""

MARKS = {"approved": "wb-badge wb-gain", "sent back": "wb-badge wb-loss"}
"""State → its classes; any other is slate."""


def show_draft_list(drafts: Sequence[Draft], states: Mapping[int, str], chosen: int | None) -> None:
    """Show the drafts: the open ones, and the others folded.

    Parameters
    ----------
    states : mapping
        Number of each open draft → where it stands.
    chosen : int or None
        The one that is looked at.
    """
    opened = [draft for draft in drafts if draft.state == "open"]
    closed = [draft for draft in drafts if draft.state != "open"]
    if opened:
        st.html(_table(opened, states, chosen))
    if closed:
        with st.expander(f"Published and discarded ({format_count(len(closed))})", key="drafts-closed"):
            st.html(_table(closed[:CLOSED], states, chosen))
            if len(closed) > CLOSED:
                st.text(f"The newest {CLOSED}; workbench draft list --all shows the rest.")


def state_mark(state: str) -> Markup:
    """Write where a draft stands, in its colour."""
    return element("span", state, css=MARKS.get(state, "wb-badge"))


def _table(drafts: Sequence[Draft], states: Mapping[int, str], chosen: int | None) -> Markup:
    """Write drafts as a table."""
    head = element("tr", *(element("th", name, css=css, scope="col") for name, css in COLUMNS.items()))
    body = element("tbody", *(_row(draft, states, draft.draft == chosen) for draft in drafts))
    return element("table", element("thead", head), body, css="wb-table wb-figures wb-drafts")


def _row(draft: Draft, states: Mapping[int, str], chosen: bool) -> Markup:
    """Write a draft, with the way to it."""
    made = draft.created_at
    address = urlencode({"dataset": draft.dataset, "draft": draft.draft})
    name = f"{draft.draft} “{draft.title}”" if draft.title else str(draft.draft)
    state = states.get(draft.draft) or (f"published as v{draft.version}" if draft.version else draft.state)
    cells = [
        element("a", name, href=f"drafts?{address}", target="_self"),
        draft.author,
        state_mark(state),
        format_count(draft.corrections),
        f"v{draft.base}",
        element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC"),
    ]
    written = [element("td", cell, css=css) for cell, css in zip(cells, COLUMNS.values(), strict=True)]
    return element("tr", *written, css="wb-chosen" if chosen else "")
