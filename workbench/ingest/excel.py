"""Excel workbooks: one sheet, whose first row names the columns.

A workbook with one visible sheet is read; of several, one has to be named. Hidden sheets are left out and told of. A
formula counts as the value Excel last computed for it. Numbers, dates and truth values stay what they are; a column of
several kinds becomes text, and so do whole numbers that the sheet shows with leading zeros.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, UnknownName
from workbench.ingest.frames import from_python, open_columns
from workbench.ingest.naming import same_names
from workbench.ingest.options import ReadOptions
from workbench.ingest.partitions import Partitions
from workbench.ingest.reading import Reading
from workbench.lake import Session

if TYPE_CHECKING:
    import pyarrow as pa

_ZEROS = re.compile(r"0{2,}")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z0-9:]+)"')


@dataclass(frozen=True)
class _Sheet:
    """What one workbook holds: names, cells column by column, and what a person should know."""

    names: list[str]
    columns: list[list[Any]]
    notes: list[str]


def open_excel(session: Session, paths: Mapping[Path, str], source: str, options: ReadOptions) -> Reading:
    """Open workbooks as one source.

    Parameters
    ----------
    paths : mapping
        Files in the order of their rows, and what people call them.
    source : str
        For people.
    options : ReadOptions
        How they are to be read.

    Raises
    ------
    DataError
        A file is no workbook, several sheets are visible and none was named, the sheet is empty, a cell has no column
        name above it, or a formula no value.
    """
    names: list[str] = []
    cells: list[list[Any]] = []
    notes: list[str] = []
    counts = []
    first = next(iter(paths.values()))
    for path, name in paths.items():
        sheet = _sheet(path, name, options)
        notes += sheet.notes
        counts.append(len(sheet.columns[0]))
        if not names:
            names, cells = sheet.names, sheet.columns
            continue
        same_names(names, sheet.names, name, first)
        for position, each in enumerate(names):
            cells[position].extend(sheet.columns[sheet.names.index(each)])
    partitions = Partitions.of(list(paths), names, source)
    for position in range(len(partitions.names)):
        values = [partitions.values[path][position] for path in paths]
        kept = [value if value is None or not partitions.whole(position) else int(value) for value in values]
        cells.append([value for value, count in zip(kept, counts, strict=True) for _ in range(count)])
    columns = [_column(values) for values in cells]
    notes += partitions.notes
    return open_columns(session, [*names, *partitions.names], columns, source, tuple(dict.fromkeys(notes)))


def _sheet(path: Path, name: str, options: ReadOptions) -> _Sheet:
    """Read one sheet of a workbook, column by column."""
    import openpyxl
    from openpyxl.utils import get_column_letter

    try:
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(path, read_only=True)
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise DataError(f"no whole Excel workbook: {error}", source=name, hint="Save it as .xlsx again.") from error
    try:
        title, notes = _chosen(values, name, options)
        place = f"{name}, sheet '{title}'" if len(values.worksheets) > 1 else name
        rows, said = _rows(values[title])
        notes += said
        for number, written in enumerate(formulas[title].iter_rows(values_only=True), start=1):
            for column, cell in enumerate(written):
                if _is_formula(cell) and (number > len(rows) or rows[number - 1][column] is None):
                    raise DataError(
                        f"the formula in {get_column_letter(column + 1)}{number} has no computed value",
                        source=place, line=number, hint="Open and save the workbook in Excel or LibreOffice.",
                    )  # fmt: skip
        merged = _merged(path, getattr(values[title], "_worksheet_path", ""))
    finally:
        values.close()
        formulas.close()
    if merged:
        notes.append(
            f"{place}: of merged cells ({', '.join(merged[:3])}{', …' if len(merged) > 3 else ''}) only the first has "
            "the value, the others are missing"
        )
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    if not rows:
        raise DataError("the sheet is empty", source=place, hint="Its first row must name the columns.")
    names, cells = _named(rows, place, options)
    if options.trim == "yes":
        cells = [[value.strip() or None if isinstance(value, str) else value for value in each] for each in cells]
    return _Sheet(names, cells, notes)


def _chosen(workbook: Any, name: str, options: ReadOptions) -> tuple[str, list[str]]:
    """Choose the sheet, and tell of hidden ones.

    Raises
    ------
    DataError
        Several sheets are visible and none was named.
    UnknownName
        There is no sheet of that name.
    """
    sheets = workbook.worksheets
    if options.sheet is not None:
        if options.sheet not in [sheet.title for sheet in sheets]:
            raise UnknownName("sheet", options.sheet, [sheet.title for sheet in sheets], where=name)
        return options.sheet, []
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    hidden = [f"'{sheet.title}'" for sheet in sheets if sheet.sheet_state != "visible"]
    if len(visible) > 1:
        visible = [sheet for sheet in visible if _has_cells(sheet)] or visible[:1]
    if not visible:
        listed = f"hidden: {', '.join(hidden)}" if hidden else "there is none"
        raise DataError(
            f"the workbook has no visible sheet with cells ({listed})", source=name,
            hint="Name a hidden one with --sheet." if hidden else "",
        )  # fmt: skip
    if len(visible) > 1:
        listed = ", ".join(f"'{sheet.title}'" for sheet in visible) + (
            f"; hidden: {', '.join(hidden)}" if hidden else ""
        )
        error = DataError(
            f"the workbook has {len(visible)} visible sheets: {listed}",
            source=name, hint=f"Name one, for instance --sheet '{visible[0].title}'.",
        )  # fmt: skip
        error.options = ReadOptions(sheet=visible[0].title).over(options).to_dict()
        raise error
    one = len(hidden) == 1
    told = [f"{name}: the hidden sheet{'' if one else 's'} {', '.join(hidden)} {'was' if one else 'were'} left out"]
    return visible[0].title, told if hidden else []


def _has_cells(sheet: Any) -> bool:
    """Tell whether any cell of a sheet holds something."""
    return any(value is not None for row in sheet.iter_rows(values_only=True) for value in row)


def _rows(sheet: Any) -> tuple[list[list[Any]], list[str]]:
    """Read a sheet's cells, and what is lost of how they are shown."""
    rows, errors = [], 0
    padded: set[str] = set()
    percent: set[str] = set()
    for row in sheet.iter_rows():
        values = []
        for cell in row:
            value = cell.value
            if isinstance(value, int | float) and not isinstance(value, bool):
                form = cell.number_format or ""
                if isinstance(value, int) and value >= 0 and _ZEROS.fullmatch(form) and len(str(value)) < len(form):
                    padded.add(cell.column_letter)
                    value = str(value).zfill(len(form))
                elif form.endswith("%"):
                    percent.add(cell.column_letter)
            elif isinstance(value, str) and cell.data_type == "e":
                errors += 1
            values.append(value)
        rows.append(values)
    notes = []
    if padded:
        notes.append(f"column {', '.join(sorted(padded))}: kept as text with the leading zeros that the sheet shows")
    if percent:
        notes.append(f"column {', '.join(sorted(percent))}: percentages are fractions, 5 % is 0.05")
    if errors:
        notes.append(f"{errors:,} cell{'s hold' if errors > 1 else ' holds'} an Excel error such as #N/A, kept as text")
    return rows, notes


