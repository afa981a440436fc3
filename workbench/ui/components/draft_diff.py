"""What a draft changes, cell by cell, a page at a time: key, column, old → new, who, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from workbench.drafts import Staged
from workbench.reporting import count_of
from workbench.ui.components.data_grid import MARGIN, ROW, show_grid
from workbench.ui.components.searching import fits
from workbench.ui.drafting import Seen
from workbench.ui.wording import PAGES

PAGE = 50
"""Corrections shown at once."""

SHOWN = 12
"""Rows in sight."""

WORDS = {"exclude": "row excluded", "restore": "row brought back", "delete": "row deleted"}
HIDDEN = "(hidden until you answer)"


def show_draft_diff(seen: Seen) -> None:
    """Show the corrections; one that is chosen leads to its finding."""
    corrections = seen.corrections
    st.subheader("What it changes")
    if not corrections:
        st.text("Nothing yet.")
        return
    text = st.text_input("Search", key="drafts-q", placeholder="key, column or value", width=320)
    corrections = [each for each in corrections if fits(text.casefold(), _texts(each))]
    pages = max(1, -(-len(corrections) // PAGE))
    table = st.container()
    page = st.pagination(pages, key=f"draft-page-{seen.draft.draft}-{text}") if pages > 1 else 1
    shown = corrections[(page - 1) * PAGE : page * PAGE]
    keys = list(seen.corrections[0].key)
    grid = f"draft-diff-{seen.draft.draft}-{seen.talk.content}-{page}-{text}"
    with table:
        st.caption(count_of(len(corrections), "correction") + (f", {PAGE} a page" if pages > 1 else ""))
        show_grid(
            [*keys, "column", "old", "new", "who", "why"],
            [_row(each, keys) for each in shown],
            key=grid,
            alt=f"Corrections of draft {seen.draft.draft}",
            height=ROW * (SHOWN + 1 if len(seen.corrections) > SHOWN else len(seen.corrections) + 1) + MARGIN,
            widths={len(keys) + 4: "large"},
            on_select=lambda: None,
        )
    chosen = st.session_state.get(grid, {}).get("selection", {}).get("rows", [])
    with st.container(height=48, border=False, key="draft-chosen"):
        if not chosen or chosen[0] >= len(shown):
            st.caption("Choose a line to go to its finding or its row's history.")
            return
        _show_ways(seen, shown[chosen[0]])


def _show_ways(seen: Seen, each: Staged) -> None:
    """Show where a correction leads to."""
    dataset = seen.draft.dataset
    with st.container(horizontal=True):
        if each.finding:
            address = {"dataset": dataset, "status": "all", "finding": each.finding}
            st.page_link(PAGES / "review.py", label="Its finding", query_params=address)
        key = [str(value) for value in each.key.values()]
        if len(key) == 1:
            st.page_link(PAGES / "history.py", label="Its history", query_params={"dataset": dataset, "key": key[0]})
        if not each.finding:
            st.caption("It answers no finding.")


def _texts(each: Staged) -> list[str]:
    """Write what a correction is searched by."""
    return [*map(str, each.key.values()), *(part or "" for part in (each.column, each.old, each.new, each.author))]


def _row(each: Staged, keys: Sequence[str]) -> list[Any]:
    """Lay out one correction."""
    whole = each.action != "set"
    old, new = ("", "") if whole else (HIDDEN, HIDDEN) if each.hidden else (_value(each.old), _value(each.new))
    key = [each.key.get(name) for name in keys]
    return [
        *key, WORDS.get(each.action, each.column), old, new, each.author, each.reason,
    ]  # fmt: skip


def _value(value: str | None) -> str:
    """Write a value."""
    return "(missing)" if value is None else value
