"""Where two versions cannot be compared yet: measure what is lacking, when somebody asks for it."""

from __future__ import annotations

import streamlit as st

from workbench.lake import Version
from workbench.ui import jobs, tasks
from workbench.ui.comparing import Pair
from workbench.ui.components.job import show_job
from workbench.ui.standing import Standing


def show_measure(pair: Pair, state: Standing) -> None:
    """Say what will stand here, and offer to measure the versions that were not measured yet."""
    lacking = [version for version in (pair.a, pair.b) if version.version not in state.results]
    names = " and ".join(f"v{version.version}" for version in lacking)
    key = pair.job("compare")
    with st.container(border=True, key="measure"):
        st.text("Here the verdict will stand: whether the change helped the fixed model, with each metric's interval.")
        if lacking:
            st.text(f"{names} {'was' if len(lacking) == 1 else 'were'} never measured. The model is fitted for it.")
        else:
            st.text("Features of test rows changed, so the earlier model has to be asked about them once more.")
        label = f"Measure {names}" if lacking else "Compare them"
        running = show_job(key)
        st.button(
            label,
            type="primary",
            key="measure-now",
            disabled=running,
            on_click=_start,
            args=(key, label, pair, lacking),
        )


def _start(key: str, label: str, pair: Pair, lacking: list[Version]) -> None:
    """Begin the job."""
    a, b = pair.a, pair.b
    said = label.replace("Measure", "Measuring").replace("Compare them", f"Comparing v{a.version} with v{b.version}")
    jobs.start_apart(key, said, pair.lake, tasks.compare, a, b, lacking)
