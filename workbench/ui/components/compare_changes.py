"""The cell diff as a table: key, column, old → new, who, why; filtered, searched and paged by the address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from workbench.characters import visible
from workbench.errors import UnknownName
from workbench.reporting import count_of, format_count
from workbench.ui.components.cell_story import open_story
from workbench.ui.components.data_grid import MARGIN, ROW, show_grid
from workbench.ui.components.searching import fits, page_in_address
from workbench.versions import Change, Diff

PAGE = 50
"""Changes shown at once."""

FILTERS = {"column": "Column", "author": "Who", "change": "What"}
"""Name in the address, and of a change's attribute → its label."""

ORDERS = {"": "row", "column": "column", "old": "old value", "new": "new value", "who": "who", "why": "why"}
"""Name in the address → what the changes are sorted by."""

WHOLE_ROW = "(whole row)"
"""Stands for the column of a change of a whole row."""

WORDS = {"changed": "cell changed", "added": "row added", "removed": "row removed"}


def show_changes(found: Diff) -> None:
    """Show what differs, a page at a time."""
    st.subheader("What was changed")
    st.text(_summary(found))
    if not found.changes:
        return
    chosen = _filtered(found.changes)
    pages = max(1, -(-len(chosen) // PAGE))
    page = page_in_address(pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    matched = count_of(len(chosen), "change")
    if found.truncated:
        matched += f"; only the first {format_count(len(found.changes))} are read, the counts above are of all"
    st.caption(matched if len(chosen) <= PAGE else f"{matched}, {PAGE} a page")
    keys = list(found.changes[0].key)
    grid = f"changes-{found.a}-{found.b}-{page}"

    def chosen_row() -> None:
        lines = st.session_state[grid]["selection"]["rows"]
        if lines:
            open_story(shown[lines[0]].rid, shown[lines[0]].column)

    show_grid(
        [*keys, "column", "old", "new", "who", "why"],
        [_row(change, keys) for change in shown],
        key=grid,
        alt=f"Changes from {found.a} to {found.b}: {matched}",
        height=ROW * (min(PAGE, max(len(shown), 1)) + 1) + MARGIN if pages == 1 else ROW * 16 + MARGIN,
        widths={len(keys) + 4: "large"},
        on_select=chosen_row,
    )
    if pages > 1:
        # Another page is another widget, so that going back in the browser turns it too.
        st.pagination(pages, default=page, key=f"changes-page-{page}", on_change=_turn, args=(page,))


def _summary(found: Diff) -> str:
    """Count what differs."""
    parts = [
        count_of(found.cells_changed, "cell") + " changed",
        count_of(found.rows_added, "row") + " added",
        count_of(found.rows_removed, "row") + " removed",
    ]
    for word, names in (("added", found.columns_added), ("removed", found.columns_removed)):
        parts += [f"column {word}: {', '.join(names)}"] if names else []
    return ", ".join(parts[:1]) + f" in {count_of(found.rows_changed, 'row')}; " + ", ".join(parts[1:]) + "."


def _filtered(changes: Sequence[Change]) -> list[Change]:
    """Let the visitor filter and search; what is chosen stands in the address."""
    boxes = st.columns([2, 2, 2, 3, 2])
    chosen: list[Change] = list(changes)
    for box, (name, label) in zip(boxes, FILTERS.items(), strict=False):
        there = sorted({_property(change, name) for change in changes})
        wanted = st.query_params.get(name, "")
        if wanted and wanted not in there:
            raise UnknownName(name, wanted, there, where="these changes")
        st.session_state[f"changes-{name}"] = wanted
        box.selectbox(
            label,
            ["", *there],
            key=f"changes-{name}",
            format_func=lambda value: WORDS.get(value) or visible(value) or "all",
            on_change=_to_address,
            args=(name,),
        )
        if wanted:
            chosen = [change for change in chosen if _property(change, name) == wanted]
    text = st.query_params.get("q", "")
    st.session_state["changes-q"] = text
    boxes[3].text_input("Search", key="changes-q", placeholder="key or value", on_change=_to_address, args=("q",))
    chosen = [change for change in chosen if fits(text.casefold(), _texts(change))]
    return _sorted(boxes[4], chosen)


def _sorted(box: Any, changes: list[Change]) -> list[Change]:
    """Let the visitor sort; numbers come as numbers, before texts."""
    wanted = st.query_params.get("sort", "")
    if wanted not in ORDERS:
        raise UnknownName("order", wanted, [name for name in ORDERS if name], where="these changes")
    st.session_state["changes-sort"] = wanted
    box.selectbox(
        "Sort by", [*ORDERS], key="changes-sort", format_func=ORDERS.__getitem__, on_change=_to_address, args=("sort",)
    )
    if not wanted:
        return changes
    place = list(ORDERS).index(wanted) - 1
    return sorted(
        changes, key=lambda change: _rank((change.column, change.old, change.new, change.author, change.reason)[place])
    )


def _rank(value: Any) -> tuple[int, float, str]:
    """Say where a value stands: numbers, then texts, then what is missing."""
    if value is None:
        return 2, 0.0, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0, float(value), ""
    return 1, 0.0, _cell(value).casefold()


def _texts(change: Change) -> list[str]:
    """Write what a change is searched by: its key, its old and its new value."""
    return [str(part) for part in change.key.values()] + [_cell(change.old), _cell(change.new)]


def _property(change: Change, name: str) -> str:
    """Read what a change is filtered by."""
    if name == "column":
        return change.column if change.column is not None else WHOLE_ROW
    return change.author if name == "author" else change.change


def _to_address(name: str) -> None:
    """Write a filter into the address; another choice begins at its first page."""
    st.query_params.pop("page", None)
    value = st.session_state[f"changes-{name}"]
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _turn(page: int) -> None:
    """Write the page that was turned to into the address."""
    st.query_params["page"] = str(st.session_state[f"changes-page-{page}"])


def _row(change: Change, keys: Sequence[str]) -> list[Any]:
    """Lay out one change."""
    key = [change.key.get(name) for name in keys]
    column = change.column if change.column is not None else WORDS.get(change.change, f"row {change.change}")
    return [*key, column, _cell(change.old), _cell(change.new), change.author, change.reason]


def _cell(value: Any) -> str:
    """Write a value as text; a row as its cells."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
