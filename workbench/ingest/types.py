"""SQL for one column of a source: how a cell becomes a stored value, and when it would not survive that.

A cell of a text file survives as a type if writing the value back gives the text it came from: "5.50" stays text, since
the number 5.5 does not know how it was written. Whether that text *means* a number is a second question, which
:mod:`workbench.ingest.meaning` answers. Fractions are written in two ways, and a column is stored as DOUBLE if all its
cells follow one: whole numbers as ``5`` or as ``5.0``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from workbench.errors import UsageError
from workbench.lake import Column, Session, canonical_text
from workbench.lake.values import lane_text

CANDIDATES = ("BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN")
"""Types that a text column may have; what fits none stays VARCHAR."""

MISFIT = "workbench: a cell does not survive as its type"
"""What DuckDB is told to raise where a cell breaks the type its column was given."""

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_KEPT = ("UBIGINT", "FLOAT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIME", "VARCHAR", "BLOB")
_NUMBERS = (*_WHOLE, "UBIGINT", "FLOAT", "DOUBLE")
_ALIASES = {"INT": "BIGINT", "INTEGER": "BIGINT", "FLOAT": "DOUBLE", "STR": "VARCHAR", "STRING": "VARCHAR"}


@dataclass(frozen=True)
class Cell:
    """How the cells of one source column are stored.

    Attributes
    ----------
    type : str
        DuckDB storage type.
    value : str
        SQL of the stored value of a cell that fits.
    fits : str
        SQL condition under which a cell that is not missing fits; empty: always.
    canonical : str
        SQL of the canonical text of a cell that fits.
    raw : str
        SQL of the cell as the source has it.
    written : {"", "short", "full"}
        See :class:`workbench.lake.Column`.
    """

    type: str
    value: str
    fits: str
    canonical: str
    raw: str
    written: str = ""

    @property
    def lane(self) -> str:
        """SQL of the text by which a cell of a new column has its say in a row's part of the split."""
        if self.type != "VARCHAR":
            return self.canonical
        return lane_text(self.canonical, Column("", "", self.type, written=self.spelling))

    @property
    def spelling(self) -> str:
        """How a new column of such cells is written, see :class:`workbench.lake.Column`."""
        return "exact" if self.type == "VARCHAR" else self.written

    @property
    def guarded(self) -> str:
        """SQL of the stored value, which stops the whole statement at a cell that does not fit."""
        if not self.fits:
            return self.value
        return f"CASE WHEN {self.raw} IS NULL THEN NULL WHEN {self.fits} THEN {self.value} ELSE error('{MISFIT}') END"

    @property
    def misfits(self) -> str:
        """SQL condition that a cell does not fit."""
        return f"({self.raw} IS NOT NULL AND NOT coalesce({self.fits}, false))" if self.fits else "false"


def exact_cells(raw: str) -> list[Cell]:
    """List how a text may be stored so that it can be written back as it was, best first; the last one fits all."""
    whole, fraction, *rest = CANDIDATES
    value = f"TRY_CAST({raw} AS DOUBLE)"
    full = replace(text_cell(raw, fraction), fits=f"isfinite({value}) AND {value}::VARCHAR = {raw}", written="full")
    return [text_cell(raw, whole), short_cell(raw), full, *(text_cell(raw, kind) for kind in (*rest, "VARCHAR"))]


def short_cell(raw: str) -> Cell:
    """Store a text as DOUBLE where fractions are written as DuckDB does, and whole numbers without a point."""
    number = text_cell(raw, "DOUBLE")
    return replace(number, fits=f"isfinite({number.value}) AND {number.canonical} = {raw}", written="short")


def text_cell(raw: str, kind: str) -> Cell:
    """Store a text as one of :data:`CANDIDATES` or as VARCHAR; it fits if it survives.

    As DOUBLE it need not survive to the letter: a plain decimal of at most 15 significant digits, which a DOUBLE holds
    exactly (IEEE 754), survives as the number it is. That is how columns grow whose spelling was never recorded.
    """
    cast = f"TRY_CAST({raw} AS {kind})"
    if kind == "VARCHAR":
        return Cell(kind, raw, "", raw, raw)
    if kind == "BOOLEAN":
        return Cell(kind, cast, f"{raw} IN ('true', 'false')", raw, raw)
    back = f"{cast}::VARCHAR = {raw}"
    if kind == "DOUBLE":
        digits = f"strlen(ltrim(replace(replace({raw}, '-', ''), '.', ''), '0')) <= 15 AND strlen({raw}) < 300"
        plain = rf"regexp_full_match({raw}, '0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)\.[0-9]+')"
        back = f"isfinite({cast}) AND ({back} OR ({digits} AND {plain}))"
        return Cell(kind, cast, back, canonical_text(cast, kind), raw)
    # Four-digit years only: what DuckDB writes for others ("infinity", "44-03-15 (BC)") no other program reads.
    if kind == "DATE":
        back = f"strlen({raw}) = 10 AND {back}"
    if kind == "TIMESTAMP":
        back = f"strlen({raw}) >= 19 AND {raw}[11] = ' ' AND {raw}[12] <> '(' AND {back}"
    return Cell(kind, cast, back, raw, raw)


