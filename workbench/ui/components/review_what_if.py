"""What an answer to all findings of the filter would do to the data and the model, asked for before anybody answers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.api import OpenLake
from workbench.reporting import count_of, format_count
from workbench.ui import jobs, tasks
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import badge, element
from workbench.ui.components.review_desk import Desk
from workbench.ui.tasks import Asked
from workbench.whatif import CAP, Outcome, WhatIf
from workbench.whatif.telling import against_text, figure_text, lines, verdict_text

TRIED = ("fix", "exclude")
"""Answers set side by side; keeping changes no data."""

WORDS = {"fix": "Use suggestion", "exclude": "Exclude"}
CLASSES = 8
"""Classes listed, the most frequent."""

SHOWN = "what-if"
"""Stands in the desk for the dialog of this, where the name of an answer stands for its preview."""


def show_what_if(lake: OpenLake, desk: Desk, top: int) -> None:
    """Offer to try the answers on the first so many findings of the filter; then say what that came to."""
    name = _name(lake, desk)
    asked: Asked | None = jobs.taken(name)
    job = jobs.find(name)
    st.button(
        "What would it do?", key="what-if-now", on_click=_start, args=(lake, desk, top), width="stretch",
        disabled=not desk.left or (job is not None and job.running),
        help="Tries both answers on the data and the model; nothing is staged.",
    )  # fmt: skip
    show_job(name)
    if asked is None:
        return
    for outcome in asked.found.outcomes:
        st.html(
            element("div", f"{WORDS[outcome.name]}: ", badge(verdict_text(outcome), outcome.verdict), css="wb-small")
        )
    st.button("Rows, classes, slices …", key="what-if-open", on_click=_open, args=(desk,), width="stretch")
    if desk.bulk == SHOWN:
        _show(asked)


def _open(desk: Desk) -> None:
    """Open what was found out."""
    desk.bulk = SHOWN


def close_dialog() -> None:
    """Close what is open over the queue: this, or the preview of an answer to many."""
    desk: Desk | None = st.session_state.get("review-desk")
    if desk is not None:
        desk.bulk = ""


@st.dialog("What would it do?", width="large", on_dismiss=close_dialog)
def _show(asked: Asked) -> None:
    """Show what each answer would do, side by side."""
    st.text(f"{asked.about}, on {asked.found.outcomes[0].base}. Nothing was staged.")
    # A dialog stands outside the page, whose colours it does not take on by itself.
    st.html(element("div", _table(asked.found), style=f"color-scheme: {st.context.theme.type or 'light'}"))
    for comparison in asked.found.against:
        st.text(against_text(comparison))
    told = (asked.found.notes, *(outcome.notes for outcome in asked.found.outcomes))
    notes = dict.fromkeys(note for each in told for note in each)
    if notes:
        with st.expander(f"Notes on the figures ({len(notes)})"):
            for note in notes:
                st.text(note)


def _name(lake: OpenLake, desk: Desk) -> str:
    """Name the visitor's trial."""
    return f"what-if:{lake.lake.url}:{desk.version.name}:{lake.author}"


def _start(lake: OpenLake, desk: Desk, top: int) -> None:
    """Begin the trial with the findings as the queue lists them now."""
    jobs.forget(_name(lake, desk))
    wanted, dataset, left = desk.wanted, desk.dataset, desk.left
    count = min(top, left, CAP)

    title = f"Trying {' and '.join(TRIED)} on {count_of(count, 'finding')}"
    asked = (dataset, wanted.filter, wanted.order, TRIED, count, left)
    jobs.start_apart(_name(lake, desk), title, lake, tasks.try_answers, *asked)


def _table(found: WhatIf) -> Markup:
    """Lay the answers out side by side."""
    said = [dict(lines(outcome)) for outcome in found.outcomes]
    named = [name for name in dict.fromkeys(name for told in said for name in told) if name != "model"]
    head = element("tr", element("th", ""), *(element("th", WORDS[each.name], scope="col") for each in found.outcomes))
    rows = [
        _row("verdict", [badge(verdict_text(each), each.verdict) for each in found.outcomes]),
        _row("model", [figure_text(each) for each in found.outcomes]),
        *(_row(name, [told.get(name, "–") for told in said]) for name in named),
        _row("classes", [_classes(each) for each in found.outcomes]),
    ]
    return element("table", element("thead", head), element("tbody", *rows), css="wb-table wb-figures wb-what-if")


def _row(name: str, cells: Sequence[Markup | str]) -> Markup:
    """Write one row of the table."""
    return element("tr", element("th", name, scope="row"), *(element("td", cell) for cell in cells))


def _classes(outcome: Outcome) -> Markup:
    """Write the class balance: ``yes 300 → 312 (+12)``, a line each."""
    moved = [
        element("div", f"{name} {format_count(before)} → {format_count(after)} ({after - before:+,})".replace("-", "−"))
        for name, (before, after) in outcome.classes.items()
        if before != after
    ]
    more = [element("div", f"and {len(moved) - CLASSES} more")] if len(moved) > CLASSES else []
    return Markup("").join([*moved[:CLASSES], *more]) if moved else element("div", "none changes")
