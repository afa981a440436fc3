"""Tables of other databases, attached read-only: DuckDB, SQLite, PostgreSQL."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from workbench.errors import DataError, UnknownName, UsageError
from workbench.ingest.naming import check_names
from workbench.ingest.reading import Reading, shortage
from workbench.ingest.sqlite import by_value, fits_types
from workbench.lake import Session, literal, quote
from workbench.lake.store import load_extension

KINDS = ("duckdb", "sqlite", "postgres")
_TABLES = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ? ORDER BY 1, 2"
_PASSWORD = re.compile(r"password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s?&]+)\s?|(?<=://)([^:/@?]+):[^@/?]*@", re.IGNORECASE)


def without_password(source: str) -> str:
    """Take the password out of a source, so that it is not stored: libpq finds it in PGPASSWORD or .pgpass."""
    if not source.startswith("postgres:"):
        return source
    return _PASSWORD.sub(lambda found: f"{found[2]}@" if found[2] else "", source)


@contextmanager
def open_table(session: Session, source: str) -> Iterator[Reading]:
    """Open a table for the length of a block.

    Parameters
    ----------
    source : str
        ``KIND:WHERE?table=NAME``; NAME may have a schema: ``public.people``.

    Raises
    ------
    UsageError
        It does not name a table.
    UnknownName
        There is no such table.
    DataError
        The database is not there or cannot be opened.
    """
    kind, _, rest = source.partition(":")
    where, _, table = rest.rpartition("?table=")
    label = without_password(source)
    if not where or not table:
        raise UsageError(f"'{label}' names no table.", hint=f"Write {kind}:WHERE?table=NAME.")
    table = unquote(table)
    if kind != "postgres" and not Path(where).is_file():
        raise DataError("there is no such file", source=where)
    alias = f"source_{uuid.uuid4().hex}"
    if kind != "duckdb":
        load_extension(session._connection, "sqlite_scanner" if kind == "sqlite" else "postgres_scanner")
    options = "READ_ONLY" if kind == "duckdb" else f"TYPE {kind}, READ_ONLY"
    try:
        session.run(f"ATTACH {literal(where)} AS {alias} ({options})")
        tables = session.rows(_TABLES, [alias])
    except Exception as error:
        said = without_password("postgres:" + str(error).strip().splitlines()[0]).removeprefix("postgres:")
        fault = DataError(f"the database cannot be opened: {said}", source=label)
        raise shortage(error, label) or fault from error
    try:
        schema, name = _find(tables, table, label)
        reading = _attached(session, f"{alias}.{quote(schema)}.{quote(name)}", label)
        if kind == "sqlite" and not fits_types(where, name, reading):
            reading = by_value(session, where, name, reading)
        yield reading
    finally:
        session.run(f"DETACH {alias}")


def _find(known: Sequence[tuple[str, str]], table: str, label: str) -> tuple[str, str]:
    """Find a table's schema and name among those of a database."""
    chosen = [pair for pair in known if table in (pair[1], f"{pair[0]}.{pair[1]}")]
    if not chosen:
        raise UnknownName("table", table, [name for _, name in known], where=label.partition("?")[0])
    if len(chosen) > 1:
        listed = ", ".join(f"{schema}.{name}" for schema, name in chosen)
        raise UsageError(f"'{table}' is ambiguous: {listed}.", hint="Write the schema too.")
    return chosen[0][0], chosen[0][1]


def _attached(session: Session, table: str, label: str) -> Reading:
    """Read an attached table."""
    described = session.rows(f"DESCRIBE SELECT * FROM {table}")
    names = [row[0] for row in described]
    check_names(names, label)
    aliases = ", ".join(f"c{position}" for position in range(len(names)))
    rows = int(session.rows(f"SELECT count(*) FROM {table}")[0][0])
    return Reading(
        source=label, names=tuple(names), types=tuple(row[1] for row in described), rows=rows,
        relation=f"(SELECT * FROM {table} AS t({aliases}))", large=rows > 1_000_000,
    )  # fmt: skip
