"""Restore and tag: what will happen, what must be said, and what happened."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import WorkbenchError
from workbench.lake import read_version
from workbench.reporting import count_of, format_count
from workbench.ui.standing import Standing
from workbench.versions import diff

ASKED, DONE = "history-asked", "history-done"
"""Session state: which dialog is open for which version, and what was done last."""


def ask(what: str, number: int) -> None:
    """Open a dialog at the next run."""
    st.session_state[ASKED] = (what, number)
    st.session_state.pop(DONE, None)


def show_dialogs(lake: OpenLake, state: Standing) -> None:
    """Show what was done last, and the dialog that is open."""
    done = st.session_state.get(DONE)
    if done:
        with st.container(border=True, key="history-done"):
            st.success(done[0], icon=":material/check_circle:")
            st.text(done[1])
    asked = st.session_state.get(ASKED)
    if asked is None:
        return
    what, number = asked
    if not any(document["version"] == number for document in state.documents):
        _close()
    elif what == "tag":
        _tag_dialog(lake, state, number)
    else:
        _restore_dialog(lake, state, number)


def _close() -> None:
    """Close whichever dialog is open."""
    st.session_state.pop(ASKED, None)


@st.dialog("Restore an old version", on_dismiss=_close)
def _restore_dialog(lake: OpenLake, state: Standing, number: int) -> None:
    """Say what restoring will do, and do it once a message was given."""
    dataset, newest = state.version.dataset, state.newest
    back = diff(lake.lake, read_version(lake.lake, dataset, newest), read_version(lake.lake, dataset, number), limit=0)
    said = [f"{count_of(back.cells_changed, 'cell')} changed back in {count_of(back.rows_changed, 'row')}"]
    said += [f"{count_of(back.rows_added, 'row')} put back"] if back.rows_added else []
    said += [f"{count_of(back.rows_removed, 'row')} removed"] if back.rows_removed else []
    st.text(
        f"A new version v{newest + 1} is published that equals v{number}: {', '.join(said)}. "
        f"v{number + 1} to v{newest} stay as they are, and can be restored in the same way."
        if number + 1 < newest
        else f"A new version v{newest + 1} is published that equals v{number}: {', '.join(said)}. "
        f"v{newest} stays as it is, and can be restored in the same way."
    )
    message = st.text_input("Why", key="restore-message", placeholder="say why, for those who come after you")
    if st.button(f"Restore v{number}", type="primary", key="restore-now", disabled=not message.strip()):
        try:
            with st.spinner("Publishing …"):
                made = lake[dataset].restore(number, message=message.strip())
        except WorkbenchError as error:
            _refused(error)
            return
        if made.version == newest:
            _done(f"Nothing to restore: v{newest} equals v{number}", "No version was made.")
        changed = f"{count_of(made.cells_changed, 'cell')} changed, {format_count(made.rows_added)} rows added, "
        _done(f"v{made.version} equals v{number} again", f"{changed}{format_count(made.rows_removed)} removed.")


@st.dialog("Tag a version", on_dismiss=_close)
def _tag_dialog(lake: OpenLake, state: Standing, number: int) -> None:
    """Take a name for a version; one that names another version moves."""
    dataset = state.version.dataset
    tags = {tag: document["version"] for document in state.documents for tag in document["tags"]}
    st.text(f"A tag is a name for v{number} of {dataset} that commands and addresses understand: {dataset}@production.")
    name = st.text_input("Tag", key="tag-name", placeholder="production").strip()
    if tags.get(name, number) != number:
        st.text(f"'{name}' names v{tags[name]} now; it moves to v{number}.")
    if st.button(f"Tag v{number}", type="primary", key="tag-now", disabled=not name):
        try:
            lake[dataset].tag(number, name)
        except WorkbenchError as error:
            _refused(error)
            return
        _done(f"v{number} is tagged", f"{dataset}@{name} is v{number}.")


def _refused(error: WorkbenchError) -> None:
    """Say in the dialog why it could not be done."""
    st.error("This was not done.", icon=":material/error:")
    st.text(str(error))


def _done(title: str, text: str) -> None:
    """Close the dialog and say on the page what was done."""
    st.session_state[DONE] = (title, text)
    _close()
    st.rerun()
