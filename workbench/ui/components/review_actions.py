"""The buttons below a finding, each with its key, and the field for another value."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import DataError, WorkbenchError
from workbench.findings import Finding
from workbench.reporting.cases import shorten
from workbench.settings import without_password
from workbench.ui.components import review_answers as answers
from workbench.ui.components.markup import element
from workbench.ui.components.review_desk import Desk
from workbench.ui.components.review_keys import open_keys, show_keys
from workbench.ui.wording import plain

KEYS = {"keep": "K", "exclude": "E", "unsure": "U"}
WORDS = {"keep": "Keep", "exclude": "Exclude", "unsure": "Unsure"}
HINTS = {
    "keep": "It is right as it is.",
    "exclude": "Take the row out of training, test and checks.",
    "unsure": "Set it aside; somebody else may know.",
}


def show_actions(lake: OpenLake, desk: Desk, finding: Finding) -> None:
    """Show what can be done with a finding. A button belongs to one finding: pressed twice it answers once."""
    name = finding.finding
    about_label = finding.column is not None and finding.column == desk.version.definition.label
    guess = finding.suggestion

    def press(decision: str, value: str | None = None) -> None:
        if desk.current is finding:
            answers.answer(lake, desk, finding, decision, value)

    with st.container(horizontal=True, key="review-actions"):
        fixable = guess is not None and guess != "exclude"
        if guess == "exclude":
            label = "Take it out"
        else:
            label = f"Use {plain(shorten(guess, 24))}" if fixable and guess else "No suggestion"
        st.button(
            label, key=f"use-{name}", type="primary", shortcut="W", disabled=guess is None or finding.rid is None,
            on_click=press, args=("exclude",) if guess == "exclude" else ("fix", guess),
        )  # fmt: skip
        for number, option in enumerate(desk.options(finding) if about_label else (), start=1):
            st.button(
                plain(shorten(option, 24)), key=f"class-{number}-{name}", shortcut=str(number), on_click=press,
                args=("fix", option), help="The label that the row should have.",
            )  # fmt: skip
        for decision, key in KEYS.items():
            st.button(
                WORDS[decision], key=f"{decision}-{name}", shortcut=key, on_click=press, args=(decision,),
                help=HINTS[decision],
                disabled=(finding.rid is None and decision == "exclude")
                or (finding.status == "staged" and decision != "exclude"),
            )  # fmt: skip
    show_steps(lake, desk)


def show_steps(lake: OpenLake, desk: Desk) -> None:
    """Show the buttons that change no finding, or take back the last answer."""
    with st.container(horizontal=True, key="review-steps"):
        st.button("Undo", key="step-undo", shortcut="Z", on_click=answers.undo, args=(lake, desk))
        st.button("Back", key="step-back", shortcut="B", on_click=answers.back, args=(desk,), disabled=desk.at == 0)
        st.button(
            "Skip", key="step-skip", shortcut="N", on_click=answers.skip, args=(lake, desk),
            disabled=desk.current is None,
        )  # fmt: skip
        st.button("Keys", key="step-keys", shortcut="H", on_click=open_keys, args=(desk,))
    show_keys(desk)


def show_editor(lake: OpenLake, desk: Desk, finding: Finding) -> None:
    """Show the field for another value of any cell of the row."""
    if finding.rid is None:
        return
    columns = [column.name for column in desk.version.columns if column.name not in desk.version.definition.key]
    state = st.session_state
    # Field and button belong to one finding: what was typed for it is never taken for the next one.
    at_column, at_value, at_missing, at_button = (
        f"edit-{part}-{finding.finding}" for part in ("column", "value", "missing", "set")
    )
    if at_value not in state:
        first = finding.column if finding.column in columns else columns[0]
        state.update({at_column: first, at_value: "", at_missing: False})

    def submit() -> None:
        typed, missing = state[at_value], bool(state[at_missing])
        if not typed and not missing:
            desk.problem = DataError("Nothing was typed.", hint="Type a value, or say that it is missing.")
        elif desk.current is finding:
            answers.set_cell(lake, desk, finding, str(state[at_column]), None if missing else typed)

    with (
        st.form(f"edit-{finding.finding}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", key="review-editor"),
    ):
        st.selectbox("Cell", columns, key=at_column, width=180, format_func=visible)
        st.text_input("Another value", key=at_value, width=220)
        st.checkbox("missing", key=at_missing)
        st.form_submit_button("Set", key=at_button, on_click=submit)


def show_problem(desk: Desk) -> None:
    """Say what went wrong with the last answer, or else what is to be said of it; between the buttons and the field."""
    with st.container(height=64, border=False, key="review-problem"):
        if desk.problem is not None:
            st.html(_said(desk.problem))
        elif desk.notice:
            st.html(element("p", desk.notice, css="wb-plain wb-notice"))


def _said(error: WorkbenchError) -> str:
    """Write an error and how to mend it."""
    return element(
        "div",
        element("p", "✕ ", without_password(error.message), css="wb-plain"),
        element("p", without_password(error.hint), css="wb-plain wb-small") if error.hint else "",
        css="wb-problem",
        role="alert",
    )
