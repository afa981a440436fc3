"""Choose how each column is stored, and read the source that way in one pass.

A text file's types are proposed from its first rows and held against every cell during the pass itself. Where a later
cell breaks one, all cells are asked once and the pass is made again: never a wrong type, never a lost cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from workbench.errors import DataError, StoreError, UnknownName, WorkbenchError
from workbench.ingest.reading import Reading
from workbench.ingest.types import CANDIDATES, MISFIT, Cell, forced_cell, known_type, text_cell, typed_cell
from workbench.ingest.watching import watched
from workbench.lake import Session
from workbench.progress import Progress

T = TypeVar("T")
Choices = Sequence[Sequence[Cell]]
"""For each column the cells it may be stored as, best first; the last one fits everything, or is all there is."""

SAMPLE = 10_000
"""Rows from which types are proposed."""

_TESTS = 2_000


def choices(session: Session, reading: Reading, forced: Mapping[str, str]) -> list[list[Cell]]:
    """List how each column of a source may be stored.

    Raises
    ------
    UnknownName
        A type is forced on a column that is not there.
    UsageError
        It is no type.
    """
    for name in forced:
        if name not in reading.names:
            raise UnknownName("column", name, reading.names, where=reading.source)
    result = []
    for position, (name, source) in enumerate(zip(reading.names, reading.types, strict=True)):
        raw = f"c{position}"
        if name in forced:
            result.append([forced_cell(raw, source, known_type(session, forced[name], name))])
        elif reading.text:
            result.append(fresh(raw))
        else:
            result.append([typed_cell(raw, source)])
    return result


def fresh(raw: str) -> list[Cell]:
    """List what a text column may be that the dataset does not have yet; a column with no cell at all is text."""
    return [Cell("VARCHAR", raw, "false", raw, raw), *(text_cell(raw, kind) for kind in (*CANDIDATES, "VARCHAR"))]


def read_typed(
    session: Session,
    reading: Reading,
    options: Choices,
    work: Callable[[Sequence[Cell]], T],
    progress: Progress,
    *,
    sample: bool = True,
) -> tuple[T, list[Cell]]:
    """Do the one pass over a source, with types under which every cell survives.

    Parameters
    ----------
    options : sequence of sequences of Cell
        How each column may be stored.
    work : callable
        The pass: runs a statement with :attr:`Cell.guarded` cells.
    sample : bool
        Propose from the first rows; otherwise propose the first choice everywhere.

    Returns
    -------
    tuple
        What ``work`` returned, and the cells it was right with.

    Raises
    ------
    DataError
        A cell breaks a forced type, named with line and column; or the source cannot be read.
    """
    try:
        if sample and any(len(column) > 1 for column in options):
            cells = _fitting(session, reading, options, f"(SELECT * FROM {reading.relation} LIMIT {SAMPLE})", None)
        else:
            cells = [column[0] for column in options]
        try:
            return work(cells), cells
        except Exception as error:
            if MISFIT not in str(error):
                raise
        cells = _fitting(session, reading, options, reading.relation, progress)
        return work(cells), cells
    except WorkbenchError:
        raise
    except Exception as error:
        raise _explained(error, reading) from error


def _fitting(session: Session, reading: Reading, options: Choices, rows: str, progress: Progress | None) -> list[Cell]:
    """Choose for each column the first type that no cell of some rows breaks."""
    tests = [(c, n, cell) for c, column in enumerate(options) for n, cell in enumerate(column) if cell.fits]
    broken: dict[tuple[int, int], int] = {}
    for start in range(0, len(tests), _TESTS):
        part = tests[start : start + _TESTS]
        query = f"SELECT {', '.join(f'count(*) FILTER ({cell.misfits})' for _, _, cell in part)} FROM {rows}"
        stage = f"finding types in {reading.source}"
        found = session.rows(query)[0] if progress is None else watched(session, query, stage, progress)[0]
        broken |= {(c, n): count for (c, n, _), count in zip(part, found, strict=True)}
    chosen = []
    for c, column in enumerate(options):
        fitting = [cell for n, cell in enumerate(column) if not broken.get((c, n))]
        if not fitting:
            raise _misfit(session, reading, c, column[-1])
        chosen.append(fitting[0])
    return chosen


def _misfit(session: Session, reading: Reading, position: int, cell: Cell) -> DataError:
    """Name the first cell that breaks a forced type."""
    found = session.row(
        f"SELECT n, {cell.raw}::VARCHAR FROM (SELECT row_number() OVER () AS n, {cell.raw} FROM {reading.relation}) "
        f"WHERE {cell.misfits} LIMIT 1"
    )
    record, value = found or (0, "")
    line = reading.lines([record]).get(record)
    shown = value if len(value) <= 60 else value[:60] + "…"
    return DataError(
        f"'{shown}' is no {cell.type}" + ("" if line else f" (record {record:,})"),
        source=reading.source, line=line, column=reading.names[position],
        hint="Leave the type out to keep the column as it is.",
    )  # fmt: skip


def _explained(error: Exception, reading: Reading) -> WorkbenchError:
    """Tell a full disk from a faulty source."""
    lowered = str(error).lower()
    if "no space left" in lowered or "disk is full" in lowered or "failed to offload" in lowered:
        return StoreError(f"The disk is full; {reading.source} was not read. Nothing was changed.", hint="Free space.")
    if "out of memory" in lowered:
        return StoreError(
            f"Reading {reading.source} needs more memory than it may use.", hint="Raise the setting memory_limit."
        )
    return reading.explain(error, reading.source)
