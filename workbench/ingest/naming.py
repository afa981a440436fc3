"""Column names as sources write them: which are refused, and how files with equal names become one source."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import DataError


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse a name that stands twice: nobody could say which column is meant.

    Raises
    ------
    DataError
        Naming both positions. Names that differ only in case are fine.
    """
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name in seen:
            raise DataError(
                f"the column name '{name}' stands twice, at positions {seen[name]} and {position}",
                source=source, hint="Rename one of them.",
            )  # fmt: skip
        seen[name] = position


def same_names(expected: Sequence[str], found: Sequence[str], source: str, first: str) -> None:
    """Refuse a file of a glob whose columns are others than the first file's; their order is free.

    Raises
    ------
    DataError
        Naming a column that is missing or new.
    """
    for name in expected:
        if name not in found:
            raise DataError(f"column '{name}', which {first} has, is missing", source=source)
    for name in found:
        if name not in expected:
            raise DataError(f"column '{name}' is not in {first}", source=source)


def union(names: Sequence[str], parts: Sequence[tuple[Sequence[str], str]]) -> str:
    """SQL of one relation with the columns c0, c1, … in the order of ``names``, made of several.

    Parameters
    ----------
    names : sequence of str
        Columns of the whole.
    parts : sequence of (names, relation)
        Relations with the columns c0, c1, … in the order of their own names.
    """
    selects = []
    for own, relation in parts:
        cells = ", ".join(f"c{list(own).index(name)} AS c{position}" for position, name in enumerate(names))
        selects.append(f"SELECT {cells} FROM {relation}")
    return parts[0][1] if len(parts) == 1 else f"({' UNION ALL '.join(selects)})"
