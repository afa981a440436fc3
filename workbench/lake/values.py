"""Values on their way between DuckDB, canonical text and JSON."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
FLOATING = {"FLOAT", "DOUBLE"}


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
    """Write a Python value as the text a correction stores; None and float NaN are missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


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
