"""The story of one row, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from workbench.characters import visible
from workbench.reporting import verdict_of
from workbench.ui.components.markup import badge, element
from workbench.ui.wording import ago
from workbench.versions import Event

WORDS = {"added": "row added", "removed": "row removed", "excluded": "row excluded", "included": "row included again"}
"""What happened to a row → how it is said."""


def show_story(events: Sequence[Event], documents: Sequence[Mapping[str, Any]]) -> None:
    """Show what happened to a row, newest first: who, when, old → new, why, and what the version did to the model.

    Parameters
    ----------
    events : sequence of Event
        Oldest first.
    documents : sequence of mapping
        The dataset's versions, as in :func:`workbench.iterations.version_documents`.
    """
    if not events:
        st.text("Nothing is known of this row.")
        return
    verdicts = {document["version"]: document for document in documents}
    titles = ("version", "when", "who", "what", "why", "effect of the version")
    classes = ("wb-short", "", "", "wb-long", "wb-long", "wb-verdicts")
    head = element(
        "tr", *(element("th", text, css=css, scope="col") for text, css in zip(titles, classes, strict=True))
    )
    body = [_row(event, verdicts.get(event.version), documents, classes) for event in reversed(events)]
    st.html(element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-story"))


def _row(
    event: Event, document: Mapping[str, Any] | None, documents: Sequence[Mapping[str, Any]], classes: tuple[str, ...]
) -> Markup:
    """Write one event."""
    made = event.created_at
    cells = [
        f"v{event.version}",
        element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC"),
        event.author,
        _what(event),
        _why(event, str(documents[0]["dataset"]) if documents else ""),
        badge(verdict_of(document), document["verdict"]) if document else "–",
    ]
    return element("tr", *(element("td", cell, css=css) for cell, css in zip(cells, classes, strict=True)))


def _what(event: Event) -> str | Markup:
    """Write what happened: ``age: 200 → missing``."""
    if event.column is None:
        return WORDS[event.change]
    old, new = (visible(_value(value)) for value in (event.old, event.new))
    return Markup("{}: {} → {}").format(element("strong", event.column), old, new)


def _why(event: Event, dataset: str) -> Markup:
    """Write the reason, or else the version's message, and where it came from."""
    said: list[str | Markup] = [visible(event.reason or event.message)]
    said += [f"draft {event.draft}"] if event.draft is not None else []
    if event.finding and dataset:
        address = f"review?{urlencode({'dataset': dataset, 'finding': event.finding})}"
        said.append(element("a", "its finding", href=address, target="_self"))
    return Markup(" · ").join(part for part in said if part)


def _value(value: object) -> str:
    """Write a value."""
    return "missing" if value is None else f"“{value}”" if value == "" else str(value)
