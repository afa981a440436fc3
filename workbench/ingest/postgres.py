"""PostgreSQL's numerics, which have as many digits as they like.

DuckDB's extension reads a numeric without a precision, or with more than 38 digits, as DOUBLE. A column in which that
would lose digits is read as the text that PostgreSQL writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.lake import Session, literal, quote


def exact_select(foreign: Session, schema: str, table: str, names: Sequence[str], types: Sequence[str]) -> str:
    """SQL that reads a table of the attached database ``source`` with all the digits of its numbers.

    Parameters
    ----------
    foreign : Session
        To which the database is attached.
    schema, table : str
        What is read.
    names, types : sequence of str
        Its columns, and how DuckDB would read them.
    """
    place = f"{quote(schema)}.{quote(table)}"
    plain = f"SELECT * FROM source.{place}"
    numerics = _asked(
        foreign,
        "SELECT column_name FROM information_schema.columns WHERE data_type = 'numeric' "
        f"AND table_schema = {literal(schema)} AND table_name = {literal(table)}",
    )
    doubtful = [name for name, kind in zip(names, types, strict=True) if kind == "DOUBLE" and (name,) in numerics]
    if not doubtful:
        return plain
    tests = ", ".join(
        f"bool_and({quote(name)} = {quote(name)}::float8::numeric) AS n{n}" for n, name in enumerate(doubtful)
    )
    found = _asked(foreign, f"SELECT {tests} FROM {place}")[0]
    texts = {name for name, survives in zip(doubtful, found, strict=True) if survives is False}
    if not texts:
        return plain
    cells = ", ".join(f"{quote(name)}::text AS {quote(name)}" if name in texts else quote(name) for name in names)
    return f"SELECT * FROM postgres_query('source', {literal(f'SELECT {cells} FROM {place}')})"


def _asked(foreign: Session, query: str) -> list[tuple[object, ...]]:
    """Let PostgreSQL itself answer a query."""
    return foreign.rows(f"SELECT * FROM postgres_query('source', {literal(query)})")
