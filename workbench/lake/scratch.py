"""Folders for work that is not finished: rows being written, unpacked sources, what DuckDB moves out of memory.

Each belongs to one process, which holds a lock on a file beside it. Whoever makes a folder sweeps away those whose
process is gone, however it ended; those of a living process stay. DuckDB names its own files alike in every process,
and two processes that move rows out of memory into one folder crash each other.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from workbench.errors import StoreError
from workbench.lake.modes import PRIVATE, umasked

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

SCRATCH = "scratch"
"""Name of the folder of all scratch folders in a data folder."""

_LOCK = ".lock"
_UNLOCKED = 24 * 3600.0
"""Age in seconds from which a folder counts as left behind where files cannot be locked."""


@contextlib.contextmanager
def scratch(parent: Path, kind: str) -> Iterator[Path]:
    """Make a folder for the length of a block, and sweep away those that killed processes left behind.

    Parameters
    ----------
    parent : Path
        Folder of all scratch folders; made where it is missing.
    kind : str
        What is done in it, for whoever looks.

    Raises
    ------
    StoreError
        It cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        folder, lock = _make(parent, kind)
    except OSError as error:
        raise StoreError(
            f"No temporary folder can be made in {parent}: {error.strerror}.",
            hint="Check the rights on it and the space left, or set temp_directory to another folder.",
        ) from error
    with lock:
        try:
            yield folder
        finally:
            _remove(folder)


@contextlib.contextmanager
def own_scratch(parent: str, kind: str) -> Iterator[Path]:
    """Make a folder away from any lake, where only this user comes.

    Parameters
    ----------
    parent : str
        Folder for temporary files; empty: the system's.
    kind : str
        What is done in it.

    Raises
    ------
    StoreError
        It cannot be made, or its place belongs to somebody else.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    place = Path(parent or tempfile.gettempdir()) / f"workbench-{user}"
    with contextlib.ExitStack() as held:
        with umasked(PRIVATE):
            made = held.enter_context(scratch(place, kind))
        found = place.lstat()
        if hasattr(os, "getuid") and (found.st_uid != user or not stat.S_ISDIR(found.st_mode)):
            raise StoreError(
                f"The temporary folder {place} belongs to somebody else.", hint="Set temp_directory to another folder."
            )
        yield made


def sweep(parent: Path) -> int:
    """Remove the folders whose processes are gone, and return how many."""
    swept = 0
    with contextlib.suppress(OSError):
        for lock in sorted(parent.glob(f"*{_LOCK}")):
            with contextlib.suppress(OSError), lock.open("ab") as file:
                if _free(file):
                    _remove(lock.with_suffix(""))
                    swept += 1
    return swept


def _make(parent: Path, kind: str) -> tuple[Path, IO[bytes]]:
    """Make a folder and hold its lock; a sweep may take the lock's file away before it is held."""
    while True:
        folder = parent / f"{kind}-{uuid.uuid4().hex[:12]}"
        path = folder.with_name(folder.name + _LOCK)
        file = path.open("ab")
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            folder.mkdir()
            return folder, file
        file.close()


def _free(file: IO[bytes]) -> bool:
    """Tell whether nobody holds a lock's file, and hold it from then on."""
    if fcntl is None:
        return time.time() - os.fstat(file.fileno()).st_mtime > _UNLOCKED
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path) -> None:
    """Remove a folder, and its lock's file last."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(folder.name + _LOCK).unlink(missing_ok=True)
