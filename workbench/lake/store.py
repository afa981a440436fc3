"""The lake: one DuckLake catalogue and its Parquet files, opened offline, read and written by many processes at once.

Reads of a version never wait: they name a snapshot. Writes are short transactions that :meth:`Lake.write` runs again
from the start when another writer came first, so that whatever they read is still true when they commit. A SQLite
catalogue is kept in write-ahead mode: its readers do not block the writer, and a writer whose snapshot is stale is
refused by SQLite itself ("database is locked") instead of overwriting.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from workbench.errors import LakeBusy, StoreError, UnknownName, WorkbenchError
from workbench.lake import migrations
from workbench.lake.sql import literal
from workbench.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Tracer = Callable[[str, Sequence[Any]], None]

_BUSY = (
    "database is locked",
    "database table is locked",
    "database schema has changed",
    "conflict",
    "could not serialize",
    "deadlock detected",
    "duplicate key value violates unique constraint",
    "unique constraint failed",
)


class Session:
    """One connection to the lake, for one thread.

    Every statement goes through :meth:`run`, which is also where a tracer sees it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, tracer: Tracer | None) -> None:
        self._connection = connection
        self._tracer = tracer

    def run(self, query: str, params: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Execute one statement and return DuckDB's cursor on its result."""
        if self._tracer:
            self._tracer(query, params)
        return self._connection.execute(query, list(params)) if params else self._connection.execute(query)

    def rows(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute a query and return all its rows as tuples."""
        return self.run(query, params).fetchall()

    def row(self, query: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Execute a query and return its first row."""
        return self.run(query, params).fetchone()

    def arrow(self, query: str, params: Sequence[Any] = ()) -> pa.Table:
        """Execute a query and return an Arrow table."""
        return self.run(query, params).to_arrow_table()

    def batches(self, query: str, params: Sequence[Any] = (), *, size: int = 1_000_000) -> pa.RecordBatchReader:
        """Execute a query and stream it as Arrow record batches of at most ``size`` rows."""
        return self.run(query, params).to_arrow_reader(size)

    def register(self, name: str, table: Any) -> None:
        """Let queries of this session read an Arrow table or a DataFrame under a name."""
        self._connection.register(name, table)

    def insert(self, table: str, records: Sequence[Sequence[Any]]) -> None:
        """Insert records, given as sequences in the order of the table's columns.

        Parameters
        ----------
        table : str
            Bookkeeping table, without schema.
        records : sequence of sequences
            May be empty.
        """
        for start in range(0, len(records), 1000):
            chunk = records[start : start + 1000]
            row = "(" + ", ".join("?" * len(chunk[0])) + ")"
            self.run(
                f"INSERT INTO lake.workbench.{table} VALUES {', '.join([row] * len(chunk))}",
                [value for record in chunk for value in record],
            )

    def temporary(self, table: str, columns: Mapping[str, str], records: Sequence[Mapping[str, Any]]) -> None:
        """Make a temporary table of records, which travel as one JSON parameter.

        Parameters
        ----------
        table : str
            Its name; one of the same name is replaced.
        columns : mapping
            Name → DuckDB type.
        records : sequence of mappings
            Column → JSON value; what is absent is NULL.
        """
        shape = json.dumps([dict(columns)])
        names = ", ".join(f"r.{name}" for name in columns)
        self.run(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {names} "
            f"FROM (SELECT unnest(from_json(?::JSON, {literal(shape)})) AS r)",
            [json.dumps(list(records), ensure_ascii=False)],
        )

    def progress(self) -> float:
        """Percent done of the statement that another thread is running on this session; 0 where that is unknown.

        DuckDB only counts on sessions that were told to: ``SET enable_progress_bar = true``.
        """
        return max(0.0, self._connection.query_progress())

    def interrupt(self) -> None:
        """Stop the statement that another thread is running on this session."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


class Lake:
    """An open lake.

    Use :func:`open_lake` to make one. It may be shared by threads; each takes its own :meth:`session`.

    Attributes
    ----------
    url : str
        Catalogue URL.
    settings : Settings
        What it was opened with.
    files : str
        Folder or ``s3://`` prefix of the Parquet files.
    """

    def __init__(self, root: duckdb.DuckDBPyConnection, *, url: str, settings: Settings, files: str) -> None:
        self._root = root
        self._tracer: Tracer | None = None
        self.url = url
        self.settings = settings
        self.files = files

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Borrow a connection for one thread; temporary tables live as long as it does."""
        session = Session(self._root.cursor(), self._tracer)
        try:
            session.run("SET TimeZone = 'UTC'")
            yield session
        finally:
            session.close()

    @contextlib.contextmanager
    def traced(self, tracer: Tracer) -> Iterator[None]:
        """Show every statement of the sessions opened inside the block to ``tracer(query, params)``."""
        before, self._tracer = self._tracer, tracer
        try:
            yield
        finally:
            self._tracer = before

    def read(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Answer one query on the newest state of the bookkeeping tables."""

        def once() -> list[tuple[Any, ...]]:
            with self.session() as session:
                return session.rows(query, params)

        return self._retried(once, "read")

    def write(
        self, work: Callable[[Session], T], *, author: str = "", message: str = "", session: Session | None = None
    ) -> T:
        """Run ``work`` in one transaction, all or nothing.

        When another writer committed first the transaction is rolled back and ``work`` is called again, so it must
        read and check afresh everything it relies on, and must not do anything slow.

        Parameters
        ----------
        work : callable
            Takes the session; its result is returned.
        author, message : str
            Recorded with the DuckLake snapshot.
        session : Session, optional
            Session whose temporary tables ``work`` needs; default: a new one.

        Raises
        ------
        LakeBusy
            Other writers came first for as long as ``settings.write_timeout``.
        """

        def once(current: Session) -> T:
            current.run("BEGIN")
            try:
                result = work(current)
                if author or message:
                    current.run(f"CALL lake.set_commit_message({literal(author)}, {literal(message)})")
                current.run("COMMIT")
            except BaseException:
                # A failed COMMIT has ended the transaction already; the first error is the one to tell.
                with contextlib.suppress(duckdb.Error):
                    current.run("ROLLBACK")
                raise
            return result

        if session is not None:
            return self._retried(lambda: once(session), "write")
        with self.session() as own:
            return self._retried(lambda: once(own), "write")

    def call(self, statement: str) -> None:
        """Run one statement that is a transaction of its own, such as DuckLake's maintenance calls."""
        self.read(statement)

    def _retried(self, attempt: Callable[[], T], what: str) -> T:
        """Repeat an attempt that met another writer, with growing pauses and jitter."""
        deadline = time.monotonic() + self.settings.write_timeout
        pause = 0.02
        while True:
            try:
                return attempt()
            except duckdb.Error as error:
                if not _is_busy(error):
                    raise _explained(error, self.url) from error
                if time.monotonic() + pause > deadline:
                    raise LakeBusy(
                        f"The lake {self.url} is held by other processes; gave up the {what} after "
                        f"{self.settings.write_timeout:g} s. Nothing was changed.",
                        hint="Wait for the other process to finish, or raise the setting write_timeout.",
                    ) from error
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.6, 1.0)

    def close(self) -> None:
        """Let go of the catalogue."""
        self._root.close()

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_lake(settings: Settings, *, create: bool = False) -> Lake:
    """Open the lake that the settings name.

    Parameters
    ----------
    settings : Settings
        ``lake`` is ``sqlite:PATH`` or ``postgres:CONNECTION STRING``.
    create : bool
        Make it where there is none.

    Raises
    ------
    UnknownName
        There is no lake and ``create`` is off.
    StoreError
        The catalogue cannot be opened: not a catalogue, not reachable, no right to write, made by a newer workbench.
    """
    kind, _, rest = settings.lake.partition(":")
    if kind not in ("sqlite", "postgres") or not rest:
        raise StoreError(
            f"'{settings.lake}' is not the URL of a lake.",
            hint="Use sqlite:PATH/catalog.sqlite or postgres:dbname=… host=….",
        )
    if kind == "sqlite":
        _prepare_sqlite(Path(rest), settings.lake, create=create)
    files = settings.data_path or (str(Path(rest).parent / "files") if kind == "sqlite" else "data/lake/files")
    remote = "://" in files
    if not remote:
        Path(files).mkdir(parents=True, exist_ok=True)
        files = str(Path(files).resolve())
    root = duckdb.connect()
    try:
        root.execute(f"SET memory_limit = {literal(settings.memory_limit)}")
        if settings.threads:
            root.execute(f"SET threads = {settings.threads}")
        if not remote:
            root.execute(f"SET temp_directory = {literal(str(Path(files).parent / 'spill'))}")
        for name in ("ducklake", "sqlite_scanner" if kind == "sqlite" else "postgres_scanner"):
            load_extension(root, name)
        if remote:
            load_extension(root, "httpfs")
        lake = Lake(root, url=settings.lake, settings=settings, files=files)
        lake._retried(lambda: _attach(root, settings.lake, files, create=create), "opening")
        if kind == "sqlite":
            _write_ahead(Path(rest))
        migrations.migrate(lake)
        return lake
    except BaseException:
        root.close()
        raise


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a DuckDB extension from its wheel in site-packages, so that nothing is downloaded.

    Raises
    ------
    StoreError
        The wheel is not installed.
    """
    try:
        package = importlib.resources.files(f"duckdb_extension_{name}")
    except ModuleNotFoundError:
        raise StoreError(
            f"The DuckDB extension '{name}' is not installed.",
            hint="Install the extra: pip install 'data-quality-workbench[team]'.",
        ) from None
    path = package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    connection.execute(f"LOAD {literal(str(path))}")


def _attach(root: duckdb.DuckDBPyConnection, url: str, files: str, *, create: bool) -> None:
    """Attach the catalogue; the data path is given anew, since the catalogue remembers where it was made."""
    with contextlib.suppress(duckdb.Error):
        root.execute("DETACH lake")
    options = f"DATA_PATH {literal(files + '/')}, OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 50"
    if not create:
        options += ", CREATE_IF_NOT_EXISTS false"
    root.execute(f"ATTACH {literal('ducklake:' + url)} AS lake ({options})")
    # Overlapping commits are ours to repeat: DuckLake's own retry would not read and check again.
    root.execute("SET ducklake_max_retry_count = 0")


def _prepare_sqlite(path: Path, url: str, *, create: bool) -> None:
    """Say in plain words what is wrong with a catalogue file before DuckLake says it in its own."""
    if not path.is_file():
        if not create:
            raise UnknownName("lake", url, hint="`workbench demo` or `workbench import` makes one.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The folder {path.parent} cannot be made: {error.strerror}.") from error
        return
    with path.open("rb") as file:
        head = file.read(16)
    if head and head != b"SQLite format 3\0":
        raise StoreError(
            f"{path} is not a lake's catalogue.", hint="Give the catalog.sqlite of a lake, or a path that is free."
        )


def _write_ahead(path: Path) -> None:
    """Put the SQLite catalogue into write-ahead mode, which it then keeps."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as catalogue:
        try:
            if catalogue.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                catalogue.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "readonly" not in str(error):
                raise StoreError(f"The catalogue {path} cannot be opened: {error}.") from error


def _is_busy(error: duckdb.Error) -> bool:
    """Tell whether a statement failed only because another process was writing."""
    text = str(error).lower()
    return any(sign in text for sign in _BUSY)


def _explained(error: duckdb.Error, url: str) -> WorkbenchError | duckdb.Error:
    """Turn what a store can suffer from outside into an error of ours; programming errors stay as they are."""
    text = str(error)
    lowered = text.lower()
    if "no space left" in lowered or "disk is full" in lowered or "disk full" in lowered:
        return StoreError(f"The disk that holds the lake {url} is full. Nothing was changed.", hint="Free some space.")
    if "readonly" in lowered or "read-only" in lowered or "permission denied" in lowered:
        return StoreError(
            f"The lake {url} cannot be written: {text.splitlines()[0]}", hint="Check the rights on its folder."
        )
    if isinstance(error, (duckdb.IOException, duckdb.ConnectionException)):
        return StoreError(f"The lake {url} cannot be read or written: {text.splitlines()[0]}")
    return error
