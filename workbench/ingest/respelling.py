"""Columns that a delivery only writes in another way: 50.0 for 50 is no change, nor a reason to store them anew."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.ingest.matching import Match
from workbench.ingest.reading import Reading
from workbench.ingest.shaping import Shape, present_cell
from workbench.ingest.types import Cell
from workbench.lake import Session, Version, literal, quote
from workbench.lake.values import differs, reads_alike


def only_respelt(
    session: Session, reading: Reading, cells: Sequence[Cell], shape: Shape, match: Match, head: Version, mode: str
) -> dict[str, Cell]:
    """Find columns that were to be stored in a wider type though no cell that is taken needs it.

    In the table ``incoming`` their cells then have the type of the column.

    Parameters
    ----------
    cells : sequence of Cell
        How the delivery's columns were staged.
    shape, match
        With the wider types.
    mode : {"upsert", "full", "append"}
        In ``append`` only new rows are taken.

    Returns
    -------
    dict
        Column name → its cell in the type that the column has.
    """
    known = {column.name: column for column in head.columns}
    staged = dict(zip(reading.names, cells, strict=True))
    found: dict[str, Cell] = {}
    for name in shape.widened:
        column, before = shape.column(name), known[name]
        cell, old = f"i.{quote(column.physical)}", f"b.{quote(column.physical)}"
        exact = present_cell(session, cell, staged[name].type, before, head)
        taken = "b._rid IS NULL"
        if not match.content and mode != "append":
            # What still holds what a correction replaced is not taken; it must be known as that in the narrow type too.
            same = (
                "EXISTS (SELECT 1 FROM lake.workbench.overrides o WHERE o.rid = b._rid AND o.state = 'cell' "
                f"AND o.dataset = {literal(head.dataset)} AND o.column_name = {literal(name)} "
                f"AND {reads_alike(f'{cell}::VARCHAR', 'o.source_value', column)})"
            )
            there = reads_alike(f"{cell}::VARCHAR", f"TRY_CAST({cell} AS {before.type})::VARCHAR", column)
            taken += f" OR ({differs(old, cell, column)} AND NOT ({same} AND {there}))"
        joined = f"(SELECT * FROM {match.incoming}) i LEFT JOIN {match.base} b ON {match.on}"
        needs = f"SELECT 1 FROM {joined} WHERE {cell} IS NOT NULL AND NOT coalesce({exact.fits or 'true'}, false)"
        if not session.row(f"{needs} AND ({taken}) LIMIT 1"):
            raw = f"c{reading.names.index(name)}"
            found[name] = Cell(before.type, f"TRY_CAST({raw} AS {before.type})", "", raw, raw, before.written)
    if found:
        values = ", ".join(f"{cell.value} AS {cell.raw}" for cell in found.values())
        session.run(f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT * REPLACE ({values}) FROM incoming")
    return found
