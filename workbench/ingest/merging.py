"""Work a merge out: the rows as they are to be, which leave, and what becomes of the team's corrections.

Nothing is written to the lake here. The results are temporary tables of the session: ``new_rows`` and ``gone_rows`` for
:func:`workbench.lake.publish_rows`, and ``told_cells``, ``newcomers``, ``back_cells``, ``left_rows`` and
``left_cells`` for :mod:`workbench.ingest.overriding`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.drafts.overlay import overlay
from workbench.errors import DataError
from workbench.ingest.lanes import lane
from workbench.ingest.matching import Match, deleted_digests, told_digest
from workbench.ingest.shaping import Shape
from workbench.lake import Column, Lake, Session, Version, canonical_text, data_table, literal, quote, rid_list
from workbench.lake.cells import by_kind, unpivoted
from workbench.lake.publish import PRUNED
from workbench.lake.sql import any_of
from workbench.lake.values import differs, lane_text, reads_alike


@dataclass(frozen=True)
class Merge:
    """What a merge comes to.

    Attributes
    ----------
    kept_corrections : int
        Cells that the source still sends as they were before the correction.
    replaced_corrections : int
        Corrected cells for which the source now says something new, which was taken.
    settled_corrections : int
        Corrected cells for which the source now says the same.
    still_deleted, deleted_changed : int
        Rows that the source sends and a person deleted; they stay out. Those of them that hold other values now.
    excluded_changed : int
        Excluded rows that the source changed; they stay excluded.
    returned : int
        Rows that had left with an earlier delivery and have their old identity back.
    corrected_left, corrected_returned : int
        Rows with corrected cells that leave, and that come back.
    unchanged : int
        Rows of the delivery that are in the dataset as they are.
    ignored : int
        Rows that differ, in a delivery of which only new rows are taken.
    lane_kept : int
        Rows whose split column now names another lane; they stay in theirs.
    next_rid : int
        The first row identity that was never used.
    """

    kept_corrections: int
    replaced_corrections: int
    settled_corrections: int
    still_deleted: int
    deleted_changed: int
    excluded_changed: int
    returned: int
    corrected_left: int
    corrected_returned: int
    unchanged: int
    ignored: int
    lane_kept: int
    next_rid: int

    def counts(self) -> dict[str, int]:
        """Return all but ``next_rid``."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "next_rid"}


def merged(
    session: Session, lake: Lake, match: Match, shape: Shape, versions: Sequence[Version], mode: str, source: str
) -> Merge:
    """Lay out the rows of the next version.

    Parameters
    ----------
    lake : Lake
        Where the versions are.
    match : Match
        Which rows belong together.
    versions : sequence of Version
        All of the dataset; the last one is the head.
    mode : {"upsert", "full", "append"}
        See :func:`workbench.ingest.refresh`.
    source : str
        For people.

    Raises
    ------
    DataError
        New rows lack the split column that would tell their lane.
    """
    head, split = versions[-1], versions[-1].definition.split_column or ""
    told = _told(session, match, shape, head.dataset, mode)
    joined = f"{match.incoming} i LEFT JOIN {match.base} b ON {match.on}"
    total = int(session.rows(f"SELECT count(*) FROM {match.incoming}")[0][0])
    session.run(f"CREATE OR REPLACE TEMP TABLE merged AS {_images(session, joined, match, shape, split)}")
    changed, lane_kept, excluded_changed = session.rows(
        "SELECT count(*), count(*) FILTER (_moved), count(*) FILTER (_excluded) FROM merged WHERE _rid IS NOT NULL"
    )[0]
    session.run(
        "CREATE OR REPLACE TEMP TABLE still_deleted AS "
        f"SELECT b._rid AS rid, i._rid AS record FROM {joined} WHERE b._deleted"
    )
    next_rid, still_deleted, returned = _newcomers(session, shape, versions, source)
    arrived = int(session.rows("SELECT count(*) FROM newcomers")[0][0])
    if mode == "append":
        session.run("DELETE FROM merged WHERE _rid IS NOT NULL")
    names, own = (", ".join(prefix + quote(column.physical) for column in shape.columns) for prefix in ("", "m."))
    session.run(
        f"CREATE OR REPLACE TEMP TABLE new_rows AS SELECT _rid, _lane, _excluded, {names} FROM merged "
        f"WHERE _rid IS NOT NULL UNION ALL SELECT n.rid, n.lane, n.excluded, {own} FROM merged m "
        "JOIN newcomers n ON n.record = m._record WHERE m._rid IS NULL"
    )
    back = _returned_cells(session, shape, head.dataset)
    _leavers(session, match, shape, head, full=mode == "full")
    corrected_left = int(session.rows("SELECT count(DISTINCT rid) FROM left_cells")[0][0])
    deleted_changed = _deleted_changed(session, lake, match, shape, versions) if still_deleted else 0
    unchanged = total - still_deleted - arrived - changed
    ignored = changed if mode == "append" else 0
    return Merge(
        **{name: count + back[name] for name, count in told.items()}, still_deleted=still_deleted,
        deleted_changed=deleted_changed, excluded_changed=0 if mode == "append" else excluded_changed,
        returned=returned, corrected_left=corrected_left, corrected_returned=back["rows"], unchanged=unchanged,
        ignored=ignored, lane_kept=0 if ignored else lane_kept, next_rid=next_rid,
    )  # fmt: skip


