"""Every dataset of the lake on a line of its own."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from workbench.api import OpenLake
from workbench.reporting import accuracy_of, format_count, verdict_of
from workbench.ui.components.markup import badge, element, figure
from workbench.ui.session import newest_documents

COLUMNS = {
    "dataset": "wb-short", "newest": "wb-short", "rows": "wb-number", "figure": "", "against the one before": "",
}  # fmt: skip


def show_datasets(lake: OpenLake, chosen: str) -> None:
    """Show where each dataset stands; nothing where there is only one."""
    if len(lake.names()) < 2:
        return
    documents = newest_documents(lake)
    st.subheader("Datasets of this lake")
    head = element("tr", *(element("th", name, css=css, scope="col") for name, css in COLUMNS.items()))
    rows = []
    for document in documents:
        name = document["dataset"]
        cells = [
            element("a", name, href=f"?{urlencode({'dataset': name})}", target="_self"),
            " · ".join([f"v{document['version']}", *document["tags"]]),
            format_count(document["rows"]),
            figure(accuracy_of(document)),
            badge(verdict_of(document), document["verdict"]),
        ]
        written = [element("td", cell, css=css) for cell, css in zip(cells, COLUMNS.values(), strict=True)]
        rows.append(element("tr", *written, css="wb-chosen" if name == chosen else ""))
    st.html(element("table", element("thead", head), element("tbody", *rows), css="wb-table"))
