"""The lake: one DuckLake catalogue and its Parquet files, opened offline, read and written by many processes at once.

Reads of a version never wait: they name a snapshot. Writes are short transactions that :meth:`Lake.write` runs again
from the start when another writer came first, so that whatever they read is still true when they commit. A SQLite
catalogue is kept in write-ahead mode: its readers do not block the writer, and a writer whose snapshot is stale is
refused by SQLite itself ("database is locked") instead of overwriting. Writers of one machine take turns at a lock
file beside it, so that a long publish is not overtaken again and again by short decisions; the lock is for order, not
for safety, which SQLite sees to.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from workbench.errors import LakeBusy, StoreError
from workbench.lake.faults import explained, is_busy, is_locked
from workbench.lake.gate import Gate
from workbench.lake.modes import umasked
from workbench.lake.recall import Recall
from workbench.lake.scratch import SCRATCH, scratch
from workbench.lake.sql import literal, quote, rendered
from workbench.settings import Settings, without_password

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Tracer = Callable[[str, Sequence[Any]], None]
Turn = Callable[[], contextlib.AbstractContextManager[None]]
_ENDS = ("COMMIT", "ROLLBACK")

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "allow_unsigned_extensions": "true",
}  # fmt: skip
"""How a DuckDB instance is started: it fetches no extension, and the wheels' own need no check of their signatures,
which would take a quarter of a second for 70 MB."""


class Session:
    """One connection to the lake, for one thread.

    Every statement goes through :meth:`run`, which is also where a tracer sees it.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tracer: Tracer | None, turn: Turn, patience: float
    ) -> None:
        self._connection = connection
        self._tracer = tracer
        self._turn = turn
        self._patience = patience
        self._in_transaction = False

    def run(self, query: str, params: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Execute one statement and return DuckDB's cursor on its result.

        Where the catalogue is locked for a moment a statement waits; one of a transaction does not, since what the
        transaction has read may be outdated by then: it is for :meth:`Lake.write` to begin again.
        """
        return self._run(query, params, lambda cursor: cursor)

    def rows(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute a query and return all its rows as tuples."""
        return self._run(query, params, lambda cursor: cursor.fetchall())

    def row(self, query: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Execute a query and return its first row."""
        return self._run(query, params, lambda cursor: cursor.fetchone())

    def arrow(self, query: str, params: Sequence[Any] = ()) -> pa.Table:
        """Execute a query and return an Arrow table."""
        return self._run(query, params, lambda cursor: cursor.to_arrow_table())

    def batches(self, query: str, params: Sequence[Any] = (), *, size: int = 1_000_000) -> pa.RecordBatchReader:
        """Execute a query and stream it as Arrow record batches of at most ``size`` rows."""
        return self._run(query, params, lambda cursor: cursor.to_arrow_reader(size))

    def _run(self, query: str, params: Sequence[Any], take: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Execute one statement and take its result, again where the catalogue was locked just then."""
        if self._tracer:
            self._tracer(query, params)
        text = rendered(query, params)
        deadline = time.monotonic() + self._patience
        while True:
            try:
                with self._turn():
                    if text is None:
                        result = take(self._connection.execute(query, list(params)))
                    else:
                        result = take(self._connection.execute(text))
            except duckdb.Error as error:
                if self._in_transaction or not is_locked(error) or time.monotonic() > deadline:
                    raise
            else:
                self._in_transaction = query == "BEGIN" or (self._in_transaction and query not in _ENDS)
                return result
            time.sleep(random.uniform(0.002, 0.02))

    def register(self, name: str, table: Any) -> None:
        """Let queries of this session read an Arrow table or a DataFrame under a name."""
        self._connection.register(name, table)

    def insert(self, table: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Insert records by the names of their columns, so that a table may have more than the writer knows.

        Parameters
        ----------
        table : str
            Bookkeeping table, without schema.
        records : sequence of mappings
            Column → value, with the same columns in each; may be empty.
        """
        for start in range(0, len(records), 1000):
            chunk = records[start : start + 1000]
            names = list(chunk[0])
            row = "(" + ", ".join("?" * len(names)) + ")"
            self.run(
                f"INSERT INTO lake.workbench.{table} ({', '.join(map(quote, names))}) "
                f"VALUES {', '.join([row] * len(chunk))}",
                [record[name] for record in chunk for name in names],
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
        with self._turn():
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
        Folder or ``s3://`` prefix of the Parquet files, this lake's own.
    readonly : bool
        The catalogue may not be written, so a copy of it is read.
    mask : int or None
        Umask under which files of the lake are made; None: the process's.
    scratch : Path
        Folder for this process's temporary files; it goes when the lake is closed.
    """

    def __init__(
        self,
        root: duckdb.DuckDBPyConnection,
        *,
        url: str,
        settings: Settings,
        files: str,
        catalogue: str,
        held: contextlib.ExitStack,
    ) -> None:
        self._root = root
        self._held = held
        # A lake that may not be written is read, and brought up to date, in a copy of its catalogue.
        self._catalogue = catalogue
        self._tracer: Tracer | None = None
        self._recall = Recall()
        # Only SQLite's connections get into each other's way.
        self._gate: Turn = Gate().turn if url.startswith("sqlite:") else contextlib.nullcontext
        self.url = url
        self.settings = settings
        self.files = files
        self.readonly = False
        self.mask: int | None = None
        self.scratch = Path()

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Borrow a connection for one thread; temporary tables live as long as it does.

        Raises
        ------
        StoreError
            The catalogue, a data file or the disk fails inside the block.
        LakeBusy
            Another process was in the way of a statement for longer than statements are repeated.
        """
        with self._borrowed() as session:
            try:
                yield session
            except duckdb.Error as error:
                self._explain(error, "statement")
                raise

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[Session]:
        """Borrow a connection whose errors are for :meth:`retried` to look at."""
        session = Session(self._root.cursor(), self._tracer, self._gate, self.settings.write_timeout)
        try:
            yield session
        finally:
            session.close()

    def _explain(self, error: duckdb.Error, what: str) -> None:
        """Raise what a person is told instead of an error of DuckDB; a mistake in a statement stays what it is."""
        fault = self._busy(what) if is_busy(error) else explained(error, self.url)
        if fault is not None:
            raise fault from error

    @contextlib.contextmanager
    def traced(self, tracer: Tracer) -> Iterator[None]:
        """Show every statement of the sessions opened inside the block to ``tracer(query, params)``."""
        before, self._tracer = self._tracer, tracer
        try:
            yield
        finally:
            self._tracer = before

    def read(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Answer one query on the newest state of the bookkeeping tables.

        What was read before is read again only where it has changed; see :mod:`workbench.lake.recall`.
        """

        def once() -> list[tuple[Any, ...]]:
            with self._borrowed() as session:
                return self._recall.rows(session, query, params)

        return self.retried(once, "read")

    def read_at_once(self, work: Callable[[Session], T]) -> T:
        """Call ``work`` with a session whose queries all see the same state.

        Where another process was in the way ``work`` is called again, so it must do nothing but read.
        """

        def once() -> T:
            with self._borrowed() as session:
                session.run("BEGIN")
                result = work(session)
                session.run("COMMIT")
                return result

        return self.retried(once, "read")

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
                self._recall.stir()
            except BaseException:
                # A failed COMMIT has ended the transaction already; the first error is the one to tell.
                with contextlib.suppress(duckdb.Error):
                    current.run("ROLLBACK")
                raise
            return result

        with self.writing(), self._turn():
            if session is not None:
                return self.retried(lambda: once(session), "write")
            with self._borrowed() as own:
                return self.retried(lambda: once(own), "write")

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Make files of the lake inside the block, with the rights of its folder.

        Raises
        ------
        StoreError
            The lake is read-only.
        """
        if self.readonly:
            raise StoreError(
                f"The lake {without_password(self.url)} is read-only here. Nothing was changed.",
                hint="Copy its folder to a place where you may write, or ask for the right to write to it.",
            )
        with umasked(self.mask):
            yield

    @contextlib.contextmanager
    def unfinished(self, file: str) -> Iterator[str]:
        """Give the path under which a new data file is written before :meth:`settle` moves it to its place.

        What a killed process leaves there is known to be nobody's and swept away. An object store knows no moves, and
        nothing of an upload that was not finished: there it is the file itself.
        """
        if "://" in file:
            yield file
            return
        with contextlib.ExitStack() as held:
            with self.writing():
                place = held.enter_context(scratch(Path(self.files) / SCRATCH, "import"))
            yield str(place / Path(file).name)

    def settle(self, unfinished: str, file: str) -> None:
        """Move a data file that is finished to its place, with the rights of the data folder."""
        if unfinished == file:
            return
        with self.writing():
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            if self.mask is not None:
                Path(unfinished).chmod(0o666 & ~self.mask)
            Path(unfinished).rename(file)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for this machine's other writers; a lock dies with its process."""
        kind, _, path = self._catalogue.partition(":")
        if kind != "sqlite" or fcntl is None:
            yield
            return
        try:
            file = open(f"{path}.lock", "ab")  # noqa: SIM115
        except OSError as error:
            raise StoreError(
                f"The lake {self.url} cannot be written: {error.strerror}.", hint="Check the rights on its folder."
            ) from error
        with file:
            deadline = time.monotonic() + self.settings.write_timeout
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise self._busy("write") from error
                time.sleep(random.uniform(0.005, 0.02))
            yield

    def _busy(self, what: str) -> LakeBusy:
        """Say that other processes were in the way for too long."""
        return LakeBusy(
            f"The lake {without_password(self.url)} is held by other processes; gave up the {what} after "
            f"{self.settings.write_timeout:g} s. Nothing was changed.",
            hint="Wait for the other process to finish, or raise the setting write_timeout.",
        )

    def call(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement that is a transaction of its own, such as DuckLake's maintenance calls.

        Returns
        -------
        list of tuples
            What it answers.
        """
        return self.alone(lambda: self.read(statement))

    def alone(self, work: Callable[[], T]) -> T:
        """Let the other writers wait while ``work`` reads and runs statements that are transactions of their own."""
        with self.writing(), self._turn():
            try:
                return work()
            finally:
                self._recall.stir()

    def retried(self, attempt: Callable[[], T], what: str) -> T:
        """Repeat an attempt that met another writer, with growing pauses and jitter."""
        deadline = time.monotonic() + self.settings.write_timeout
        pause = 0.02
        while True:
            try:
                return attempt()
            except duckdb.Error as error:
                if not is_busy(error):
                    self._explain(error, what)
                    raise
                if time.monotonic() + pause > deadline:
                    raise self._busy(what) from error
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.6, 1.0)

    def close(self) -> None:
        """Let go of the catalogue."""
        self._held.close()

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


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
