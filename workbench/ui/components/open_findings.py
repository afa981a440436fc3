"""What is open, by check."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.characters import visible
from workbench.reporting import count_of, format_count
from workbench.ui.charts import findings_chart
from workbench.ui.components.message import show_empty
from workbench.ui.session import ink
from workbench.ui.standing import Standing
from workbench.ui.wording import PAGES, command, marked

SHOWN = 12
"""Bars; what remains is added up in one."""


def show_open_findings(state: Standing, lake: str) -> None:
    """Show how many findings of each check are open at the chosen version."""
    number = state.version.version
    if not state.findings:
        st.subheader("Open findings")
        if state.checked is not None:
            st.text(f"No finding is open at v{number}.")
            _show_caveats(state)
            return
        show_empty(
            "Here the open findings will be counted, check by check.",
            todo="Run the checks on the newest version:",
            command=command(lake, "check", state.version.dataset),
            key="no-findings",
        )
        return
    counts = sorted(state.findings.items(), key=lambda item: (-item[1], item[0]))
    rest = counts[SHOWN:]
    shown = counts[:SHOWN] + ([(f"{len(rest)} other checks", sum(count for _, count in rest))] if rest else [])
    frame = pd.DataFrame(shown, columns=["check", "count"])
    frame["shown"] = frame["count"].map(format_count)
    frame = marked(frame)
    title = f"{count_of(sum(state.findings.values()), 'open finding')} at v{number}, by check"
    words = ", ".join(f"{check} {count}" for check, count in frame[["check", "shown"]].values)
    with st.container(key="findings"):
        clicked = st.altair_chart(
            findings_chart(frame, title=title, ink=ink()),
            alt=f"{title}: {words}.",
            key="findings-chart",
            on_select="rerun",
            selection_mode="check",
        )
    picked = [point["check"] for point in clicked["selection"].get("check", [])]
    check = next((check for check in state.findings if picked and visible(check) == picked[0]), None)
    if check is not None:
        st.switch_page(PAGES / "review.py", query_params={"dataset": state.version.dataset, "check": check})
    _show_caveats(state)


def _show_caveats(state: Standing) -> None:
    """Say what the counts do not tell: a version that was not checked, and checks that broke."""
    if state.checked != state.newest and state.version.version == state.newest:
        st.text(
            f"v{state.newest} has not been checked yet: what is open is what earlier checks found and still stands."
        )
    for check in state.broken:
        st.warning(f"{check.check} could not be answered on v{check.version}: {check.message}", icon=":material/error:")
