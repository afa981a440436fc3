"""The finding's row, all its cells, and its history."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.api import OpenLake
from workbench.findings import Finding
from workbench.reviewing import StagedCell, staged_on
from workbench.ui.components.cell_story import open_story
from workbench.ui.components.finding_card import shown_value
from workbench.ui.components.markup import element
from workbench.ui.components.review_desk import Desk
from workbench.ui.wording import ago
from workbench.versions import Event, blame_rows

HEIGHT, STORY = 250, 110
"""Pixels of the cells and of the history, whatever they show: the buttons below them stay where they are."""

SOON = 20
"""Rows whose history is read at once."""


def show_row(lake: OpenLake, desk: Desk, finding: Finding) -> None:
    """Show the row's cells, the suspect one and those that drafts change marked."""
    with st.container(height=HEIGHT, key="finding-row"):
        row = desk.rows.get(finding.rid) if finding.rid is not None else None
        if row is None:
            what = "is no longer there" if finding.rid is not None else "is not about a single row"
            st.text(f"{'The row of this' if finding.rid is not None else 'This'} finding {what}.")
            return
        staged = staged_on(lake.lake, desk.dataset, [row.rid], reader=lake.author).get(row.rid, [])
        if row.excluded:
            st.html(element("p", "excluded from training, test and checks", css="wb-badge wb-excluded"))
        for each in staged:
            if each.action != "set":
                st.html(element("p", f"to be {each.action}d by draft {each.draft} of {each.author}", css="wb-badge"))
        by_column = {each.column: each for each in staged if each.action == "set"}
        first = [*desk.version.definition.key, finding.column or ""]
        names = [name for name in first if name in row.cells] + [name for name in row.cells if name not in first]
        cells = [_cell(name, row.cells[name], finding, by_column.get(name)) for name in names]
        st.html(element("dl", *cells, css="wb-cells wb-out" if row.excluded else "wb-cells"))


def _cell(name: str, value: str | None, finding: Finding, staged: StagedCell | None) -> Markup:
    """Write one cell."""
    suspect = name == finding.column
    said: list[Markup | str] = [shown_value(value)]
    if staged is not None:
        said += [" → ", shown_value(staged.new), element("span", f" draft {staged.draft}", css="wb-small")]
    head = element("dt", name, element("span", " suspect", css="wb-suspect-word") if suspect else "")
    return element("div", head, element("dd", *said), css="wb-suspect" if suspect else "")


def show_history(lake: OpenLake, desk: Desk, finding: Finding) -> None:
    """Show what happened to the row, newest first."""
    with st.container(height=STORY, key="finding-history"):
        if finding.rid is None:
            st.text("History: this finding is not about a single row.")
            return
        _tell(lake, desk, [finding.rid])
        st.html(element("div", *map(_line, reversed(story_lines(desk.stories[finding.rid]))), css="wb-small"))
        st.button(
            "Cell by cell, with what each change did to the model", key="finding-story", type="tertiary",
            icon=":material/history:", on_click=open_story, args=(finding.rid, finding.column),
        )  # fmt: skip


def read_ahead(lake: OpenLake, desk: Desk) -> None:
    """Read the history of the rows that come next while the visitor looks at this one."""
    soon = [item.rid for item in desk.items[desk.at + 1 : desk.at + 1 + SOON] if item.rid is not None]
    if any(rid not in desk.stories for rid in soon[:1]):
        _tell(lake, desk, soon)


def _tell(lake: OpenLake, desk: Desk, rids: Sequence[int]) -> None:
    """Read the history of rows once."""
    new = [rid for rid in dict.fromkeys(rids) if rid not in desk.stories]
    if new:
        desk.stories |= blame_rows(lake.lake, desk.dataset, new)


def story_lines(events: list[Event]) -> list[tuple[str, str, str]]:
    """Tell a story in lines: what happened, when exactly, why; oldest first."""
    if not events:
        return [("no version that is kept holds the row", "", "")]
    lines = []
    for event in events:
        cell = f"{event.column}: {_short(event.old)} → {_short(event.new)}" if event.column else event.change
        told = "imported" if event.change == "added" and event.version == 1 else cell
        never = ", never edited" if len(events) == 1 and event.change == "added" else ""
        lines.append(
            (
                f"{told} {ago(event.created_at)}{never} · v{event.version} by {event.author}",
                f"{event.created_at:%Y-%m-%d %H:%M:%S} UTC",
                event.reason or event.message,
            )
        )
    return lines


def _line(line: tuple[str, str, str]) -> Markup:
    """Write one line of a story."""
    told, exact, why = line
    return element("p", element("span", told, title=exact), f" · {why}" if why else "", css="wb-plain")


def _short(value: object) -> str:
    """Write a value of a story."""
    return "missing" if value is None else str(value)[:60]
