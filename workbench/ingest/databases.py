"""Tables and views of other databases: DuckDB, SQLite, PostgreSQL.

A foreign database is somebody's program as much as their data: a view, a generated column or a macro in it runs when it
is read, and could read files or the network with the rights of whoever imports it. So it is opened in a DuckDB instance
of its own, in which the file system, the network and every setting are locked as soon as it is attached, and no
extension is fetched. From there the table is copied into a scratch database of plain values, with its types, and only
that is read by the lake's connection.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from workbench.addresses import connection_fault, remember_secrets, stored_source
from workbench.errors import DataError, UnknownName, UsageError, WorkbenchError
from workbench.ingest.naming import check_names
from workbench.ingest.postgres import exact_select
from workbench.ingest.reading import Reading, shortage
from workbench.ingest.sqlite import by_value, fits_types
from workbench.lake import Lake, Session, foreign_database, literal, quote

KINDS = ("duckdb", "sqlite", "postgres")
_TABLES = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'source' ORDER BY 1, 2"


@contextmanager
def open_table(lake: Lake, session: Session, source: str, scratch: Path) -> Iterator[Reading]:
    """Open a table or view for the length of a block.

    Parameters
    ----------
    source : str
        ``KIND:WHERE?table=NAME``; NAME may have a schema: ``public.people``.
    scratch : Path
        Folder into which the table is copied.

    Raises
    ------
    UsageError
        It does not name a table.
    UnknownName
        There is no such table.
    DataError
        The database is not there, cannot be opened, or its view reaches for files or the network.
    """
    kind, _, rest = source.partition(":")
    where, _, table = rest.rpartition("?table=")
    remember_secrets(source)
    label = stored_source(source)
    if not where or not table:
        raise UsageError(f"'{label}' names no table.", hint=f"Write {kind}:WHERE?table=NAME.")
    if kind == "postgres" and (fault := connection_fault(where)):
        raise UsageError(f"'{label}' cannot be understood: {fault[0]}.", hint=fault[1])
    if kind != "postgres" and not Path(where).is_file():
        raise DataError("there is no such file", source=where)
    what = "the database cannot be opened"
    try:
        with foreign_database(lake.settings, kind, where, scratch) as foreign:
            what = "the table cannot be read"
            copy = _copied(foreign, kind, where, unquote(table), label, scratch)
    except WorkbenchError:
        raise
    except Exception as error:
        raise _explained(error, what, label) from error
    if copy.file is None:
        yield by_value(session, where, copy.table, copy.names, label)
        return
    alias = f"source_{uuid.uuid4().hex}"
    session.run(f"ATTACH {literal(str(copy.file))} AS {alias} (READ_ONLY)")
    try:
        rows = int(session.rows(f"SELECT count(*) FROM {alias}.t")[0][0])
        yield Reading(
            source=label, names=copy.names, types=copy.types, rows=rows, relation=f"{alias}.t", large=rows > 1_000_000,
        )  # fmt: skip
    finally:
        session.run(f"DETACH {alias}")


@dataclass(frozen=True)
class _Copy:
    """A table, and the scratch database that has its rows; None where SQLite's cells do not keep to their types."""

    table: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    file: Path | None


def _copied(foreign: Session, kind: str, where: str, table: str, label: str, scratch: Path) -> _Copy:
    """Copy a table's values, with their types, into a database that holds nothing else."""
    schema, name = _find(foreign.rows(_TABLES), table, label)
    select = f"SELECT * FROM source.{quote(schema)}.{quote(name)}"
    names, types = _described(foreign, select)
    check_names(names, label)
    if kind == "postgres":
        select = exact_select(foreign, schema, name, names, types)
        names, types = _described(foreign, select)
    if kind == "sqlite" and not fits_types(where, name, names, types):
        return _Copy(name, names, types, None)
    file = scratch / "table.duckdb"
    columns = ", ".join(f"c{position}" for position in range(len(names)))
    foreign.run(f"ATTACH {literal(str(file))} AS kept")
    foreign.run(f"CREATE TABLE kept.t AS SELECT * FROM ({select}) AS t({columns})")
    foreign.run("DETACH kept")
    return _Copy(name, names, types, file)


def _described(foreign: Session, select: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell the names and types of a query's columns."""
    described = foreign.rows(f"DESCRIBE {select}")
    return tuple(row[0] for row in described), tuple(row[1] for row in described)


def _explained(error: Exception, what: str, label: str) -> WorkbenchError:
    """Say why a database could not be opened or read, without the password that it may have been opened with."""
    if "disabled by configuration" in str(error):
        return DataError(
            "this view reads files or the network, which a source may not", source=label,
            hint="Import one of the database's tables, or have the view's rows written into a table.",
        )  # fmt: skip
    said = str(error).strip().splitlines()[0]
    return shortage(error, label) or DataError(f"{what}: {said}", source=label)


def _find(known: Sequence[tuple[str, str]], table: str, label: str) -> tuple[str, str]:
    """Find a table's schema and name among those of a database."""
    chosen = [pair for pair in known if table in (pair[1], f"{pair[0]}.{pair[1]}")]
    if not chosen:
        raise UnknownName("table", table, [name for _, name in known], where=label.partition("?")[0])
    if len(chosen) > 1:
        listed = ", ".join(f"{schema}.{name}" for schema, name in chosen)
        raise UsageError(f"'{table}' is ambiguous: {listed}.", hint="Write the schema too.")
    return chosen[0][0], chosen[0][1]
