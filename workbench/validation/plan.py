"""A schema laid over the columns of one dataset: every check it makes, with its code and how it can be answered.

What a check may look at decides how it is run. A check of single cells (types, nulls, pandera's built-in element-wise
checks, a custom one marked ``element_wise``) is row-local: it can be asked of any rows by themselves. Uniqueness is
asked in SQL. Every other check might look at all rows, and is shown the whole column or table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.errors import SchemaError
from workbench.lake import Column, View, quote
from workbench.validation.results import CheckState, Severity
from workbench.validation.types import duckdb_type, read_as, schema_columns

CELL_WISE = {
    "equal_to", "not_equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to",
    "in_range", "isin", "notin", "str_matches", "str_contains", "str_startswith", "str_endswith", "str_length",
}  # fmt: skip
"""pandera's built-in checks whose answer for a cell depends on that cell alone."""


class Kind(Enum):
    """How a check is answered."""

    SETTLED = "from the columns alone"
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
        Of the column in the view.
    name : str
        The column's name.
    type : str
        DuckDB type it is read as.
    value, flaw : str
        SQL, see :func:`workbench.validation.types.read_as`; ``flaw`` may be None.
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
        What it looks at; none for the checks of whole rows or tables, which look at ``Plan.table``.
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


@dataclass(frozen=True)
class Plan:
    """All checks of a schema on the columns of one view.

    Attributes
    ----------
    checks : tuple of PlannedCheck
        In the schema's order.
    table : tuple of Cells
        Every column of the view, as the schema types it.
    named : tuple of int
        Positions of the columns that the schema names: what a case of a whole row shows.
    """

    checks: tuple[PlannedCheck, ...]
    table: tuple[Cells, ...]
    named: tuple[int, ...]

    def of(self, *kinds: Kind) -> list[int]:
        """List the positions of the checks of some kinds."""
        return [position for position, check in enumerate(self.checks) if check.kind in kinds]


def plan_for(pandera: Any, view: View) -> Plan:
    """Lay a pandera schema over a view.

    Raises
    ------
    SchemaError
        The schema fits none of the columns, or a check needs a column that neither the schema nor the data has.
    """
    names = [column.name for column in view.columns]
    listed = schema_columns(pandera, names)
    if listed and not any(there for *_, there in listed):
        raise SchemaError(
            f"The schema names none of the columns of {view.label}: it asks for {_some([n for n, *_ in listed])}.",
            hint=f"The columns are {_some(names)}. Is this the schema of another dataset?",
        )
    _refuse_unknown(pandera, {*names, *(name for name, *_ in listed)}, view)
    codes = _Codes()
    checks: list[PlannedCheck] = []
    for name, column, there in listed:
        checks += _column_checks(codes, name, column, pandera, view, there=there)
    checks += _table_checks(codes, pandera, view, listed)
    typed = {name: column for name, column, there in listed if there}
    table = tuple(_cells(view, name, _dtype(pandera, typed.get(name))) for name in names)
    return Plan(tuple(checks), table, tuple(names.index(name) for name in typed) or tuple(range(len(names))))


