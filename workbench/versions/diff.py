"""What differs between two versions of a dataset: the net change of every cell, with who made it and why."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from workbench.errors import UsageError
from workbench.lake import (
    Lake,
    Session,
    Version,
    View,
    canonical_text,
    feed,
    latest_images,
    quote,
    rid_list,
    touch,
    view_of,
)
from workbench.lake.cells import unpivoted
from workbench.lake.publish import PRUNED
from workbench.lake.values import value_of
from workbench.versions.definition import DefinitionChange, definition_changes


@dataclass(frozen=True)
class Change:
    """One cell or row that differs.

    Attributes
    ----------
    key : dict
        Key column → value, as JSON values; ``{"rid": …}`` for a dataset without a key.
    rid : int
        Row identity.
    change : {"changed", "added", "removed", "excluded", "included"}
        What happened.
    column : str or None
        None where the whole row is meant.
    old, new : object
        JSON values; for a row that was added or removed its cells by name.
    author, reason : str
        Who made the last change of it in between, and why.
    """

    key: dict[str, Any]
    rid: int
    change: str
    column: str | None
    old: Any
    new: Any
    author: str
    reason: str


@dataclass(frozen=True)
class Diff:
    """The difference between versions ``a`` and ``b``.

    Attributes
    ----------
    a, b : str
        As ``adult@1``.
    rows_added, rows_removed, rows_changed, cells_changed : int
        Counted over everything, also where ``changes`` is cut. A cell of an added or removed column does not count.
    by_column : dict
        Column → its cells that were changed, counted likewise; those with most first.
    columns_added, columns_removed : tuple of str
        Columns that only one of the two has.
    changes : tuple of Change
        In order of row identity and column.
    truncated : bool
        ``changes`` was cut by a limit.
    definition : tuple of DefinitionChange
        What the two say differently about what the dataset is: key, label, model, schema, types, …
    """

    a: str
    b: str
    rows_added: int
    rows_removed: int
    rows_changed: int
    cells_changed: int
    by_column: dict[str, int]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    changes: tuple[Change, ...]
    truncated: bool
    definition: tuple[DefinitionChange, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Lay out as the JSON document of ``workbench diff --json``."""
        return {
            "a": self.a,
            "b": self.b,
            "summary": {
                "rows_added": self.rows_added,
                "rows_removed": self.rows_removed,
                "rows_changed": self.rows_changed,
                "cells_changed": self.cells_changed,
            },
            "columns": {"added": list(self.columns_added), "removed": list(self.columns_removed)},
            "definition": [vars(change) for change in self.definition],
            "changes": [vars(change) for change in self.changes],
            "truncated": self.truncated,
        }


def diff(lake: Lake, a: Version, b: Version, *, limit: int | None = None) -> Diff:
    """Compare two versions of one dataset, in either order.

    Parameters
    ----------
    a, b : Version
        From and to.
    limit : int, optional
        List at most so many changes; the counts stay complete.

    Raises
    ------
    UsageError
        The versions belong to different datasets.
    """
    if a.dataset != b.dataset:
        raise UsageError(
            f"{a.name} and {b.name} are versions of different datasets.",
            hint="Compare two versions of one dataset: workbench diff NAME@A NAME@B.",
        )
    with lake.session() as session:
        touched = touch(session, a, b)
        for version, other, table in ((a, b, "old_image"), (b, a, "new_image")):
            view = view_of(lake, version)
            written = latest_images(session, other, version) if other.version < version.version else None
            _images(session, dataclasses.replace(view, rows=written or view.rows), table, touched)
        _cells(session, a, b)
        return _read(session, a, b, limit)


def _images(session: Session, view: View, table: str, touched: int) -> None:
    """Take the touched rows of one version as canonical texts, named by the dataset's columns in their order."""
    if touched <= PRUNED:
        where = f"_rid IN ({rid_list(row[0] for row in session.rows('SELECT _rid FROM touched_rows'))})"
    else:
        where = "_rid IN (SELECT _rid FROM touched_rows)"
    cells = "".join(
        f", {canonical_text(quote(column.physical), column.type)} AS c{position}"
        for position, column in enumerate(view.columns)
    )
    session.run(
        f"CREATE OR REPLACE TEMP TABLE {table} AS "
        f"SELECT _rid, _excluded, {view.key_json()} AS _key{cells} FROM {view.rows} WHERE {where}"
    )


def _cells(session: Session, a: Version, b: Version) -> None:
    """Collect what differs, one row per change, into the temporary table ``cells``."""
    before = {column.name: position for position, column in enumerate(a.columns)}
    after = {column.name: position for position, column in enumerate(b.columns)}
    shared = [column for column in b.columns if column.name in before]
    parts = [
        "SELECT n._rid AS rid, n._key AS row_key, CASE WHEN n._excluded THEN 'excluded' ELSE 'included' END AS change, "
        "NULL::VARCHAR AS column_name, -1 AS position, NULL::VARCHAR AS old, NULL::VARCHAR AS new "
        "FROM old_image o JOIN new_image n USING (_rid) WHERE o._excluded IS DISTINCT FROM n._excluded"
    ]
    if shared:
        cells = unpivoted(
            "old_image o JOIN new_image n ON n._rid = o._rid", shared, "n._rid AS rid, n._key AS row_key",
            position=lambda column: str(after[column.name]),
            old=lambda column: f"o.c{before[column.name]}",
            new=lambda column: f"n.c{after[column.name]}",
        )  # fmt: skip
        parts.append(
            f"SELECT rid, row_key, 'changed', column_name, position, old, new FROM {cells} "
            "WHERE old IS DISTINCT FROM new"
        )
    for change, here, there, version in (
        ("added", "new_image", "old_image", b),
        ("removed", "old_image", "new_image", a),
    ):
        cells = ", ".join(f"c{position}" for position in range(len(version.columns)))
        row = f"json_array({cells})::VARCHAR"
        sides = f"NULL, {row}" if change == "added" else f"{row}, NULL"
        parts.append(
            f"SELECT _rid, _key, '{change}', NULL, -2, {sides} FROM {here} WHERE _rid NOT IN (SELECT _rid FROM {there})"
        )
    session.run("CREATE OR REPLACE TEMP TABLE cells AS " + " UNION ALL ".join(parts))


