"""What the checks would find once a draft is published: by check, and what would be new."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from workbench.reporting import count_of, format_count
from workbench.ui.components.markup import element
from workbench.ui.drafting import Seen

COLUMNS = ("before", "after", "gone", "new")


def show_draft_findings(seen: Seen) -> None:
    """Show findings before and after by check, where somebody has looked at the draft as it is."""
    found = seen.found("findings")
    if found is None or not (found["checks"] or found["unknown"]):
        return
    with st.expander("Findings by check", key="draft-findings-found"):
        if found["checks"]:
            st.html(_table(found["checks"]))
        for each in found["unknown"]:
            st.text(f"? {each['check']} could not be asked: {each['message']}")
        if found["appeared"]:
            said = [element("li", _line(each)) for each in found["appeared"]]
            st.html(element("div", element("p", "New with this draft:", css="wb-plain"), element("ul", *said)))
            rest = found["findings"]["new"] - len(found["appeared"])
            if rest:
                st.text(f"{count_of(rest, 'new finding')} not listed; test rows are never listed here.")


def _table(checks: list[dict[str, Any]]) -> str:
    """Write the counts."""
    heads = [element("th", "check", css="wb-long", scope="col")]
    heads += [element("th", name, css="wb-number", scope="col") for name in COLUMNS]
    body = [
        element(
            "tr",
            element("td", each["check"], css="wb-long"),
            *(element("td", format_count(each[name]), css="wb-number") for name in COLUMNS),
        )
        for each in checks
    ]
    head = element("thead", element("tr", *heads))
    return element("table", head, element("tbody", *body), css="wb-table wb-figures")


def _line(found: dict[str, Any]) -> str:
    """Write a new finding: its row, and what is wrong with it."""
    if not found["key"]:
        return str(found["message"])
    place = ", ".join(f"{name} {value}" for name, value in json.loads(found["key"]).items())
    return f"{place}: {found['message']}"
