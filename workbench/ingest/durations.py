"""Spans of time, which DuckDB reads from Parquet as bare integers: written as hours, minutes and seconds, exactly."""

from __future__ import annotations

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def duration_text(raw: str, unit: str) -> str:
    """SQL of a span as text: ``26:03:04.5``, ``-00:00:01``.

    Parameters
    ----------
    raw : str
        SQL of a whole number.
    unit : {"s", "ms", "us", "ns"}
        Of what.
    """
    parts = _PER_SECOND[unit]
    whole = f"abs({raw}::HUGEINT)"
    seconds, rest = f"({whole} // {parts})", f"({whole} % {parts})"
    digits = len(str(parts)) - 1
    fraction = (
        f"CASE WHEN {rest} = 0 THEN '' ELSE '.' || rtrim(lpad({rest}::VARCHAR, {digits}, '0'), '0') END"
        if digits
        else "''"
    )
    return (
        f"CASE WHEN {raw} IS NULL THEN NULL ELSE CASE WHEN {raw} < 0 THEN '-' ELSE '' END "
        f"|| printf('%02d:%02d:%02d', ({seconds} // 3600)::BIGINT, ({seconds} // 60 % 60)::BIGINT, "
        f"({seconds} % 60)::BIGINT) || {fraction} END"
    )
