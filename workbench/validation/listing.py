"""Which checks a pandera schema makes, of each column and of the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from workbench.lake import View, quote
from workbench.lake.values import read_as
from workbench.validation.asking import built_in
from workbench.validation.plan import Cells, Codes, Kind, PlannedCheck
from workbench.validation.results import CheckState, Severity
from workbench.validation.types import duckdb_type

CELL_WISE = {
    "equal_to", "not_equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to",
    "in_range", "isin", "notin", "str_matches", "str_contains", "str_startswith", "str_endswith", "str_length",
}  # fmt: skip
"""pandera's built-in checks whose answer for a cell depends on that cell alone."""

_PARSER = "A parser changes values before they are checked; the workbench checks the data as it is."
_INDEX = "A dataset has no pandas index; its key is checked when it is imported."


def column_checks(codes: Codes, name: str, column: Any, pandera: Any, view: View, *, there: bool) -> list[PlannedCheck]:
    """List the checks of one column, in the order in which pandera makes them.

    A missing cell of a column with a ``default`` is no failure: pandera would fill it.
    """
    import pandas as pd
    from pandera.dtypes import String

    dtype = dtype_of(pandera, column)
    asked_type = "str" if isinstance(dtype, String) else str(dtype)
    cells = (cells_of(view, name, dtype),) if there else ()
    default = not pd.isna(column.default)
    filled = pandera.add_missing_columns and (default or column.nullable)
    checks: list[PlannedCheck] = []

    def add(check: str, kind: Kind, *, shown: str = "", asked: Any = None, **more: Any) -> None:
        severity = _severity(column.metadata, asked)
        code = codes.take(name, check)
        checks.append(PlannedCheck(code, shown or check, name, severity, kind, cells, asked, **more))

    if column.required and not filled:
        add("column_in_dataframe", Kind.SETTLED, **({} if there else _absent(name, pattern=column.regex)))
    if dtype is not None and duckdb_type(dtype):
        add("dtype", Kind.TYPE, shown=f"dtype({asked_type})")
    elif dtype is not None and str(dtype) != "object":
        why = f"The workbench knows no type '{asked_type}'; the cells are checked as they are stored."
        add("dtype", Kind.SETTLED, shown=f"dtype({asked_type})", outcome="not applicable", message=why)
    if not column.nullable and not default:
        add("not_nullable", Kind.NULLS)
    if column.unique:
        add("unique", Kind.UNIQUE, keep=column.report_duplicates)
    for parser in column.parsers:
        add(f"parser_{parser.name}", Kind.SETTLED, outcome="not applicable", message=_PARSER)
    for check in column.checks:
        cell_wise = check.element_wise or built_in(check) in CELL_WISE
        kind = Kind.TABLE if check.groupby is not None else Kind.CELLS if cell_wise else Kind.COLUMN
        add(check.name, kind, shown=str(check.title or check.error or check.name), asked=check)
    if there:
        return [_without_groups(check, view) for check in checks]
    return [_without_column(check, required=column.required and not filled) for check in checks]