def _told(session: Session, match: Match, shape: Shape, dataset: str, mode: str) -> dict[str, int]:
    """Hold each corrected cell against what the source says now: ``told_cells`` (rid, column_name, outcome, told)."""
    session.run(
        "CREATE OR REPLACE TEMP TABLE told_cells (rid BIGINT, column_name VARCHAR, outcome VARCHAR, told VARCHAR)"
    )
    session.run(
        "CREATE OR REPLACE TEMP TABLE held_cells AS SELECT rid, column_name, source_value "
        "FROM lake.workbench.overrides WHERE dataset = ? AND state = 'cell'",
        [dataset],
    )
    rids = [row[0] for row in session.rows("SELECT DISTINCT rid FROM held_cells")]
    corrected = {row[0] for row in session.rows("SELECT DISTINCT column_name FROM held_cells")}
    columns = [column for column in shape.read if column.name in corrected]
    if rids and columns and mode != "append":
        among = rid_list(rids) if len(rids) <= PRUNED else "SELECT rid FROM held_cells"
        places = {column.name: n for n, column in enumerate(columns)}
        texts = ", ".join(
            f"{canonical_text('i.' + quote(c.physical), c.type)} AS i{n}, "
            f"{canonical_text('b.' + quote(c.physical), c.type)} AS b{n}"
            for n, c in enumerate(columns)
        )
        session.run(
            f"CREATE OR REPLACE TEMP TABLE told_rows AS SELECT b._rid AS rid, {texts} FROM "
            f"(SELECT * FROM {match.base} WHERE _rid IN ({among}) AND NOT _deleted) b "
            f"JOIN {match.incoming} i ON {match.on}"
        )
        told = unpivoted(
            "told_rows", columns, "rid",
            told=lambda column: f"i{places[column.name]}",
            mine=lambda column: f"b{places[column.name]}",
        )  # fmt: skip
        outcome = (
            "CASE WHEN t.told IS NOT DISTINCT FROM t.mine THEN 'settled' ELSE 'kept' END"
            if match.content
            else by_kind(columns, lambda column: _outcome(column, "t.told", "t.mine", "h.source_value"))
        )
        session.run(
            f"INSERT INTO told_cells SELECT rid, column_name, {outcome}, t.told FROM {told} t "
            "JOIN held_cells h USING (rid, column_name)"
        )
    counts = dict(session.rows("SELECT outcome, count(*) FROM told_cells GROUP BY 1"))
    return {f"{name}_corrections": int(counts.get(name, 0)) for name in ("kept", "replaced", "settled")}


