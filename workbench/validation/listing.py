"""Which checks a pandera schema makes, of each column and of the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from workbench.lake import View, literal, quote
from workbench.lake.values import FLOATING, read_as
from workbench.validation.asking import built_in
from workbench.validation.plan import Cells, Codes, Kind, PlannedCheck
from workbench.validation.results import CheckState, Severity
from workbench.validation.types import duckdb_type, index_levels

CELL_WISE = {
    "equal_to", "not_equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to",
    "in_range", "isin", "notin", "str_matches", "str_contains", "str_startswith", "str_endswith", "str_length",
}  # fmt: skip
"""pandera's built-in checks whose answer for a cell depends on that cell alone."""

_PARSER = "The rules are asked of what the parser makes of the values; the data stay as they are."
_INDEX = "The index has no name, so it is about no column of the dataset."


def column_checks(codes: Codes, name: str, column: Any, pandera: Any, view: View, *, there: bool) -> list[PlannedCheck]:
    """List the checks of one column, in the order in which pandera makes them.

    A missing cell of a column with a ``default`` is checked as that value: pandera would fill it.
    """
    import pandas as pd
    from pandera.dtypes import String

    dtype = dtype_of(pandera, column)
    asked_type = "str" if isinstance(dtype, String) else str(dtype)
    default = not pd.isna(column.default)
    cells = (cells_of(view, name, dtype, column.default if default else None),) if there else ()
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
    elif there and view.column(name).reads != view.column(name).type:
        add("dtype", Kind.TYPE, shown=f"dtype({view.column(name).logical_type})")
    elif dtype is not None and str(dtype) != "object":
        why = f"The workbench knows no type '{asked_type}'; the cells are checked as they are stored."
        add("dtype", Kind.SETTLED, shown=f"dtype({asked_type})", outcome="not applicable", message=why)
    if default and there:
        filled_with = (
            f"Missing cells are checked as {column.default!r}, the schema's default; the data stay as they are."
        )
        add("default", Kind.SETTLED, message=filled_with)
    if not column.nullable and not default:
        add("not_nullable", Kind.NULLS)
    if column.unique:
        add("unique", Kind.UNIQUE, keep=column.report_duplicates)
    for parser in column.parsers:
        add(f"parser_{parser.name}", Kind.PARSER, message=_PARSER)
    for check in column.checks:
        cell_wise = check.element_wise or built_in(check) in CELL_WISE
        kind = Kind.TABLE if check.groupby is not None else Kind.CELLS if cell_wise else Kind.COLUMN
        add(check.name, kind, shown=str(check.title or check.error or check.name), asked=check)
    if there:
        return [_without_groups(check, view) for check in checks]
    return [_without_column(check, required=column.required and not filled) for check in checks]


def table_checks(
    codes: Codes, pandera: Any, listed: Sequence[tuple[str, Any, bool]], table: Sequence[Cells], names: Sequence[str]
) -> list[PlannedCheck]:
    """List the checks that are about the table as a whole.

    ``strict="filter"`` leaves other columns out of what they see; ``coerce`` and ``drop_invalid_rows`` change data and
    check nothing.

    Parameters
    ----------
    table : sequence of Cells
        What checks of rows and tables see.
    names : sequence of str
        All columns of the data.
    """
    levels = index_levels(pandera)
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
        index = {level.name for level in levels} - set(pandera.columns)
        expected = [name for name in asked_for if name not in index]
        present = [name for name in names if name in expected]
        wrong = [name for name, right in zip(present, expected, strict=True) if name != right]
        settle("column_ordered", wrong, "Out of the schema's order")
    if pandera.unique_column_names:
        settle("unique_column_names", sorted({name for name in names if names.count(name) > 1}), "Used twice")
    if any(not level.name for level in levels):
        add("index", Kind.SETTLED, outcome="not applicable", message=_INDEX)
    for parser in pandera.parsers:
        add(f"parser_{parser.name}", Kind.PARSER, message=_PARSER)
    # The `unique` of a lone Index is about its column alone, and listed there.
    levels_together = joint(pandera.index.unique) if len(levels) > 1 else []
    for together in [*joint(pandera.unique), *levels_together]:
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


def cells_of(view: View, name: str, dtype: Any, default: Any = None) -> Cells:
    """Say how a column is read under a pandera dtype, and with what in place of missing cells."""
    column = view.column(name)
    wanted = duckdb_type(dtype)
    kind = wanted or column.reads
    cell = quote(column.physical)
    value, flaw = read_as(cell, column.type, kind, among=getattr(dtype, "categories", None))
    if default is not None:
        missing = f"{cell} IS NULL" + (f" OR isnan({cell})" if column.type in FLOATING else "")
        filled = f"TRY_CAST({literal(str(default))} AS {kind})"
        value = f"CASE WHEN {missing} THEN {filled} ELSE {value} END"
    native = getattr(dtype, "type", None) if wanted else None
    return Cells(view.places[name], name, kind, value, flaw, native)


def dtype_of(pandera: Any, column: Any) -> Any:
    """Return the dtype a column should have: the table's, if it has one, goes before the column's own."""
    return pandera.dtype or (column.dtype if column is not None else None)


def joint(unique: Any) -> list[list[str]]:
    """Read the schema's ``unique``, which is a column, a list of columns or several lists."""
    if not unique:
        return []
    if isinstance(unique, str):
        return [[unique]]
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
    groups = check.check.groupby if check.check is not None and isinstance(check.check.groupby, list) else []
    gone = [name for name in groups if name not in view.places]
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