def table_checks(
    codes: Codes, pandera: Any, listed: Sequence[tuple[str, Any, bool]], table: Sequence[Cells]
) -> list[PlannedCheck]:
    """List the checks that are about the table as a whole.

    ``strict="filter"``, ``coerce`` and ``drop_invalid_rows`` change data and check nothing.
    """
    names = [cells.name for cells in table]
    asked_for = list(dict.fromkeys(name for name, _, there in listed if there))
    checks: list[PlannedCheck] = []

    def add(check: str, kind: Kind, *, shown: str = "", asked: Any = None, **more: Any) -> None:
        severity = _severity(pandera.metadata, asked)
        checks.append(PlannedCheck(codes.take(None, check), shown or check, None, severity, kind, check=asked, **more))

    def settle(check: str, failing: Sequence[str], problem: str) -> None:
        message = f"{problem}: {some(failing)}." if failing else ""
        add(check, Kind.SETTLED, columns=tuple(failing), outcome="failed" if failing else "passed", message=message)

    if pandera.strict is True:
        settle("column_in_schema", [name for name in names if name not in asked_for], "Not in the schema")
    if pandera.ordered:
        present = [name for name in names if name in asked_for]
        wrong = [name for name, expected in zip(present, asked_for, strict=True) if name != expected]
        settle("column_ordered", wrong, "Out of the schema's order")
    if pandera.unique_column_names:
        settle("unique_column_names", sorted({name for name in names if names.count(name) > 1}), "Used twice")
    if pandera.index is not None:
        add("index", Kind.SETTLED, outcome="not applicable", message=_INDEX)
    for parser in pandera.parsers:
        add(f"parser_{parser.name}", Kind.SETTLED, outcome="not applicable", message=_PARSER)
    for together in joint(pandera.unique):
        shown = f"unique({', '.join(together)})"
        gone = [name for name in together if name not in names]
        if gone:
            add("unique", Kind.SETTLED, shown=shown, outcome="skipped", message=f"Not in the data: {some(gone)}.")
        else:
            cells = tuple(cells for cells in table if cells.name in together)
            add("unique", Kind.UNIQUE, shown=shown, cells=cells, keep=pandera.report_duplicates)
    named = tuple(cells for cells in table if cells.name in asked_for) or tuple(table)
    for check in pandera.checks:
        kind = Kind.ROWS if check.element_wise else Kind.TABLE
        add(check.name, kind, shown=str(check.title or check.error or check.name), asked=check, cells=named)
    return checks


def cells_of(view: View, name: str, dtype: Any) -> Cells:
    """Say how a column is read under a pandera dtype."""
    column = view.column(name)
    wanted = duckdb_type(dtype)
    value, flaw = read_as(quote(column.physical), column.type, wanted, among=getattr(dtype, "categories", None))
    native = getattr(dtype, "type", None) if wanted else None
    return Cells(view.columns.index(column), name, wanted or column.type, value, flaw, native)


def dtype_of(pandera: Any, column: Any) -> Any:
    """Return the dtype a column should have: the table's, if it has one, goes before the column's own."""
    return pandera.dtype or (column.dtype if column is not None else None)


def joint(unique: Any) -> list[list[str]]:
    """Read the schema's ``unique``, which is one list of columns or several."""
    if not unique:
        return []
    return [list(unique)] if all(isinstance(item, str) for item in unique) else [list(item) for item in unique]


def some(names: Sequence[str]) -> str:
    """List names, not too many."""
    return ", ".join(f"'{name}'" for name in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _absent(name: str, *, pattern: bool) -> dict[str, Any]:
    """Fail the check that a required column is there."""
    what = f"No column matches '{name}'." if pattern else f"There is no column '{name}' in the data."
    return {"outcome": "failed", "columns": (name,), "message": what}


def _without_column(check: PlannedCheck, *, required: bool) -> PlannedCheck:
    """Settle a check whose column is not in the data."""
    if check.kind is Kind.SETTLED:
        return check
    if required:
        return _settled(check, "skipped", "The column is not in the data.")
    return _settled(check, "not applicable", "The column is optional, and not in the data.")


def _without_groups(check: PlannedCheck, view: View) -> PlannedCheck:
    """Settle a check that groups by a column which is not in the data."""
    names = {column.name for column in view.columns}
    groups = check.check.groupby if check.check is not None and isinstance(check.check.groupby, list) else []
    gone = [name for name in groups if name not in names]
    return _settled(check, "skipped", f"Not in the data: {some(gone)}.") if gone else check


def _settled(check: PlannedCheck, outcome: CheckState, message: str) -> PlannedCheck:
    """End a check before it is asked."""
    return dataclasses.replace(check, kind=Kind.SETTLED, cells=(), check=None, outcome=outcome, message=message)


def _severity(metadata: Any, check: Any) -> Severity:
    """Read what a failure means: from the check, else from the column or schema it belongs to."""
    said = None
    if check is not None:
        stated = check.statistics if isinstance(check.statistics, dict) else {}
        said = "warning" if check.raise_warning else stated.get("severity")
    said = said or (metadata or {}).get("severity")
    return "warning" if said == "warning" else "error"
