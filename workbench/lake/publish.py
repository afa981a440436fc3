"""The one way a version comes into being.

Whatever wants a new version (a draft, a refresh, a restore) first lays out *row images* in temporary tables of its
session: ``new_rows``, how each touched row is to look, and ``gone_rows``, the identities of rows that leave. This unit
compares them with the newest version and writes, in one transaction, the rows that differ, the version's record, and
where the dataset now differs from its source. The content hash follows from the touched rows alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.errors import DataError
from workbench.lake.cells import TOGETHER
from workbench.lake.differences import moved_cell, note_overrides, stored_elsewhere
from workbench.lake.names import check_name, dropped, unknown_dataset
from workbench.lake.records import Column, Definition, Version, columns_from_json, columns_to_json
from workbench.lake.session import Session
from workbench.lake.sql import (
    any_of,
    content_hash,
    count_where,
    digest_sums,
    hash_sums,
    identity_digest,
    literal,
    quote,
    rid_list,
    row_digest,
)
from workbench.lake.store import INLINED_ROWS, Lake
from workbench.lake.view import View

PRUNED = 5_000
"""Up to so many row identities are written as a literal list, which lets DuckLake skip files and row groups."""

PARQUET = "FORMAT parquet, ROW_GROUP_SIZE 20480, PARQUET_VERSION v2"
"""How data files are written. A row group is the least that is read for one row: in groups of DuckDB's default size,
six times this, 100 rows out of ten million take five times as long to find; a scan takes no longer."""

INLINED_COLUMNS = 400
"""Rows of more columns are always kept in files: SQLite has at most 2,000 columns in a table, PostgreSQL 1,600, and no
more than 450 long texts in a row."""

_FIELDS = (
    'dataset, version, parent, kind, author, message, created_at, "rows", excluded, rows_added, rows_removed, '
    "cells_changed, content_hash, snapshot, definition, columns, draft, detail, identity_hash"
)


def data_table(table: str) -> str:
    """SQL name of the table that holds a dataset's rows: see :attr:`Version.table`."""
    return f"lake.data.{quote(table)}"


def read_versions(session: Session | Lake, dataset: str | None = None) -> list[Version]:
    """List versions, oldest first, of one dataset or of all."""
    if dataset is None:
        return _select(session, "", [])
    return _select(session, "WHERE dataset = ?", [dataset])


def read_version(session: Session | Lake, dataset: str, number: int) -> Version:
    """Return the version of a dataset that has a number; it must be there."""
    return _select(session, "WHERE dataset = ? AND version = ?", [dataset, number])[0]


def newest(session: Session | Lake, dataset: str) -> Version:
    """Return a dataset's newest version.

    Raises
    ------
    UnknownName
        There is no such dataset.
    """
    found = _select(session, "WHERE dataset = ? QUALIFY version = max(version) OVER ()", [dataset])
    if not found or dataset in dropped(session):
        raise unknown_dataset(session, dataset)
    return found[0]


def _select(session: Session | Lake, where: str, params: Sequence[Any]) -> list[Version]:
    """Read records of versions with their tags, oldest first."""
    read = session.rows if isinstance(session, Session) else session.read
    tags = "SELECT dataset, version, list(tag ORDER BY tag) AS tags FROM lake.workbench.tags GROUP BY ALL"
    records = read(
        f"SELECT {_FIELDS}, tags FROM (SELECT *, coalesce(written, snapshot_id) AS snapshot "
        f"FROM lake.workbench.versions {where}) "
        f"LEFT JOIN ({tags}) USING (dataset, version) ORDER BY dataset, version",
        params,
    )
    versions = [_version(record) for record in records]
    for version in versions:
        session.make_room(len(version.columns), version.rows)
    return versions


def _version(record: tuple[Any, ...]) -> Version:
    """Make a version of one record."""
    definition, columns, draft, detail, identity, tags = record[14:]
    return Version(
        *record[:14],
        definition=Definition.from_json(definition),
        columns=columns_from_json(columns),
        draft=draft,
        detail=json.loads(detail),
        tags=tuple(tags or ()),
        identity_hash=identity,
    )  # type: ignore[misc]


