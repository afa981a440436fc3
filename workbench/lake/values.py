"""Values on their way between DuckDB's types, canonical text and JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from workbench.lake.sql import canonical_text, literal

WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
FLOATING = {"FLOAT", "DOUBLE"}
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


def to_text(value: Any) -> str | None:
    """Write a value of Python, numpy or pandas as the text a correction stores; None, NaN, NA and NaT are missing."""
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
