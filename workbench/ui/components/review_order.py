"""The line on Review that says what the order by expected gain rests on, and the scoring anew behind it.

Scoring runs in the background and never in the way: it begins once a round of answers was given, the line that tells
of it has one height, and the finding that is open stays where it is while those after it come in the new order.
"""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.ranking import FIRST, Ranking, can_rank, checked_since, decided_since, newest_ranking
from workbench.reporting import count_of, format_change, format_count, format_points
from workbench.ui import jobs, tasks
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import element
from workbench.ui.components.review_desk import Desk, reorder
from workbench.ui.order_charts import rounds_chart
from workbench.ui.session import ink
from workbench.ui.wording import ago

ROUND = 20
"""Answers after which the queue is scored anew."""

HEIGHT = 84
"""Of the line in pixels, whether it says what the order is or how far the next one is."""

CHART = 336
"""Of the chart's place in pixels, drawn already or not."""

_LATELY = 100
# Decisions that "the last" are, at least, where there were as many.


def show_order(lake: OpenLake, desk: Desk) -> None:
    """Say what the order rests on, take over a new one, and have the next one made where it is due."""
    if desk.wanted.order != "gain":
        return
    key = f"rescore:{lake.lake.url}:{desk.dataset}:{lake.author}"
    ranking = newest_ranking(lake.lake, desk.dataset)
    if ranking is not None and ranking.round != desk.round:
        reorder(desk, ranking.round)
    job = jobs.find(key)
    if job is not None and not job.running and job.error is not None:
        # What was stopped or failed is not begun again by itself; the button does.
        st.session_state["order-stopped"] = desk.dataset
    if job is None and st.session_state.get("order-stopped") != desk.dataset and _due(lake, desk, ranking):
        _start(lake, desk, key)
    with st.container(height=HEIGHT, border=False, key="review-order"):
        if not show_job(key, done=lambda done: None):
            line, why = st.columns([4, 1], vertical_alignment="center")
            line.html(element("p", _said(desk, ranking), css="wb-plain wb-small"))
            with why, st.popover("Why", key="order-why", help="What the order rests on, and what came of it."):
                _show_grounds(lake, desk, ranking, key)


def _due(lake: OpenLake, desk: Desk, ranking: Ranking | None) -> bool:
    """Tell whether the queue is to be scored anew: never scored, another version or check, or a round of answers."""
    if not can_rank(desk.version):
        return False
    if ranking is None or ranking.version != desk.version.version:
        return True
    opened = st.session_state.setdefault("order-opened", {})
    first = desk.key[:-1] not in opened
    opened[desk.key[:-1]] = True
    since = decided_since(lake.lake, desk.dataset, ranking.seen)
    return since >= (1 if first else ROUND) or checked_since(lake.lake, desk.dataset, ranking.seen)


def _start(lake: OpenLake, desk: Desk, key: str) -> None:
    """Begin scoring in the background."""
    jobs.start_apart(key, "Ordering by expected gain", lake, tasks.order, desk.dataset)


def _again(lake: OpenLake, desk: Desk, key: str) -> None:
    """Begin scoring because somebody asked for it."""
    st.session_state.pop("order-stopped", None)
    _start(lake, desk, key)


def _said(desk: Desk, ranking: Ranking | None) -> str:
    """Say in a line what the order is, how old, what it promises, and what the last one brought."""
    if not can_rank(desk.version):
        return "Expected gains need a label of classes; without one the order is by urgency."
    if ranking is None:
        return "Not ordered by expected gain yet; until then the order is by urgency."
    told = [f"Ordered by expected gain after {count_of(ranking.decisions, 'decision')}, {ago(ranking.created_at)}"]
    if ranking.expected is None:
        told.append("no validation rows, so no gain is predicted")
    else:
        unchecked = "" if ranking.checked else ", which no round has checked yet"
        told.append(f"{format_points(ranking.expected)} of balanced accuracy predicted for the next {FIRST}{unchecked}")
    decisions, gained, _ = _lately(ranking)
    if gained is not None:
        told.append(f"{format_points(gained)} realised by the last {format_count(decisions)}")
    return " · ".join(told)


def _lately(ranking: Ranking) -> tuple[int, float | None, float | None]:
    """Return how many decisions the newest rounds had, what they brought, and its standard error."""
    decisions, gained, variance = 0, 0.0, 0.0
    for each in reversed(ranking.rounds):
        if decisions >= _LATELY or each.realised is None:
            break
        decisions += each.decisions
        gained += each.realised
        variance += (each.error or 0.0) ** 2
    return (decisions, gained, math.sqrt(variance)) if decisions else (0, None, None)


def _show_grounds(lake: OpenLake, desk: Desk, ranking: Ranking | None, key: str) -> None:
    """Show why the order is as it is, and what came of the ones before."""
    if ranking is not None:
        st.text(ranking.explanation)
        decisions, gained, error = _lately(ranking)
        if gained is not None and error is not None:
            change = format_change(gained, gained - 1.96 * error, gained + 1.96 * error)
            st.text(f"The last {format_count(decisions)} decisions brought {change} of balanced accuracy.")
        for note in ranking.notes:
            st.text(f"Note: {note}.")
        _show_rounds(ranking)
        st.text(
            "Gains are balanced accuracy on the validation rows; the test rows have no part in this. "
            "What was kept stays quiet: only the order of open findings changes."
        )
    st.button(
        "Order anew", key="order-anew", on_click=_again, args=(lake, desk, key), disabled=not can_rank(desk.version)
    )


def _show_rounds(ranking: Ranking) -> None:
    """Draw predicted against realised gain; nothing before the first round."""
    known = [each for each in ranking.rounds if each.realised is not None]
    if not known:
        st.text("Once a round of decisions was scored, this shows what was predicted against what it brought.")
        return
    rows: list[dict[str, object]] = [
        {"decisions": 0, "kind": kind, "points": 0.0, "low": math.nan, "high": math.nan}
        for kind in ("predicted", "realised")
    ]
    decisions, sums, variance = 0, {"predicted": 0.0, "realised": 0.0}, 0.0
    for each in known:
        decisions += each.decisions
        variance += (each.error or 0.0) ** 2
        sums["predicted"] += 100 * each.told
        sums["realised"] += 100 * (each.realised or 0.0)
        for kind, points in sums.items():
            spread = 196 * math.sqrt(variance) if kind == "realised" else math.nan
            ends = {"low": points - spread, "high": points + spread}
            rows.append({"decisions": decisions, "kind": kind, "points": points, **ends})
    box = st.container(height=CHART, border=False, key="order-rounds")
    box.altair_chart(
        rounds_chart(pd.DataFrame(rows), ink=ink()),
        width="content",
        alt=(
            f"Over {count_of(len(known), 'round')} with {count_of(decisions, 'decision')} {sums['predicted']:+.1f} "
            f"points were predicted and {sums['realised']:+.1f} realised, give or take {196 * math.sqrt(variance):.1f}."
        ),
        key="order-chart",
    )