def view_of(lake: Lake, version: Version) -> View:
    """Return the rows of a version."""
    names = ", ".join(["_rid", "_lane", "_excluded", *(quote(column.physical) for column in version.columns)])
    return View(
        lake=lake,
        definition=version.definition,
        columns=version.columns,
        rows=f"(SELECT {names} FROM {data_table(version.table)} AT (VERSION => {version.snapshot}))",
        version=version.version,
        label=version.name,
        known_hash=version.content_hash,
    )


def publish_first(
    lake: Lake,
    definition: Definition,
    columns: tuple[Column, ...],
    files: Sequence[str],
    *,
    sums: tuple[int, int, int],
    identity: tuple[int, int, int] | None = None,
    author: str,
    message: str,
    detail: dict[str, Any] | None = None,
) -> Version:
    """Make version 1 of a dataset from Parquet files that already lie in the lake's data folder.

    The files were written outside any transaction, so that a slow import holds nobody up; this only registers them.

    Parameters
    ----------
    definition, columns
        Of the new dataset.
    files : sequence of str
        Parquet files with ``_rid``, ``_lane``, ``_excluded`` and the physical columns.
    sums : (rows, low, high)
        The row digests' sums over all files.
    identity : (rows, low, high), optional
        Those of the identity digests; default: read from the files.

    Raises
    ------
    UsageError
        A dataset of that name (in any spelling of case) exists already.
    """
    dataset = definition.dataset
    known_identity = identity or _identity_of(lake, columns, files)

    def work(session: Session) -> None:
        check_name(session, dataset)
        stored = ", ".join(f"{quote(column.physical)} {column.type}" for column in columns)
        session.run(f"CREATE TABLE {data_table(dataset)} (_rid BIGINT, _lane UTINYINT, _excluded BOOLEAN, {stored})")
        for file in files:
            session.run(f"CALL ducklake_add_data_files('lake', {literal(dataset)}, {literal(file)}, schema => 'data')")
        _record(
            session, definition, columns, kind="import", parent=None, author=author, message=message, sums=sums,
            identity=known_identity, counts=(0, sums[0], 0, 0), draft=None, detail=detail or {},
        )  # fmt: skip

    if len(columns) <= INLINED_COLUMNS:
        lake.write(work, author=author, message=message)
    else:
        # DuckLake makes the catalogue's table with the new one, and knows options of its own only where it is there.
        option = "CALL lake.set_option('data_inlining_row_limit', {})"
        try:
            lake.call(option.format(0))
            lake.write(work, author=author, message=message)
        finally:
            lake.call(option.format(INLINED_ROWS))
    return read_version(lake, dataset, 1)


def keep_in_files(session: Session, dataset: str, columns: Sequence[Column]) -> None:
    """See to it, inside a transaction, that the rows of a wide table are written into files alone."""
    if len(columns) > INLINED_COLUMNS:
        session.run(
            f"CALL lake.set_option('data_inlining_row_limit', 0, schema => 'data', table_name => {literal(dataset)})"
        )