class _Codes:
    """Gives each check a code that no other has: the second of two alike is numbered, in the schema's order."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, column: str | None, check: str) -> str:
        plain = ".".join(["schema", *([column] if column is not None else []), check.strip("<>")])
        code, number = plain, 1
        while code in self._given:
            number += 1
            code = f"{plain}_{number}"
        self._given.add(code)
        return code


def _column_checks(
    codes: _Codes, name: str, column: Any, pandera: Any, view: View, *, there: bool
) -> list[PlannedCheck]:
    """List the checks of one column."""
    quiet = _severity(column.metadata)
    dtype = _dtype(pandera, column)
    wanted = duckdb_type(dtype)
    default = column.default is not None and column.default == column.default
    checks: list[PlannedCheck] = []

    def add(check: str, shown: str, kind: Kind, severity: Severity = quiet, **more: Any) -> None:
        checks.append(PlannedCheck(codes(name, check), shown, name, severity, kind, **more))

    filled = pandera.add_missing_columns and (default or column.nullable)
    if column.required and not filled:
        missing: dict[str, Any] = {
            "outcome": "failed",
            "columns": (name,),
            "message": f"There is no column {'like ' if column.regex else ''}'{name}' in the data.",
        }
        add("column_in_dataframe", "column_in_dataframe", Kind.SETTLED, **({} if there else missing))
    cells = _cells(view, name, dtype) if there else None
    if dtype is not None:
        foreign = f"The workbench knows no type '{dtype}'; the column's cells are checked as they are stored."
        if wanted is None and str(dtype) != "object":
            add("dtype", f"dtype({dtype})", Kind.SETTLED, outcome="not applicable", message=foreign)
        elif wanted is not None:
            add("dtype", f"dtype({dtype})", Kind.TYPE, cells=(cells,))
    if not column.nullable and not default:
        add("not_nullable", "not_nullable", Kind.NULLS, cells=(cells,))
    if column.unique:
        add("unique", "unique", Kind.UNIQUE, cells=(cells,), keep=column.report_duplicates)
    for parser in column.parsers:
        add(f"parser_{parser.name}", f"parser {parser.name}", Kind.SETTLED, outcome="not applicable", message=_PARSER)
    for check in column.checks:
        kind = Kind.TABLE if check.groupby is not None else Kind.CELLS if _cell_wise(check) else Kind.COLUMN
        shown = check.title or check.error or check.name
        add(check.name, str(shown), kind, _severity(column.metadata, check), cells=(cells,), check=check)
    return checks if there else [_without_column(check, required=column.required and not filled) for check in checks]


_PARSER = "A parser changes values before they are checked; the workbench checks the data as it is."


def _without_column(check: PlannedCheck, *, required: bool) -> PlannedCheck:
    """Settle a check whose column is not in the data."""
    if check.kind is Kind.SETTLED:
        return check
    outcome: CheckState = "skipped" if required else "not applicable"
    why = "The column is not in the data." if required else "The column is optional, and not in the data."
    return PlannedCheck(
        check.code, check.name, check.column, check.severity, Kind.SETTLED, outcome=outcome, message=why
    )


def _table_checks(
    codes: _Codes, pandera: Any, view: View, listed: Sequence[tuple[str, Any, bool]]
) -> list[PlannedCheck]:
    """List the checks that are about the table as a whole."""
    quiet = _severity(pandera.metadata)
    names = [column.name for column in view.columns]
    asked = [name for name, _, there in listed if there]
    checks: list[PlannedCheck] = []

    def add(check: str, shown: str, kind: Kind, severity: Severity = quiet, **more: Any) -> None:
        checks.append(PlannedCheck(codes(None, check), shown, None, severity, kind, **more))

    def settle(check: str, failing: Sequence[str], problem: str) -> None:
        message = f"{problem}: {_some(failing)}." if failing else ""
        outcome = "failed" if failing else "passed"
        add(check, check, Kind.SETTLED, columns=tuple(failing), outcome=outcome, message=message)

    if pandera.strict is True:
        settle("column_in_schema", [name for name in names if name not in asked], "Columns the schema does not name")
    if pandera.ordered:
        present = [name for name in names if name in asked]
        order = list(dict.fromkeys(asked))
        wrong = [name for name, expected in zip(present, order, strict=False) if name != expected]
        settle("column_ordered", wrong, "Columns out of the schema's order")
    if pandera.unique_column_names:
        settle("unique_column_names", sorted({n for n in names if names.count(n) > 1}), "Names used twice")
    if pandera.index is not None:
        no_index = "A dataset has no pandas index; its key is checked when it is imported."
        add("index", "index", Kind.SETTLED, outcome="not applicable", message=no_index)
    for parser in pandera.parsers:
        add(f"parser_{parser.name}", f"parser {parser.name}", Kind.SETTLED, outcome="not applicable", message=_PARSER)
    for together in _joint(pandera.unique):
        here = [name for name in together if name in names]
        shown = f"unique({', '.join(together)})"
        typed = {name: column for name, column, _ in listed}
        if len(here) < len(together):
            gone = _some([name for name in together if name not in here])
            message = f"Columns not in the data: {gone}."
            add("unique", shown, Kind.SETTLED, outcome="skipped", message=message)
        else:
            cells = tuple(_cells(view, name, _dtype(pandera, typed.get(name))) for name in here)
            add("unique", shown, Kind.UNIQUE, cells=cells, keep=pandera.report_duplicates)
    for check in pandera.checks:
        kind = Kind.ROWS if check.element_wise else Kind.TABLE
        shown = check.title or check.error or check.name
        add(check.name, str(shown), kind, _severity(pandera.metadata, check), check=check)
    return checks


def _joint(unique: Any) -> list[list[str]]:
    """Read the schema's ``unique``, which is one list of columns or several."""
    if not unique:
        return []
    return [list(unique)] if all(isinstance(item, str) for item in unique) else [list(item) for item in unique]


def _refuse_unknown(pandera: Any, known: set[str], view: View) -> None:
    """Refuse a schema with a check of columns that are nowhere to be found."""
    asked = [("unique", name) for together in _joint(pandera.unique) for name in together]
    for check in [*pandera.checks, *(check for column in pandera.columns.values() for check in column.checks)]:
        asked += [(check.name, name) for name in check.groupby or () if isinstance(check.groupby, list)]
    for check, name in asked:
        if name not in known:
            raise SchemaError(
                f"The schema's check '{check}' names the column '{name}', which neither the schema nor "
                f"{view.label} has.",
                hint=f"The columns are {_some([column.name for column in view.columns])}.",
            )


def _cells(view: View, name: str, dtype: Any) -> Cells:
    """Say how a column is read."""
    column: Column = view.column(name)
    cell = quote(column.physical)
    wanted = duckdb_type(dtype)
    value, flaw = read_as(cell, column.type, wanted, among=getattr(dtype, "categories", None))
    native = getattr(dtype, "type", None)
    return Cells(view.columns.index(column), name, wanted or column.type, value, flaw, native if wanted else None)


def _dtype(pandera: Any, column: Any) -> Any:
    """Return the dtype a column should have: the table's, if it has one, goes before the column's own."""
    return pandera.dtype or (column.dtype if column is not None else None)


def _cell_wise(check: Any) -> bool:
    """Tell whether a check's answer for a cell depends on that cell alone."""
    if check.element_wise:
        return True
    name = getattr(check._check_fn, "__name__", "")  # the name by which pandera itself finds a built-in check
    return name in CELL_WISE and bool(type(check).is_builtin_check(name))


def _severity(metadata: Any, check: Any = None) -> Severity:
    """Read what a failure means: of the check, else of the column or schema it belongs to."""
    if check is not None:
        if check.raise_warning:
            return "warning"
        said = (check.statistics or {}).get("severity") if isinstance(check.statistics, dict) else None
        if said in ("error", "warning"):
            return said  # type: ignore[no-any-return]
    return "warning" if (metadata or {}).get("severity") == "warning" else "error"


def _some(names: Sequence[str]) -> str:
    """List names, not too many."""
    return ", ".join(f"'{name}'" for name in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