def _named(rows: list[list[Any]], place: str, options: ReadOptions) -> tuple[list[str], list[list[Any]]]:
    """Take the columns' names off the rows, and lay the others out by column."""
    from openpyxl.utils import get_column_letter

    first, last = options.header_rows
    top = (options.skip_rows or 0) + first - 1
    rows = rows[top : len(rows) - (options.skip_end or 0)]
    if not rows:
        raise DataError("no rows are left", source=place, hint="Skip fewer.")
    width = max(len(row) for row in rows)
    columns = [[row[n] if n < len(row) else None for row in rows] for n in range(width)]
    while columns and all(value is None for value in columns[-1]):
        columns.pop()
    height = last - first + 1 if options.has_header else 0
    head = [[_text(column[n]) for column in columns] for n in range(max(1, height))]
    names = options.column_names(head)
    if len(names) != len(columns):
        raise DataError(f"{len(names)} names are given, and there are {len(columns)} columns", source=place)
    for position, name in enumerate(names):
        if not name:
            error = DataError(
                f"column {get_column_letter(position + 1)} has no name in row {top + max(1, height)}", source=place,
                line=top + max(1, height),
            )  # fmt: skip
            raise _proposed(error, rows, top, len(columns), options)
    return names, [column[height:] for column in columns]


def _proposed(error: DataError, rows: list[list[Any]], top: int, width: int, options: ReadOptions) -> DataError:
    """Propose the row that seems to be the header, or names for columns without one."""
    tried = ReadOptions(header="unique")
    for number, row in enumerate(rows[:50]):
        cells = row[:width]
        if len(cells) == width and all(isinstance(cell, str) for cell in cells) and len(set(cells)) == width:
            tried = ReadOptions(skip_rows=top + number)
            break
    named = DataError(
        error.message.removeprefix(f"{error.source}, line {error.line}: "), source=error.source, line=error.line,
        hint=f"It can be read with {' '.join(tried.arguments())}.",
    )  # fmt: skip
    named.options = tried.over(options).to_dict()
    return named


def _text(value: Any) -> str:
    """Write a cell of the header."""
    return "" if value is None else str(value)


def _merged(path: Path, sheet: str) -> list[str]:
    """List a sheet's merged cells."""
    found: list[str] = []
    try:
        with zipfile.ZipFile(path) as archive, archive.open(sheet.lstrip("/")) as file:
            tail = b""
            while chunk := file.read(1 << 20):
                found += [ref.decode() for ref in _MERGED.findall(tail + chunk)]
                tail = chunk[-200:] if b"<mergeCell" not in chunk[-200:] else b""
    except (KeyError, ValueError, zipfile.BadZipFile):
        return []
    return list(dict.fromkeys(found))


def _is_formula(cell: Any) -> bool:
    """Tell whether a cell of a workbook read with formulas holds one."""
    return (isinstance(cell, str) and cell.startswith("=") and len(cell) > 1) or type(cell).__name__ == "ArrayFormula"


def _column(values: Sequence[Any]) -> pa.Array:
    """Make one column; Excel has no dates, only moments, so midnights alone are taken for dates."""
    present = [value for value in values if value is not None]
    if present and all(isinstance(v, datetime) and v.time() == time() for v in present):
        values = [None if value is None else value.date() for value in values]
    return from_python(values)
