"""What differs between the data of two versions, as parts of the report: findings, cells, rows, versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from workbench.characters import visible
from workbench.reporting.cases import plain, shorten
from workbench.reporting.figures import count_of, format_count
from workbench.reporting.markup import element, figure, verdict_badge
from workbench.reporting.page import WHOLE, paragraph, table
from workbench.reporting.versions import accuracy_of, verdict_of

if TYPE_CHECKING:
    from workbench.iterations import ComparisonReport
    from workbench.versions import Change

CHANGES = 200
"""Changed cells that a report lists unless told otherwise."""

WIDEST = 160
"""Characters of a cell that are shown."""

_ROWS = {"added": "row added", "removed": "row removed", "excluded": "row excluded", "included": "row included again"}


def findings_section(report: ComparisonReport) -> list[Markup]:
    """Count by check what went and what came."""
    a, b, newest = report.a, report.b, max(report.a.version, report.b.version)
    if report.checked is None:
        return [paragraph("No check was ever run on this dataset: ", element("code", f"workbench check {b.dataset}"))]
    said = []
    if report.checked < newest:
        said.append(
            paragraph(
                f"v{newest} has not been checked yet: what stands there is what earlier checks found and still stands.",
                css="soft",
            )
        )
    if not report.findings:
        same = f"As far as was checked, the same findings stand at v{a.version} and at v{b.version}."
        return [*said, paragraph(same)]
    listed = sorted(report.findings.items(), key=lambda item: (-sum(item[1]), item[0]))
    rows = [[check, format_count(gone), format_count(new)] for check, (gone, new) in listed]
    sums = [format_count(sum(pair[side] for pair in report.findings.values())) for side in (0, 1)]
    total = ["together", *sums]
    return [
        *said,
        table(["check", "gone", "new"], rows, numbers=(1, 2), caption="Findings by check", total=total, narrow=True),
    ]


def changes_section(report: ComparisonReport, *, limit: int) -> list[Markup]:
    """Count what differs, and list the first of it with who and why."""
    differs = report.differs
    counted = [
        f"{count_of(differs.cells_changed, 'cell')} changed",
        f"{count_of(differs.rows_added, 'row')} added",
        f"{count_of(differs.rows_removed, 'row')} removed",
    ]
    for word, names in (("added", differs.columns_added), ("removed", differs.columns_removed)):
        counted += [f"column {word}: {', '.join(names)}"] if names else []
    summary = f"{counted[0]} in {count_of(differs.rows_changed, 'row')}; {', '.join(counted[1:])}."
    parts = [paragraph(summary)]
    if differs.by_column:
        share = [
            [name, format_count(cells), f"{100 * cells / differs.cells_changed:.1f} %"]
            for name, cells in differs.by_column.items()
        ]
        parts.append(
            table(["column", "cells changed", "of all"], share, numbers=(1, 2), caption="Cells by column", narrow=True)
        )
    cells = [change for change in differs.changes if change.column is not None]
    whole = [change for change in differs.changes if change.column is None]
    if cells[:limit]:
        listed = [[key_cell(each.key), each.column, _arrow(each), each.author, each.reason] for each in cells[:limit]]
        parts.append(element("h3", _first(len(listed), differs.cells_changed, "changed cell")))
        parts.append(table(["row", "column", "old → new", "who", "why"], listed, caption="Changed cells"))
    if whole[:limit]:
        shown = whole[:limit]
        with_cells = any(each.change in ("added", "removed") for each in shown)
        listed = [
            [key_cell(each.key), _ROWS[each.change], *([_cells(each)] if with_cells else []), each.author, each.reason]
            for each in shown
        ]
        count = len(whole) if not differs.truncated else None
        said = " and ".join(dict.fromkeys(_ROWS[each.change].removeprefix("row ") for each in whole))
        parts.append(element("h3", f"{_first(len(listed), count, 'row')} {said}"))
        titles = ["row", "what", *(["its cells"] if with_cells else []), "who", "why"]
        parts.append(table(titles, listed, caption="Rows that came or went"))
    return parts


def versions_section(report: ComparisonReport) -> list[Markup]:
    """List the versions from one to the other: who made them, how and why, and their figures."""
    if not report.between:
        return [paragraph("The two are the same version.")]
    one = len(report.between) == 1
    undone = f"{'is' if one else 'are'} undone on the way back from"
    way = ("leads from" if one else "lead from") if report.a.version < report.b.version else undone
    rows = [
        [
            " · ".join([f"v{each['version']}", *each["tags"]]),
            f"{datetime.fromisoformat(each['created_at']):%Y-%m-%d %H:%M}",
            each["author"],
            element("span", each["kind"], css="nowrap"),
            format_count(each["cells_changed"]),
            figure(accuracy_of(each)),
            verdict_badge(verdict_of(each), each["verdict"]),
            each["message"],
        ]
        for each in report.between
    ]
    titles = ["version", "when (UTC)", "who", "kind", "cells", "figure", "against the one before", "message"]
    return [
        paragraph(
            f"{count_of(len(rows), 'version')} that {way} v{report.a.version} to v{report.b.version}.", css="soft"
        ),
        table(titles, rows, numbers=(4,), caption="Versions in between"),
    ]


def key_text(key: Mapping[str, Any]) -> str:
    """Write a row's key: ``person_id 17``."""
    return shorten(", ".join(f"{visible(name)} {plain(value)}" for name, value in key.items()), 80)


def key_cell(key: Mapping[str, Any]) -> Markup:
    """Write a row's key for a table; a short one stays on one line."""
    text = key_text(key)
    return element("span", text, css="nowrap" if len(text) <= WHOLE else "")


def correction_text(change: Change) -> str:
    """Write a change in one line: ``age 210 → 21``."""
    if change.column is None:
        return _ROWS[change.change]
    return f"{visible(change.column)} {_plain(change.old)} → {_plain(change.new)}"


def value_of(value: Any) -> Markup:
    """Write a cell; what is missing or empty is said."""
    text = _plain(value)
    return element("span", text, css="missing") if value is None or value == "" else element("span", text)


def _plain(value: Any) -> str:
    """Write a cell as text."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
    return "empty text" if text == "" else shorten(plain(text), WIDEST)


def _arrow(change: Change) -> Markup:
    """Write old → new."""
    old = element("span", value_of(change.old), css="old")
    return Markup("{} → {}").format(old, value_of(change.new))


def _cells(change: Change) -> str:
    """Write the cells of a row that came or went."""
    row = change.new if change.change == "added" else change.old
    if not isinstance(row, dict):
        return ""
    return shorten(" · ".join(f"{name} {_plain(value)}" for name, value in row.items()), 2 * WIDEST)


def _first(listed: int, total: int | None, what: str) -> str:
    """Write ``The first 200 of 1,277 changed cells``."""
    if listed == total:
        return f"The {count_of(listed, what)}"
    return f"The first {count_of(listed, what)}" if total is None else f"The first {listed:,} of {total:,} {what}s"
