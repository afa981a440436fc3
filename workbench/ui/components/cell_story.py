"""The history of a cell, from wherever the cell is shown: who, when, why, old → new, and what it did to the model.

Which story is open stands in the address (``story`` is the row's identity, ``cell`` the column), so that it can be sent
to somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import UnknownName, WorkbenchError
from workbench.lake import Version
from workbench.reviewing import rows_at
from workbench.ui.components.history_story import show_story
from workbench.ui.components.message import show_error
from workbench.ui.wording import plain
from workbench.versions import blame

WHOLE = ""
"""Stands for the row as a whole."""


def open_story(rid: int, column: str | None) -> None:
    """Ask for the story of a cell, or of a whole row."""
    st.query_params["story"] = str(rid)
    st.query_params["cell"] = column or WHOLE


def opens_story(key: str, rids: Sequence[int], columns: Sequence[str | None]) -> Callable[[], None]:
    """Make what a grid calls when one of its cells is chosen.

    Parameters
    ----------
    key : str
        The grid's.
    rids : sequence of int, one per line
        The lines' rows.
    columns : sequence of str or None, one per column of the grid
        The dataset's columns; None for the grid's own.
    """

    def chosen() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells:
            line, name = cells[0]
            open_story(rids[line], columns[int(str(name).removeprefix("c"))])

    return chosen


def show_asked_story(lake: OpenLake, newest: Version) -> None:
    """Show the story that the address asks for, over the page."""
    if "story" in st.query_params:
        _overlay(lake, newest)


def _close() -> None:
    """Take the story out of the address."""
    for name in ("story", "cell"):
        st.query_params.pop(name, None)


@st.dialog("History", width="large", on_dismiss=_close)
def _overlay(lake: OpenLake, newest: Version) -> None:
    """Lay the story over the page."""
    try:
        _show(lake, newest)
    except WorkbenchError as error:
        show_error(error, title="This history cannot be shown")


def _show(lake: OpenLake, newest: Version) -> None:
    """Show what happened to the cell, and offer the others of its row."""
    given = st.query_params["story"]
    column = st.query_params.get("cell", WHOLE)
    names = [name.name for name in newest.columns]
    if not given.isdecimal():
        raise UnknownName("row", given, where=newest.dataset, hint="A row's identity is a number.")
    if column and column not in names:
        raise UnknownName("column", column, names, where=newest.dataset)
    rid = int(given)
    row = rows_at(lake.lake, newest, [rid]).get(rid)
    keys = newest.definition.key
    named = plain(", ".join(f"{name} {row.cells[name]}" for name in keys)) if row and keys else f"rid {rid}"
    st.session_state["story-cell"] = column
    st.selectbox(
        f"Row {named}" if row else f"Row {named}, which the newest version does not have", [WHOLE, *names],
        key="story-cell", format_func=lambda name: visible(name) or "all cells", on_change=_choose,
    )  # fmt: skip
    if row and column:
        value = "missing" if row.cells[column] is None else row.cells[column]
        st.text(visible(f"{column} is {value} in {newest.name}."))
    documents = lake[newest.dataset].documents()
    show_story(blame(lake.lake, newest.dataset, rid, column=column or None), documents)


def _choose() -> None:
    """Write another cell of the row into the address."""
    st.query_params["cell"] = st.session_state["story-cell"]
