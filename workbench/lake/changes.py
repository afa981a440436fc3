"""Which rows differ between two versions, from DuckLake's change feed."""

from __future__ import annotations

from workbench.lake.differences import moved_cell, stored_elsewhere
from workbench.lake.publish import data_table, read_versions
from workbench.lake.recall import CATALOGUE
from workbench.lake.records import Version
from workbench.lake.session import Session
from workbench.lake.sql import any_of, literal, quote
from workbench.lake.store import Lake


def kept_snapshots(session: Session | Lake) -> set[int]:
    """Return the snapshots that ``maintain`` has not let go."""
    read = session.rows if isinstance(session, Session) else session.read
    return {row[0] for row in read(f"SELECT snapshot_id FROM {CATALOGUE}.ducklake_snapshot")}


def feed(session: Session, a: Version, b: Version) -> str | None:
    """SQL of the rows written after version ``a`` and up to the later version ``b``: ``snapshot_id``, ``_rid``.

    A row written by several versions is there once for each. An updated row is among the insertions; the deletions,
    for which DuckLake reads whole files, are only asked where a version in between removed rows.

    Returns
    -------
    str or None
        None where the snapshot of a version in between is gone: the feed would silently lack its changes.
    """
    span, removed = _span(session, a, b)
    if not span:
        return None
    written = f"SELECT snapshot_id, _rid FROM ducklake_table_insertions({span})"
    if removed:
        written += f" UNION ALL SELECT snapshot_id, _rid FROM ducklake_table_deletions({span})"
    return f"({written})"


def latest_images(session: Session, a: Version, b: Version) -> str | None:
    """SQL of how the rows written after version ``a`` look at the later version ``b``, read from the changes alone.

    Returns
    -------
    str or None
        A SELECT in parentheses, with the columns of :attr:`View.rows`; None where the changes do not tell: the
        versions differ in columns, rows were removed in between, or a snapshot is gone.
    """
    if not _stored_alike(a, b):
        return None
    span, removed = _span(session, a, b)
    if not span or removed:
        return None
    names = ", ".join(f"i.{name}" for name in ["_rid", "_lane", "_excluded", *(quote(c.physical) for c in b.columns)])
    written = f"ducklake_table_insertions({span})"
    # Not QUALIFY row_number() … = 1: DuckDB may join that back by rowid, which a row written twice has twice.
    return (
        f"(SELECT {names} FROM {written} i JOIN (SELECT _rid, max(snapshot_id) AS snapshot FROM {written} "
        "GROUP BY _rid) m ON i._rid = m._rid AND i.snapshot_id = m.snapshot)"
    )


def _span(session: Session, a: Version, b: Version) -> tuple[str, bool]:
    """Arguments of DuckLake's change functions from ``a`` (exclusive) to ``b``, and whether rows left in between.

    The arguments are empty where a snapshot in between is gone.
    """
    kept = kept_snapshots(session)
    between = [v for v in read_versions(session, a.dataset) if a.version < v.version <= b.version]
    if not between or not kept.issuperset(version.snapshot for version in between):
        return "", False
    # The functions refuse a snapshot that is gone, and those of mere bookkeeping may be at any moment. Only versions
    # change the rows.
    span = f"'lake', 'data', {literal(a.table)}, {between[0].snapshot}, {b.snapshot}"
    return span, any(version.rows_removed for version in between)


def touch(session: Session, a: Version, b: Version, *, table: str = "touched_rows") -> int:
    """Collect the identities of all rows written between two versions of a dataset, in either order.

    A superset of the rows that differ: a row changed and changed back is among them. Where the columns of the two
    versions differ, or the feed between them is gone, the two states are compared row by row instead.

    Parameters
    ----------
    session : Session
        Gets the temporary table.
    a, b : Version
        Two versions of one dataset.
    table : str
        Name of the temporary table, with the one column ``_rid``.

    Returns
    -------
    int
        How many rows it holds.
    """
    if a.version > b.version:
        a, b = b, a
    if a.version == b.version:
        session.run(f"CREATE OR REPLACE TEMP TABLE {table} (_rid BIGINT)")
        return 0
    changes = feed(session, a, b) if _stored_alike(a, b) else None
    query = f"SELECT DISTINCT _rid FROM {changes}" if changes else _compared(a, b)
    session.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    return int(session.rows(f"SELECT count(*) FROM {table}")[0][0])


def touch_stored(session: Session, version: Version, head: Version) -> int:
    """Collect the identities of the rows to be written so that an old version is the newest again: ``touched_rows``.

    Unlike :func:`touch` this counts what is stored in the places where ``version`` has its columns: what came since a
    column was stored in a wider type left its old place as it was.
    """
    if _stored_alike(version, head):
        return touch(session, version, head)
    table, names = data_table(head.table), ["_rid", "_lane", "_excluded", *(quote(c.physical) for c in version.columns)]
    elsewhere = stored_elsewhere(version.columns, head)
    also = "".join(f", {quote(before.physical)}" for before in elsewhere.values())
    moved = any_of(
        [
            *(moved_cell(column) for column in version.columns),
            *(moved_cell(column, elsewhere[column.name]) for column in version.columns if column.name in elsewhere),
            "n._lane IS DISTINCT FROM o._lane",
            "n._excluded IS DISTINCT FROM o._excluded",
        ]
    )
    session.run(
        "CREATE OR REPLACE TEMP TABLE touched_rows AS SELECT coalesce(n._rid, o._rid) AS _rid FROM "
        f"(SELECT {', '.join(names)} FROM {table} AT (VERSION => {version.snapshot})) n FULL JOIN "
        f"(SELECT {', '.join(names)}{also} FROM {table}) o ON n._rid = o._rid "
        f"WHERE n._rid IS NULL OR o._rid IS NULL OR {moved}"
    )
    return int(session.rows("SELECT count(*) FROM touched_rows")[0][0])


def _stored_alike(a: Version, b: Version) -> bool:
    """Tell whether two versions have the same columns in the table, whatever these are said to mean."""
    return [(c.name, c.physical, c.type) for c in a.columns] == [(c.name, c.physical, c.type) for c in b.columns]


def _compared(a: Version, b: Version) -> str:
    """SQL of the identities of rows whose content differs between two states, read in full."""
    sides = []
    for version in (a, b):
        cells = ", ".join(
            f"{quote(column.physical)}::VARCHAR" for column in sorted(version.columns, key=lambda c: c.name)
        )
        sides.append(
            f"(SELECT _rid, _lane, _excluded, hash({cells}) AS h "
            f"FROM {data_table(a.table)} AT (VERSION => {version.snapshot}))"
        )
    return (
        f"SELECT coalesce(x._rid, y._rid) AS _rid FROM {sides[0]} x FULL JOIN {sides[1]} y ON x._rid = y._rid "
        "WHERE x.h IS DISTINCT FROM y.h OR x._excluded IS DISTINCT FROM y._excluded "
        "OR x._lane IS DISTINCT FROM y._lane"
    )
