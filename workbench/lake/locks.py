"""Advisory locks of a PostgreSQL catalogue: each is held by a transaction, and ends with its connection."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import duckdb

from workbench.lake.recall import CATALOGUE
from workbench.lake.session import roll_back
from workbench.lake.sql import literal

SLICE = 3.0
"""Seconds that PostgreSQL waits for a lock at a stretch; the process cannot be interrupted meanwhile."""


def lock_number(what: str) -> int:
    """64 bits that stand for a lock."""
    return int(hashlib.md5(what.encode(), usedforsecurity=False).hexdigest()[:16], 16)


def take_lock(connection: duckdb.DuckDBPyConnection, number: int, deadline: float) -> bool:
    """Take an advisory lock in a new transaction of a connection, or give up after a while."""

    def ask(question: str) -> Any:
        return connection.execute(f"FROM postgres_query('{CATALOGUE}', {literal(question)})").fetchall()[0][0]

    while True:
        roll_back(connection)
        connection.execute("BEGIN")
        left = min(deadline - time.monotonic(), SLICE)
        if left <= 0:
            return bool(ask(f"SELECT pg_try_advisory_xact_lock({number})"))
        ask(f"SELECT set_config('lock_timeout', '{max(1, int(1000 * left))}', true)")
        try:
            ask(f"SELECT pg_advisory_xact_lock({number})::text")
            return True
        except duckdb.Error as error:
            if "lock timeout" not in str(error):
                raise