def _outcome(column: Column, told: str, mine: str, source: str) -> str:
    """SQL of what becomes of a corrected cell, from texts of what the source says now, the correction, and before.

    Other blanks around what the source said, or around what the correction says, are no reason to take it back.
    """
    same = f"{reads_alike(told, source, column)} OR {reads_alike(told, mine, column)}"
    return f"CASE WHEN NOT {differs(told, mine, column)} THEN 'settled' WHEN {same} THEN 'kept' ELSE 'replaced' END"


def _images(session: Session, joined: str, match: Match, shape: Shape, split: str) -> str:
    """SQL of the rows that are new or differ, as they are to be; ``_record`` is their number in the delivery."""
    kept = {row[0] for row in session.rows("SELECT DISTINCT column_name FROM told_cells WHERE outcome = 'kept'")}
    read = {column.name for column in shape.read}
    cells, changed = [], []
    for column in shape.columns:
        name = quote(column.physical)
        taken = column.name in read and (not match.content or column.name in shape.added)
        stays = f"list_contains(k.names, {literal(column.name)})" if column.name in kept else "false"
        if taken:
            other = differs(f"b.{name}", f"i.{name}", column)
            same = f"b._rid IS NOT NULL AND NOT {other}" if column.reads != column.type else "false"
            held = " OR ".join(each for each in (stays, same) if each != "false")
            cells.append(f"CASE WHEN {held} THEN b.{name} ELSE i.{name} END AS {name}" if held else f"i.{name}")
            changed.append(f"({other} AND {stays} IS NOT TRUE)")
        elif column.name in read:
            cells.append(f"CASE WHEN b._rid IS NULL THEN i.{name} ELSE b.{name} END AS {name}")
        else:
            cells.append(f"b.{name}")
    corrections = (
        " LEFT JOIN (SELECT rid, list(column_name) AS names FROM told_cells WHERE outcome = 'kept' GROUP BY rid) k "
        "ON k.rid = b._rid"
        if kept
        else ""
    )
    moved = "false"
    if split in read and not match.content:
        name = quote(shape.column(split).physical)
        moved = f"b._rid IS NOT NULL AND i.{name} IS DISTINCT FROM b.{name} AND i._lane IS DISTINCT FROM b._lane"
    return (
        "SELECT b._rid, i._rid AS _record, coalesce(b._lane, i._lane) AS _lane, "
        f"coalesce(b._excluded, false) AS _excluded, {moved} AS _moved, {', '.join(cells)} FROM {joined}{corrections} "
        f"WHERE b._rid IS NULL OR (NOT b._deleted AND ({any_of(changed)}))"
    )


def _newcomers(session: Session, shape: Shape, versions: Sequence[Version], source: str) -> tuple[int, int, int]:
    """Give new rows identity and lane: ``newcomers`` (record, rid, lane, excluded, returned).

    A key that left with an earlier full delivery has its identity, lane and exclusion back; one that a person deleted
    stays out. Returns the first identity that is still unused, and how many rows stay out and returned.
    """
    head, definition = versions[-1], versions[-1].definition
    texts = {column.name: lane_text(quote(column.physical), column) for column in shape.columns}
    # Equal features share a lane whatever became of columns and label later, so those of the first version choose it.
    told = dataclasses.replace(versions[0].definition, split_column=None)
    chosen = "_lane" if definition.split_column else lane(told, texts, names=[c.name for c in versions[0].columns])
    first = _next_rid(session, versions)
    session.run(
        f"""
        CREATE OR REPLACE TEMP TABLE newcomers AS
        SELECT record, known IS NOT NULL AND state = 'left' AS returned, state = 'deleted' AS deleted,
            CASE WHEN known IS NOT NULL THEN known
            ELSE {first} - 1 + row_number() OVER (PARTITION BY known IS NULL ORDER BY record) END AS rid,
            coalesce((source_value->>'lane')::UTINYINT, lane) AS lane,
            coalesce((source_value->>'excluded')::BOOLEAN, false) AS excluded
        FROM (SELECT _record AS record, {chosen} AS lane, {_key_json(shape, definition.key)} AS row_key FROM merged
            WHERE _rid IS NULL)
        LEFT JOIN (SELECT row_key, min(state) AS state, arg_min(rid, state) AS known,
                arg_min(source_value, state) AS source_value FROM lake.workbench.overrides
            WHERE dataset = {literal(head.dataset)} AND state IN ('deleted', 'left') AND row_key IS NOT NULL
            GROUP BY row_key) USING (row_key)
        """
    )
    session.run("INSERT INTO still_deleted SELECT rid, record FROM newcomers WHERE deleted")
    session.run("DELETE FROM newcomers WHERE deleted")
    lost, returned, last, deleted = session.rows(
        "SELECT count(*) FILTER (lane IS NULL), count(*) FILTER (returned), coalesce(max(rid), 0), "
        "(SELECT count(*) FROM still_deleted) FROM newcomers"
    )[0]
    if lost:
        raise DataError(
            f"{lost:,} new row{'s have' if lost > 1 else ' has'} no lane, since the split column is missing",
            source=source, column=definition.split_column, hint="Deliver it with every new row.",
        )  # fmt: skip
    return max(first, last + 1), deleted, returned


