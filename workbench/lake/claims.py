"""Claims: long work that two processes must not do at once, such as a dataset's scheduled run.

A claim is held by a process and dies with it, however that ends. Beside a SQLite catalogue it is a locked file, since
all its users are on one machine; on PostgreSQL it is an advisory lock of a transaction that is kept open.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from workbench.errors import AlreadyUnderWay, StoreError
from workbench.lake.modes import umasked
from workbench.lake.sql import literal
from workbench.lake.store import OFFLINE, Lake, load_extension

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PAUSE = 0.1


@contextmanager
def claimed(lake: Lake, what: str, *, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold a claim for the length of a block.

    Parameters
    ----------
    lake : Lake
        Where nobody else may hold the same claim.
    what : str
        What is claimed, in words that complete "… is under way": ``run of adult``.
    wait : callable, optional
        Called again and again, with who holds the claim, until it is free; what it raises ends the waiting. Without it
        a claim that is held is refused at once.

    Raises
    ------
    AlreadyUnderWay
        Somebody else holds it.
    """
    if lake.readonly:
        # Nothing can be written here that another process could be in the way of.
        yield
        return
    attempt = _locked_file if lake.url.startswith("sqlite:") else _advisory_lock
    with contextlib.ExitStack() as stack:
        while True:
            holder = stack.enter_context(attempt(lake, what))
            if holder is None:
                yield
                return
            if wait is None:
                raise AlreadyUnderWay(
                    f"A {what} is under way already{holder}. Nothing was started.", hint="Wait until it is done."
                )
            stack.close()
            wait(f"waiting for another {what}{holder}")
            time.sleep(_PAUSE)


def claim_held(lake: Lake, what: str) -> bool:
    """Tell whether somebody holds a claim now."""
    try:
        with claimed(lake, what):
            return False
    except AlreadyUnderWay:
        return True


@contextmanager
def _locked_file(lake: Lake, what: str) -> Iterator[str | None]:
    """Try to lock the claim's file; gives None, or who holds it."""
    if fcntl is None:
        yield None
        return
    path = Path(lake.url.partition(":")[2]).parent / "claims" / f"{_number(what):016x}"
    try:
        with umasked(lake.mask):
            path.parent.mkdir(exist_ok=True)
            opened = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"The lake {lake.url} cannot be written: {error.strerror}.", hint="Check the rights on its folder."
        ) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            yield _told(file.read())
            return
        file.truncate(0)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"what": what, "process": os.getpid(), "host": socket.gethostname(), "since": moment}))
        file.flush()
        yield None


def _told(text: str) -> str:
    """Say who holds a claim, as far as its file tells."""
    try:
        holder = json.loads(text)
    except ValueError:
        return ""
    return f" (process {holder['process']}, since {holder['since'][:16].replace('T', ' ')} UTC)"


@contextmanager
def _advisory_lock(lake: Lake, what: str) -> Iterator[str | None]:
    """Try to take PostgreSQL's advisory lock; gives None, or that somebody holds it."""
    with contextlib.closing(duckdb.connect(config=OFFLINE)) as connection:
        load_extension(connection, "postgres_scanner")
        connection.execute(f"ATTACH {literal(lake.url.partition(':')[2])} AS held (TYPE postgres)")
        connection.execute("BEGIN")
        question = literal(f"SELECT pg_try_advisory_xact_lock({_number(what) - 2**63})")
        # A query of its own transaction would give the lock back at once.
        got = connection.execute(f"SELECT * FROM postgres_query('held', {question})").fetchall()[0][0]
        yield None if got else ""


def _number(what: str) -> int:
    """64 bits that stand for a claim."""
    return int(hashlib.md5(what.encode(), usedforsecurity=False).hexdigest()[:16], 16)
