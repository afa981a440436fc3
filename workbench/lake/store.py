"""The lake: one DuckLake catalogue and its Parquet files, opened offline, read and written by many processes at once.

Reads of a version never wait: they name a snapshot. Writes are short transactions that :meth:`Lake.write` runs again
from the start when another writer came first, so that whatever they read is still true when they commit. A SQLite
catalogue is kept in write-ahead mode: its readers do not block the writer, and a writer whose snapshot is stale is
refused by SQLite itself ("database is locked") instead of overwriting. On PostgreSQL DuckLake refuses it, whichever
tables the two have written.

Writers take turns, so that a long publish is not overtaken again and again by short decisions: beside SQLite at a lock
file, on PostgreSQL at an advisory lock. The turn is for order, not for safety, which the catalogue sees to.

A connection that PostgreSQL dropped is opened again by the next statement, so what was lost with it is repeated whole.
Where it was lost during a COMMIT, the catalogue is asked first whether the change was made.
"""

from __future__ import annotations

import contextlib
import random
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from workbench.errors import ClaimLost, ConnectionLost, LakeBusy, StoreError
from workbench.lake.faults import explained, is_busy, is_dropped
from workbench.lake.gate import Gate
from workbench.lake.locks import lock_number, take_lock
from workbench.lake.modes import open_folders, umasked
from workbench.lake.moving import NAMED_FILES, Moves, second_names
from workbench.lake.recall import CATALOGUE, Recall
from workbench.lake.room import Room
from workbench.lake.scratch import SCRATCH, scratch
from workbench.lake.session import Session, Tracer, Turn, let_go, roll_back_all
from workbench.lake.sql import literal
from workbench.settings import Settings, without_password

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")

INLINED_ROWS = 50
"""A change of at most so many rows is kept in the catalogue and not in a file of its own."""

RECONNECT = 5.0
"""Seconds that a PostgreSQL server which was lost is given to come back: a restart takes about two."""