def publish_rows(
    session: Session,
    head: Version,
    *,
    kind: str,
    author: str,
    message: str,
    definition: Definition | None = None,
    columns: tuple[Column, ...] | None = None,
    source_spoke: bool = False,
    held: str | None = None,
    draft: int | None = None,
    detail: dict[str, Any] | None = None,
) -> int | None:
    """Turn the session's ``new_rows`` and ``gone_rows`` into the version after ``head``, inside a transaction.

    Parameters
    ----------
    session : Session
        Inside :meth:`Lake.write`, with temporary tables ``new_rows`` (``_rid``, ``_lane``, ``_excluded`` and the
        physical columns of ``columns``) and ``gone_rows`` (``_rid``).
    head : Version
        The newest version, read in this transaction.
    definition, columns
        Default: those of ``head``.
    source_spoke : bool
        The change *is* what the source says now (a refresh), so it is no difference from the source.
    held : str, optional
        Temporary table that holds the touched rows as they are in ``head``, where the caller has read them in this
        transaction and ``columns`` are stored as those of ``head``; the rows of the dataset are then not read again.

    Returns
    -------
    int or None
        The new version's number; None where nothing would change: no version is made. Once the transaction is over
        :func:`read_version` finds it, also when others have published on top of it since.
    """
    columns = columns or head.columns
    definition = definition or head.definition
    table = data_table(head.table)
    keep_in_files(session, head.table, columns)
    names = ", ".join(["_rid", "_lane", "_excluded", *(quote(column.physical) for column in columns)])
    both = "SELECT _rid FROM new_rows UNION SELECT _rid FROM gone_rows"
    among = f"_rid IN ({both})" if held else _among([row[0] for row in session.rows(both)], f"({both})")
    elsewhere = {} if source_spoke else stored_elsewhere(columns, head)
    also = "".join(f", {quote(before.physical)}" for before in elsewhere.values())
    session.run(f"CREATE OR REPLACE TEMP TABLE old_rows AS SELECT {names}{also} FROM {held or table} WHERE {among}")
    session.run(
        "CREATE OR REPLACE TEMP TABLE changed_rows AS SELECT n.* FROM new_rows n JOIN old_rows o USING (_rid) "
        f"WHERE {_differs(columns, elsewhere)} "
        "OR n._excluded IS DISTINCT FROM o._excluded OR n._lane IS DISTINCT FROM o._lane"
    )
    added = _count(session, "new_rows WHERE _rid NOT IN (SELECT _rid FROM old_rows)")
    removed = _count(session, "gone_rows WHERE _rid IN (SELECT _rid FROM old_rows)")
    changed = [row[0] for row in session.rows("SELECT _rid FROM changed_rows")]
    same_shape = columns == head.columns and definition == head.definition
    if not (added or removed or changed) and same_shape:
        return None
    moved = _moved_columns(session, columns, elsewhere)
    known = {column.name for column in head.columns}
    cells_changed = sum(count for column, count in moved.items() if column.name in known)
    excluded = head.excluded + int(
        session.rows(
            "SELECT (SELECT count(*) FROM new_rows WHERE _excluded) - (SELECT count(*) FROM old_rows WHERE _excluded)"
        )[0][0]
    )
    sums, identity = _moved_sums(session, head, columns)
    if not source_spoke:
        note_overrides(session, head, columns, [column for column in moved if column.name in known], elsewhere)
    if removed:
        gone = [row[0] for row in session.rows("SELECT _rid FROM gone_rows")]
        session.run(f"DELETE FROM {table} WHERE {_among(gone, 'gone_rows')}")
    if changed:
        assignments = ", ".join(
            f"{name} = n.{name}" for name in ["_lane", "_excluded", *(quote(column.physical) for column in columns)]
        )
        pruned = f" AND t._rid IN ({rid_list(changed)})" if len(changed) <= PRUNED else ""
        session.run(f"UPDATE {table} t SET {assignments} FROM changed_rows n WHERE t._rid = n._rid{pruned}")
    if added:
        session.run(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM new_rows "
            "WHERE _rid NOT IN (SELECT _rid FROM old_rows) ORDER BY _rid"
        )
    _record(
        session, definition, columns, kind=kind, parent=head.version, author=author, message=message, sums=sums,
        identity=identity, counts=(excluded, added, removed, cells_changed), draft=draft, detail=detail or {},
    )  # fmt: skip
    return head.version + 1


def _moved_columns(session: Session, columns: Sequence[Column], elsewhere: Mapping[str, Column]) -> dict[Column, int]:
    """Count the cells that change in the columns that have any."""
    moved: dict[Column, int] = {}
    for start in range(0, len(columns), TOGETHER):
        some = columns[start : start + TOGETHER]
        asked = ", ".join(count_where(moved_cell(c, elsewhere.get(c.name))) for c in some)
        counts = session.rows(f"SELECT {asked} FROM changed_rows n JOIN old_rows o USING (_rid)")[0]
        moved |= {column: count for column, count in zip(some, counts, strict=True) if count}
    return moved


def _among(rids: Sequence[int], table: str) -> str:
    """SQL condition that picks rows by identity."""
    return f"_rid IN ({rid_list(rids)})" if len(rids) <= PRUNED else f"_rid IN (SELECT _rid FROM {table})"


