"""Whether the change would help on data like this; asked for by a button, since it fits the model many times."""

from __future__ import annotations

import streamlit as st

from workbench.compare import Comparison
from workbench.evaluation import SAMPLES
from workbench.reporting import badge_of, format_metric, metric_name
from workbench.reporting.versions import harmed, unsettled
from workbench.ui import comparing, jobs, tasks
from workbench.ui.comparing import Pair
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import badge, element, figure


def show_samples(found: Comparison, pair: Pair) -> None:
    """Offer to count the sampling of train rows as well, and show the verdict once it is known."""
    if found.verdict == "no change":
        return
    st.subheader("Would it help on data like this?")
    sampled = comparing.sampled(pair)
    if sampled is not None:
        _show(sampled)
        return
    st.caption(
        "The verdict above is about these very train rows. Another day's would have been others: fitted on "
        f"{SAMPLES} bootstrap samples of them, the interval counts that, too."
    )
    name = pair.job("samples")
    running = jobs.find(name)
    st.button(
        f"Fit {SAMPLES} samples of each",
        key="samples-now",
        disabled=running is not None and running.running,
        on_click=_start,
        args=(name, pair),
    )
    show_job(name)


def _start(name: str, pair: Pair) -> None:
    """Begin the job."""
    a, b = pair.a, pair.b
    title = f"Comparing v{a.version} with v{b.version} on samples"
    jobs.start_apart(name, title, pair.lake, tasks.compare_samples, a, b, SAMPLES)


def _show(found: Comparison) -> None:
    """Show the verdict, and what it is about."""
    text = badge_of(vars(found))
    before, after = (figure(format_metric(found.metric, *side)) for side in found.metrics[found.metric].sides)
    sides = element("span", metric_name(found.metric), " ", before, " → ", after)
    rows = element("span", f"{found.fits} fits of each version, each on another bootstrap sample of its train rows")
    st.html(element("div", badge(text, found.verdict), sides, element("span", rows, css="wb-small"), css="wb-verdict"))
    for line in (*harmed(found), unsettled(vars(found))):
        if line:
            st.html(element("p", line, css="wb-plain wb-small"))
