"""Findings gone and new between two versions."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from workbench.reporting import format_count
from workbench.ui.components.markup import element
from workbench.ui.components.message import show_empty
from workbench.ui.standing import Standing
from workbench.ui.wording import command

SHOWN = 12
"""Checks listed at once."""


def show_findings_between(counts: dict[str, tuple[int, int]], state: Standing, a: int, b: int, lake: str) -> None:
    """Count by check what went and what came; each check leads to Review."""
    st.subheader("Findings gone and new")
    if state.checked is None:
        show_empty(
            "Here the findings will be counted that are gone, and those that are new.",
            todo="Run the checks on the newest version:",
            command=command(lake, "check", state.version.dataset),
            key="no-findings",
        )
        return
    if b == state.newest and state.checked != b:
        st.text(f"v{b} has not been checked yet: what stands there is what earlier checks found and still stands.")
    if not counts:
        st.text(f"As far as was checked, the same findings stand at v{a} and at v{b}.")
        return
    gone, new = (sum(pair[side] for pair in counts.values()) for side in (0, 1))
    titles, classes = ("check", "gone", "new"), ("wb-long", "wb-number", "wb-number")
    head = element(
        "tr", *(element("th", text, css=css, scope="col") for text, css in zip(titles, classes, strict=True))
    )
    listed = sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))
    body = [_row(state, b, check, pair) for check, pair in listed[:SHOWN]]
    rest = listed[SHOWN:]
    if rest:
        others = tuple(sum(pair[side] for _, pair in rest) for side in (0, 1))
        body.append(element("tr", element("td", f"{len(rest)} other checks"), *(_number(count) for count in others)))
    total = element("tr", element("th", "together", scope="row"), _number(gone), _number(new))
    st.html(
        element("table", element("thead", head), element("tbody", *body, total), css="wb-table wb-figures wb-between")
    )


def _row(state: Standing, version: int, check: str, pair: tuple[int, int]) -> str:
    """Write one check, with the way to its findings."""
    address = {"dataset": state.version.dataset, "check": check}
    if version != state.newest:
        address["version"] = str(version)
    link = element("a", check, href=f"review?{urlencode(address)}", target="_self")
    return element("tr", element("td", link), *(_number(count) for count in pair))


def _number(count: int) -> str:
    """Write a count."""
    return element("td", format_count(count), css="wb-number")
