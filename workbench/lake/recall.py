"""Answers of the bookkeeping that are still true, kept so that a page need not ask the lake the same thing again.

DuckLake writes into its catalogue which tables each snapshot changed, and an answer is given again only while none of
the tables that it was read from has changed, by whichever process. To ask that costs a quarter of the cheapest scan of
a table, and is the same for a query of any size. What this process wrote is asked about at once, what others write at
the latest :data:`FRESH` seconds afterwards, and before anything older than what was read last; what must hold is read
inside the transaction that relies on it, which nothing here has a part in.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.lake.session import Session

KEPT = 256
"""Answers kept; the one that was used longest ago goes first."""

LARGEST = 2_000
"""Rows of the largest answer that is kept."""

FRESH = 0.02
"""Seconds for which nobody looks again what other processes have changed: a page asks twenty times in a row."""

CATALOGUE = "__ducklake_metadata_lake"
"""The database that DuckLake keeps its own tables in."""

_TABLE = re.compile(r'\blake\.(\w+)\.("|\w+)')
_CHANGE = re.compile(r"\w+:(\d+)")

Rows = list[tuple[Any, ...]]


class Recall:
    """Answers of one lake, shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, str], tuple[int, Rows]] = OrderedDict()
        self._names: dict[int, str] = {}
        self._changed: dict[str, int] = {}
        self._seen: int | None = None
        self._floor = 0
        self._looked = 0.0
        self._stirred = 0

    def stir(self) -> None:
        """Look again at the next question: this process has written, or read what may be newer than all that is kept.

        Whoever has seen a version must not be told afterwards that there is none.
        """
        with self._lock:
            self._looked = 0.0
            self._stirred += 1

    def rows(self, session: Session, query: str, params: Sequence[Any]) -> Rows:
        """Answer a query on the newest state, from memory where the catalogue says that nothing it reads has changed.

        Parameters
        ----------
        session : Session
            Outside any transaction.
        query : str
            Any statement; only queries on bookkeeping tables are remembered.
        """
        tables = tables_of(query)
        if not tables:
            return session.rows(query, params)
        key = (query, repr(params))
        at = self._follow(session)
        with self._lock:
            known = self._answers.get(key)
            if known is not None and all(self._changed.get(table, 0) <= known[0] for table in tables):
                self._answers.move_to_end(key)
                return list(known[1])
        # What is read may be newer than ``at``, never older.
        found = session.rows(query, params)
        if len(found) <= LARGEST:
            with self._lock:
                if at >= self._floor:
                    self._answers[key] = (at, list(found))
                while len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
        return found

    def _follow(self, session: Session) -> int:
        """Take note of what has changed since the last look, and return the newest snapshot."""
        began = time.monotonic()
        with self._lock:
            since, stirred = self._seen, self._stirred
            if since is not None and began - self._looked < FRESH:
                return since
        if since is not None:
            log = session.rows(
                f"SELECT snapshot_id, changes_made FROM {CATALOGUE}.ducklake_snapshot_changes "
                f"WHERE snapshot_id >= {since} ORDER BY snapshot_id"
            )
            # A gap means that maintenance has let snapshots go: nobody knows any more what they changed.
            whole = bool(log) and log[0][0] == since and log[-1][0] - since + 1 == len(log)
            if whole and not any('"' in (changes or "") for _, changes in log[1:]):
                with self._lock:
                    for snapshot, changes in log[1:]:
                        for table in _CHANGE.findall(changes or ""):
                            name = self._names.get(int(table), "")
                            self._changed[name] = max(snapshot, self._changed.get(name, 0))
                    self._seen = max(log[-1][0], self._seen or 0)
                    if stirred == self._stirred:
                        self._looked = max(began, self._looked)
                return int(log[-1][0])
        return self._begin(session)

    def _begin(self, session: Session) -> int:
        """Forget everything, and learn which tables there are."""
        newest = session.rows(f"SELECT max(snapshot_id) FROM {CATALOGUE}.ducklake_snapshot")[0][0]
        names = session.rows(
            f"SELECT table_id, table_name FROM {CATALOGUE}.ducklake_table "
            f"JOIN {CATALOGUE}.ducklake_schema USING (schema_id) WHERE schema_name = 'workbench'"
        )
        with self._lock:
            self._answers.clear()
            self._changed.clear()
            self._names = dict(names)
            self._seen = self._floor = newest
        return int(newest)


def tables_of(query: str) -> frozenset[str]:
    """List the bookkeeping tables that a query reads; none where it reads anything else of the lake or changes it."""
    if not query.lstrip().upper().startswith(("SELECT", "WITH", "FROM")) or "ducklake_" in query:
        return frozenset()
    found = _TABLE.findall(query)
    if any(schema != "workbench" for schema, _ in found):
        return frozenset()
    return frozenset(name for _, name in found)
