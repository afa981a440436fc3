"""Excel workbooks: the first sheet, its first row naming the columns.

A formula counts as the value Excel last computed for it. Numbers, dates and truth values stay what they are; a column
of several kinds becomes text.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError
from workbench.ingest.frames import from_python, open_columns
from workbench.ingest.naming import same_names
from workbench.ingest.reading import Reading
from workbench.lake import Session

if TYPE_CHECKING:
    import pyarrow as pa


def open_excel(session: Session, paths: Sequence[Path], source: str) -> Reading:
    """Open workbooks as one source.

    Raises
    ------
    DataError
        A file is no workbook, its first sheet is empty, a cell has no column name above it, or a formula no value.
    """
    names: list[str] = []
    cells: list[list[Any]] = []
    for path in paths:
        own, columns = _sheet(path)
        if not names:
            names, cells = own, columns
            continue
        same_names(names, own, str(path), paths[0].name)
        for position, name in enumerate(names):
            cells[position].extend(columns[own.index(name)])
    return open_columns(session, names, [_column(values) for values in cells], source)


def _sheet(path: Path) -> tuple[list[str], list[list[Any]]]:
    """Read one workbook's first sheet, column by column."""
    import openpyxl
    from openpyxl.utils import get_column_letter
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(path, read_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise DataError(
            f"no whole Excel workbook: {error}", source=str(path), hint="Save it as .xlsx again."
        ) from error
    try:
        if not values.worksheets:
            raise DataError("the workbook has no sheet", source=str(path))
        rows = [list(row) for row in values.worksheets[0].iter_rows(values_only=True)]
        for number, written in enumerate(formulas.worksheets[0].iter_rows(values_only=True), start=1):
            for column, cell in enumerate(written):
                if _is_formula(cell) and (number > len(rows) or rows[number - 1][column] is None):
                    raise DataError(
                        f"the formula in {get_column_letter(column + 1)}{number} has no computed value",
                        source=str(path), line=number, hint="Open and save the workbook in Excel or LibreOffice.",
                    )  # fmt: skip
    finally:
        values.close()
        formulas.close()
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    if not rows:
        raise DataError("the first sheet is empty", source=str(path), hint="Its first row must name the columns.")
    width = max(len(row) for row in rows)
    columns = [[row[n] if n < len(row) else None for row in rows] for n in range(width)]
    while columns and all(value is None for value in columns[-1]):
        columns.pop()
    for position, cells in enumerate(columns):
        if cells[0] is None:
            raise DataError(
                f"column {get_column_letter(position + 1)} has no name in the first row", source=str(path), line=1
            )
    return [str(column[0]) for column in columns], [column[1:] for column in columns]


def _is_formula(cell: Any) -> bool:
    """Tell whether a cell of a workbook read with formulas holds one."""
    return (isinstance(cell, str) and cell.startswith("=") and len(cell) > 1) or type(cell).__name__ == "ArrayFormula"


def _column(values: list[Any]) -> pa.Array:
    """Make one column; Excel has no dates, only moments, so midnights alone are taken for dates."""
    present = [value for value in values if value is not None]
    if present and all(isinstance(v, datetime) and v.time() == time() for v in present):
        values = [None if value is None else value.date() for value in values]
    return from_python(values)
