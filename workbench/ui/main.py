"""The app as a whole: its pages, and what they say when something is wrong."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.addresses import guard_logs
from workbench.errors import UnknownName, WorkbenchError
from workbench.ui.components.importing import show_import_button, show_import_job
from workbench.ui.components.message import show_empty, show_error
from workbench.ui.wording import PAGES, command

HERE = Path(__file__).parent
ICONS = {
    "overview": ":material/monitoring:",
    "review": ":material/rule:",
    "drafts": ":material/edit_note:",
    "compare": ":material/compare_arrows:",
    "history": ":material/history:",
    "runs": ":material/schedule:",
    "data": ":material/table_rows:",
}
"""Page → its sign in the menu."""


def main() -> None:
    """Show the page that the address names."""
    guard_logs()
    st.set_page_config(page_title="Workbench", page_icon=str(HERE / "icon.svg"), layout="wide")
    st.html(HERE / "style.css")
    page = st.navigation(
        [
            st.Page(PAGES / f"{name}.py", title=name.capitalize(), icon=icon, url_path=name, default=name == "overview")
            for name, icon in ICONS.items()
        ]
    )
    show_import_job()
    try:
        page.run()
    except UnknownName as error:
        if error.kind == "lake":
            _no_lake(error.name)
        else:
            show_error(error, title=f"This {error.kind} is not there")
    except WorkbenchError as error:
        show_error(error)


def _no_lake(url: str) -> None:
    """Say how the first lake comes about."""
    st.title("No lake yet")
    show_empty(
        f"There is no lake at {url.removeprefix('sqlite:')}. Once there is one, the app shows what may be wrong "
        "in its data, what each version changed, and how the accuracy of the fixed model moved with it.",
        todo="Make one with the shipped sample, or import a file of your own:",
        command="\n".join(
            [
                command(url, "demo", "--no-app"),
                command(url, "import", "people", "people.csv", "--key", "id", "--label", "income"),
            ]
        ),
        key="no-lake",
    )
    show_import_button(None, primary=True)
