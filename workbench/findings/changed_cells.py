"""What became, up to a version, of the cells and rows that its newest checks found fault with.

Where a version was published since a check last ran, its findings are about cells as they were then. Which of them
hold another value now, and which rows left, is told from the rows of the two versions, however they came to change: by
a draft, a recipe, a refresh or a restore. Whether the new value breaks the same rule of the schema is told by asking
that rule alone. Nothing of it is stored: it is worked out once in a process, and only while a check lags behind.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from workbench.errors import SchemaError
from workbench.lake import (
    Lake,
    Session,
    Version,
    View,
    canonical_text,
    kept_snapshots,
    literal,
    quote,
    read_versions,
    rid_list,
    touch,
    view_of,
)
from workbench.lake.cells import by_kind, unpivoted
from workbench.lake.publish import PRUNED
from workbench.lake.values import differs

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.validation import Schema

INLINE = 500
"""Cells that a query names one by one, so that its answer can be kept; more are read from a table of the session."""

KEPT = 8
"""Results kept per lake; the one that was used longest ago goes first."""

TABLE = "changed_cells"

_NONE = (
    "changed AS (SELECT NULL::BIGINT AS since, NULL::BIGINT AS rid, NULL::VARCHAR AS column_name, "
    "NULL::VARCHAR[] AS failing WHERE false)"
)


@dataclass(frozen=True)
class Changes:
    """What is different at a version from the versions at which its checks concluded.

    Attributes
    ----------
    cells : pyarrow.Table or None
        ``since`` (the version that was checked), ``rid``, ``column_name`` (None: the row was deleted or excluded) and
        ``failing``, the codes of the schema's checks that the new value fails. None where nothing changed.
    unknown : tuple of int
        Versions whose rows ``maintain`` has let go, so that nothing can be told.
    dropped : tuple of str
        Columns with findings that are no longer there.
    """

    cells: pa.Table | None = None
    unknown: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def registered(self) -> bool:
        """Whether queries read the cells from a table of the session."""
        return self.cells is not None and self.cells.num_rows > INLINE

    def sql(self) -> str:
        """SQL of the CTE ``changed``."""
        if self.cells is None or not self.cells.num_rows:
            return _NONE
        if self.registered:
            return f"changed AS (SELECT since, rid, column_name, failing FROM {TABLE})"
        rows = (
            f"({since}, {rid}, {'NULL' if name is None else literal(name)}, [{', '.join(map(literal, failing or ()))}])"
            for since, rid, name, failing in zip(*(column.to_pylist() for column in self.cells.columns), strict=True)
        )
        return (
            "changed AS (SELECT since::BIGINT AS since, rid::BIGINT AS rid, column_name::VARCHAR AS column_name, "
            f"failing::VARCHAR[] AS failing FROM (VALUES {', '.join(rows)}) v(since, rid, column_name, failing))"
        )

    def lend(self, session: Session) -> None:
        """Let a session's queries read the cells, where they are too many to be named."""
        if self.registered:
            session.register(TABLE, self.cells)


UNCHANGED = Changes()
"""Of a version that all checks concluded on."""

_known: WeakKeyDictionary[Lake, OrderedDict[tuple[Any, ...], pa.Table]] = WeakKeyDictionary()
_lock = threading.Lock()


def changes_since(lake: Lake, dataset: str, version: int, concluded: Sequence[tuple[str, int]]) -> Changes:
    """Tell what became of the cells and rows with findings since their checks concluded.

    Parameters
    ----------
    version : int
        The version to look at.
    concluded : sequence of (code, version)
        Where each check concluded, up to ``version``.
    """
    lagging = sorted({at for _, at in concluded if at < version})
    if not lagging:
        return UNCHANGED
    versions = {each.version: each for each in read_versions(lake, dataset)}
    head, kept = versions[version], kept_snapshots(lake)
    here = {column.name for column in head.columns}
    tables: list[pa.Table] = []
    unknown: list[int] = []
    dropped: set[str] = set()
    for at in lagging:
        codes = ", ".join(literal(code) for code, last in concluded if last == at)
        # The sum stands for the findings themselves: a check that is run again there may find others.
        found = lake.read(
            "SELECT check_code, column_name, count(*), sum(hash(finding))::VARCHAR FROM lake.workbench.sightings "
            f"WHERE dataset = ? AND version = ? AND check_code IN ({codes}) GROUP BY ALL ORDER BY ALL",
            [dataset, at],
        )
        dropped |= {row[1] for row in found if row[1] is not None and row[1] not in here}
        if {head.snapshot, versions[at].snapshot} - kept:
            unknown.append(at)
        elif found:
            tables.append(_recalled(lake, versions[at], head, found))
    filled = [table for table in tables if table.num_rows]
    if not filled:
        return Changes(None, tuple(unknown), tuple(sorted(dropped)))
    import pyarrow as pa

    return Changes(pa.concat_tables(filled), tuple(unknown), tuple(sorted(dropped)))


