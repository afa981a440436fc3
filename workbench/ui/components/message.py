"""What a page says when it cannot show what was asked for, or has nothing to show yet.

Names, paths and messages come from people and files: they are shown as plain text, never as markdown, which could load
an image from somewhere.
"""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import StoreError, WorkbenchError
from workbench.settings import without_password
from workbench.ui.wording import command


def show_error(error: WorkbenchError, *, title: str = "This cannot be shown") -> None:
    """Say what is wrong, where, and how to mend it."""
    with st.container(border=True, key="error"):
        st.error(title, icon=":material/error:")
        st.text(visible(without_password(error.message), lines=True))
        if error.hint:
            st.text(visible(without_password(error.hint), lines=True))
        cause = error.__cause__
        if cause is not None and not isinstance(cause, WorkbenchError):
            with st.expander("Details"):
                said = without_password(f"{type(cause).__name__}: {cause}")
                st.code(said, language=None, wrap_lines=True)
        if isinstance(error, StoreError):
            # Any click runs the page again.
            st.button("Try again", type="primary", key="again")


def show_empty(what: str, *, todo: str, command: str, key: str) -> None:
    """Say what will stand here, and the one thing to do now.

    Parameters
    ----------
    what : str
        What will stand here.
    todo : str
        What the command does.
    command : str
        To copy into a shell.
    key : str
        Names the place.
    """
    with st.container(border=True, key=key):
        st.text(what)
        st.text(todo)
        st.code(command, language=None, wrap_lines=True)


def show_no_dataset(lake: OpenLake, what: str) -> None:
    """Say that the lake is empty, what will stand on this page, and how a dataset comes about."""
    from workbench.ui.components.dropped import show_dropped
    from workbench.ui.components.importing import show_import_button

    st.title("No dataset yet")
    show_empty(
        what,
        todo="Import a file, here or in a shell; --key names the columns that tell its rows apart, --label the one to "
        "predict:",
        command=command(lake.lake.url, "import", "people", "people.csv", "--key", "id", "--label", "income"),
        key="no-dataset",
    )
    show_import_button(None, primary=True)
    show_dropped(lake)
