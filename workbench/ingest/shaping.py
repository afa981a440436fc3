"""Which columns a refresh leads to, and how the cells of the new delivery fit into them.

Stored columns are never rewritten in place. Where a delivery holds cells that the stored type cannot, the column gets a
new physical column of a wider type, filled with the same values; the column's name stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.errors import DataError, KeyColumnError, UnknownName
from workbench.ingest.casting import fresh, numbers
from workbench.ingest.meaning import asked_number
from workbench.ingest.reading import Reading
from workbench.ingest.types import (
    CANDIDATES,
    Cell,
    exact_cells,
    forced_cell,
    known_type,
    short_cell,
    text_cell,
    typed_cell,
)
from workbench.lake import Column, Session, Version, canonical_text, data_table, quote
from workbench.lake.records import natural_type
from workbench.lake.sql import physical_names
from workbench.lake.values import spelt_text

EXACT = 10**15
"""Whole numbers below this are written alike as BIGINT and as DOUBLE."""


@dataclass(frozen=True)
class Shape:
    """The columns of the next version.

    Attributes
    ----------
    columns : tuple of Column
        Those of the head in their order, then new ones.
    old : dict
        Name → SQL of the column's value in a row of the head.
    read : tuple of Column
        Those that the delivery holds, in its order.
    added, removed, widened : tuple of str
        Names of columns that are new, no longer there, or stored in a wider type.
    stored : tuple of Column
        Columns that the table does not have yet.
    """

    columns: tuple[Column, ...]
    old: dict[str, str]
    read: tuple[Column, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    widened: tuple[str, ...]
    stored: tuple[Column, ...]

    def settled(self, columns: Sequence[Column]) -> Shape:
        """Put columns in the places of those of the same names."""
        new = {column.name: column for column in columns}

        def put(old: tuple[Column, ...]) -> tuple[Column, ...]:
            return tuple(new.get(column.name, column) for column in old)

        return replace(self, columns=put(self.columns), read=put(self.read), stored=put(self.stored))

    def column(self, name: str) -> Column:
        """Find a column by name."""
        return next(column for column in self.columns if column.name == name)


def check_delivery(head: Version, reading: Reading, *, full: bool) -> None:
    """Refuse a delivery that lacks what it is matched by or, where it is to be everything, what a model needs.

    Raises
    ------
    KeyColumnError, DataError
    """
    definition = head.definition
    for name in definition.key:
        if name not in reading.names:
            hint = UnknownName("column", name, reading.names).hint
            raise KeyColumnError(f"there is no key column '{name}'", source=reading.source, hint=hint)
    if not set(reading.names) & {column.name for column in head.columns}:
        raise DataError(f"it has no column of {head.name}", source=reading.source)
    for needed in (definition.label, definition.split_column) if full else ():
        if needed is not None and needed not in reading.names:
            raise DataError(
                "the column is missing, and the dataset needs it", source=reading.source, column=needed,
                hint="Use --mode upsert for a delivery that holds only some columns.",
            )  # fmt: skip


def refresh_choices(
    session: Session, reading: Reading, head: Version, rows: str, narrow: dict[str, str]
) -> list[list[Cell]]:
    """List how each column of a delivery may be stored: as it is now if its cells fit, else wider.

    Parameters
    ----------
    rows : str
        FROM clause of the head's rows.
    narrow : dict
        Columns that were widened before → the type they had: cells that fit that type are still written its way.
    """
    known = {column.name: column for column in head.columns}
    whole = [c for name in reading.names if (c := known.get(name)) and c.type == "BIGINT"]
    small: set[str] = set()
    if whole:
        tests = ", ".join(f"coalesce(max(abs({quote(c.physical)}::HUGEINT)) < {EXACT}, true)" for c in whole)
        found = session.rows(f"SELECT {tests} FROM {rows}")[0]
        small = {column.name for column, fits in zip(whole, found, strict=True) if fits}
    result = []
    for position, (name, source) in enumerate(zip(reading.names, reading.types, strict=True)):
        raw = f"c{position}"
        if name not in known:
            unknown = numbers if name in reading.spelt else fresh
            result.append(unknown(raw) if reading.is_text(name) else [typed_cell(raw, source)])
            continue
        column = known[name]
        exact, text = present_cell(session, raw, source, column, head), fitting_cell(raw, source, "VARCHAR")
        if column.type == "VARCHAR":
            unspelt = name in narrow and not column.logical
            result.append([_written_as(fitting_cell(raw, source, narrow[name]), text) if unspelt else exact])
        elif column.logical and name not in head.definition.key:
            wide = short_cell(raw) if reading.is_text(name) else fitting_cell(raw, source, "DOUBLE")
            wider = [wide] if name in small else []
            result.append([exact, *(replace(cell, written="short") for cell in wider), text])
        else:
            wider = [fitting_cell(raw, source, "DOUBLE")] if name in small else []
            result.append([exact, *wider, _written_as(exact, text)])
    return result


def present_cell(session: Session, raw: str, source: str, column: Column, head: Version) -> Cell:
    """Store a cell as its column is stored now; it fits if that loses nothing, not even how it is written.

    Of a column whose spelling was never recorded, and of a key, only the value counts.
    """
    forced = head.definition.types.get(column.name)
    if forced is not None and not asked_number(forced) and known_type(session, forced, column.name) == column.type:
        return forced_cell(raw, source, column.type)
    written = column.written in ("short", "full") and column.name not in head.definition.key
    if source == "VARCHAR" and written:
        return next(cell for cell in exact_cells(raw) if cell.written == column.written)
    return fitting_cell(raw, source, column.type)


def fitting_cell(raw: str, source: str, kind: str) -> Cell:
    """Store a cell as a type that the dataset has already; it fits if that loses nothing."""
    plain = typed_cell(raw, source)
    if plain.type == kind:
        return plain
    if kind == "VARCHAR":
        return Cell(kind, plain.canonical, "", plain.canonical, raw)
    if plain.type == "VARCHAR":
        return text_cell(plain.value, kind) if kind in CANDIDATES else forced_cell(plain.value, "VARCHAR", kind)
    value = f"TRY_CAST({plain.canonical if plain.type == 'FLOAT' else plain.value} AS {kind})"
    text = canonical_text(value, kind)
    back = f"TRY_CAST({value} AS {plain.type}) = {plain.value}"
    return Cell(kind, value, f"({text} = {plain.canonical} OR {back})", text, raw)


def _written_as(exact: Cell, text: Cell) -> Cell:
    """Store a cell as text, written as the narrower type writes it where it fits that."""
    if not exact.fits:
        return text
    value = f"CASE WHEN {exact.fits} THEN {exact.canonical} ELSE {text.value} END"
    return Cell("VARCHAR", value, "", value, text.raw)


def shaped(
    session: Session, reading: Reading, cells: Sequence[Cell], head: Version, versions: Sequence[Version], *, full: bool
) -> Shape:
    """Settle the next version's columns.

    Parameters
    ----------
    cells : sequence of Cell
        How the delivery's columns are stored.
    versions : sequence of Version
        All of the dataset: a physical name is never used twice.
    full : bool
        Columns that the delivery lacks are gone.
    """
    types = dict(zip(reading.names, (cell.type for cell in cells), strict=True))
    written_as = dict(zip(reading.names, (cell.spelling for cell in cells), strict=True))
    taken = {row[0] for row in session.rows(f"DESCRIBE SELECT * FROM {data_table(head.table)}")}
    taken |= {column.physical for version in versions for column in version.columns}
    used = sorted(taken - {"_rid", "_lane", "_excluded"})
    known = {column.name: column for column in head.columns}
    widened = [name for name, kind in types.items() if name in known and known[name].type != kind]
    added = [name for name in reading.names if name not in known]
    chosen = dict(zip([*added, *widened], physical_names([*used, *added, *widened])[len(used) :], strict=True))
    columns, old = [], {}
    for name in [*known, *added]:
        if full and name not in types:
            continue
        before = known.get(name)
        if name not in chosen and before is not None:
            columns.append(before)
            old[name] = quote(before.physical)
            continue
        logical = before.logical if before is not None else natural_type(types[name])
        if logical and types[name] == "VARCHAR" and name in (*head.definition.key, head.definition.split_column):
            logical = "text"  # rows are known by what is written there
        written = written_as[name] if logical else ""
        columns.append(Column(name, chosen[name], types[name], logical, written))
        if before is None:
            old[name] = f"NULL::{types[name]}"
        elif types[name] == "VARCHAR":
            cell = quote(before.physical)
            old[name] = spelt_text(cell, before) if before.written else canonical_text(cell, before.type)
        else:
            old[name] = f"{quote(before.physical)}::{types[name]}"
    by_name = {column.name: column for column in columns}
    return Shape(
        columns=tuple(columns),
        old=old,
        read=tuple(by_name[name] for name in reading.names),
        added=tuple(added),
        removed=tuple(name for name in known if name not in by_name),
        widened=tuple(widened),
        stored=tuple(by_name[name] for name in chosen),
    )
