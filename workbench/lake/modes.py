"""Who may read and write the files of a lake: what DuckDB, DuckLake and SQLite create gets the rights of its folder.

They create files by the process's umask alone. So while the lake is written the umask follows the data folder: files
of a private folder are private, files of one that a group shares are shared, whoever writes them and whatever their
own umask. A lake is opened to others by changing the rights of its folder.
"""

from __future__ import annotations

import contextlib
import functools
import operator
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import ConfigurationError, StoreError

try:
    import grp
except ModuleNotFoundError:  # Windows
    grp = None  # type: ignore[assignment]

PRIVATE = 0o077
GROUP = 0o007

_lock = threading.Lock()
_masks: list[int] = []
_before = 0


@contextlib.contextmanager
def umasked(mask: int | None) -> Iterator[None]:
    """Create files under a umask for the length of a block.

    A process has one umask for all its threads: of blocks that overlap the strictest counts, and what was before is
    given back when the last one ends.

    Parameters
    ----------
    mask : int or None
        None leaves it as it is.
    """
    if mask is None:
        yield
        return
    _enter(mask)
    try:
        yield
    finally:
        _leave(mask)


def _enter(mask: int) -> None:
    """Let one more block begin."""
    global _before
    with _lock:
        _masks.append(mask)
        before = os.umask(functools.reduce(operator.or_, _masks))
        if len(_masks) == 1:
            _before = before


def _leave(mask: int) -> None:
    """Let a block end."""
    with _lock:
        _masks.remove(mask)
        os.umask(functools.reduce(operator.or_, _masks) if _masks else _before)


def mask_of(folder: Path) -> int | None:
    """Return the umask that gives new files the rights of a folder; None where it is not there."""
    try:
        return ~stat.S_IMODE(folder.stat().st_mode) & 0o077
    except OSError:
        return None


def open_folders(folder: Path) -> None:
    """Let a group write to the folders of tables in a data folder that it shares: DuckDB makes them for one owner."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    for path in [*folder.glob("*/"), *folder.glob("*/*/")]:
        if path.is_dir() and stat.S_IMODE(path.stat().st_mode) != mode:
            # Those of other members are open already.
            with contextlib.suppress(OSError):
                path.chmod(mode)


def mask_for(group: str) -> int:
    """Return the umask of a new lake: closed to others, and open to a group where one is named."""
    return GROUP if group else PRIVATE


def make_folder(path: Path, group: str) -> None:
    """Make a folder of a new lake, closed to others; one that is there already stays as it is.

    Raises
    ------
    StoreError
        It cannot be made.
    """
    try:
        if path.is_dir():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with umasked(mask_for(group)):
            path.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {path} cannot be made: {error.strerror}.", hint="Check the rights on the folder above it."
        ) from error
    share(path, group)


def share(path: Path, group: str) -> None:
    """Give a file or folder of a new lake to a group, and what will be made in the folder too.

    Raises
    ------
    ConfigurationError
        There is no such group, or the user is not in it.
    """
    if not group:
        return
    try:
        if grp is None:
            raise KeyError(group)
        os.chown(path, -1, grp.getgrnam(group).gr_gid)
        if path.is_dir():
            path.chmod(0o2770)
    except (KeyError, PermissionError) as error:
        raise ConfigurationError(
            f"Setting 'group_access': the lake cannot be shared with the group '{group}'.",
            hint="Name a group that exists here and that you are in: `id -Gn` lists yours.",
        ) from error