def _next_rid(session: Session, versions: Sequence[Version]) -> int:
    """Find the first row identity that no row ever had, not even one that left.

    Every import and refresh writes it into its version's detail; for a dataset without that the newest rows are asked.
    """
    remembered = [int(version.detail["next_rid"]) for version in versions if "next_rid" in version.detail]
    head = versions[-1]
    known = session.rows(
        f"SELECT greatest((SELECT coalesce(max(_rid), 0) FROM {data_table(head.table)}), "
        "(SELECT coalesce(max(rid), 0) FROM lake.workbench.overrides WHERE dataset = ?))",
        [head.dataset],
    )[0][0]
    return max([*remembered, int(known) + 1])


def _returned_cells(session: Session, shape: Shape, dataset: str) -> dict[str, int]:
    """Give rows that come back the corrections they had: ``back_cells`` (rid, column_name, outcome, source).

    What counts is what the source last said before the row left, as if it had never been away. Returns how many rows
    and, by outcome, how many cells.
    """
    session.run(
        "CREATE OR REPLACE TEMP TABLE away_cells AS SELECT o.rid, o.column_name, o.source_value->>'source' AS source, "
        "o.source_value->>'mine' AS mine FROM lake.workbench.overrides o SEMI JOIN "
        "(SELECT rid FROM newcomers WHERE returned) n ON n.rid = o.rid WHERE o.dataset = ? AND o.state = 'away'",
        [dataset],
    )
    session.run(
        "CREATE OR REPLACE TEMP TABLE back_cells (rid BIGINT, column_name VARCHAR, outcome VARCHAR, source VARCHAR)"
    )
    corrected = {row[0] for row in session.rows("SELECT DISTINCT column_name FROM away_cells")}
    columns = [column for column in shape.columns if column.name in corrected]
    if columns:
        sent = {column.name for column in shape.read}
        now = unpivoted(
            "new_rows r", columns, "r._rid AS rid",
            now=lambda column: canonical_text(f"r.{quote(column.physical)}", column.type),
            sent=lambda column: "true" if column.name in sent else "false",
        )  # fmt: skip
        outcome = by_kind(columns, lambda column: _outcome(column, "n.now", "a.mine", "a.source"))
        fitted = by_kind(columns, lambda column: f"TRY_CAST(a.mine AS {column.type})::VARCHAR")
        session.run(
            "CREATE OR REPLACE TEMP TABLE back_cells AS SELECT rid, column_name, "
            f"CASE WHEN n.sent THEN {outcome} ELSE 'kept' END AS outcome, "
            f"CASE WHEN n.sent THEN n.now ELSE a.source END AS source, {fitted} AS new, 'set' AS action "
            f"FROM away_cells a JOIN {now} n USING (rid, column_name)"
        )
        kept = "(SELECT * FROM back_cells WHERE outcome = 'kept')"
        images = overlay("new_rows", shape.columns, kept, {column.name for column in columns})
        session.run(f"CREATE OR REPLACE TEMP TABLE new_rows AS SELECT * FROM {images}")
    outcomes = dict(session.rows("SELECT outcome, count(*) FROM back_cells GROUP BY outcome"))
    rows = int(session.rows("SELECT count(DISTINCT rid) FROM back_cells")[0][0])
    return {f"{name}_corrections": outcomes.get(name, 0) for name in ("kept", "replaced", "settled")} | {"rows": rows}


