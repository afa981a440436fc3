"""How much DuckDB may count as used while it works on a table of many columns.

DuckDB works on vectors of 2,048 rows, one for each column in each step of a statement, and counts each of them whole
against its memory limit. A table of 9,000 columns and 3 rows counts for gigabytes of which it touches a few hundredths.
So the limit is raised by what a short table cannot touch. The text and plan of so long a statement come on top.
"""

from __future__ import annotations

import re
import threading
from typing import Final

import duckdb

VECTOR: Final = 2048
"""Rows in a vector of DuckDB (STANDARD_VECTOR_SIZE)."""

WIDE: Final = 200
"""Up to so many columns nothing is raised."""

_CELL = 16
"""Bytes of a text in a vector, the widest there is."""

_STEPS = 24
"""Vectors that one column has in a statement: operators and the parts of their expressions."""

_PAGES = 1 / 8
"""A vector whose first rows are used takes one page of its eight."""

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


class Room:
    """The memory limit of one DuckDB instance, shared by the threads of a process.

    Parameters
    ----------
    root : DuckDBPyConnection
        A connection to the instance.
    limit : str
        The setting ``memory_limit``.
    """

    def __init__(self, root: duckdb.DuckDBPyConnection, limit: str) -> None:
        self._root = root
        self._limit = limit_bytes(limit)
        self._spare = 0
        self._lock = threading.Lock()

    def make(self, columns: int, rows: int) -> None:
        """Raise the limit for statements on a table of this size; it is not lowered again while the lake is open."""
        spare = untouched(columns, rows)
        if spare <= self._spare:
            return
        with self._lock:
            if spare > self._spare:
                with self._root.cursor() as cursor:
                    cursor.execute(f"SET memory_limit = '{self._limit + spare}B'")
                self._spare = spare


def untouched(columns: int, rows: int) -> int:
    """Bytes that DuckDB counts for a table of this size and never touches."""
    if columns <= WIDE:
        return 0
    touched = min(1.0, max(rows / VECTOR, _PAGES))
    return int(columns * VECTOR * _CELL * _STEPS * (1 - touched))


def limit_bytes(limit: str) -> int:
    """Read a memory limit as DuckDB does: 1GB is 10**9 bytes, 1GiB 2**30."""
    found = re.fullmatch(r"(?i)\s*([\d.]+)\s*([kmgt]?)(i?)b?\s*", limit)
    if not found:
        raise ValueError(f"'{limit}' is no amount of memory")
    unit = found[2].lower()
    return int(float(found[1]) * (_BINARY[unit] if found[3] and unit else _UNITS[unit]))
