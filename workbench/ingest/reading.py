"""A source that has been opened: its columns, and a SELECT that reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.errors import DataError, StoreError, WorkbenchError


def _no_lines(records: Sequence[int]) -> Mapping[int, int]:
    """Know no line of any record."""
    return {}


def _no_count() -> None:
    """Know no other count."""


def _as_it_is(error: Exception, source: str) -> WorkbenchError:
    """Tell what DuckDB said, in one line."""
    return DataError(f"cannot be read: {str(error).strip().splitlines()[0]}", source=source)


def shortage(error: Exception, source: str) -> StoreError | None:
    """Tell a machine that is too small for a source from a source that is at fault; None for the latter."""
    said = str(error).lower()
    if "no space left" in said or "disk is full" in said or "failed to offload" in said:
        return StoreError(f"The disk is full; {source} was not read. Nothing was changed.", hint="Free space.")
    if "out of memory" in said:
        hint = "Raise the setting memory_limit."
        return StoreError(f"Reading {source} needs more memory than it may use.", hint=hint)
    return None


@dataclass(frozen=True)
class Reading:
    """An opened source.

    Attributes
    ----------
    source : str
        For people: file, glob or table.
    names : tuple of str
        Columns, as the source writes them.
    types : tuple of str
        Their DuckDB types; of a text file all VARCHAR.
    relation : str
        SQL for a FROM clause; its columns are ``c0``, ``c1``, … It is good as long as the source is open.
    text : bool
        Cells are texts whose types are to be found out.
    spelt : frozenset of str
        Columns of numbers that come as texts, so that they can be stored as they are spelt.
    large : bool
        Rows may be numbered in any order, since keeping the file's order would cost all parallelism.
    rows : int or None
        How many rows there must be, where that was counted apart from DuckDB.
    recount : callable
        Counts them again, slowly and exactly.
    explain : callable
        Turns what DuckDB raised while reading, and the source's name, into an error that names file and line.
    lines : callable
        Record numbers (from 1) → lines of the text file (from 1, the header included), where that is cheap.
    notes : tuple of str
        What a person should know of how it was read.
    """

    source: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    relation: str
    text: bool = False
    spelt: frozenset[str] = frozenset()
    large: bool = False
    rows: int | None = None
    recount: Callable[[], int | None] = field(default=_no_count, repr=False)
    explain: Callable[[Exception, str], WorkbenchError] = field(default=_as_it_is, repr=False)
    lines: Callable[[Sequence[int]], Mapping[int, int]] = field(default=_no_lines, repr=False)
    notes: tuple[str, ...] = ()

    def is_text(self, name: str) -> bool:
        """Tell whether a column's cells are texts whose type is to be found out."""
        return self.text or name in self.spelt

    def raw(self, name: str) -> str:
        """SQL of a column's cells as the source has them."""
        return f"c{self.names.index(name)}"