_CLAIMS: ContextVar[tuple[tuple[Lake, str, int], ...]] = ContextVar("claims", default=())
"""The claims that this thread holds: lake, what is claimed, number."""


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
        self._room = Room(root, settings.memory_limit)
        # Only SQLite's connections get into each other's way.
        self._gate: Turn = Gate().turn if url.startswith("sqlite:") else contextlib.nullcontext
        self._moves = Moves(catalogue.removeprefix("sqlite:") if catalogue.startswith("sqlite:") else "")
        self._open: set[duckdb.DuckDBPyConnection] = set()
        # A process that ends destroys what its other threads have open.
        self._ended = weakref.finalize(self, roll_back_all, self._open)
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
        connection = self._root.cursor()
        self._open.add(connection)
        session = Session(
            connection, self._tracer, self._gate, self.settings.write_timeout, self.files, self._room, self._moves,
            self._recall.stir,
        )  # fmt: skip
        try:
            yield session
        finally:
            session.close()
            self._open.discard(connection)

    def _explain(self, error: duckdb.Error, what: str) -> None:
        """Raise what a person is told instead of an error of DuckDB; a mistake in a statement stays what it is."""
        fault = self._busy(what) if is_busy(error) else explained(error, self.url)
        if fault is not None:
            raise fault from error

    def make_room(self, columns: int, rows: int) -> None:
        """Let statements on a table of this size have the memory that they count for, see :class:`Room`."""
        self._room.make(columns, rows)

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
        self,
        work: Callable[[Session], T],
        *,
        author: str = "",
        message: str = "",
        session: Session | None = None,
        fenced: bool = True,
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
        fenced : bool
            Refuse it where this thread works under a claim that it has lost.

        Raises
        ------
        LakeBusy
            Other writers came first for as long as ``settings.write_timeout``.
        ClaimLost
            Another process took a claim over that this thread works under.
        ConnectionLost
            The PostgreSQL server was lost and did not come back soon; it says what is known of the change.
        """
        # The snapshot bears it, so that it can be looked for.
        mark = "" if self.url.startswith("sqlite:") else uuid.uuid4().hex
        unknown: list[T] = []

        def once(current: Session) -> T:
            made = f"SELECT 1 FROM {CATALOGUE}.ducklake_snapshot_changes WHERE commit_extra_info = ?"
            if unknown and current.row(made, [mark]):
                self._recall.stir()
                return unknown[-1]
            current.run("BEGIN")
            try:
                if fenced:
                    self._check_claims(current)
                result = work(current)
                if author or message or mark:
                    said = ", ".join(map(literal, (author, message)))
                    current.run(f"CALL lake.set_commit_message({said}{f', extra_info => {mark!r}' if mark else ''})")
                try:
                    current.run("COMMIT")
                except duckdb.Error as error:
                    if is_dropped(error):
                        unknown.append(result)
                    raise
                self._recall.stir()
            except BaseException:
                # A failed COMMIT has ended the transaction already; the first error is the one to tell.
                with contextlib.suppress(duckdb.Error):
                    current.run("ROLLBACK")
                raise
            return result

        def attempt(current: Session) -> T:
            try:
                return self.retried(lambda: once(current), "write")
            except ConnectionLost as error:
                if unknown:
                    raise self._unknown() from error
                raise

        with self.writing(), self._turn():
            if session is not None:
                return attempt(session)
            with self._borrowed() as own:
                return attempt(own)

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
        try:
            with umasked(self.mask):
                yield
        finally:
            if self.mask is not None and not self.mask & 0o020:
                open_folders(Path(self.files))

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
        """Wait for the other writers; a lock dies with its process."""
        kind, _, path = self._catalogue.partition(":")
        if kind == "postgres":
            with self.advisory_lock("turn of the writers", self.settings.write_timeout) as got:
                if not got:
                    raise self._busy("write")
                yield
            return
        if fcntl is None:
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

    @contextlib.contextmanager
    def advisory_lock(self, what: str, seconds: float) -> Iterator[bool]:
        """Hold an advisory lock of PostgreSQL for the length of a block, in a transaction that stays open as long.

        Parameters
        ----------
        what : str
            What it stands for.
        seconds : float
            How long to wait where another connection holds it; whoever has waited longest is next.

        Yields
        ------
        bool
            Whether it is held. A lock is lost with its connection, and nobody is told.
        """
        connection = self._root.cursor()
        self._open.add(connection)
        deadline = time.monotonic() + seconds
        try:
            yield self.retried(lambda: take_lock(connection, lock_number(what) - 2**63, deadline), "lock")
        finally:
            let_go(connection)
            self._open.discard(connection)

    @contextlib.contextmanager
    def under(self, what: str, number: int) -> Iterator[None]:
        """Refuse this thread's writes in the block once the claim has got a higher number: somebody else holds it."""
        before = _CLAIMS.set((*_CLAIMS.get(), (self, what, number)))
        try:
            yield
        finally:
            _CLAIMS.reset(before)

    def _check_claims(self, session: Session) -> None:
        """Refuse to write for a claim that was lost."""
        for lake, what, number in _CLAIMS.get():
            if lake is self and session.row(
                "SELECT 1 FROM lake.workbench.claims WHERE what = ? AND number > ?", [what, number]
            ):
                raise ClaimLost(what)

    def _unknown(self) -> ConnectionLost:
        """Say that nobody knows whether a change was made."""
        return ConnectionLost(
            f"The connection to the PostgreSQL server of the lake {without_password(self.url)} was lost while a change "
            f"was being committed, and the server did not come back within {RECONNECT:g} s. The change was made as a "
            "whole or not at all; which of the two cannot be told before the server is back.",
            hint="Look for it (`workbench versions NAME`, `workbench draft list NAME`) before you repeat it.",
        )

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

    def move(self, statement: str) -> None:
        """Run a statement that moves rows from the catalogue into files; see :mod:`workbench.lake.moving`."""

        def once() -> None:
            with self._borrowed() as session, self._moves.announced(), second_names(self.files) as names:
                try:
                    session.run("BEGIN")
                    session.run(statement)
                    names.give()
                    session.run("COMMIT")
                except BaseException:
                    with contextlib.suppress(duckdb.Error):
                        session.run("ROLLBACK")
                    names.bring_back(lambda: [path for (path,) in self.read(NAMED_FILES)])
                    raise

        with self.writing(), self._turn():
            try:
                self.retried(once, "write")
            finally:
                self._recall.stir()

    def retried(self, attempt: Callable[[], T], what: str, *, reconnect: bool = True) -> T:
        """Repeat an attempt that met another writer or lost its connection, with growing pauses and jitter.

        Parameters
        ----------
        attempt : callable
            Safe to repeat.
        what : str
            For people: ``write``.
        reconnect : bool
            Give a server that cannot be reached :data:`RECONNECT` seconds to come back.
        """
        deadline = time.monotonic() + self.settings.write_timeout
        back_by = None
        pause = 0.02
        while True:
            try:
                return attempt()
            except (duckdb.Error, ConnectionLost) as error:
                lost = error if isinstance(error, ConnectionLost) else explained(error, self.url)
                now = time.monotonic()
                if isinstance(error, duckdb.Error) and is_busy(error):
                    if now + pause > deadline:
                        raise self._busy(what) from error
                elif isinstance(lost, ConnectionLost) and reconnect:
                    back_by = back_by or now + RECONNECT
                    if now + pause > back_by:
                        raise lost from error
                else:
                    if isinstance(error, duckdb.Error):
                        self._explain(error, what)
                    raise
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.6, 1.0)

    def close(self) -> None:
        """Let go of the catalogue."""
        self._ended()
        self._held.close()

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