def _recalled(lake: Lake, old: Version, head: Version, found: list[tuple[Any, ...]]) -> pa.Table:
    """Compare two versions where findings are, unless this process has done so."""
    from workbench.validation import declared_schema_path, fingerprint

    rules = [(code, column) for code, column, *_ in found if code.startswith("schema.") and column is not None]
    schema = head.definition.schema if rules else None
    stamp = ""
    if schema is not None:
        from workbench.provenance import code_folders

        try:
            path = declared_schema_path(lake, schema)
            stamp = fingerprint(path, places=code_folders(lake.settings, lake.url))
        except SchemaError:
            schema = None
    key = (old.dataset, old.snapshot, head.snapshot, stamp, repr(found))
    with _lock:
        known = _known.setdefault(lake, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]
    names = sorted({row[1] for row in found if row[1] is not None})
    table = _judged(lake, old, head, names, {column for _, column in rules}, schema)
    with _lock:
        known[key] = table
        while len(known) > KEPT:
            known.popitem(last=False)
    return table


def _judged(
    lake: Lake, old: Version, head: Version, names: Sequence[str], ruled: set[str], schema: str | None
) -> pa.Table:
    """Compare two versions where findings are, and ask the schema about the new values."""
    import pyarrow as pa

    was, now = view_of(lake, old), view_of(lake, head)
    with lake.session() as session:
        cells = _compared(session, was, now, old, head, names)
    failing: dict[tuple[str, str | None], list[str]] = {}
    if schema is not None and cells.num_rows:
        failing = _failing(lake, now, schema, cells, ruled)
    pairs = zip(cells.column("column_name").to_pylist(), cells.column("value").to_pylist(), strict=True)
    lists = [failing.get(pair) for pair in pairs] if failing else [None] * cells.num_rows
    return pa.table(
        {
            "since": pa.array([old.version] * cells.num_rows, pa.int64()),
            "rid": cells.column("rid"),
            "column_name": cells.column("column_name"),
            "failing": pa.array(lists, pa.list_(pa.string())),
        }
    )


def _compared(session: Session, was: View, now: View, old: Version, head: Version, names: Sequence[str]) -> pa.Table:
    """List the cells with findings that hold another value now, and the rows that left: rid, column_name, value."""
    touch(session, old, head)
    session.run(
        "CREATE OR REPLACE TEMP TABLE touched_here AS SELECT DISTINCT t._rid FROM touched_rows t "
        "WHERE t._rid IN (SELECT rid FROM lake.workbench.sightings WHERE dataset = ? AND version = ?)",
        [old.dataset, old.version],
    )
    rids = [row[0] for row in session.rows(f"SELECT _rid FROM touched_here LIMIT {PRUNED + 1}")]
    among = f"_rid IN ({rid_list(rids)})" if 0 < len(rids) <= PRUNED else "_rid IN (SELECT _rid FROM touched_here)"
    before, after = ({column.name: column for column in view.columns} for view in (was, now))
    shared = [name for name in names if name in before and name in after]
    for table, view, columns in (("was_rows", was, before), ("now_rows", now, after)):
        cells = "".join(f", {canonical_text(quote(columns[n].physical), columns[n].type)}" for n in shared)
        labels = "".join(f", v{place}" for place, _ in enumerate(shared))
        session.run(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM "
            f"(SELECT _rid, _excluded{cells} FROM {view.rows} WHERE {among}) v(rid, excluded{labels})"
        )
    query = (
        "SELECT t._rid AS rid, NULL::VARCHAR AS column_name, NULL::VARCHAR AS value FROM touched_here t "
        "LEFT JOIN now_rows n ON n.rid = t._rid WHERE n.rid IS NULL OR n.excluded"
    )
    if shared:
        common = [after[name] for name in shared]
        places = {name: place for place, name in enumerate(shared)}
        pairs = unpivoted(
            "now_rows n JOIN was_rows w ON w.rid = n.rid WHERE NOT n.excluded", common, "n.rid",
            before=lambda column: f"w.v{places[column.name]}",
            value=lambda column: f"n.v{places[column.name]}",
        )  # fmt: skip
        other = by_kind(common, lambda column: differs("before", "value", column))
        query += f" UNION ALL SELECT rid, column_name, value FROM {pairs} WHERE {other}"
    return session.arrow(query)


def _failing(
    lake: Lake, now: View, schema: str, cells: pa.Table, ruled: set[str]
) -> dict[tuple[str, str | None], list[str]]:
    """Tell which checks of the schema the new values fail, by column and value."""
    from workbench.validation import declared_schema, failing_values

    failing: dict[tuple[str, str | None], list[str]] = {}
    try:
        loaded: Schema = declared_schema(lake, schema)
    except SchemaError:
        return failing
    values: dict[str, dict[str | None, None]] = {}
    for name, value in zip(cells.column("column_name").to_pylist(), cells.column("value").to_pylist(), strict=True):
        if name in ruled:
            values.setdefault(name, {})[value] = None
    for name, distinct in values.items():
        listed = list(distinct)
        for code, places in failing_values(now, loaded, name, listed).items():
            for place in places:
                failing.setdefault((name, listed[place]), []).append(code)
    return failing
