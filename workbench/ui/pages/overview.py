"""Overview answers "where do we stand, and what next?"."""

from __future__ import annotations

import streamlit as st

from workbench.ui import session
from workbench.ui.components.accuracy import show_accuracy
from workbench.ui.components.choice import choose, show_drafts
from workbench.ui.components.datasets import show_datasets
from workbench.ui.components.dropped import show_dropped
from workbench.ui.components.headline import show_headline
from workbench.ui.components.last_run import show_last_run
from workbench.ui.components.message import show_no_dataset
from workbench.ui.components.next_step import next_step, show_next_step, show_step_job
from workbench.ui.components.open_findings import show_open_findings
from workbench.ui.components.outlook import show_outlook
from workbench.ui.components.verdict import show_verdict
from workbench.ui.components.version_table import show_versions
from workbench.ui.components.wear import show_wear


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(
            lake,
            "Once there is one, this page shows how the accuracy of the fixed model moved from version to version, "
            "and which findings are open.",
        )
        return
    url = lake.lake.url
    state = session.stand(lake, version)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        show_headline(state)
        show_next_step(next_step(state, url), lake, state)
    show_step_job(lake, state)
    show_drafts(state.drafts)
    show_verdict(state)
    show_accuracy(state, url)
    show_wear(lake, state)
    st.space("small")
    show_open_findings(state, url)
    show_last_run(lake, version.dataset)
    show_versions(state)
    show_datasets(lake, version.dataset)
    show_dropped(lake)
    # Last: on a large table it takes a moment, for which nothing else has to wait or to move.
    show_outlook(lake, state)


if __name__ == "__main__":
    show()
