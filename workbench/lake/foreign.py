"""Somebody else's database, in a DuckDB instance of its own that can reach nothing else.

A view, a macro or a generated column in a database runs when it is read, with the rights of whoever reads it. Here it
may compute, but neither open a file nor the network, nor change a setting, nor fetch an extension.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from workbench.lake.extensions import OFFLINE, load_extension
from workbench.lake.session import Session, let_go
from workbench.lake.sql import literal
from workbench.settings import Settings

_EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}


@contextlib.contextmanager
def foreign_database(settings: Settings, kind: str, where: str, scratch: Path) -> Iterator[Session]:
    """Attach a database as ``source``, read-only, for the length of a block.

    Parameters
    ----------
    settings : Settings
        Of the lake: how much memory and how many threads may be used.
    kind : {"duckdb", "sqlite", "postgres"}
        What it is.
    where : str
        Its file, or how to connect to it.
    scratch : Path
        The one folder that may be written to.

    Raises
    ------
    duckdb.Error
        It cannot be attached.
    """
    connection = duckdb.connect(config=OFFLINE)
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = {literal(settings.memory_limit)}")
        if settings.threads:
            connection.execute(f"SET threads = {settings.threads}")
        connection.execute(f"SET temp_directory = {literal(str(scratch / 'spill'))}")
        if kind in _EXTENSIONS:
            load_extension(connection, _EXTENSIONS[kind])
        options = "READ_ONLY" if kind == "duckdb" else f"TYPE {kind}, READ_ONLY"
        connection.execute(f"ATTACH {literal(where)} AS source ({options})")
        connection.execute(f"SET allowed_directories = [{literal(str(scratch))}]")
        connection.execute("SET allow_unsigned_extensions = false")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Session(connection, None, contextlib.nullcontext, 0)
    finally:
        # A PostgreSQL server that is gone by now must not end the process.
        let_go(connection)
