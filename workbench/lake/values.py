"""Values on their way between DuckDB's types, canonical text and JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from workbench.lake.records import FLOATING, WHOLE, Column
from workbench.lake.sql import canonical_text, literal

__all__ = [
    "FLOATING", "WHOLE", "Spelt", "bare_text", "differs", "fitted", "fitted_in", "from_text", "is_number", "json_text",
    "lane_text", "logical_text", "read_as", "reads_alike", "spelt_text", "to_json", "to_text", "value_of",
]  # fmt: skip

NUMBER = r"-?((0|[1-9][0-9]{0,14})(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""What a number looks like that is no code: as JSON writes it (``.5`` too), and no more than 15 digits before the
point, which a DOUBLE holds exactly (IEEE 754). ``007``, ``+1`` and 20-digit numbers are none."""

_JSON_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"
_EXACT = {*WHOLE, "BOOLEAN", "DATE"}


def from_text(text: str | None, storage_type: str) -> Any:
    """Read a canonical text back as the JSON value it stands for.

    Numbers and booleans come back as such; dates, times and everything else stay text. NaN and infinities, which
    JSON lacks, stay text too.
    """
    if text is None:
        return None
    if storage_type in WHOLE:
        return int(text)
    if storage_type in FLOATING or storage_type.startswith("DECIMAL"):
        number = float(text)
        return number if math.isfinite(number) else text
    if storage_type == "BOOLEAN":
        return text == "true"
    return text


