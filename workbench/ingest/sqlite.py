"""SQLite tables whose cells do not keep to the declared types, which SQLite allows.

DuckDB's extension reads a table by its declared types, fails at a cell of another type and rounds whole numbers in
NUMERIC columns. Such a table is read by value instead: a column of one type has that type, a mixture is text.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.errors import DataError
from workbench.ingest.frames import from_python, open_columns
from workbench.ingest.reading import Reading
from workbench.lake import Session, quote

_DAY = "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9]"
_MOMENT = f"{_DAY}[ T][0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
_FITS = {
    "BIGINT": "typeof({0}) = 'integer'",
    "DOUBLE": "typeof({0}) = 'real' OR (typeof({0}) = 'integer' AND abs({0}) <= 9007199254740992)",
    "VARCHAR": "typeof({0}) = 'text'",
    "BLOB": "typeof({0}) = 'blob'",
    "DATE": f"typeof({{0}}) = 'text' AND {{0}} GLOB '{_DAY}'",
    "TIMESTAMP": f"typeof({{0}}) = 'text' AND ({{0}} GLOB '{_MOMENT}' OR {{0}} GLOB '{_MOMENT}.[0-9][0-9][0-9]')",
}
"""Cells, by the type DuckDB reads the column as, that it reads without losing anything."""


def fits_types(path: str, table: str, names: Sequence[str], types: Sequence[str]) -> bool:
    """Tell whether every cell of a table is what its column's declared type says."""
    tests = [
        f"max({quote(name)} IS NOT NULL AND NOT ({_FITS[kind].format(quote(name)) if kind in _FITS else 'false'}))"
        for name, kind in zip(names, types, strict=True)
    ]
    with _connected(path) as database:
        found = database.execute(f"SELECT {', '.join(tests)} FROM {quote(table)}").fetchone()
    return not any(found)


def by_value(session: Session, path: str, table: str, names: Sequence[str], source: str) -> Reading:
    """Read a table cell by cell."""
    with _connected(path) as database:
        rows = database.execute(f"SELECT * FROM {quote(table)}").fetchall()
    columns = [from_python([row[position] for row in rows]) for position in range(len(names))]
    return open_columns(session, names, columns, source)


@contextlib.contextmanager
def _connected(path: str) -> Iterator[sqlite3.Connection]:
    """Open a database read-only; what its views may call is what SQLite knows to be harmless."""
    try:
        with contextlib.closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            yield database
    except sqlite3.Error as error:
        raise DataError(f"the database cannot be read: {error}", source=path) from error
