"""Rows that move from the catalogue into files while others read.

DuckLake reads a table in two parts: rows that small changes left in the catalogue, and files. DuckDB opens a connection
to a SQLite catalogue for each scan of it, so that the two parts may be of two states: where ``maintain`` moves rows
between them, whoever plans before and reads afterwards finds them in neither. So ``maintain`` leaves a mark beside the
catalogue before and after it moves rows, and holds a lock on it meanwhile; a statement that sees another mark after its
end than before is run again. PostgreSQL shows a transaction one state and needs none of this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Moves:
    """What became of a lake's small changes, as all its processes see it.

    Parameters
    ----------
    catalogue : str
        Path of a SQLite catalogue; empty where none is needed.
    """

    def __init__(self, catalogue: str = "") -> None:
        self._mark = Path(f"{catalogue}.moves") if catalogue else None

    def count(self) -> int:
        """How often rows began to move, and how often that ended; odd while they do."""
        try:
            return self._mark.stat().st_size if self._mark else 0
        except FileNotFoundError:
            return 0

    def since(self, before: int) -> bool:
        """Tell whether rows have moved since :meth:`count` said ``before``, or do so now."""
        now = self.count()
        return now != before or (now % 2 == 1 and self._under_way())

    @contextlib.contextmanager
    def announced(self) -> Iterator[None]:
        """Move rows inside the block; one process at a time, which the turn of the writers sees to."""
        if self._mark is None:
            yield
            return
        with self._mark.open("ab") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever was killed in the middle has left it odd.
            file.write(b"." if file.tell() % 2 == 0 else b"..")
            file.flush()
            try:
                yield
            finally:
                file.write(b".")
                file.flush()

    def _under_way(self) -> bool:
        """Tell whether the process that moves rows is alive."""
        if fcntl is None or self._mark is None:
            return False
        try:
            with self._mark.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


NONE = Moves()
"""Of a session on something else than a lake."""
