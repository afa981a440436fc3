"""Runs answers "did last night's run pass, and what is different?"."""

from __future__ import annotations

import streamlit as st

from workbench.ui import jobs, session, tasks
from workbench.ui.components.choice import choose
from workbench.ui.components.job import show_job
from workbench.ui.components.message import show_empty, show_no_dataset
from workbench.ui.components.run_headline import show_run_headline
from workbench.ui.components.run_list import show_run_list
from workbench.ui.components.run_report import show_run_report
from workbench.ui.components.run_trends import show_trends
from workbench.ui.wording import command


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(lake, "Once there is one, this page shows what each run of its checks found and measured.")
        return
    name = version.dataset
    key = f"run:{lake.lake.url}:{name}"
    found = session.runs_of(lake, name)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        show_run_headline(name, found)
        if st.button("Run now", type="primary", icon=":material/play_arrow:", key="run-now"):
            jobs.start_apart(key, f"Run of {name}", lake, tasks.run, name)
    show_job(key)
    if not found:
        show_empty(
            "Each run will stand here on a line of its own: whether it passed, how long it took, what is new, fixed "
            "and returned, and whether accuracy moved.",
            todo="Let a scheduler run it every night (crontab -e), or press the button:",
            command="0 2 * * *  " + command(lake.lake.url, "run", name),
            key="no-runs",
        )
        return
    chosen = show_run_list(found)
    show_trends(found)
    show_run_report(lake, chosen)


if __name__ == "__main__":
    show()
