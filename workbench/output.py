"""Files that a user asked for: they appear whole or not at all, and replace another file only if told to."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import StoreError, UsageError


def check_output(path: str | Path, *, overwrite: bool = False) -> Path:
    """Refuse a file that could not be written in the end, before any work is done for it.

    Parameters
    ----------
    path : str or Path
        Where the file is to be.
    overwrite : bool
        Whether it may replace a file of that name. A device or a pipe is written into, which replaces nothing.

    Returns
    -------
    Path
        The file itself, where ``path`` is a link to it.

    Raises
    ------
    UsageError
        It is a folder, it exists, or there is no folder to write it into.
    """
    place = Path(path)
    if place.is_dir():
        raise UsageError(f"{path} is a folder.", hint=f"Name a file in it: {place / 'NAME'}")
    if not place.parent.is_dir():
        raise UsageError(f"There is no folder '{place.parent}'.", hint=f"Make it first: mkdir -p {place.parent}")
    if not overwrite and place.is_file():
        raise _exists(place)
    return place.resolve()


@contextlib.contextmanager
def output_file(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a file beside ``path`` to write; when the block ends without an error it takes its place.

    Raises
    ------
    UsageError
        As :func:`check_output`, also where the file came into being meanwhile.
    StoreError
        It cannot be written.
    """
    place = check_output(path, overwrite=overwrite)
    special = place.exists() and not place.is_file()
    beside = place if special else place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        yield beside
        if not special:
            _put(beside, place, overwrite)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        if not special:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def write_output(path: str | Path, text: str, *, overwrite: bool = False) -> None:
    """Write a text as a file, as :func:`output_file` does."""
    with output_file(path, overwrite=overwrite) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def _put(beside: Path, place: Path, overwrite: bool) -> None:
    """Move a finished file to its place; what is on the disk then is the whole of it."""
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    if overwrite:
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
        return
    try:
        # Unlike a move, a link never replaces a file that somebody else made meanwhile.
        os.link(beside, place)
    except FileExistsError:
        raise _exists(place) from None
    except OSError:
        # This file system has no links.
        if place.exists():
            raise _exists(place) from None
        beside.replace(place)


def _exists(path: Path) -> UsageError:
    """Say that a file is there already."""
    return UsageError(
        f"{path} exists already. Nothing was written.",
        hint="Give another name, or --overwrite (in Python: overwrite=True) to replace it.",
    )
