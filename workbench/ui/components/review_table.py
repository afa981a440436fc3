"""The findings of the filter as a table to work in, a page at a time: every cell of their rows can be edited in place.

One line per finding. What somebody types is staged at once, by row identity, after the server has asked the schema; a
value that it refuses goes back to what it was, and the line says why. Lines that were answered stay in sight, marked,
until the page is left.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import UnknownName, UsageError
from workbench.findings import Finding
from workbench.reporting import format_count
from workbench.reporting.cases import shorten
from workbench.reviewing import StagedCell, staged_on
from workbench.ui.components import review_answers as answers
from workbench.ui.components.finding_card import key_of
from workbench.ui.components.review_actions import show_problem
from workbench.ui.components.review_desk import PAGE, Desk, page_of

HEIGHT = 560
"""Pixels, however many rows the page has."""

USE = "use suggestion"
ANSWERS = {USE: "fix", "keep": "keep", "exclude": "exclude", "unsure": "unsure"}
"""What can be chosen in the column "answer" → the decision."""

OPEN, ANSWER, STATE = "open", "answer", "state"
FIXED = ("row", "check", "what is wrong", "suggestion")
_CELL = "cell "
# Before the names of the dataset's own columns, so that none of them is one of the table's.


def show_table(lake: OpenLake, desk: Desk) -> None:
    """Show the page of the table that the address names."""
    pages = max(1, -(-desk.left // PAGE))
    page = _page(desk, pages)
    found = page_of(lake, desk, page)
    if not found:
        st.text("No finding fits this filter." if page == 1 else "There is nothing on this page any more.")
        return

    def undo() -> None:
        answers.undo(lake, desk)
        anew(desk)

    _show_editor(lake, desk, found, page)
    show_problem(desk)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * PAGE
        st.text(f"{format_count(first + 1)} to {format_count(first + len(found))} of {format_count(desk.left)}")
        st.button("Undo", key="step-undo", shortcut="Z", on_click=undo)
        if pages > 1:
            at = f"review-page-{page}"
            st.pagination(pages, default=page, key=at, on_change=_to_address, args=(at,))


def take_edits(lake: OpenLake, desk: Desk) -> bool:
    """Do what was typed into the table since the last time, before anything is shown.

    The editor tells of all that was typed since it was first shown; what was done already is left alone.

    Returns
    -------
    bool
        Whether the visitor asked to see a finding by itself.
    """
    for page, found in list(desk.pages.items()):
        typed = st.session_state.get(_key(desk, page), {}).get("edited_rows", {})
        edits = [(found[int(line)], name, value) for line, changes in typed.items() for name, value in changes.items()]
        for finding, name, value in edits:
            if (finding.finding, name, value) in desk.applied:
                continue
            desk.applied.append((finding.finding, name, value))
            if not _apply(lake, desk, finding, name, value):
                anew(desk)
                return bool(name == OPEN)
    return False


def _show_editor(lake: OpenLake, desk: Desk, found: list[Finding], page: int) -> None:
    """Show the lines, and stage what is typed into them."""
    rids = [finding.rid for finding in found if finding.rid is not None]
    staged = staged_on(lake.lake, desk.dataset, rids, reader=lake.author)
    shown = table(desk, found, staged)
    names, key = _editable(desk), visible(", ".join(desk.version.definition.key))
    st.data_editor(
        shown.style.apply(lambda _: _marks(shown, found), axis=None), key=_key(desk, page), hide_index=True,
        height=HEIGHT, row_height=36, placeholder="", num_rows="fixed", disabled=[*FIXED, STATE],
        column_config={
            OPEN: st.column_config.CheckboxColumn(width=50, pinned=True, help="Open the finding by itself."),
            "row": st.column_config.TextColumn(key or "row", width=80, pinned=True),
            STATE: st.column_config.TextColumn(width=110, pinned=True),
            "check": st.column_config.TextColumn(width=110),
            "what is wrong": st.column_config.TextColumn(width=200),
            "suggestion": st.column_config.TextColumn(width=90),
            ANSWER: st.column_config.SelectboxColumn(options=[*ANSWERS], width=110),
            **{_CELL + name: st.column_config.TextColumn(label=visible(name) or " ", width="small") for name in names},
        },
        alt="One line per finding, with the cells of its row; each cell but the key can be edited.",
    )  # fmt: skip


def _key(desk: Desk, page: int) -> str:
    """Name the editor: what is typed into one belongs to the lines that this very desk shows in it."""
    return f"table-{desk.number}-{desk.edits}-{page}"


def table(desk: Desk, found: list[Finding], staged: dict[int, list[StagedCell]]) -> pd.DataFrame:
    """Lay findings out with the cells of their rows as open drafts would leave them.

    Returns
    -------
    DataFrame of shape (n_findings, 7 + n_columns)
    """
    lines = []
    names = _editable(desk)
    for finding in found:
        changes = staged.get(finding.rid, []) if finding.rid is not None else []
        line: dict[str, Any] = {
            OPEN: False,
            "row": visible(", ".join(map(str, finding.key.values())) or key_of(finding)),
            STATE: visible(
                f"✕ refused: {desk.refused[1]}" if desk.refused[0] == finding.finding else state_of(finding, changes)
            ),
            "check": visible(finding.check),
            "what is wrong": visible(shorten(finding.message, 120)),
            "suggestion": visible(shorten(finding.suggestion or "", 80)),
            ANSWER: None,
        }
        row = desk.rows.get(finding.rid) if finding.rid is not None else None
        cells = dict(row.cells) if row is not None else {}
        cells |= {change.column or "": change.new for change in changes if change.action == "set"}
        lines.append(line | {_CELL + name: cells.get(name) for name in names})
    return pd.DataFrame(lines, columns=[OPEN, "row", STATE, *FIXED[1:], ANSWER, *(_CELL + name for name in names)])


def state_of(finding: Finding, changes: list[StagedCell]) -> str:
    """Say in a few words what was done with a line: its cells that are staged, or the answer."""
    cells = sorted({change.column or "" for change in changes if change.action == "set"})
    gone = next((f"to be {change.action}d" for change in changes if change.action != "set"), "")
    if cells or gone:
        return f"● staged: {', '.join(filter(None, [gone, *cells]))}"
    return "" if finding.status == "open" else f"● {finding.status}"


def anew(desk: Desk) -> None:
    """Let the editor forget what was typed: the next one shows what the lake holds."""
    desk.edits += 1
    desk.applied.clear()


def _apply(lake: OpenLake, desk: Desk, finding: Finding, name: str, value: Any) -> bool:
    """Do what one edit of a line means, and tell whether the line may stay as it was typed.

    The browser only proposes: what may be edited is decided here.
    """
    current = desk.known(finding.finding) or finding
    if name.startswith(_CELL):
        column = name.removeprefix(_CELL)
        taken = answers.record_cell(lake, desk, current, column, None if value is None else str(value))
        desk.refused = ("", "") if taken else (finding.finding, column)
        return taken
    if name == OPEN:
        st.query_params["finding"] = finding.finding
        st.query_params.pop("view", None)
    elif name == ANSWER and value in ANSWERS:
        decision = "exclude" if value == USE and current.suggestion == "exclude" else ANSWERS[value]
        if decision == "fix" and current.suggestion is None:
            desk.problem = UsageError(f"Nothing is suggested for {key_of(finding)}.", hint="Type the value itself.")
        else:
            answers.record(lake, desk, current, decision, current.suggestion if decision == "fix" else None)
    return False


def _editable(desk: Desk) -> list[str]:
    """List the columns that can be edited, those with findings on the page first."""
    columns = [column.name for column in desk.version.columns if column.name not in desk.version.definition.key]
    flagged = {finding.column for page in desk.pages.values() for finding in page}
    return sorted(columns, key=lambda name: name not in flagged)


def _marks(shown: pd.DataFrame, found: list[Finding]) -> pd.DataFrame:
    """Mark the lines that were answered."""
    css = pd.DataFrame("", index=shown.index, columns=shown.columns)
    for sign, colour in (("●", "0, 158, 115"), ("✕", "213, 94, 0")):
        css.loc[shown[STATE].str.startswith(sign), STATE] = f"background-color: rgba({colour}, 0.18)"
    css.loc[[finding.severity == "error" for finding in found], "what is wrong"] = "color: #D55E00"
    return css


def _page(desk: Desk, pages: int) -> int:
    """Read the page from the address; the one that is being worked on stays, however few are left."""
    given = st.query_params.get("page", "1")
    if given.isdecimal() and int(given) in desk.pages:
        return int(given)
    if not given.isdecimal() or not 1 <= int(given) <= pages:
        raise UnknownName("page", given, hint=f"The pages of this table are 1 to {format_count(pages)}.")
    return int(given)


def _to_address(key: str) -> None:
    """Write the page into the address."""
    page = st.session_state[key]
    if page == 1:
        st.query_params.pop("page", None)
    else:
        st.query_params["page"] = str(page)
