"""Which of the changes between two versions moved the figure; asked for by a button, since it fits the model."""

from __future__ import annotations

import streamlit as st

from workbench.attribution import Attribution, Share
from workbench.reporting import count_of, format_change
from workbench.reporting.figures import SHARES
from workbench.ui import jobs, tasks
from workbench.ui.compare_charts import dots_chart, dots_frame
from workbench.ui.comparing import Pair
from workbench.ui.components.job import show_job
from workbench.ui.session import ink
from workbench.ui.wording import marked, metric_name

BY = ("check", "cause", "column", "author", "version")
WORDS = {"cannot tell": "below the noise", "no change": "no change for the model"}
GROUPS = 20
"""Groups drawn at most, those that moved most."""


def show_attribution(pair: Pair) -> None:
    """Offer to share out the change of the figure, and show the shares once they are known."""
    st.subheader("Which changes did it")
    with st.container(horizontal=True, vertical_alignment="bottom", key="attribution"):
        by = st.segmented_control(
            "Group the changes by", list(BY), default="check", required=True, key="attribution-by"
        )
        name = f"{pair.job('attribution')}:{by}"
        there: Attribution | None = jobs.taken(name)
        running = jobs.find(name)
        st.button(
            "Work it out", key="attribution-now", on_click=_start, args=(name, pair, by),
            disabled=there is not None or (running is not None and running.running),
            help="Evaluates the model with every combination of the groups made; what was fitted before is not again.",
        )  # fmt: skip
    show_job(name)
    if there is not None:
        _show(there)


def _start(name: str, pair: Pair, by: str) -> None:
    """Begin the job."""
    a, b = pair.a, pair.b
    title = f"Sharing out v{a.version} to v{b.version} by {by}"
    jobs.start_apart(name, title, pair.lake, tasks.share_out, a, b, by)


def _show(found: Attribution) -> None:
    """Draw the shares around zero, what helped most first, and say what to know."""
    if not found.shares:
        st.text("Nothing differs between the two.")
        return
    moved = sorted(found.shares, key=lambda share: -abs(share.effect.change))[:GROUPS]
    shown = [share for share in found.shares if share in moved]
    frame = dots_frame(
        ((share.group.name, share.effect, _told(share, found.metric)) for share in shown), metric=found.metric
    )
    frame = marked(frame)
    a, b = (name.rpartition("@")[2] for name in (found.a, found.b))
    whole = format_change(found.total.change, found.total.low, found.total.high, metric=found.metric)
    title = f"Share of each {found.by} in the change of {metric_name(found.metric)}, v{a} to v{b}"
    kind = "each order of the groups counts" if found.exact else "averaged over orders drawn at random"
    subtitle = f"together {whole}; {kind}; the intervals hold together at 95 %"
    words = "; ".join(f"{name}: {figure}" for name, figure in frame[["name", "figure"]].values)
    unit = "points" if found.metric in SHARES else metric_name(found.metric)
    told = {"name": found.by, "figure": "share (interval)", "what": "changed"}
    axis = f"share of the change ({unit})"
    st.altair_chart(
        dots_chart(frame, title=title, subtitle=subtitle, axis=axis, told=told, ink=ink()), alt=f"{title}: {words}."
    )
    for note in found.notes:
        st.caption(note)


def _told(share: Share, metric: str) -> dict[str, str]:
    """Say of a share what it is with its interval, what that means, and how much was changed."""
    effect = share.effect
    word = WORDS.get(effect.verdict, effect.verdict)
    figure = format_change(effect.change, effect.low, effect.high, metric=metric)
    counts = ((share.group.cells, "cell"), (share.group.rows, "row"))
    return {
        "figure": word if effect.verdict == "no change" else f"{figure}, {word}",
        "what": " and ".join(count_of(count, what) for count, what in counts if count),
    }