def _read(session: Session, a: Version, b: Version, limit: int | None) -> Diff:
    """Count the changes and list them with their authors."""
    added, removed, changed, cells = session.rows(
        "SELECT count(*) FILTER (change = 'added'), count(*) FILTER (change = 'removed'), "
        "count(DISTINCT rid) FILTER (change NOT IN ('added', 'removed')), count(*) FILTER (change = 'changed') "
        "FROM cells"
    )[0]
    by_column = session.rows(
        "SELECT column_name, count(*) FROM cells WHERE change = 'changed' GROUP BY ALL ORDER BY 2 DESC, min(position)"
    )
    cut = f" LIMIT {int(limit) + 1}" if limit is not None else ""
    rows = session.rows(f"SELECT rid, row_key, change, column_name, old, new FROM cells ORDER BY rid, position{cut}")
    truncated = limit is not None and len(rows) > limit
    rows = rows[:limit] if limit is not None else rows
    credits = _credits(session, a, b, {(row[0], row[3]) for row in rows}) if rows else {}
    kinds = {column.name: column for column in b.columns}
    old_kinds = {column.name: column for column in a.columns}
    changes = []
    for rid, row_key, change, column, old, new in rows:
        if change == "added":
            new = _cells_by_name(new, b)
        elif change == "removed":
            old = _cells_by_name(old, a)
        elif change == "changed":
            old, new = value_of(old, old_kinds[column]), value_of(new, kinds[column])
        author, reason = credits.get((rid, column), ("", ""))
        changes.append(Change(typed_key(row_key, b), rid, change, column, old, new, author, reason))
    names_a, names_b = [column.name for column in a.columns], [column.name for column in b.columns]
    return Diff(
        a=a.name,
        b=b.name,
        rows_added=added,
        rows_removed=removed,
        rows_changed=changed,
        cells_changed=cells,
        by_column=dict(by_column),
        columns_added=tuple(name for name in names_b if name not in names_a),
        columns_removed=tuple(name for name in names_a if name not in names_b),
        changes=tuple(changes),
        truncated=truncated,
        definition=definition_changes(a, b),
    )


def typed_key(row_key: str, version: Version | View) -> dict[str, Any]:
    """Read a key's JSON text with its values in their own types."""
    kinds = {column.name: column for column in version.columns}
    return {
        name: value_of(value, kinds[name]) if name in kinds and isinstance(value, str) else value
        for name, value in json.loads(row_key).items()
    }


def _cells_by_name(row: str, version: Version) -> dict[str, Any]:
    """Read a row image's JSON array as column → value."""
    values = json.loads(row)
    return {column.name: value_of(value, column) for column, value in zip(version.columns, values, strict=True)}


def _credits(
    session: Session, a: Version, b: Version, wanted: set[tuple[int, str | None]]
) -> dict[tuple[int, str | None], tuple[str, str]]:
    """Find who last changed each wanted cell between two versions, and why.

    Corrections name their cells. What no correction explains came with a refresh or a restore, whose author and
    message then stand for it; among several of those the last that wrote the row.
    """
    first, last = sorted((a.version, b.version))
    versions = {
        row[0]: row[1:]
        for row in session.rows(
            "SELECT version, author, message, kind, coalesce(written, snapshot_id) FROM lake.workbench.versions "
            "WHERE dataset = ? AND version > ? AND version <= ?",
            [b.dataset, first, last],
        )
    }
    rids = {rid for rid, _ in wanted}
    where = f"c.rid IN ({rid_list(rids)})" if len(rids) <= PRUNED else "c.rid IN (SELECT rid FROM cells)"
    found: dict[tuple[int, str | None], tuple[str, str]] = {}
    for rid, column, author, reason in session.rows(
        "SELECT c.rid, c.column_name, c.author, coalesce(nullif(c.reason, ''), v.message) "
        "FROM lake.workbench.corrections c JOIN lake.workbench.versions v ON v.draft = c.draft "
        f"WHERE NOT c.undone AND v.dataset = ? AND v.version > ? AND v.version <= ? AND {where} "
        "ORDER BY v.version, c.seq",
        [b.dataset, first, last],
    ):
        found[(rid, column)] = (author, reason)
    missing = {cell for cell in wanted if cell not in found}
    others = {item[3]: item for item in versions.values() if item[2] not in ("publish", "set")}
    if len(others) == 1:
        only = next(iter(others.values()))
        return found | {cell: (only[0], only[1]) for cell in missing}
    if missing and others:
        where = rid_list({rid for rid, _ in missing}) if len(missing) <= PRUNED else "SELECT rid FROM cells"
        changes = feed(session, *sorted((a, b), key=lambda version: version.version))
        wrote = (
            session.rows(
                f"SELECT _rid, max(snapshot_id) FROM {changes} WHERE snapshot_id IN ({rid_list(others)}) "
                f"AND _rid IN ({where}) GROUP BY _rid"
            )
            if changes
            else []
        )
        by_row = {rid: others[snapshot] for rid, snapshot in wrote}
        found |= {cell: by_row[cell[0]][:2] for cell in missing if cell[0] in by_row}
    return found
