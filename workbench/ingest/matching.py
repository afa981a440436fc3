"""Which row of a delivery is which row of the dataset: by key, or by content where there is no key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.ingest.shaping import Shape
from workbench.lake import (
    Column,
    Lake,
    Session,
    Version,
    canonical_text,
    kept_snapshots,
    literal,
    quote,
    rid_list,
    view_of,
)
from workbench.lake.sql import any_of
from workbench.lake.values import bare_text, logical_text

_MOST_FIXED = 6
# Corrected cells of a row of which the source may have fixed some: what it could say by now doubles with each.


@dataclass(frozen=True)
class Match:
    """Two relations and the condition that brings them together.

    Attributes
    ----------
    base : str
        Rows of the head: ``_rid``, ``_lane``, ``_excluded``, ``_deleted`` and the shape's physical columns. A row that
        a person deleted is among them, with ``_deleted`` set, where rows have no key.
    incoming : str
        Rows of the delivery: ``_rid`` (its record number), ``_lane`` and the physical columns read.
    on : str
        Condition on ``b`` and ``i``; it joins every row with one other at most.
    content : bool
        Rows are matched by their content, so what is matched does not differ.
    unsure : int
        Rows of the delivery that could be several rows of the dataset, and are matched with none.
    """

    base: str
    incoming: str
    on: str
    content: bool
    unsure: int = 0


def by_key(rows: str, incoming: str, shape: Shape, head: Version) -> Match:
    """Match rows that have equal keys."""
    cells = ", ".join(f"{shape.old[column.name]} AS {quote(column.physical)}" for column in shape.columns)
    keys = [quote(shape.column(name).physical) for name in head.definition.key]
    return Match(
        base=f"(SELECT _rid, _lane, _excluded, false AS _deleted, {cells} FROM {rows})",
        incoming=incoming,
        on=" AND ".join(f"b.{key} = i.{key}" for key in keys),
        content=False,
    )


def by_content(
    session: Session, lake: Lake, rows: str, incoming: str, shape: Shape, versions: Sequence[Version]
) -> Match:
    """Match rows that hold the same, each with one: what the source last said with what it says now.

    A row that a correction changed is known by what the source said before (after the others that say the same), and
    by what it holds now where the source has caught up, also with some of its cells only. Rows that are equal in every
    column of the dataset are told apart by their order, which changes nothing. Where the delivery lacks columns, the
    others bring together only what they identify: one row with one. Rows that a person deleted are looked up in the
    newest version that still has them, so that the source sending them again does not bring them back.
    """
    head = versions[-1]
    shared = _shared(shape)
    held = _held(session, head.dataset)
    texts = {c.name: logical_text(shape.old[c.name], c) for c in shared}
    present = _digests(rows, [texts[column.name] for column in shared], shared, held, head.dataset)
    deleted = deleted_digests(session, lake, shape, versions)
    corrected = (
        f"SELECT rid AS _rid FROM lake.workbench.overrides WHERE dataset = {literal(head.dataset)} AND state = 'cell'"
    )
    session.run(
        f"CREATE OR REPLACE TEMP TABLE base_digests AS SELECT _rid, false AS _deleted, _rid IN ({corrected}) "
        f"AS _corrected, _digest FROM {present} UNION ALL SELECT _rid, true, false, _digest FROM {deleted}"
    )
    session.run(
        f"CREATE OR REPLACE TEMP TABLE incoming_digests AS SELECT _rid, {told_digest(shape)} AS _digest FROM {incoming}"
    )
    unsure = 0
    if {column.name for column in head.columns} - {column.name for column in shared}:
        unsure = _drop_unsure(session, rows, head)
    session.run("CREATE OR REPLACE TEMP TABLE pairs (_rid BIGINT, _record BIGINT)")
    _pair(session)
    if held:
        now = ", ".join(texts[column.name] for column in shared)
        session.run(
            "CREATE OR REPLACE TEMP TABLE base_digests AS SELECT _rid, false AS _deleted, true AS _corrected, "
            f"md5_number(json_array({now})::VARCHAR) AS _digest FROM {rows} WHERE _rid IN ({corrected})"
        )
        _pair(session)
        _pair_partly_fixed(session, rows, [texts[column.name] for column in shared], shared, held, head.dataset)
        _pair_respelt(session, rows, incoming, texts, shared, held, head.dataset)
    cells = ", ".join(f"{shape.old[column.name]} AS {quote(column.physical)}" for column in shape.columns)
    own = f"SELECT _rid, _lane, _excluded, false AS _deleted, {cells} FROM {rows}"
    return Match(
        base=f"(SELECT * FROM ({own} UNION ALL BY NAME SELECT _rid, true AS _deleted FROM {deleted}) "
        "LEFT JOIN pairs USING (_rid))",
        incoming=incoming,
        on="b._record = i._rid",
        content=True,
        unsure=unsure,
    )


def _pair(session: Session) -> None:
    """Add to ``pairs`` what ``base_digests`` and ``incoming_digests`` say alike, among the rows that are not in it."""
    session.run(
        "INSERT INTO pairs SELECT b._rid, i._rid FROM "
        "(SELECT *, row_number() OVER (PARTITION BY _digest ORDER BY _deleted, _corrected, _rid) AS _place "
        "FROM base_digests WHERE _rid NOT IN (SELECT _rid FROM pairs)) b JOIN "
        "(SELECT *, row_number() OVER (PARTITION BY _digest ORDER BY _rid) AS _place FROM incoming_digests "
        "WHERE _rid NOT IN (SELECT _record FROM pairs)) i ON b._digest = i._digest AND b._place = i._place"
    )


def _pair_partly_fixed(
    session: Session, rows: str, texts: Sequence[str], columns: Sequence[Column], held: set[str], dataset: str
) -> None:
    """Add to ``pairs`` rows of which the source has fixed some of several corrected cells, and left the others.

    Each corrected cell then holds what the correction replaced or what it put there. That is weaker than a whole row:
    it counts where it fits one row alone on either side, and where the row has a cell that nobody corrected.
    """
    session.run(
        "CREATE OR REPLACE TEMP TABLE partly_fixed AS "
        "SELECT _which, _names, unnest(range(1, (1::BIGINT << len(_names)) - 1)) AS _way "
        "FROM (SELECT rid AS _which, list(column_name ORDER BY column_name) AS _names "
        "FROM lake.workbench.overrides WHERE dataset = ? AND state = 'cell' AND list_contains(?, column_name) "
        "AND rid NOT IN (SELECT _rid FROM pairs) GROUP BY rid HAVING count(*) BETWEEN 2 AND ?)",
        [dataset, [column.name for column in columns], min(_MOST_FIXED, len(columns) - 1)],
    )

    def fixed(column: Column) -> str:
        return f"(_way >> (list_position(_names, {literal(column.name)}) - 1)) & 1 = 1"

    those = f"(SELECT * FROM {rows} JOIN partly_fixed ON _rid = _which)"
    said = f"(SELECT DISTINCT * FROM {_digests(those, texts, columns, held, dataset, fixed)})"
    session.run(
        "INSERT INTO pairs SELECT _rid, _record FROM (SELECT b._rid, i._rid AS _record, "
        "count(*) OVER (PARTITION BY b._rid) AS _there, count(*) OVER (PARTITION BY i._rid) AS _here "
        f"FROM {said} b JOIN incoming_digests i USING (_digest) "
        "WHERE i._rid NOT IN (SELECT _record FROM pairs)) WHERE _there = 1 AND _here = 1"
    )


def _pair_respelt(
    session: Session,
    rows: str,
    incoming: str,
    texts: Mapping[str, str],
    columns: Sequence[Column],
    held: set[str],
    dataset: str,
) -> None:
    """Add to ``pairs`` corrected rows whose corrected cells the source only writes with other blanks, one with one.

    All the other cells of such a row are as the source last said.
    """
    left = (
        f"(SELECT rid FROM lake.workbench.overrides WHERE dataset = {literal(dataset)} AND state = 'cell' "
        "AND rid NOT IN (SELECT _rid FROM pairs))"
    )
    told = [column for column in columns if column.name in held]
    if not told or not session.row(f"SELECT 1 FROM {left} LIMIT 1"):
        return

    def bare(column: Column, text: str) -> str:
        return bare_text(text) if column.name in held else text

    corrected = f"(SELECT * FROM {rows} WHERE _rid IN {left})"
    said = _digests(corrected, [bare(c, texts[c.name]) for c in columns], columns, held, dataset, spelling=bare_text)
    fresh = "_rid IN (SELECT _rid FROM incoming_digests) AND _rid NOT IN (SELECT _record FROM pairs)"
    now = {column.name: logical_text(quote(column.physical), column) for column in columns}
    cells = ", ".join(bare(column, now[column.name]) for column in columns)
    arrived = f"(SELECT _rid, md5_number(json_array({cells})::VARCHAR) AS _digest FROM {incoming} WHERE {fresh})"
    ours, theirs = (", ".join(f"{each[column.name]} AS t{n}" for n, column in enumerate(told)) for each in (texts, now))
    uncorrected = any_of(
        [
            f"(b.t{n} IS DISTINCT FROM i.t{n} AND NOT list_contains(c.names, {literal(column.name)}))"
            for n, column in enumerate(told)
        ]
    )
    session.run(
        "INSERT INTO pairs SELECT p._rid, p._record FROM (SELECT b._rid, i._rid AS _record, "
        "count(*) OVER (PARTITION BY b._rid) AS _there, count(*) OVER (PARTITION BY i._rid) AS _here "
        f"FROM {said} b JOIN {arrived} i USING (_digest)) p "
        f"JOIN (SELECT _rid, {ours} FROM {corrected}) b ON b._rid = p._rid "
        f"JOIN (SELECT _rid, {theirs} FROM {incoming}) i ON i._rid = p._record "
        "JOIN (SELECT rid, list(column_name) AS names FROM lake.workbench.overrides "
        f"WHERE dataset = {literal(dataset)} AND state = 'cell' GROUP BY rid) c ON c.rid = p._rid "
        f"WHERE _there = 1 AND _here = 1 AND NOT {uncorrected}"
    )


def _drop_unsure(session: Session, rows: str, head: Version) -> int:
    """Take out of ``incoming_digests`` what could be several different rows, and return how many rows that is."""
    full = ", ".join(canonical_text(quote(column.physical), column.type) for column in head.columns)
    session.run(
        "CREATE OR REPLACE TEMP TABLE unsure_digests AS SELECT _digest FROM "
        "(SELECT _digest, count(*) AS _here, count(DISTINCT _full) AS _kinds FROM base_digests LEFT JOIN "
        f"(SELECT _rid, md5_number(json_array({full})::VARCHAR) AS _full FROM {rows}) USING (_rid) GROUP BY _digest) "
        "JOIN (SELECT _digest, count(*) AS _there FROM incoming_digests GROUP BY _digest) USING (_digest) "
        "WHERE _kinds > 1 OR _here <> _there"
    )
    count = session.rows("SELECT count(*) FROM incoming_digests SEMI JOIN unsure_digests USING (_digest)")[0][0]
    session.run("DELETE FROM incoming_digests WHERE _digest IN (SELECT _digest FROM unsure_digests)")
    return int(count)


def _shared(shape: Shape) -> list[Column]:
    """List the columns that dataset and delivery both have, by name."""
    return sorted((column for column in shape.read if column.name not in shape.added), key=lambda c: c.name)


def _held(session: Session, dataset: str) -> set[str]:
    """List the columns with corrected cells."""
    query = "SELECT DISTINCT column_name FROM lake.workbench.overrides WHERE dataset = ? AND state = 'cell'"
    return {row[0] for row in session.rows(query, [dataset])}


def told_digest(shape: Shape, prefix: str = "") -> str:
    """SQL of the digest of a row of the delivery, over the columns that the dataset has as well."""
    told = ", ".join(logical_text(prefix + quote(column.physical), column) for column in _shared(shape))
    return f"md5_number(json_array({told})::VARCHAR)"


def _digests(
    rows: str,
    texts: Sequence[str],
    columns: Sequence[Column],
    held: set[str],
    dataset: str,
    fixed: Callable[[Column], str] | None = None,
    spelling: Callable[[str], str] = str,
) -> str:
    """SQL of the digests of rows as the source last had them: corrected cells with what they replaced.

    ``fixed`` gives the condition under which a corrected cell counts with what it holds now, ``spelling`` SQL of how
    the texts that corrections replaced count.
    """
    joins, cells = "", []
    for position, (column, text) in enumerate(zip(columns, texts, strict=True)):
        if column.name not in held:
            cells.append(text)
            continue
        joins += (
            " LEFT JOIN (SELECT rid AS _told, source_value AS _source FROM lake.workbench.overrides "
            f"WHERE dataset = {literal(dataset)} AND state = 'cell' AND column_name = {literal(column.name)}) "
            f"o{position} ON o{position}._told = _rid"
        )
        source = spelling(_meant(f"o{position}._source", column))
        now = f"o{position}._told IS NULL" + (f" OR {fixed(column)}" if fixed else "")
        cells.append(f"CASE WHEN {now} THEN {text} ELSE {source} END")
    return f"(SELECT _rid, md5_number(json_array({', '.join(cells)})::VARCHAR) AS _digest FROM {rows}{joins})"


def _meant(text: str, column: Column) -> str:
    """SQL of a canonical text of older days as the column means it now."""
    return logical_text(text, column) if column.type == "VARCHAR" else text


def deleted_digests(session: Session, lake: Lake, shape: Shape, versions: Sequence[Version]) -> str:
    """Collect the digests of the rows that people deleted as the source last had them: ``_rid``, ``_digest``.

    They are read from the newest versions that hold the rows, over the columns of :func:`told_digest`.

    Returns
    -------
    str
        The temporary table.
    """
    dataset, shared = versions[-1].dataset, _shared(shape)
    held = _held(session, dataset)
    session.run("CREATE OR REPLACE TEMP TABLE deleted_digests (_rid BIGINT, _digest UHUGEINT)")
    missing = {
        row[0]
        for row in session.rows(
            "SELECT rid FROM lake.workbench.overrides WHERE dataset = ? AND state = 'deleted'", [dataset]
        )
    }
    kept = kept_snapshots(session)
    for version, after in reversed(list(zip(versions, versions[1:], strict=False))):
        if not missing:
            break
        if version.snapshot not in kept or not after.rows_removed:
            continue
        known = {column.name: column for column in version.columns}
        texts = [
            _meant(canonical_text(quote(known[column.name].physical), known[column.name].type), column)
            if column.name in known
            else "NULL::VARCHAR"
            for column in shared
        ]
        rows = f"(SELECT * FROM {view_of(lake, version).rows} WHERE _rid IN ({rid_list(missing)}))"
        digests = _digests(rows, texts, shared, held, dataset)
        session.run(f"INSERT INTO deleted_digests SELECT _rid, _digest FROM {digests}")
        missing -= {row[0] for row in session.rows("SELECT _rid FROM deleted_digests")}
    return "deleted_digests"
