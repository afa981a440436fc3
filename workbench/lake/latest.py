"""Which record counts: of a named, insert-only kind the newest one, by snapshot and never by a clock.

Two machines' clocks differ, so the time that a record bears says when its writer believed it was, and is for people.
The virtual column ``snapshot_id`` of a row is the snapshot that wrote it: every writer of the lake counts by the same
one, and it survives flushing, merging and expiring. Where a change of the dataset's name wrote a row anew, the column
``written`` keeps the snapshot before. Within a snapshot, and in a transaction that has not ended,
records count in the order in which they were inserted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.lake.session import Session

if TYPE_CHECKING:
    from workbench.lake.store import Lake

NOW = 2**63 - 1
"""The moment of what the running transaction has written itself."""

MOMENT = f"coalesce(written, snapshot_id, {NOW})"
"""SQL for when a row of an insert-only table was written: the greater, the later."""


def latest(
    source: Lake | Session,
    table: str,
    by: str,
    columns: Sequence[str],
    *,
    where: str = "true",
    params: Sequence[Any] = (),
    limit: int | None = None,
) -> list[tuple[Any, ...]]:
    """Read the newest record of each name in an insert-only table; the name that was used first stands last.

    Parameters
    ----------
    table : str
        Bookkeeping table, without schema.
    by : str
        The column with the name.
    columns : sequence of str
        What to read of the newest record.
    where, params
        Which records count at all.
    limit : int, optional
        At most so many.

    Returns
    -------
    list of tuple
        The name, then ``columns``.
    """
    record = ", ".join(f"'{name}': {name}" for name in columns)
    order = f"({MOMENT}, rowid)"
    return (source.rows if isinstance(source, Session) else source.read)(
        f"SELECT {by}, {', '.join(f'newest.{name}' for name in columns)} FROM ("
        f"SELECT {by}, arg_max({{{record}}}, {order}) AS newest, min({order}) AS began "
        f"FROM lake.workbench.{table} WHERE {where} GROUP BY {by}) "
        f"ORDER BY began DESC LIMIT {'ALL' if limit is None else int(limit)}",
        params,
    )
