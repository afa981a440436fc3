"""Where a dataset differs from what its source last said, kept up with each change of its rows.

One record for each cell, and for each row that a person deleted or added. The two images of the rows that change lie in
temporary tables: ``changed_rows``, ``new_rows`` and ``gone_rows`` as they are to be, ``old_rows`` as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.lake.cells import unpivoted
from workbench.lake.records import Column, Version
from workbench.lake.session import Session
from workbench.lake.sql import canonical_text, literal, quote
from workbench.lake.values import spelt_text


def stored_elsewhere(columns: Sequence[Column], head: Version) -> dict[str, Column]:
    """Find the columns that the newest version stores in another place of the table, by name.

    There a column was stored in a wider type meanwhile. Its old place still holds what it held then, and nothing in the
    rows that came since.
    """
    known = {column.name: column for column in head.columns}
    return {
        column.name: known[column.name]
        for column in columns
        if column.name in known and known[column.name].physical != column.physical
    }


def moved_cell(column: Column, before: Column | None = None) -> str:
    """SQL condition that a cell of row images n and o differs; ``before`` is the column where o has it elsewhere."""
    cell = f"n.{quote(column.physical)}"
    if before is None:
        return f"{cell} IS DISTINCT FROM o.{quote(column.physical)}"
    texts = (
        f"({spelt_text(place, each) if each.written else canonical_text(place, each.type)})"
        for place, each in ((cell, column), (f"o.{quote(before.physical)}", before))
    )
    return " IS DISTINCT FROM ".join(texts)


def note_overrides(
    session: Session,
    head: Version,
    columns: Sequence[Column],
    moved: Sequence[Column],
    elsewhere: Mapping[str, Column],
) -> None:
    """Remember what the source last said wherever this change departs from it, and forget it where it returns.

    The first value replaced since the source last spoke is what the source holds; a later change of the same cell
    leaves that alone, and one that goes back to it ends the difference. Of ``columns`` those in ``moved`` have cells
    that change.
    """
    dataset = literal(head.dataset)
    if moved:
        _note_cells(session, dataset, moved, elsewhere)
    key_columns = [column for column in columns if column.name in head.definition.key]
    for table, state, other, also in (
        ("gone_rows", "deleted", "added", "JOIN old_rows x USING (_rid)"),
        ("new_rows", "added", "deleted", ""),
    ):
        rows = f"{table} x" if state == "added" else f"gone_rows g {also}"
        if state == "added":
            rows += " WHERE x._rid NOT IN (SELECT _rid FROM old_rows)"
        if not _any(session, rows):
            continue
        places = [(c.name, c if state == "added" else elsewhere.get(c.name, c)) for c in key_columns]
        row_key = ", ".join(f"{literal(name)}, {_stored_text('x.', place)}" for name, place in places)
        key = f"json_object({row_key})::VARCHAR" if row_key else "NULL"
        undone = f"dataset = {dataset} AND state = '{other}' AND rid IN (SELECT x._rid FROM {rows})"
        session.run(f"CREATE OR REPLACE TEMP TABLE undone AS SELECT rid FROM lake.workbench.overrides WHERE {undone}")
        session.run(f"DELETE FROM lake.workbench.overrides WHERE {undone}")
        more = " AND " if "WHERE" in rows else " WHERE "
        session.run(
            "INSERT INTO lake.workbench.overrides (dataset, rid, state, row_key) "
            f"SELECT {dataset}, x._rid, '{state}', {key} FROM {rows}{more}x._rid NOT IN (SELECT rid FROM undone)"
        )
    _note_returned(session, dataset)


def _stored_text(prefix: str, column: Column) -> str:
    """SQL of a cell's canonical text."""
    return canonical_text(f"{prefix}{quote(column.physical)}", column.type)


def _note_cells(session: Session, dataset: str, moved: Sequence[Column], elsewhere: Mapping[str, Column]) -> None:
    """Remember or forget the source's values of the cells that change, in the columns that have any."""
    cells = unpivoted(
        "changed_rows n JOIN old_rows o ON o._rid = n._rid", moved, "n._rid AS rid",
        old=lambda column: _stored_text("o.", elsewhere.get(column.name, column)),
        new=lambda column: _stored_text("n.", column),
        moved=lambda column: moved_cell(column, elsewhere.get(column.name)),
    )  # fmt: skip
    session.run(
        f"CREATE OR REPLACE TEMP TABLE moved_cells AS SELECT rid, column_name, old, new FROM {cells} WHERE moved"
    )
    known = f"dataset = {dataset} AND state = 'cell'"
    session.run(
        "CREATE OR REPLACE TEMP TABLE known_cells AS "
        "SELECT m.rid, m.column_name, k.source_value IS NOT DISTINCT FROM m.new AS back FROM moved_cells m "
        f"JOIN (SELECT * FROM lake.workbench.overrides WHERE {known}) k USING (rid, column_name)"
    )
    if _any(session, "known_cells WHERE back"):
        session.run(
            f"DELETE FROM lake.workbench.overrides WHERE {known} "
            "AND (rid, column_name) IN (SELECT (rid, column_name) FROM known_cells WHERE back)"
        )
    session.run(
        "INSERT INTO lake.workbench.overrides (dataset, rid, column_name, state, source_value) "
        f"SELECT {dataset}, rid, column_name, 'cell', old FROM moved_cells ANTI JOIN known_cells "
        "USING (rid, column_name)"
    )


def _note_returned(session: Session, dataset: str) -> None:
    """Let the corrections of rows that had left with a delivery, and that this change brings back, hold again."""
    away = (
        f"dataset = {dataset} AND state = 'away' AND rid IN "
        "(SELECT _rid FROM new_rows WHERE _rid NOT IN (SELECT _rid FROM old_rows))"
    )
    session.run(
        "CREATE OR REPLACE TEMP TABLE away_cells AS SELECT rid, column_name, source_value->>'source' AS source "
        f"FROM lake.workbench.overrides WHERE {away}"
    )
    if _any(session, "away_cells"):
        session.run(f"DELETE FROM lake.workbench.overrides WHERE {away}")
        session.run(
            "INSERT INTO lake.workbench.overrides (dataset, rid, column_name, state, source_value) "
            f"SELECT {dataset}, rid, column_name, 'cell', source FROM away_cells"
        )


def _any(session: Session, what: str) -> bool:
    """Tell whether a FROM clause has rows."""
    return bool(session.rows(f"SELECT EXISTS (FROM {what})")[0][0])
