"""Rows that move from the catalogue into files while others read.

DuckLake reads a table in two parts: rows that small changes left in the catalogue, and files. DuckDB opens a connection
to a SQLite catalogue for each scan of it, so that the two parts may be of two states: where ``maintain`` moves rows
between them, whoever plans before and reads afterwards finds them in neither. So ``maintain`` leaves a mark beside the
catalogue before and after it moves rows, and holds a lock on it meanwhile; a statement that sees another mark after its
end than before is run again. PostgreSQL shows a transaction one state and needs none of this.

DuckLake tidies up once such a change is committed, and deletes the new files where that fails as if they were nobody's.
So they have a second name until it is over, and get their own back where the catalogue names them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.lake.recall import CATALOGUE
from workbench.lake.scratch import SCRATCH, scratch

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

NAMED_FILES = f"SELECT path FROM {CATALOGUE}.ducklake_data_file WHERE end_snapshot IS NULL"
"""Query for the data files that the catalogue names."""


class SecondNames:
    """Second names of the files that came into a data folder, for as long as their own may be taken from them."""

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder, place
        self._before = self._files()
        self._names: dict[Path, Path] = {}

    def give(self) -> None:
        """Give each new file a second name."""
        self._names = {file: _second_name(file, self._place) for file in self._files() - self._before}

    def bring_back(self, named: Callable[[], list[str]]) -> None:
        """Give files that are gone their own name back where the catalogue names them; names of files are unique."""
        gone = {file.name: file for file in self._names if not file.exists()}
        for path in named() if gone else ():
            file = gone.get(Path(path).name)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                _second_name(self._names[file], file.parent)

    def _files(self) -> set[Path]:
        """List the data files, those that are not finished left out."""
        found = self._folder.rglob("*.parquet")
        return {file for file in found if SCRATCH not in file.relative_to(self._folder).parts[:1]}


class _InBucket(SecondNames):
    """In an object store a file has one name."""

    def _files(self) -> set[Path]:
        return set()


@contextlib.contextmanager
def second_names(files: str) -> Iterator[SecondNames]:
    """Hold second names of files that come into a lake's data folder within the block."""
    if "://" in files:
        yield _InBucket(Path(), Path())
        return
    with scratch(Path(files) / SCRATCH, "moved") as place:
        yield SecondNames(Path(files), place)


def _second_name(file: Path, folder: Path) -> Path:
    """Give a file another name in a folder, or copy it where a file system knows only one."""
    other = folder / file.name
    try:
        os.link(file, other)
    except OSError:
        shutil.copy2(file, other)
    return other
