"""Columns that stand in the names of folders, as Hive and Spark write partitioned files: ``year=2025/month=02/``.

The folders directly above a file that are called ``NAME=VALUE`` count, however the path to them was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from workbench.errors import DataError
from workbench.lake import literal

_MISSING = "__HIVE_DEFAULT_PARTITION__"
_FILE = "workbench_file"


@dataclass(frozen=True)
class Partitions:
    """The partition columns of a source's files.

    Attributes
    ----------
    names : tuple of str
        Empty: the files are not partitioned.
    folders : tuple of str
        The names as the folders write them.
    values : dict
        For each file, the values; None is a missing one.
    """

    names: tuple[str, ...]
    folders: tuple[str, ...]
    values: dict[Path, tuple[str | None, ...]]

    @classmethod
    def of(cls, paths: Sequence[Path], columns: Sequence[str], source: str) -> Partitions:
        """Read the folders' names.

        Raises
        ------
        DataError
            Files are partitioned differently, or a partition is called as a column in the files.
        """
        found = {path: _pairs(path) for path in paths}
        folders = tuple(name for name, _ in found[paths[0]])
        for path, pairs in found.items():
            if tuple(name for name, _ in pairs) != folders:
                raise DataError(
                    f"its folders name the partitions {_listed([n for n, _ in pairs])}, those of the first file "
                    f"{_listed(folders)}", source=str(path), hint="Narrow the pattern to files of one table.",
                )  # fmt: skip
        names = tuple(unquote(name) for name in folders)
        for name in names:
            if name in columns or names.count(name) > 1:
                raise DataError(
                    f"the folders name a partition '{name}', and the files have a column of that name",
                    source=source, column=name, hint="Rename the folders or the column.",
                )  # fmt: skip
        values = {
            path: tuple(None if value == _MISSING else unquote(value) for _, value in pairs)
            for path, pairs in found.items()
        }
        return cls(names, folders, values)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        if not self.names:
            return ()
        return (f"{_listed(self.names)}: from the names of the folders",)

    def added(self, width: int, read: Callable[[str], str]) -> str:
        """SQL of a relation of files with the partitions after its own columns.

        Parameters
        ----------
        width : int
            How many columns the files have.
        read : callable
            Takes further arguments of DuckDB's reading function, and returns its call.
        """
        if not self.names:
            return read("")
        own = ", ".join(f"c{position}" for position in range(width))
        # Folders that are escaped or missing are rare: the path is taken apart where it is read.
        pattern = "".join(f"[/\\\\]{re.escape(name)}=([^/\\\\]*)" for name in self.folders) + r"[/\\][^/\\]*$"
        cells = ", ".join(
            f"url_decode(nullif(regexp_extract({_FILE}, {literal(pattern)}, {position}), {literal(_MISSING)})) "
            f"AS c{width + position - 1}"
            for position in range(1, len(self.names) + 1)
        )
        return f"(SELECT {own}, {cells} FROM (SELECT * FROM {read(f', filename = {literal(_FILE)}')}))"

    def whole(self, position: int) -> bool:
        """Tell whether a partition's values are whole numbers, written as numbers are."""
        found = {values[position] for values in self.values.values()} - {None}
        return bool(found) and all(re.fullmatch(r"0|-?[1-9][0-9]{0,17}", str(value)) is not None for value in found)


def _pairs(path: Path) -> list[tuple[str, str]]:
    """Take apart the folders directly above a file that are called NAME=VALUE."""
    pairs: list[tuple[str, str]] = []
    for parent in path.absolute().parents:
        name, mark, value = parent.name.partition("=")
        if not mark or not name:
            break
        pairs.insert(0, (name, value))
    return pairs


def _listed(names: Sequence[str]) -> str:
    """List names for people."""
    return ", ".join(f"'{name}'" for name in names) or "none"
