"""How many findings of each check were open, run by run."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from workbench.characters import visible
from workbench.runs import Run
from workbench.ui.run_charts import trends_chart
from workbench.ui.session import ink

RUNS, CHECKS = 60, 12
"""So many runs, and the checks with the most findings."""


def show_trends(runs: Sequence[Run]) -> None:
    """Draw a small chart per check; nothing with fewer than two runs."""
    told = [run for run in reversed(runs[:RUNS]) if run.findings]
    if len(told) < 2:
        return
    most: dict[str, int] = {}
    for run in told:
        for check, count in (run.findings or {})["by_check"].items():
            most[check] = max(most.get(check, 0), count)
    checks = sorted(most, key=lambda check: (-most[check], check))[:CHECKS]
    rows = [
        {
            "run": number,
            "check": visible(check),
            "open": (run.findings or {})["by_check"].get(check, 0),
            "when": f"{run.started_at:%Y-%m-%d %H:%M} UTC",
            "version": f"v{run.version}",
            "address": f"review?{urlencode({'dataset': run.dataset, 'check': check})}",
        }
        for number, run in enumerate(told, start=1)
        for check in checks
    ]
    if not rows:
        return
    first, last = ((told[n].findings or {})["by_check"] for n in (0, -1))
    words = "; ".join(f"{visible(check)} {first.get(check, 0):,} to {last.get(check, 0):,}" for check in checks)
    with st.container(key="run-trends"):
        st.altair_chart(
            trends_chart(pd.DataFrame(rows), [visible(check) for check in checks], ink=ink()),
            width="content",
            alt=f"Open findings of each check over the last {len(told)} runs, first to last: {words}.",
            key="trends-chart",
        )
