"""The story of one row: every version that wrote it, cell by cell, with who, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.lake import Lake, Version, feed, kept_snapshots, quote, read_versions, rid_list, view_of
from workbench.lake.values import value_of


@dataclass(frozen=True)
class Event:
    """One thing that happened to a row or a cell.

    Attributes
    ----------
    version : int
        The version that brought it.
    change : {"added", "changed", "removed", "excluded", "included"}
        What happened.
    column : str or None
        None where the whole row is meant.
    old, new : object
        JSON values.
    author : str
        Who.
    created_at : datetime
        When, in UTC.
    message : str
        The version's message.
    reason, finding : str
        What the correction gave, else empty.
    draft : int or None
        The draft it came with.
    """

    version: int
    change: str
    column: str | None
    old: Any
    new: Any
    author: str
    created_at: datetime
    message: str
    reason: str = ""
    finding: str = ""
    draft: int | None = None


def blame(lake: Lake, dataset: str, rid: int, *, column: str | None = None) -> list[Event]:
    """Tell the story of a row, or of one of its cells, oldest first.

    Versions that ``maintain`` let go have no part in it; what they did shows at the next one that was kept.

    Parameters
    ----------
    rid : int
        Row identity (see :func:`workbench.versions.find_row`).
    column : str, optional
        Only this cell, and what happened to the row as a whole.

    Raises
    ------
    UnknownName
        The newest version has no such column.
    """
    events = blame_rows(lake, dataset, [rid], column=column)[rid]
    return [event for event in events if column is None or event.column in (None, column)]


def blame_rows(lake: Lake, dataset: str, rids: Sequence[int], *, column: str | None = None) -> dict[int, list[Event]]:
    """Tell the stories of some rows, each as :func:`blame` does; a page of rows takes about as long as one.

    Parameters
    ----------
    rids : sequence of int
        Row identities, few enough to be named one by one.
    column : str, optional
        Refused where the newest version has no such column; the stories are of whole rows.

    Returns
    -------
    dict
        Row identity → its story, oldest first; empty where no version that is kept has the row.
    """
    stories: dict[int, list[Event]] = {rid: [] for rid in rids}
    if not stories:
        return {}
    kept = kept_snapshots(lake)
    versions = [version for version in read_versions(lake, dataset) if version.snapshot in kept]
    if column is not None:
        view_of(lake, versions[-1]).column(column)
    first, last = versions[0], versions[-1]
    listed = rid_list(sorted(stories))
    written: dict[int, list[int]] = {}
    if last.version > first.version:
        with lake.session() as session:
            changes = feed(session, first, last)
            if changes:
                query = f"SELECT DISTINCT snapshot_id, _rid FROM {changes} WHERE _rid IN ({listed})"
                for snapshot, rid in session.rows(query):
                    written.setdefault(snapshot, []).append(rid)
            else:
                written = {version.snapshot: list(stories) for version in versions}
    written[first.snapshot] = list(stories)
    credits = {
        (rid, draft, name): (author, reason or "", finding or "")
        for rid, draft, name, author, reason, finding in lake.read(
            "SELECT rid, draft, column_name, author, reason, finding FROM lake.workbench.corrections "
            f"WHERE dataset = ? AND rid IN ({listed}) AND NOT undone ORDER BY seq",
            [dataset],
        )
    }
    before: dict[int, dict[str, Any]] = {}
    for version in versions:
        here = sorted(written.get(version.snapshot, ()))
        after = _rows(lake, version, here) if here else {}
        for rid in here:
            stories[rid] += _events(version, rid, before.pop(rid, None), after.get(rid), credits)
        before |= after
    return stories


def _rows(lake: Lake, version: Version, rids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Read rows of a version as column → JSON value, with their exclusion under the empty name."""
    names = "".join(f", {quote(column.physical)}" for column in version.columns)
    found = lake.read(
        f"SELECT _rid, _excluded{names} FROM {view_of(lake, version).rows} WHERE _rid IN ({rid_list(rids)})"
    )
    rows = {}
    for rid, excluded, *values in found:
        cells = {column.name: value_of(value, column) for column, value in zip(version.columns, values, strict=True)}
        rows[rid] = {"": excluded, **{f"={name}": value for name, value in cells.items()}}
    return rows


def _events(
    version: Version,
    rid: int,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    credits: dict[tuple[int, int | None, str | None], tuple[str, str, str]],
) -> list[Event]:
    """Compare two states of a row and say what happened."""

    def event(change: str, column: str | None, old: Any, new: Any) -> Event:
        author, reason, finding = credits.get((rid, version.draft, column), (version.author, "", ""))
        return Event(
            version.version, change, column, old, new, author, version.created_at, version.message, reason, finding,
            version.draft,
        )  # fmt: skip

    if before is None and after is None:
        return []
    if before is None or after is None:
        present = after if after is not None else before or {}
        cells = {name[1:]: value for name, value in present.items() if name}
        return [event("added", None, None, cells) if before is None else event("removed", None, cells, None)]
    events = []
    if before[""] != after[""]:
        events.append(event("excluded" if after[""] else "included", None, None, None))
    for name, new in after.items():
        if name and name in before and before[name] != new:
            events.append(event("changed", name[1:], before[name], new))
    return events
