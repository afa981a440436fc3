"""Choose how each column is stored, and read the source that way in one pass.

A text file's types are proposed from its first rows and held against every cell during the pass itself. Where a later
cell breaks one, all cells are asked once and the pass is made again: never a wrong type, never a lost cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from workbench.errors import DataError, UnknownName, WorkbenchError
from workbench.ingest.meaning import asked_number
from workbench.ingest.reading import Reading, shortage
from workbench.ingest.types import MISFIT, Cell, exact_cells, forced_cell, known_type, typed_cell
from workbench.ingest.watching import watched
from workbench.lake import Session, data_folder_fault
from workbench.lake.sql import count_where
from workbench.progress import Progress

T = TypeVar("T")
Choices = Sequence[Sequence[Cell]]
"""For each column the cells it may be stored as, best first; the last one fits everything, or is all there is."""

NOTHING = "false"
"""Test of a column in which no cell may be: a text column that is empty so far has no type yet."""

SAMPLE_ROWS, SAMPLE_CELLS = 10_000, 200_000
"""At most so many rows and cells, from the top, are looked at before the pass."""

_TESTS = 100
"""Tests in one query: DuckDB compares all expressions of a query with each other."""


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
        if name in forced and asked_number(forced[name]):
            result.append(numbers(raw) if reading.is_text(name) else [typed_cell(raw, source)])
        elif name in forced:
            result.append([forced_cell(raw, source, known_type(session, forced[name], name))])
        elif reading.is_text(name):
            result.append(numbers(raw) if name in reading.spelt else fresh(raw))
        else:
            result.append([typed_cell(raw, source)])
    return result


def fresh(raw: str) -> list[Cell]:
    """List what a text column may be that the dataset does not have yet; a column with no cell at all is text."""
    return [Cell("VARCHAR", raw, NOTHING, raw, raw), *exact_cells(raw)]


def numbers(raw: str) -> list[Cell]:
    """List how a column of numbers in a text file may be stored; what is written otherwise is kept as text."""
    return [cell for cell in exact_cells(raw) if cell.type in ("BIGINT", "DOUBLE", "VARCHAR")]


def read_typed(
    session: Session,
    reading: Reading,
    options: Choices,
    work: Callable[[Sequence[Cell]], T],
    progress: Progress,
) -> tuple[T, list[Cell]]:
    """Do the one pass over a source, with types under which every cell survives.

    Parameters
    ----------
    options : sequence of sequences of Cell
        How each column may be stored.
    work : callable
        The pass: runs a statement with :attr:`Cell.guarded` cells.

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
        options = _sampled(session, reading, options)
        cells = [column[0] for column in options]
        try:
            return work(cells), cells
        except Exception as error:
            if MISFIT not in str(error):
                raise
        cells = _fitting(session, reading, options, progress)
        return work(cells), cells
    except WorkbenchError:
        raise
    except Exception as error:
        raise explained(error, reading, session) from error


def _sampled(session: Session, reading: Reading, options: Choices) -> list[Sequence[Cell]]:
    """Leave out the types of new text columns that the first rows already break."""
    new = [position for position, column in enumerate(options) if column[0].fits == NOTHING]
    if not new:
        return list(options)
    tests = fresh("cell")
    counts = ", ".join(count_where(cell.misfits) for cell in tests)
    names = ", ".join(f"c{position}" for position in new)
    rows = max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // len(new)))
    found = session.rows(
        f"SELECT name, {counts} FROM (UNPIVOT (SELECT {names} FROM {reading.relation} LIMIT {rows}) ON {names} "
        "INTO NAME name VALUE cell) GROUP BY name"
    )
    broken = {name: counts for name, *counts in found}
    return [
        [cell for cell, count in zip(column, broken[f"c{position}"], strict=True) if not count]
        if position in new and f"c{position}" in broken
        else column
        for position, column in enumerate(options)
    ]


def _fitting(session: Session, reading: Reading, options: Choices, progress: Progress) -> list[Cell]:
    """Ask all cells, and choose for each column the first type that none of them breaks."""
    tests = [(c, n, cell) for c, column in enumerate(options) for n, cell in enumerate(column) if cell.fits]
    broken: dict[tuple[int, int], int] = {}
    stage = f"finding types in {reading.source}"
    for start in range(0, len(tests), _TESTS):
        part = tests[start : start + _TESTS]
        counts = ", ".join(count_where(cell.misfits) for _, _, cell in part)
        found = watched(session, f"SELECT {counts} FROM {reading.relation}", stage, progress)[0]
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


def explained(error: Exception, reading: Reading, session: Session) -> WorkbenchError:
    """Tell a machine that is too small, and a lake whose data folder is not there, from a faulty source."""
    return (
        data_folder_fault(error, session.files)
        or shortage(error, reading.source)
        or reading.explain(error, reading.source)
    )
