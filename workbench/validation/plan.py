"""The checks that a schema makes of one dataset, each with its code and how it can be answered.

What a check may look at decides how it is run. A check of single cells (types, nulls, pandera's built-in element-wise
checks, a custom one marked ``element_wise``) is row-local: it can be asked of any rows by themselves. Uniqueness is
asked in SQL. Every other check might look at all rows, and is shown the whole column or table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.validation.results import CheckState, Severity


class Kind(Enum):
    """How a check is answered."""

    SETTLED = "from the columns alone"
    PARSER = "by running it, before anything else"
    TYPE = "row by row: can the cell be read as its type"
    NULLS = "row by row: is there a value"
    CELLS = "row by row: pandera's check of a column"
    ROWS = "row by row: pandera's check of whole rows"
    UNIQUE = "in SQL"
    COLUMN = "from the whole column"
    TABLE = "from the whole table"


ROW_LOCAL = (Kind.TYPE, Kind.NULLS, Kind.CELLS, Kind.ROWS)


@dataclass(frozen=True)
class Cells:
    """One column as a check reads it.

    Attributes
    ----------
    position : int
        Of the column in the data; -1 for one that a parser added.
    name : str
        The column's name.
    type : str
        DuckDB type it is read as.
    value, flaw : str
        SQL, see :func:`workbench.lake.values.read_as`; ``flaw`` may be None.
    dtype : object
        pandas dtype the schema asks for, or None.
    """

    position: int
    name: str
    type: str
    value: str
    flaw: str | None
    dtype: Any


@dataclass(frozen=True)
class PlannedCheck:
    """One check of the plan.

    Attributes
    ----------
    code, name, column, severity
        As in :class:`workbench.validation.CheckOutcome`.
    kind : Kind
        How it is answered.
    cells : tuple of Cells
        What it is about; for a check of whole rows or tables, what its failure cases show.
    check : pandera.Check or None
        For the kinds that ask pandera.
    keep : {"all", "exclude_first", "exclude_last"}
        Which of the rows that repeat a value are failure cases.
    outcome, message
        Of a settled check.
    columns : tuple of str
        Columns that fail a settled check, one case each.
    """

    code: str
    name: str
    column: str | None
    severity: Severity
    kind: Kind
    cells: tuple[Cells, ...] = ()
    check: Any = None
    keep: str = "all"
    outcome: CheckState = "passed"
    message: str = ""
    columns: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[int, ...]:
        """Positions of the columns whose values a failure case shows; what a parser added is in no data."""
        return tuple(cells.position for cells in self.cells if cells.position >= 0)


@dataclass(frozen=True)
class Plan:
    """All checks of a schema on the columns of one view.

    Attributes
    ----------
    checks : tuple of PlannedCheck
        In the schema's order.
    table : tuple of Cells
        Every column that checks of rows and tables see, as the schema types it.
    index : tuple of str
        Names of those that are the table's index.
    """

    checks: tuple[PlannedCheck, ...]
    table: tuple[Cells, ...]
    index: tuple[str, ...] = ()

    def of(self, *kinds: Kind) -> list[int]:
        """List the positions of the checks of some kinds."""
        return [position for position, check in enumerate(self.checks) if check.kind in kinds]


class Codes:
    """Gives each check a code that no other has: the second of two alike is numbered, in the schema's order."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def take(self, column: str | None, check: str) -> str:
        """Return ``schema.<column>.<check>``, or the first free of that name with _2, _3 … behind it."""
        name = check.replace("<lambda>", "lambda").strip("<>")
        plain = ".".join(["schema", *([column] if column is not None else []), name])
        code, number = plain, 1
        while code in self._given:
            number += 1
            code = f"{plain}_{number}"
        self._given.add(code)
        return code