def _deleted_changed(session: Session, lake: Lake, match: Match, shape: Shape, versions: Sequence[Version]) -> int:
    """Count the deleted rows of which the source says something else now than when they were deleted."""
    if match.content:
        return 0
    digests = deleted_digests(session, lake, shape, versions)
    told = told_digest(shape, "i.")
    return int(
        session.rows(
            f"SELECT count(*) FROM still_deleted s JOIN {digests} d ON d._rid = s.rid "
            f"JOIN {match.incoming} i ON i._rid = s.record WHERE d._digest <> {told}"
        )[0][0]
    )


def _leavers(session: Session, match: Match, shape: Shape, head: Version, *, full: bool) -> None:
    """List the rows that leave: ``gone_rows`` (_rid) and, where there is a key, ``left_rows`` to know them again.

    A row that a person brought back stays, though the source lacks it; ``resent_rows`` are those that it sends again.
    """
    ours = f"SELECT rid FROM lake.workbench.overrides WHERE dataset = {literal(head.dataset)} AND state = 'added'"
    leaves = (
        f"FROM {match.base} b ANTI JOIN {match.incoming} i ON {match.on} "
        f"WHERE NOT b._deleted AND b._rid NOT IN ({ours})"
    )
    row_key = _key_json(shape, head.definition.key, "b.")
    session.run(
        "CREATE OR REPLACE TEMP TABLE left_rows AS SELECT b._rid AS rid, "
        f"json_object('lane', b._lane, 'excluded', b._excluded)::VARCHAR AS remembered, {row_key} AS row_key {leaves}"
        + ("" if full else " AND false")
    )
    session.run("CREATE OR REPLACE TEMP TABLE gone_rows AS SELECT rid AS _rid FROM left_rows")
    session.run(
        "CREATE OR REPLACE TEMP TABLE left_cells (rid BIGINT, column_name VARCHAR, source VARCHAR, mine VARCHAR)"
    )
    corrected = {
        row[0] for row in session.rows("SELECT DISTINCT column_name FROM held_cells SEMI JOIN left_rows USING (rid)")
    }
    columns = [column for column in shape.columns if column.name in corrected] if head.definition.key else []
    if columns:
        mine = unpivoted(
            f"left_rows l JOIN {match.base} b ON b._rid = l.rid", columns, "l.rid",
            mine=lambda column: canonical_text(f"b.{quote(column.physical)}", column.type),
        )  # fmt: skip
        session.run(
            "INSERT INTO left_cells SELECT rid, column_name, h.source_value, m.mine FROM held_cells h "
            f"JOIN {mine} m USING (rid, column_name)"
        )
    session.run(
        f"CREATE OR REPLACE TEMP TABLE resent_rows AS SELECT b._rid AS rid FROM (SELECT * FROM {match.base} "
        f"WHERE _rid IN ({ours})) b SEMI JOIN {match.incoming} i ON {match.on}"
    )


def _key_json(shape: Shape, key: Sequence[str], prefix: str = "") -> str:
    """SQL of a row's key as JSON text, as corrections remember it; NULL where rows have no key."""
    pairs = ", ".join(
        f"{literal(column.name)}, {canonical_text(prefix + quote(column.physical), column.type)}"
        for column in shape.columns
        if column.name in key
    )
    return f"json_object({pairs})::VARCHAR" if pairs else "NULL::VARCHAR"
