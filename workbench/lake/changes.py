"""Which rows differ between two versions, from DuckLake's change feed."""

from __future__ import annotations

from workbench.lake.publish import data_table, read_versions
from workbench.lake.records import Version
from workbench.lake.sql import literal, quote
from workbench.lake.store import Lake, Session


def kept_snapshots(session: Session | Lake) -> set[int]:
    """Return the snapshots that ``maintain`` has not let go."""
    read = session.rows if isinstance(session, Session) else session.read
    return {row[0] for row in read("SELECT snapshot_id FROM ducklake_snapshots('lake')")}


def feed(session: Session, a: Version, b: Version) -> str | None:
    """SQL of the change feed from version ``a`` (exclusive) to the later version ``b`` (inclusive).

    Returns
    -------
    str or None
        None where the snapshot of a version in between is gone: the feed would silently lack its changes.
    """
    kept = kept_snapshots(session)
    between = [v.snapshot for v in read_versions(session, a.dataset) if a.version < v.version <= b.version]
    if not kept.issuperset(between):
        return None
    # The feed refuses a snapshot that is gone, and those of mere bookkeeping may be.
    first = min(snapshot for snapshot in kept if snapshot > a.snapshot)
    return f"ducklake_table_changes('lake', 'data', {literal(a.dataset)}, {first}, {b.snapshot})"


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
    changes = feed(session, a, b) if a.columns == b.columns else None
    query = f"SELECT DISTINCT _rid FROM {changes}" if changes else _compared(a, b)
    session.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    return int(session.rows(f"SELECT count(*) FROM {table}")[0][0])


def _compared(a: Version, b: Version) -> str:
    """SQL of the identities of rows whose content differs between two states, read in full."""
    sides = []
    for version in (a, b):
        cells = ", ".join(
            f"{quote(column.physical)}::VARCHAR" for column in sorted(version.columns, key=lambda c: c.name)
        )
        sides.append(
            f"(SELECT _rid, _lane, _excluded, hash({cells}) AS h "
            f"FROM {data_table(a.dataset)} AT (VERSION => {version.snapshot}))"
        )
    return (
        f"SELECT coalesce(x._rid, y._rid) AS _rid FROM {sides[0]} x FULL JOIN {sides[1]} y ON x._rid = y._rid "
        "WHERE x.h IS DISTINCT FROM y.h OR x._excluded IS DISTINCT FROM y._excluded "
        "OR x._lane IS DISTINCT FROM y._lane"
    )
