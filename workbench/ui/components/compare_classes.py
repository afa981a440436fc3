"""Where the change shows: recall by class, and how rows moved between right and wrong predictions."""

from __future__ import annotations

import streamlit as st

from workbench.characters import visible
from workbench.compare import Comparison, RowChanges
from workbench.reporting import count_of, format_count, format_level, format_metric
from workbench.reporting.figures import NOISE_FLOOR
from workbench.reporting.versions import held_together
from workbench.ui.compare_charts import dots_chart, dots_frame, dots_in_words
from workbench.ui.components.markup import element
from workbench.ui.session import ink
from workbench.ui.wording import marked

CLASSES, PAIRS = 20, 12
"""Classes drawn and pairs of classes listed; those that moved most."""


def show_per_class(found: Comparison) -> None:
    """Draw the change of each class's recall around zero."""
    if not found.per_class:
        return
    moved = sorted(found.per_class.items(), key=lambda item: -abs(item[1].change or 0.0))
    shown = moved[:CLASSES]
    frame = dots_frame(
        (
            (name, effect, {"sides": " → ".join(format_metric("recall", *side) for side in effect.sides)})
            for name, effect in sorted(shown)
        ),
        metric="recall",
    )
    a, b = (name.rpartition("@")[2] for name in (found.a, found.b))
    level = format_level(found.per_class_level)
    held = held_together(len(moved), "classes", found.per_class_level) or f"{level} interval"
    cut = f"; the {CLASSES} of {len(moved)} classes that moved most" if len(moved) > CLASSES else ""
    subtitle = [held, f"right of zero is better; a click shows its rows{cut}", f"grey: {NOISE_FLOOR}"]
    title = f"Change of recall by class, v{a} to v{b}"
    frame = marked(frame)
    words = dots_in_words(frame)
    told = {"name": "class", "figure": f"change ({level} interval)", "sides": "recall", "floor": NOISE_FLOOR}
    axis = "change of recall (points)"
    chart = dots_chart(frame, title=title, subtitle=subtitle, axis=axis, told=told, ink=ink())
    with st.container(key="per-class"):
        key = f"classes-{a}-{b}"
        st.altair_chart(
            chart,
            alt=f"{title}: {words}.",
            key=key,
            on_select=lambda: _choose(key, list(found.per_class)),
            selection_mode="label",
        )


def show_confusion(rows: RowChanges, a: int, b: int) -> None:
    """List how many test rows of each class are predicted as which, before and after."""
    moved = rows.moved
    st.subheader("Predictions by class")
    if not moved:
        st.text("No pair of class and prediction has more or fewer test rows than before.")
        return
    titles = ("label", "predicted", f"v{a}", f"v{b}", "change", "")
    classes = ("wb-long", "wb-long", "wb-number", "wb-number", "wb-number", "")
    head = element(
        "tr", *(element("th", text, css=css, scope="col") for text, css in zip(titles, classes, strict=True))
    )
    body = []
    for pair in moved[:PAIRS]:
        css = "wb-badge wb-gain" if pair.helps else "wb-badge wb-loss"
        change = f"{pair.after - pair.before:+,}".replace("-", "−")
        sides = (format_count(pair.before), format_count(pair.after))
        cells = (pair.label, pair.predicted, *sides, change, element("span", pair.word, css=css))
        body.append(element("tr", *(element("td", cell, css=css) for cell, css in zip(cells, classes, strict=True))))
    st.html(element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-pairs"))
    cut = f" The {PAIRS} of {len(moved)} pairs that moved most." if len(moved) > PAIRS else ""
    st.caption(f"{count_of(rows.rows, 'test row')}, predictions averaged over the fits.{cut}")


def _choose(key: str, classes: list[str]) -> None:
    """Show the rows of the class that was clicked, among those that flipped."""
    clicked = st.session_state[key]["selection"].get("label") or []
    label = next((name for name in classes if clicked and visible(name) == clicked[0]["name"]), None)
    if label is not None:
        st.query_params.pop("row", None)
        st.query_params["label"] = label
