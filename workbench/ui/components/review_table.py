"""The findings of the filter as a table, one page at a time; a row that is chosen opens its finding."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UnknownName
from workbench.findings import Finding
from workbench.reporting import format_count
from workbench.reporting.cases import shorten
from workbench.ui.components.review_desk import PAGE, Desk, blind

HEIGHT = 560
"""Pixels, however many rows the page has."""


def show_table(lake: OpenLake, desk: Desk) -> None:
    """Show the page of the table that the address names."""
    pages = max(1, -(-desk.left // PAGE))
    page = _page(pages)
    found = desk.wanted.findings(lake, desk.dataset, limit=PAGE, offset=(page - 1) * PAGE)
    key = f"table-{hash((desk.key, page))}"

    def opened() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.query_params["finding"] = found[rows[0]].finding
            st.query_params.pop("view", None)

    if not found:
        st.text("No finding fits this filter." if page == 1 else "There is nothing on this page any more.")
        return
    st.dataframe(
        table(found), key=key, hide_index=True, height=HEIGHT, width="stretch", row_height=36,
        on_select=opened, selection_mode="single-row",
        column_config={name: st.column_config.TextColumn(width="small") for name in ("value", "suggestion", "score")},
    )  # fmt: skip
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * PAGE
        st.text(f"{format_count(first + 1)} to {format_count(first + len(found))} of {format_count(desk.left)}")
        if pages > 1:
            at = f"review-page-{page}"
            st.pagination(pages, default=page, key=at, on_change=_to_address, args=(at,))


def table(findings: list[Finding]) -> pd.DataFrame:
    """Lay findings out, the model's opinion of test rows left out.

    Returns
    -------
    DataFrame of shape (n_findings, 9)
    """
    rows = [
        (
            ", ".join(map(str, finding.key.values())), finding.check, finding.column or "",
            shorten(finding.value or "", 80), shorten(finding.suggestion or "", 80),
            "" if finding.score is None else f"{finding.score:.2f}",
            finding.message, finding.lane or "", finding.status,
        )
        for finding in map(blind, findings)
    ]  # fmt: skip
    key = ", ".join(next((finding.key for finding in findings if finding.key), ["rid"]))
    names = [f"row ({key})", "check", "column", "value", "suggestion", "score", "message", "lane", "status"]
    return pd.DataFrame(rows, columns=names)


def _page(pages: int) -> int:
    """Read the page from the address."""
    given = st.query_params.get("page", "1")
    if not given.isdecimal() or not 1 <= int(given) <= pages:
        raise UnknownName("page", given, hint=f"The pages of this table are 1 to {format_count(pages)}.")
    return int(given)


def _to_address(key: str) -> None:
    """Write the page into the address."""
    page = st.session_state[key]
    if page == 1:
        st.query_params.pop("page", None)
    else:
        st.query_params["page"] = str(page)
