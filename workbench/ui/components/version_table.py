"""The versions as a table, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.metrics import metrics_of
from workbench.reporting import accuracy_of, format_count, verdict_of
from workbench.reporting.versions import held_singly
from workbench.ui.components.markup import badge, element, figure
from workbench.ui.standing import Standing
from workbench.ui.wording import ago, metric_name

PAGE = 15
"""Versions shown at once."""

COLUMNS = {
    "version": "wb-short",
    "when": "",
    "author": "",
    "cells changed": "wb-number",
    "figure": "",
    "against the one before": "wb-verdicts",
    "message": "wb-long",
}
"""Column → its classes."""


def show_versions(state: Standing) -> None:
    """Show who made which version when and why, and what it did to the figure."""
    st.subheader("Versions")
    pages = -(-len(state.documents) // PAGE)
    table = st.container()
    page = st.pagination(pages, key="versions-page") if pages > 1 else 1
    shown = list(reversed(state.documents))[(page - 1) * PAGE : page * PAGE]
    metric = metric_name(metrics_of(state.version.definition.task)[0].name)
    named = {**{name: name for name in COLUMNS}, "figure": f"{metric} (95 % interval)"}
    head = element("tr", *(element("th", named[name], css=css, scope="col") for name, css in COLUMNS.items()))
    body = element("tbody", *(_row(state, document) for document in shown))
    with table:
        st.html(element("table", element("thead", head), body, css="wb-table"))
        singly = held_singly(state.documents)
        if singly:
            st.caption(singly)


def _row(state: Standing, document: dict[str, Any]) -> Markup:
    """Write one version."""
    number, made = document["version"], datetime.fromisoformat(document["created_at"])
    cells = [
        " · ".join([f"v{number}", *document["tags"]]),
        element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC"),
        document["author"],
        format_count(document["cells_changed"]),
        figure(accuracy_of(document)),
        badge(verdict_of(document), document["verdict"]),
        document["message"],
    ]
    chosen = "wb-chosen" if number == state.version.version else ""
    written = [element("td", cell, css=css) for cell, css in zip(cells, COLUMNS.values(), strict=True)]
    return element("tr", *written, css=chosen)
