"""Whether the change helped: the verdict in large, every metric side by side, and what moved the figure."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.compare import Comparison, Effect
from workbench.reporting import badge as verdict_text
from workbench.reporting import badge_of, format_change, format_count, format_metric, format_points
from workbench.reporting.versions import harmed, unsettled
from workbench.ui.components.markup import badge, element, figure
from workbench.ui.wording import metric_name

METRICS = ("metric", "from", "to", "change (95 % interval)", "verdict")


def show_verdict_large(found: Comparison) -> None:
    """Show the verdict, and what it rests on."""
    text = badge_of(vars(found))
    metric = metric_name(found.metric)
    before, after = (figure(format_metric(found.metric, *side)) for side in found.metrics[found.metric].sides)
    sides = Markup("{} {} → {}").format(metric, before, after)
    rows = f"on {format_count(found.test_rows)} test rows that both have, under the test labels of {found.test_labels}"
    said = [element("span", badge(text, found.verdict), css="wb-large"), element("span", sides, css="wb-figure")]
    st.html(element("div", *said, element("span", rows, css="wb-small"), css="wb-verdict wb-verdict-large"))
    for line in harmed(found):
        st.html(element("p", line, css="wb-plain wb-problem"))
    needed = unsettled(vars(found))
    if needed:
        st.html(element("p", needed, css="wb-plain wb-small"))


def show_metrics(found: Comparison) -> None:
    """Show each metric of both versions with its change."""
    st.subheader("Metrics")
    a, b = (name.rpartition("@")[2] for name in (found.a, found.b))
    titles = ("metric", f"v{a} (95 % interval)", f"v{b} (95 % interval)", *METRICS[3:])
    classes = ("", "wb-number", "wb-number", "wb-number", "wb-verdicts")
    head = element(
        "tr", *(element("th", title, css=css, scope="col") for title, css in zip(titles, classes, strict=True))
    )
    body = [_row(name, effect, classes) for name, effect in found.metrics.items()]
    st.html(element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-metrics"))


def show_moved(found: Comparison) -> None:
    """Say what moved the figure as published."""
    st.subheader("What moved the published figure")
    if not found.comparable:
        st.text("This cannot be told: one of the two published figures is not comparable (see the notes).")
        return
    parts = [(name, part) for name, part in found.parts.items()]
    rows = [
        element("tr", element("td", name), element("td", format_points(part, metric=found.metric), css="wb-number"))
        for name, part in parts
    ]
    whole = None if found.a_published is None or found.b_published is None else found.b_published - found.a_published
    total = element(
        "tr",
        element("th", "together", scope="row"),
        element("td", format_points(whole, metric=found.metric), css="wb-number"),
    )
    st.html(element("table", element("tbody", *rows, total), css="wb-table wb-figures wb-narrow"))


def show_notes(found: Comparison) -> None:
    """Fold out what a reader of the figures must know."""
    if found.notes:
        with st.expander(f"Notes on the figures ({len(found.notes)})"):
            for note in found.notes:
                st.text(note)


def change_text(metric: str, effect: Effect) -> str:
    """Write a change with its interval: ``+1.2 pt (0.5 to 1.9)``."""
    return format_change(effect.change, effect.low, effect.high, metric=metric)


def _row(name: str, effect: Effect, classes: tuple[str, ...]) -> Markup:
    """Write one metric."""
    said, _, interval = change_text(name, effect).partition(" (")
    text = verdict_text(effect.verdict, effect.change, None, None, effect.detectable, metric=name)
    word = text.split(" +")[0].split(" −")[0]
    cells = [
        metric_name(name),
        *(figure(format_metric(name, *side)) for side in effect.sides),
        Markup(" ").join([said, element("span", f"({interval}", css="wb-interval")] if interval else [said]),
        badge(word, effect.verdict),
    ]
    return element("tr", *(element("td", cell, css=css) for cell, css in zip(cells, classes, strict=True)))
