"""Claims: long work that two processes must not do at once, such as a dataset's scheduled run.

A claim is held by a process and dies with it, however that ends. Beside a SQLite catalogue it is a locked file, since
all its users are on one machine; on PostgreSQL it is an advisory lock of a transaction that is kept open.

Either lock can be lost while its holder works on: a server drops connections, somebody clears a folder, a network disk
forgets. So a claim bears a number as well, one higher each time it is taken, and every transaction that the holder
writes in checks that nobody has taken a higher one since.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import AlreadyUnderWay, StoreError
from workbench.lake.locks import lock_number
from workbench.lake.modes import umasked
from workbench.lake.session import Session
from workbench.lake.store import Lake

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PAUSE = 0.1


@contextmanager
def claimed(lake: Lake, what: str, *, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold a claim for the length of a block.

    What this thread writes in the block is refused with :class:`workbench.errors.ClaimLost` once another process has
    taken the claim over.

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
    with contextlib.ExitStack() as stack:
        while True:
            holder = stack.enter_context(_lock(lake, what))
            if holder is None:
                stack.enter_context(lake.under(what, _next_number(lake, what)))
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
    if lake.readonly:
        return False
    with _lock(lake, what) as holder:
        return holder is not None


def _next_number(lake: Lake, what: str) -> int:
    """Number this holding of a claim, so that no earlier one can write any more."""

    def work(session: Session) -> int:
        numbers = "SELECT coalesce(max(number), 0) + 1 FROM lake.workbench.claims WHERE what = ?"
        number = int(session.rows(numbers, [what])[0][0])
        session.run("DELETE FROM lake.workbench.claims WHERE what = ?", [what])
        record = {"what": what, "number": number, "process": os.getpid(), "host": socket.gethostname()}
        session.insert("claims", [{**record, "created_at": datetime.now(UTC)}])
        return number

    return lake.write(work, message=f"claim: {what}")


@contextmanager
def _lock(lake: Lake, what: str) -> Iterator[str | None]:
    """Try to lock a claim; gives None, or who holds it."""
    if lake.url.startswith("sqlite:"):
        with _locked_file(lake, what) as holder:
            yield holder
    else:
        with lake.advisory_lock(what, 0) as got:
            yield None if got else ""


@contextmanager
def _locked_file(lake: Lake, what: str) -> Iterator[str | None]:
    """Try to lock the claim's file; gives None, or who holds it."""
    if fcntl is None:
        yield None
        return
    path = Path(lake.url.partition(":")[2]).parent / "claims" / f"{lock_number(what):016x}"
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