def _count(session: Session, what: str) -> int:
    """Count the rows of a FROM clause."""
    return int(session.rows(f"SELECT count(*) FROM {what}")[0][0])


def _differs(columns: Sequence[Column], elsewhere: Mapping[str, Column]) -> str:
    """SQL condition that two row images n and o differ in some cell, or in what is stored of it."""
    conditions = [moved_cell(c) for c in columns]
    return any_of(conditions + [moved_cell(c, elsewhere[c.name]) for c in columns if c.name in elsewhere])


def _identity_of(lake: Lake, columns: Sequence[Column], files: Sequence[str]) -> tuple[int, int, int]:
    """Sum the identity digests of rows in files."""
    if not files:
        return 0, 0, 0
    listed = ", ".join(literal(file) for file in files)
    with lake.session() as session:
        return _both_sums(session, columns, f"read_parquet([{listed}])")[1]


def _both_sums(
    session: Session, columns: Sequence[Column], rows: str
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Sum the row digests and the identity digests of a FROM clause."""
    digests = f"SELECT {row_digest(columns)} AS row_digest, _rid, _lane FROM {rows}"
    both = f"SELECT row_digest, {identity_digest('row_digest')} AS identity FROM ({digests})"
    found = session.rows(f"SELECT {digest_sums('row_digest')}, {digest_sums('identity')} FROM ({both})")[0]
    return (found[0], int(found[1]), int(found[2])), (found[3], int(found[4]), int(found[5]))


def _moved_sums(
    session: Session, head: Version, columns: tuple[Column, ...]
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Move the sums of both hashes from ``head`` to the new version: minus the old images, plus the new ones.

    Where the columns themselves changed, or ``head`` was made before its identity hash was kept, there is nothing to
    move, and every row is read.
    """
    nothing = (0, 0, 0)
    plus = _both_sums(session, columns, "new_rows")
    same_columns = [(c.name, c.physical) for c in columns] == [(c.name, c.physical) for c in head.columns]
    if same_columns and head.identity_hash is not None:
        minus = _both_sums(session, columns, "old_rows")
        base = hash_sums(head.content_hash), hash_sums(head.identity_hash)
    else:
        untouched = f"{data_table(head.table)} WHERE _rid NOT IN (SELECT _rid FROM old_rows)"
        read = _both_sums(session, columns, untouched)
        minus = (_both_sums(session, columns, "old_rows")[0], nothing) if same_columns else (nothing, nothing)
        base = (hash_sums(head.content_hash) if same_columns else read[0]), read[1]
    return _moved(base[0], plus[0], minus[0]), _moved(base[1], plus[1], minus[1])


def _moved(base: tuple[int, int, int], plus: tuple[int, int, int], minus: tuple[int, int, int]) -> tuple[int, int, int]:
    """Add and subtract sums modulo 2**64."""
    rows, low, high = (base[i] + plus[i] - minus[i] for i in range(3))
    return rows, low % 2**64, high % 2**64


def _record(
    session: Session,
    definition: Definition,
    columns: tuple[Column, ...],
    *,
    kind: str,
    parent: int | None,
    author: str,
    message: str,
    sums: tuple[int, int, int],
    identity: tuple[int, int, int],
    counts: tuple[int, int, int, int],
    draft: int | None,
    detail: dict[str, Any],
) -> None:
    """Insert the version's record."""
    if sums[0] < 0:
        raise DataError("the version would have fewer than no rows", source=definition.dataset)
    excluded, added, removed, cells = counts
    session.insert(
        "versions",
        [
            {
                "dataset": definition.dataset, "version": (parent or 0) + 1, "parent": parent, "kind": kind,
                "author": author, "message": message, "created_at": datetime.now(UTC), "rows": sums[0],
                "excluded": excluded, "rows_added": added, "rows_removed": removed, "cells_changed": cells,
                "content_hash": content_hash(columns, sums), "identity_hash": content_hash(columns, identity),
                "definition": definition.to_json(),
                "columns": columns_to_json(columns), "draft": draft,
                "detail": json.dumps(detail, sort_keys=True, ensure_ascii=False),
            }
        ],
    )  # fmt: skip