class Spelt(float):
    """A number that knows how it is written: it counts and compares as a float and prints as the source wrote it."""

    text: str

    def __new__(cls, text: str) -> Spelt:
        """Read a text that is a number."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def value_of(value: Any, column: Column) -> Any:
    """Turn a cell of a column, as DuckDB returned it or as canonical text, into the JSON value that it means.

    A number that is stored as text is a :class:`Spelt`; a text that cannot be read as the column's logical type stays
    text.
    """
    if column.reads == column.type:
        return from_text(value, column.type) if isinstance(value, str) else to_json(value)
    if column.type != "VARCHAR" or value is None:
        return None if value is None else value if isinstance(value, str) else to_text(value)
    if column.reads == "BOOLEAN":
        return {"true": True, "false": False}.get(value.lower(), value)
    if column.reads != "DOUBLE":
        return value
    try:
        number = Spelt(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def to_text(value: Any) -> str | None:
    """Write a value of Python, numpy or pandas as the text a correction stores; None, NaN, NA and NaT are missing."""
    if isinstance(value, Spelt):
        return value.text
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def fitted(value: str, storage_type: str) -> str:
    """SQL for a text as a column would store it, in canonical form; NULL where it does not fit."""
    if storage_type == "VARCHAR":
        return value
    cast = f"TRY_CAST({value} AS {storage_type})"
    text = canonical_text(cast, storage_type)
    if storage_type in WHOLE:
        return f"CASE WHEN regexp_full_match({value}, '\\s*[+-]?\\d+(\\.0*)?\\s*') THEN {text} END"
    if storage_type in FLOATING:
        return (
            f"CASE WHEN regexp_full_match(trim({value}), '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?') THEN {text} END"
        )
    return text


def fitted_in(value: str, column: Column) -> str:
    """SQL for a text as a column would store it; NULL where it does not fit what the column means.

    A number that is stored as text keeps the spelling it is given; a column of numbers that means text takes only what
    its storage gives back as it was.
    """
    if column.reads == column.type:
        return fitted(value, column.type)
    if column.type == "VARCHAR":
        return f"CASE WHEN ({fitted(value, column.reads)}) IS NOT NULL THEN trim({value}) END"
    text = fitted(value, column.type)
    return f"CASE WHEN ({text}) = {value} THEN {value} END"


def is_number(text: str) -> str:
    """SQL condition that a text is written as a number is, and no code; see :data:`NUMBER`."""
    cast = f"TRY_CAST({text} AS DOUBLE)"
    return f"({cast} IS NOT NULL AND isfinite({cast}) AND regexp_full_match({text}, {literal(NUMBER)}))"


def logical_text(cell: str, column: Column) -> str:
    """SQL for the canonical text of what a cell means: equal for two spellings of one value.

    A text that cannot be read as the column's logical type stands for itself.
    """
    if column.type != "VARCHAR" or column.reads == "VARCHAR":
        return canonical_text(cell, column.type)
    value = f"TRY_CAST({cell} AS {column.reads})"
    return f"CASE WHEN {value} IS NULL THEN {cell} ELSE {canonical_text(value, column.reads)} END"


def spelt_text(cell: str, column: Column) -> str:
    """SQL for the text of a cell as its source writes it."""
    return (
        f"{cell}::VARCHAR"
        if column.type == "DOUBLE" and column.written != "short"
        else (canonical_text(cell, column.type))
    )


def json_text(cell: str, column: Column) -> str:
    """SQL for a cell as JSON: a number that is stored as text keeps its spelling, which JSON has room for."""
    if column.reads != "DOUBLE" or column.type != "VARCHAR":
        whole = f"CASE WHEN {cell} = trunc({cell}) AND abs({cell}) < 1e15 THEN {canonical_text(cell, column.type)} END"
        text = f"to_json({cell})::VARCHAR"
        return f"coalesce({f'{whole}, ' if column.written == 'short' else ''}{text}, 'null')"
    written = f"regexp_full_match({cell}, {literal(_JSON_NUMBER)})"
    return f"CASE WHEN {cell} IS NULL THEN 'null' WHEN {written} THEN {cell} ELSE to_json({cell})::VARCHAR END"


def differs(a: str, b: str, column: Column) -> str:
    """SQL condition that two cells of a column, or their canonical texts, mean different values."""
    if column.type != "VARCHAR" or column.reads == "VARCHAR":
        return f"{a} IS DISTINCT FROM {b}"
    one, other = (f"TRY_CAST({cell} AS {column.reads})" for cell in (a, b))
    return f"(CASE WHEN {a} IS NOT DISTINCT FROM {b} THEN false ELSE coalesce({one} <> {other}, true) END)"


def bare_text(text: str) -> str:
    """SQL of a text without surrounding blanks and in one Unicode form, as a reader sees it.

    ``é`` may be one character or two (NFC, NFD); blanks are those of Unicode, with what has no width.
    """
    return rf"regexp_replace(nfc_normalize({text}), '^[\s\pZ\p{{Cf}}]+|[\s\pZ\p{{Cf}}]+$', '', 'g')"


def reads_alike(a: str, b: str, column: Column) -> str:
    """SQL condition that two cells of a column mean one value, or are texts that a reader cannot tell apart."""
    same = f"NOT {differs(a, b, column)}"
    return f"({same} OR ({bare_text(a)} = {bare_text(b)}) IS TRUE)" if column.type == "VARCHAR" else f"({same})"


def lane_text(cell: str, column: Column) -> str:
    """SQL for the text by which a feature has its say in a row's part of the split.

    Numbers count by their value, however they are written and whatever the column is said to mean, so that setting a
    logical type moves no row. Columns from before there were logical types count by their text.
    """
    if column.type != "VARCHAR" or column.written != "exact":
        return canonical_text(cell, column.type)
    return f"CASE WHEN {is_number(cell)} THEN {canonical_text(f'TRY_CAST({cell} AS DOUBLE)', 'DOUBLE')} ELSE {cell} END"


def to_json(value: Any) -> Any:
    """Turn a value that DuckDB returned into one that JSON has."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def read_as(cell: str, stored: str, wanted: str | None, among: Sequence[Any] | None = None) -> tuple[str, str | None]:
    """Write SQL for a stored cell read as another type.

    Parameters
    ----------
    cell : str
        SQL of the stored value, of type ``stored``.
    wanted : str or None
        DuckDB type to read it as; None: as it is stored.
    among : sequence, optional
        The only values there are of a category.

    Returns
    -------
    value : str
        SQL of the value, NULL where it is missing or cannot be read.
    flaw : str or None
        SQL that is true where there is a value which cannot be read; None where every value can. A number with a
        fraction is no whole number, 2 is no truth value, and NaN is missing, as it is to pandas.
    """
    if wanted is None or wanted == stored:
        value = cell
    elif wanted == "VARCHAR":
        value = canonical_text(cell, stored)
    else:
        value = f"TRY_CAST({cell} AS {wanted})"
        if wanted in WHOLE and stored == "VARCHAR":
            value = f"CASE WHEN TRY_CAST({cell} AS DOUBLE) = {value} THEN {value} END"
        elif wanted in _EXACT and stored != "VARCHAR":
            value = f"CASE WHEN TRY_CAST({value} AS {stored}) = {cell} THEN {value} END"
    if among is not None:
        members = ", ".join(literal(item if isinstance(item, int) else str(item)) for item in among) or "NULL"
        value = f"CASE WHEN {value} IN ({members}) THEN {value} END"
    elif value == cell or wanted == "VARCHAR" or (wanted == "DOUBLE" and stored in WHOLE | FLOATING):
        return value, None
    there = f"{cell} IS NOT NULL" + (f" AND NOT isnan({cell})" if stored in FLOATING else "")
    return value, f"({there} AND ({value}) IS NULL)"
