"""The story of one row, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.ui.components.markup import element
from workbench.ui.wording import ago
from workbench.versions import Event

WORDS = {"added": "row added", "removed": "row removed", "excluded": "row excluded", "included": "row included again"}
"""What happened to a row → how it is said."""


def show_story(events: Sequence[Event]) -> None:
    """Show what happened to a row, newest first: who, when, old → new, why."""
    if not events:
        st.text("Nothing is known of this row.")
        return
    titles, classes = ("version", "when", "who", "what", "why"), ("wb-short", "", "", "wb-long", "wb-long")
    head = element(
        "tr", *(element("th", text, css=css, scope="col") for text, css in zip(titles, classes, strict=True))
    )
    body = [_row(event, classes) for event in reversed(events)]
    st.html(element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-story"))


def _row(event: Event, classes: tuple[str, ...]) -> Markup:
    """Write one event."""
    made = event.created_at
    cells = [
        f"v{event.version}",
        element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC"),
        event.author,
        _what(event),
        _why(event),
    ]
    return element("tr", *(element("td", cell, css=css) for cell, css in zip(cells, classes, strict=True)))


def _what(event: Event) -> str | Markup:
    """Write what happened: ``age: 200 → missing``."""
    if event.column is None:
        return WORDS[event.change]
    return Markup("{}: {} → {}").format(element("strong", event.column), _value(event.old), _value(event.new))


def _why(event: Event) -> str:
    """Write the reason, or else the version's message, and where it came from."""
    said = [event.reason or event.message]
    said += [f"draft {event.draft}"] if event.draft is not None else []
    return " · ".join(part for part in said if part)


def _value(value: object) -> str:
    """Write a value."""
    return "missing" if value is None else f"“{value}”" if value == "" else str(value)