def forced_cell(raw: str, source: str, kind: str) -> Cell:
    """Store a cell as the type the caller named; it fits if it casts without losing anything but its spelling.

    "007" fits BIGINT; "1.5" does not, though DuckDB would round it, nor does a time with a zone fit TIMESTAMP.
    """
    if kind == "VARCHAR":
        return typed_text(raw, source)
    value, text = f"TRY_CAST({raw} AS {kind})", f"{raw}::VARCHAR"
    fits = f"{value} IS NOT NULL"
    if kind in ("BIGINT", "UBIGINT"):
        fits += rf" AND regexp_full_match(trim({text}), '[+-]?[0-9]+(\.0*)?')"
    elif kind.startswith("DECIMAL"):
        fits += f" AND {value}::DOUBLE = TRY_CAST({text} AS DOUBLE)"
    elif kind == "TIMESTAMP":
        fits += rf" AND NOT regexp_matches({text}, ':[0-9]{{2}}(\.[0-9]+)? ?(Z|[+-][0-9])')"
    elif kind == "DATE":
        fits += f" AND coalesce(TRY_CAST({text} AS TIMESTAMP) = {value}::TIMESTAMP, true)"
    return Cell(kind, value, fits, canonical_text(value, kind), raw)


def typed_cell(raw: str, source: str) -> Cell:
    """Store a cell of a source that has types: as that type where the lake can hold it, else as text."""
    if source in _WHOLE:
        return Cell("BIGINT", f"{raw}::BIGINT", "", f"{raw}::VARCHAR", raw)
    if source in ("TIMESTAMP_S", "TIMESTAMP_MS"):
        return Cell("TIMESTAMP", f"{raw}::TIMESTAMP", "", f"{raw}::TIMESTAMP::VARCHAR", raw)
    vector = re.fullmatch(r"(\w+)\[\d*\]", source)
    if vector and vector[1] in _NUMBERS:
        kind = f"{vector[1]}[]"
        return Cell(kind, f"{raw}::{kind}", "", f"{raw}::{kind}::VARCHAR", raw)
    if source in _KEPT or source == "TIMESTAMP WITH TIME ZONE" or source.startswith("DECIMAL"):
        return Cell(source, raw, "", canonical_text(raw, source), raw)
    return typed_text(raw, source)


def typed_text(raw: str, source: str) -> Cell:
    """Store any cell as its canonical text; nested values as JSON."""
    nested = source.endswith("]") or source.startswith(("STRUCT", "MAP", "UNION"))
    text = f"to_json({raw})::VARCHAR" if nested else canonical_text(raw, source)
    return Cell("VARCHAR", text, "", text, raw)


def known_type(session: Session, name: str, column: str) -> str:
    """Write a type that a person named as DuckDB does.

    Raises
    ------
    UsageError
        It is no type, or none that the lake stores.
    """
    wanted = name.strip().upper()
    wanted = _ALIASES.get(wanted, wanted)
    hint = "Types: number, text, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, DECIMAL(18,2), TIMESTAMPTZ, …"
    if not re.fullmatch(r"[A-Z_ ]+(\(\d+(, ?\d+)?\))?", wanted):
        raise UsageError(f"'{name}', asked for column '{column}', is no type.", hint=hint)
    try:
        kind = str(session.rows(f"SELECT typeof(CAST(NULL AS {wanted}))")[0][0])
    except Exception as error:  # nothing is read, so that only the type can be at fault
        raise UsageError(f"'{name}', asked for column '{column}', is no type.", hint=hint) from error
    if typed_cell("x", kind).type != kind:
        raise UsageError(f"Column '{column}' cannot be stored as {kind}.", hint=hint)
    return kind
