"""What others changed meanwhile: for each cell, whether the draft's correction or the value found stands."""

from __future__ import annotations

import streamlit as st

from workbench import drafts
from workbench.api import OpenLake
from workbench.drafts import Choice
from workbench.drafts.rebasing import Cell
from workbench.errors import Conflict
from workbench.reporting import count_of, format_count
from workbench.ui.components.draft_change import begin_change
from workbench.ui.components.draft_head import PROBLEM
from workbench.ui.components.markup import element
from workbench.ui.drafting import Seen

PAGE = 10
"""Conflicts shown at once."""

WORDS: dict[Choice, str] = {"mine": "the draft's", "theirs": "as it is now"}


def show_clashes(lake: OpenLake, seen: Seen, *, changing: bool) -> None:
    """Show the conflicts, each with the two choices, and one button that carries them out."""
    if not seen.conflicts:
        return
    choices = _choices(seen)
    left = len(seen.conflicts) - len(choices)
    with st.container(border=True, key="draft-clashes"):
        st.subheader(f"{count_of(len(seen.conflicts), 'conflict')} with v{seen.head.version}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Apply", type="primary", key="draft-apply", disabled=changing or left > 0, on_click=_apply,
                args=(lake, seen),
            )  # fmt: skip
            for choice, word in WORDS.items():
                st.button(
                    f"All {word}", key=f"draft-all-{choice}", disabled=changing, on_click=_all, args=(seen, choice)
                )
            st.text(f"{format_count(left)} not decided yet" if left else "All are decided.")
        pages = -(-len(seen.conflicts) // PAGE)
        lines = st.container()
        page = st.pagination(pages, key=f"clashes-page-{seen.draft.draft}") if pages > 1 else 1
        with lines:
            for conflict in seen.conflicts[(page - 1) * PAGE : page * PAGE]:
                _show_line(seen, conflict, choices.get(_cell(conflict)))


def _show_line(seen: Seen, conflict: Conflict, choice: Choice | None) -> None:
    """Show one conflict."""
    rid, column = cell = _cell(conflict)
    place = ", ".join(f"{name} {value}" for name, value in conflict.key.items())
    hidden = any(each.hidden and (each.rid, each.column) == cell for each in seen.opinions)
    said = [element("strong", f"{place} · {column or 'the row'}")]
    if conflict.gone:
        said.append(element("span", "is gone from the newest version, so its correction can only be dropped"))
    else:
        if conflict.why:
            said.append(element("span", conflict.why))
        for name, value in zip(("was", "now", "draft"), conflict.texts(), strict=True):
            shown = "hidden" if hidden else value
            said.append(element("span", f"{name} ", element("code", shown, css="wb-value")))
    options: list[Choice] = ["theirs"] if conflict.gone else ["mine", "theirs"]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(element("div", *said, css="wb-facts"))
        key = f"clash-{seen.draft.draft}-{rid}-{column}"
        st.session_state[key] = choice
        st.segmented_control(
            "What stands", options, key=key, format_func=WORDS.__getitem__, label_visibility="collapsed",
            on_change=_choose, args=(seen, cell, key),
        )  # fmt: skip


def _cell(conflict: Conflict) -> Cell:
    """Name a conflict's cell."""
    return int(conflict.rid or 0), conflict.column


def _choices(seen: Seen) -> dict[Cell, Choice]:
    """Return what the visitor has decided of the conflicts as they are."""
    name = f"clashes-{seen.draft.draft}"
    there = {_cell(conflict) for conflict in seen.conflicts}
    kept = {cell: choice for cell, choice in st.session_state.get(name, {}).items() if cell in there}
    st.session_state[name] = kept
    return kept


def _choose(seen: Seen, cell: Cell, key: str) -> None:
    """Take note of one decision."""
    choice = st.session_state[key]
    choices = _choices(seen)
    if choice is None:
        choices.pop(cell, None)
    else:
        choices[cell] = choice


def _all(seen: Seen, choice: Choice) -> None:
    """Decide all alike; of what is gone nothing can be kept."""
    choices = _choices(seen)
    choices.update({_cell(each): "theirs" if each.gone else choice for each in seen.conflicts})


def _apply(lake: OpenLake, seen: Seen) -> None:
    """Move the draft to the newest version."""
    handle, number, author, choices = lake.lake, seen.draft.draft, lake.author, _choices(seen)
    st.session_state.pop(PROBLEM, None)
    begin_change(
        lake, number, f"Moving draft {number}", lambda _: drafts.rebase(handle, number, choices, author=author)
    )
