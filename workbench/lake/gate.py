"""Let the short statements of a process pass one after another, so that SQLite's connections do not meet.

DuckDB opens a connection to a SQLite catalogue for each scan of it and closes it afterwards. One that closes claims the
file for an instant, one that opens at that instant finds it locked, and this build of SQLite can only wait in whole
seconds: two statements of five milliseconds that meet take one second. A statement that runs for longer than
:data:`SHORT` loses its turn, so that nobody waits for a long one.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

SHORT = 0.03
"""Seconds for which a statement keeps the others waiting."""


class Gate:
    """Lets one statement through at a time, for as long as it is short."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: object | None = None
        self._since = 0.0

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody is inside, or whoever is has been for long."""
        me = object()
        with self._changed:
            while self._inside is not None:
                left = self._since + SHORT - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            self._inside, self._since = me, time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                if self._inside is me:
                    self._inside = None
                    self._changed.notify()
