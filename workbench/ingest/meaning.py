"""What the columns of a source mean, and why some that look like numbers are kept as text.

How a cell is stored is settled by what survives (:mod:`workbench.ingest.types`). What a column of texts means is its
logical type: a price written 5, 5.50, 499 is a number, a release written 1.1, 1.10 is not. It is proposed here from all
cells, recorded with the version, and can be set (:func:`workbench.versions.set_types`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.ingest.reading import Reading
from workbench.ingest.watching import watched
from workbench.lake import Column, Definition, Session, Task, Version, quote
from workbench.lake.cells import unpivoted
from workbench.lake.records import natural_type
from workbench.lake.sql import count_where
from workbench.lake.values import is_number
from workbench.progress import Progress
from workbench.versions.logical import TypeNote, check_logical, unreadable

SAMPLE_ROWS, SAMPLE_CELLS = 10_000, 200_000
"""At most so many rows and cells, from the top, are looked at before all are."""

SHORT = 15
"""Digits that a DOUBLE holds exactly, so that two texts of no more which it reads alike are one value."""

_TOGETHER = 50
"""Columns in one query: DuckDB compares all expressions of a query with each other."""

_PLAIN = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"


def asked_number(kind: str) -> bool:
    """Tell whether a type that a person named is the logical number, and no storage type."""
    return kind.strip().lower() == "number"


def logical_columns(
    session: Session,
    rows: str,
    definition: Definition,
    columns: Sequence[Column],
    reading: Reading,
    *,
    task: Task | None = None,
    progress: Progress,
) -> tuple[tuple[Column, ...], list[TypeNote]]:
    """Record what each column means: as a person said, or else as its storage type or its texts suggest.

    Parameters
    ----------
    rows : str
        FROM clause with the columns' physical names.
    columns : sequence of Column
        Those to settle.
    task : str, optional
        As a person said; the classes of a label are text.

    Raises
    ------
    UsageError
        A column is to be a number and cannot be.
    """
    apart = {*definition.key, definition.split_column, *([definition.label] if task == "classification" else [])}
    settled: dict[str, str] = {}
    for column in columns:
        if asked_number(definition.types.get(column.name, "")):
            check_logical(column, "number", definition)
            settled[column.name] = "number"
        elif column.name in reading.spelt and column.name not in {*apart, *definition.types}:
            settled[column.name] = "number"
        elif column.name in definition.types or column.type != "VARCHAR" or column.name in apart or not reading.text:
            settled[column.name] = natural_type(column.type)
    stage = f"finding codes in {reading.source}"
    notes = _proposed(session, rows, [c for c in columns if c.name not in settled], settled, stage, progress)
    found = tuple(replace(column, logical=settled[column.name]) for column in columns)
    return found, notes + unreadable(session, rows, [c for c in found if c.name in definition.types])


def two_spellings(session: Session, rows: str, cell: str, *, also: str = "true") -> tuple[str, str] | None:
    """Find one number that is written in two ways, the one in most rows; None where there is none."""
    found = session.rows(
        f"SELECT min({cell}), max({cell}) FROM {rows} WHERE {cell} IS NOT NULL AND {also} "
        f"GROUP BY TRY_CAST({cell} AS DOUBLE) HAVING min({cell}) <> max({cell}) ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    return (found[0][0], found[0][1]) if found else None


def second_spellings(
    session: Session, base: str, columns: Sequence[Column], versions: Sequence[Version]
) -> list[TypeNote]:
    """Tell which columns of numbers a refresh gives a value in a second spelling, once and unless a person set them.

    Parameters
    ----------
    base : str
        FROM clause with the rows as they are; those to be written stand in ``new_rows``.
    versions : sequence of Version
        All of the dataset, with what was told before.
    """
    told = {note["column"] for version in versions for note in version.detail.get("types", ())}
    told |= {*versions[-1].definition.types}
    asked = [c for c in columns if c.type == "VARCHAR" and c.reads == "DOUBLE" and c.name not in told]
    if not asked or not session.row("SELECT 1 FROM new_rows LIMIT 1"):
        return []
    written = unpivoted("new_rows", asked, "_rid", cell=_cell)
    session.run(
        "CREATE OR REPLACE TEMP TABLE written_numbers AS SELECT column_name, cell, TRY_CAST(cell AS DOUBLE) AS value "
        f"FROM {written} WHERE TRY_CAST(cell AS DOUBLE) IS NOT NULL"
    )
    others = unpivoted(f"{base} WHERE _rid NOT IN (SELECT _rid FROM new_rows)", asked, "_rid", cell=_cell)
    rows = (
        f"SELECT * FROM (SELECT column_name, cell, TRY_CAST(cell AS DOUBLE) AS value FROM {others}) "
        "SEMI JOIN written_numbers USING (column_name, value) "
        "UNION ALL SELECT * FROM written_numbers"
    )
    twice = {
        name: (one, other)
        for name, one, other in session.rows(
            "SELECT column_name, arg_min(one, (-rows, one)), arg_min(other, (-rows, one)) FROM "
            "(SELECT column_name, min(cell) AS one, max(cell) AS other, count(*)::BIGINT AS rows FROM "
            f"({rows}) GROUP BY column_name, value) WHERE one <> other GROUP BY column_name"
        )
    }
    return [TypeNote(column.name, "number", "respelt", twice[column.name]) for column in asked if column.name in twice]


def _proposed(
    session: Session, rows: str, columns: Sequence[Column], settled: dict[str, str], stage: str, progress: Progress
) -> list[TypeNote]:
    """Propose number or text for columns of texts, and say why where numbers are kept as text."""
    likely = _sampled(session, rows, columns)
    settled |= {column.name: "text" for column in columns}
    notes = []
    for start in range(0, len(likely), _TOGETHER):
        part = likely[start : start + _TOGETHER]
        asked = ", ".join(", ".join(_counts(_cell(column))) for column in part)
        found = watched(session, f"SELECT {asked} FROM {rows}", stage, progress)[0]
        width = len(_counts(""))
        for place, column in enumerate(part):
            there, loose, strict, plain, fewest, most, zeros, odd = found[place * width : (place + 1) * width]
            if not there or loose < there:
                continue
            written = strict == there
            even = written and plain == there and fewest == most and not zeros
            also = "true" if written else f"strlen({_cell(column)}) <= {SHORT}"
            twice = None if even else two_spellings(session, rows, _cell(column), also=also)
            if twice:
                notes.append(TypeNote(column.name, "text", "spellings", twice))
            elif not written:
                notes.append(TypeNote(column.name, "text", "written", (odd,)))
            else:
                settled[column.name] = "number"
    return notes


def _sampled(session: Session, rows: str, columns: Sequence[Column]) -> list[Column]:
    """Keep the columns whose first cells can all be read as numbers."""
    if not columns:
        return []
    names = ", ".join(_cell(column) for column in columns)
    counts = ", ".join(f"count({_cell(column)}) = count(TRY_CAST({_cell(column)} AS DOUBLE))" for column in columns)
    few = max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // len(columns)))
    found = session.rows(f"SELECT {counts} FROM (SELECT {names} FROM {rows} LIMIT {few})")[0]
    return [column for column, fits in zip(columns, found, strict=True) if fits]


def _counts(cell: str) -> list[str]:
    """SQL of what is asked of all cells of a column: how many there are, can be read, are written as numbers."""
    value, strict = f"TRY_CAST({cell} AS DOUBLE)", is_number(cell)
    decimals = f"CASE WHEN contains({cell}, '.') THEN strlen({cell}) - instr({cell}, '.') ELSE 0 END"
    return [
        f"count({cell})",
        f"count({value})",
        count_where(strict),
        count_where(f"regexp_full_match({cell}, '{_PLAIN}')"),
        f"min({decimals})",
        f"max({decimals})",
        count_where(f"{cell} LIKE '-%' AND {value} = 0"),
        f"min(CASE WHEN NOT {strict} THEN {cell} END)",
    ]


def _cell(column: Column) -> str:
    """SQL of a column's cell."""
    return quote(column.physical)
