"""One connection to the lake: statements run, results taken, and the end of it without harm."""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from workbench.lake.faults import is_locked
from workbench.lake.moving import NONE, Moves
from workbench.lake.room import Room
from workbench.lake.sql import literal, quote, rendered

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Tracer = Callable[[str, Sequence[Any]], None]
Turn = Callable[[], contextlib.AbstractContextManager[None]]
_ENDS = ("COMMIT", "ROLLBACK")
_READS = re.compile(r"\blake\.")
_REPEATABLE = ("SELECT", "WITH", "FROM", "CREATE OR REPLACE TEMP", "COPY")


class Session:
    """One connection to the lake, for one thread.

    Every statement goes through :meth:`run`, which is also where a tracer sees it.

    Attributes
    ----------
    files : str
        Where the lake's data files lie; empty in a session on something else.

    Notes
    -----
    ``seen`` is called after each statement that has read the lake's tables.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tracer: Tracer | None,
        turn: Turn,
        patience: float,
        files: str = "",
        room: Room | None = None,
        moves: Moves = NONE,
        seen: Callable[[], None] = lambda: None,
    ) -> None:
        self.files = files
        self._room = room
        self._connection = connection
        self._tracer = tracer
        self._turn = turn
        self._patience = patience
        self._moves = moves
        self._seen = seen
        self._moved = 0
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
            if not self._in_transaction:
                self._moved = self._moves.count()
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
                reads = bool(_READS.search(query))
                if reads:
                    self._seen()
                if not reads or not self._moves.since(self._moved):
                    self._in_transaction = query == "BEGIN" or (self._in_transaction and query not in _ENDS)
                    return result
                if self._in_transaction or not query.lstrip().startswith(_REPEATABLE) or time.monotonic() > deadline:
                    # In DuckDB's words, for whoever can repeat all of it.
                    raise duckdb.TransactionException("database is locked: rows were moved while they were read")
            time.sleep(random.uniform(0.002, 0.02))

    def make_room(self, columns: int, rows: int) -> None:
        """Let statements on a table of this size have the memory that they count for, see :class:`Room`."""
        if self._room:
            self._room.make(columns, rows)

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
            let_go(self._connection)


def let_go(connection: duckdb.DuckDBPyConnection) -> None:
    """Close a connection, whatever became of its transaction.

    DuckDB rolls back an open one when it destroys the connection. Where PostgreSQL has dropped its side, that throws
    from a destructor, which ends the process; tried before, it is an error like any other.
    """
    roll_back(connection)
    connection.close()


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """End a connection's transaction, if it has one."""
    with contextlib.suppress(duckdb.Error):
        connection.execute("ROLLBACK")


def roll_back_all(connections: set[duckdb.DuckDBPyConnection]) -> None:
    """End the transactions of connections that other threads may be using."""
    for connection in list(connections):
        with contextlib.suppress(duckdb.Error):
            connection.interrupt()
        roll_back(connection)
