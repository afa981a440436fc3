"""One page of rows, with the findings marked in the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UsageError, WorkbenchError
from workbench.findings import Finding, of_rows
from workbench.lake import Version, View, view_of
from workbench.reporting import count_of, format_count
from workbench.ui import session
from workbench.ui.browsing import Asked, asked
from workbench.ui.components.cell_story import opens_story, show_asked_story
from workbench.ui.components.data_grid import MARGIN, ROW, show_grid
from workbench.ui.components.message import show_error
from workbench.ui.session import moment
from workbench.versions.browse import Filter, Page, count, page

SHOWN = 16
"""Rows in sight; the others scroll."""

LETTERS = 600_000
"""Letters that a page sends at most; longer texts are cut."""

LONGEST = 400
"""Letters of one cell."""

FITTING = 28
"""Letters that a column of medium width shows."""

COLOURS = {
    "light": {
        "flaw": "background-color: #FCEBDE; color: #A34700",
        "excluded": "color: #8C98A4",
        "test": "color: #8C3A68",
    },
    "dark": {
        "flaw": "background-color: #3D2210; color: #F6A266",
        "excluded": "color: #66727E",
        "test": "color: #E3A8C8",
    },
}
"""Kind of page → what is marked → its CSS, with the colours of ``.streamlit/config.toml``."""


@st.fragment
def show_rows(version: Version) -> None:
    """Show the page of rows that the address asks for; turning it shows nothing else anew."""
    try:
        lake = session.lake()
        _show_page(lake, version, asked(view_of(lake.lake, version)))
        show_asked_story(lake, lake[version.dataset].newest)
    except UsageError as error:
        show_error(error, title="These rows cannot be shown")
    except WorkbenchError as error:
        show_error(error)


def _show_page(lake: OpenLake, version: Version, wanted: Asked) -> None:
    """Read a page and lay it out."""
    view = view_of(lake.lake, version)
    found = _count((*moment(lake)[:2], version.name), view, wanted.filters, wanted.search)
    pages = max(1, -(-found // wanted.size))
    number = min(wanted.page, pages)
    start = (number - 1) * wanted.size
    shown = page(view, wanted.filters, wanted.order, limit=wanted.size, offset=start, search=wanted.search)
    findings = of_rows(lake.lake, version.dataset, shown.rids, version.version)
    st.text(_told(version, wanted, found, start, shown, findings))
    if not shown.rids:
        return
    _show_grid(version, shown, findings, key=f"rows-{version.version}-{number}-{hash(wanted)}")
    if pages > 1:
        st.pagination(pages, default=number, key=f"data-page-{number}", on_change=_turn, args=(number,))


def _told(version: Version, wanted: Asked, found: int, start: int, shown: Page, findings: Sequence[Finding]) -> str:
    """Say how many rows there are, which of them are shown, and what the marks mean."""
    all_rows = not wanted.filters and not wanted.search
    if not found:
        return "This version has no rows." if all_rows else f"None of the {count_of(version.rows, 'row')} is like that."
    total = count_of(found, "row") if all_rows else f"{format_count(found)} of {count_of(version.rows, 'row')}"
    said = [f"{total}; rows {format_count(start + 1)} to {format_count(start + len(shown.rids))}"]
    said += [f"{count_of(len(findings), 'open finding')} here, marked in the cells"] if findings else []
    said += [f"{format_count(sum(shown.excluded))} excluded, in grey"] if any(shown.excluded) else []
    return " · ".join(said)


def _show_grid(version: Version, shown: Page, findings: Sequence[Finding], *, key: str) -> None:
    """Lay out the rows: key, what is wrong, lane, then the rest."""
    keys = list(version.definition.key)
    names = [column.name for column in shown.columns]
    first = [names.index(name) for name in keys]
    rest = [place for place in range(len(names)) if place not in first]
    order = [*first, *rest]
    ahead = len(first) or 1
    by_row: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.rid is not None:
            by_row.setdefault(finding.rid, []).append(finding)
    longest = max(12, min(LONGEST, LETTERS // (len(shown.rids) * max(1, len(names)))))
    css = COLOURS["dark" if st.context.theme.type == "dark" else "light"]
    rows: list[list[Any]] = []
    colours: dict[tuple[int, int], str] = {}
    for line, (rid, lane, excluded, cells) in enumerate(
        zip(shown.rids, shown.lanes, shown.excluded, shown.cells, strict=True)
    ):
        here = by_row.get(rid, [])
        wrong = ", ".join(sorted({finding.check for finding in here}))
        said = " · ".join(part for part in ("excluded" if excluded else "", wrong) if part)
        values = [_short(cell, longest) for cell in cells]
        head = [values[place] for place in first] or [rid]
        rows.append([*head, said, lane, *(values[place] for place in rest)])
        if excluded:
            colours |= {(line, place): css["excluded"] for place in range(len(rows[-1]))}
        elif lane == "test":
            colours[line, ahead + 1] = css["test"]
        if here:
            colours[line, ahead] = css["flaw"]
        for finding in here:
            if finding.column in names:
                place = order.index(names.index(finding.column))
                colours[line, place if place < len(first) else place - len(first) + ahead + 2] = css["flaw"]
    columns: list[str | None] = [*keys, *([] if keys else [None]), None, None, *(names[place] for place in rest)]
    show_grid(
        [*(keys or ["rid"]), "findings", "lane", *(names[place] for place in rest)],
        rows,
        key=key,
        alt=f"Rows of {version.name}",
        height=ROW * (min(SHOWN, len(rows)) + 1) + MARGIN,
        colours=colours,
        widths=_widths(ahead, max(len(row[ahead]) for row in rows)),
        pinned=ahead,
        on_select=opens_story(key, shown.rids, columns),
        selection_mode="single-cell",
    )


def _widths(place: int, letters: int) -> dict[int, Literal["medium", "large"]] | None:
    """Say how wide the column is that says what is wrong; as wide as its name where nothing is."""
    return {place: "large" if letters > FITTING else "medium"} if letters else None


def _short(cell: Any, longest: int) -> Any:
    """Cut a long text."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = str(cell)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _turn(number: int) -> None:
    """Write the page that was turned to into the address."""
    st.query_params["page"] = str(st.session_state[f"data-page-{number}"])


@st.cache_data(show_spinner=False, max_entries=256)
def _count(key: tuple[object, ...], _view: View, filters: tuple[Filter, ...], search: str) -> int:
    """Count the rows of a version that pass the filters."""
    return count(_view, filters, search=search)
