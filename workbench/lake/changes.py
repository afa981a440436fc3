"""Which rows differ between two versions, from DuckLake's change feed."""

from __future__ import annotations

from workbench.lake.publish import data_table
from workbench.lake.records import Version
from workbench.lake.sql import literal, quote
from workbench.lake.store import Session


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
    if a.columns == b.columns:
        query = (
            f"SELECT DISTINCT _rid FROM ducklake_table_changes('lake', 'data', {literal(a.dataset)}, "
            f"{a.snapshot + 1}, {b.snapshot})"
        )
    else:
        sides = []
        for version in (a, b):
            names = ", ".join(
                f"{quote(column.physical)}::VARCHAR" for column in sorted(version.columns, key=lambda c: c.name)
            )
            sides.append(
                f"SELECT _rid, _lane, _excluded, hash({names}) AS h "
                f"FROM {data_table(a.dataset)} AT (VERSION => {version.snapshot})"
            )
        query = (
            f"SELECT coalesce(x._rid, y._rid) AS _rid FROM ({sides[0]}) x FULL JOIN ({sides[1]}) y ON x._rid = y._rid "
            "WHERE x.h IS DISTINCT FROM y.h OR x._excluded IS DISTINCT FROM y._excluded "
            "OR x._lane IS DISTINCT FROM y._lane"
        )
    session.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    return int(session.rows(f"SELECT count(*) FROM {table}")[0][0])
