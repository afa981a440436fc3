"""History answers "who changed what, when, why?"."""

from __future__ import annotations

import streamlit as st

from workbench.lake import kept_snapshots
from workbench.ui import session
from workbench.ui.components.choice import choose, show_drafts
from workbench.ui.components.headline import show_headline
from workbench.ui.components.history_dialogs import show_dialogs
from workbench.ui.components.history_search import show_search
from workbench.ui.components.history_timeline import show_timeline
from workbench.ui.components.history_together import show_together
from workbench.ui.components.message import show_no_dataset
from workbench.versions import list_versions


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(
            lake,
            "Once there is one, this page shows who made which version when and why, and the story of every row, cell "
            "by cell.",
        )
        return
    state = session.stand(lake, version)
    show_headline(state)
    show_drafts(state.drafts)
    show_search(lake, state)
    show_dialogs(lake, state)
    snapshots = kept_snapshots(lake.lake)
    there = {each.version for each in list_versions(lake.lake, version.dataset) if each.snapshot in snapshots}
    st.subheader("Versions")
    show_together(lake, state)
    with st.container(key="history-versions"):
        show_timeline(state, there)


if __name__ == "__main__":
    show()
