"""Write the rows of a version to a file that other programs, and spreadsheets, can be trusted with."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.lake import Column, View, checked_batches, literal, quote
from workbench.lake.values import FLOATING, WHOLE, json_text, read_as, spelt_text, to_text
from workbench.output import check_output, output_file
from workbench.versions.diff import Diff
from workbench.versions.logical import unreadable

FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}

_FORMULA = "=+\\-@\t\r\n＝＋－＠"
"""Characters with which a text begins that a spreadsheet runs: those of OWASP's page on CSV injection."""

_RUN = re.compile(f"^[{_FORMULA}]")
_BARE = {*WHOLE, *FLOATING, "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
"""Types whose texts never need quotation marks in CSV."""


def export(
    view: View, path: str | Path, *, formula_safe: bool = True, excluded: bool = False, overwrite: bool = False
) -> int:
    """Write a version's rows, in order of row identity, to CSV, Parquet or JSON lines by the file's ending.

    CSV and JSON lines give numbers as they were spelt. Parquet gives a column that means numbers as DOUBLE, and as text
    where one of its cells cannot be read as a number.

    The file is written beside its place and checked: the rows that were read for it must add up to the version's
    content hash. Only then it takes its place. It appears whole or not at all.

    Parameters
    ----------
    view : View
        What to write.
    path : str or Path
        Ends in ``.csv``, ``.parquet`` or ``.jsonl``.
    formula_safe : bool
        In CSV, put ``'`` before text, and before column names, that a spreadsheet would run as a formula (it starts
        with ``=``, ``+``, ``-``, ``@``, their full-width forms, a tab or a line break and is no number), as OWASP
        advises against CSV injection. Such a file read back holds the ``'``: what is to be read again is better
        written without it, or as Parquet or JSON lines.
    excluded : bool
        Write excluded rows too.
    overwrite : bool
        Replace a file of that name.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UsageError
        The file's ending names no format, or the file exists.
    StoreError
        The file cannot be written, or the version's rows are not what was published.
    """
    path = Path(path)
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"'{path.name}' names no format.", hint=f"End the file's name in {', '.join(FORMATS)}.")
    check_output(path, overwrite=overwrite)
    with output_file(path, overwrite=overwrite) as beside:
        return _WRITERS[form](view, beside, formula_safe, excluded)


def _csv(view: View, path: Path, formula_safe: bool, excluded: bool) -> int:
    """Write a header (DuckDB would rename names that differ only in case) and one line a row."""
    names = [_harmless(column.name) if formula_safe else column.name for column in view.columns]
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(names)
    cells = [_text(column, formula_safe) for column in view.columns]
    written = ", ".join(
        f"coalesce(c{n}, '')" if _is_bare(column) else _quoted(f"c{n}") for n, column in enumerate(view.columns)
    )
    return _lines(view, path, header.getvalue(), cells, f"concat_ws(',', {written})", excluded)


def _jsonl(view: View, path: Path, formula_safe: bool, excluded: bool) -> int:
    """Write one JSON object a line."""
    cells = [json_text(quote(column.physical), column) for column in view.columns]
    pairs = ", ',', ".join(
        f"{literal(json.dumps(column.name, ensure_ascii=False) + ':')}, c{n}" for n, column in enumerate(view.columns)
    )
    return _lines(view, path, "", cells, f"concat('{{', {pairs}, '}}')", excluded)


def _lines(view: View, path: Path, head: str, cells: Sequence[str], line: str, excluded: bool) -> int:
    """Write a head and, for each row, what SQL makes of its cells as a line of its own."""
    rows = 0
    with path.open("wb") as file:
        file.write(head.encode())
        for batch in checked_batches(view, cells, result=f"concat({line}, chr(10))", excluded=excluded):
            # Arrow keeps the texts of a column one after the other: they are the lines of the file as they lie there.
            texts = batch.column(0)
            offsets = memoryview(texts.buffers()[1]).cast("q" if str(texts.type).startswith("large") else "i")
            begin, end = offsets[texts.offset], offsets[texts.offset + len(texts)]
            file.write(memoryview(texts.buffers()[2])[begin:end])
            rows += len(texts)
    return rows


def _parquet(view: View, path: Path, formula_safe: bool, excluded: bool) -> int:
    """Stream Arrow batches into a Parquet file under the source's column names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with view.session() as session:
        # A cell that is no number would be lost in a column of numbers, so such a column is written as text.
        lost = {note.column for note in unreadable(session, view.rows, view.columns)}
    wanted = {column.name: column.type if column.name in lost else column.reads for column in view.columns}
    cells = [read_as(quote(column.physical), column.type, wanted[column.name])[0] for column in view.columns]
    rows = 0
    with contextlib.ExitStack() as stack:
        writer = None
        for batch in checked_batches(view, cells, excluded=excluded):
            if writer is None:
                named = zip(batch.schema, view.columns, strict=True)
                schema = pa.schema([field.with_name(column.name) for field, column in named])
                writer = stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            rows += len(batch)
    return rows


_WRITERS: dict[str, Callable[[View, Path, bool, bool], int]] = {"csv": _csv, "parquet": _parquet, "jsonl": _jsonl}


def _safe(cell: str) -> str:
    """SQL for a text that a spreadsheet will not run."""
    return (
        f"CASE WHEN regexp_matches({cell}, '^[{_FORMULA}]') AND TRY_CAST({cell} AS DOUBLE) IS NULL "
        f"THEN '''' || {cell} ELSE {cell} END"
    )


def _quoted(cell: str) -> str:
    """SQL for a text as a CSV cell: nothing where it is missing, ``""`` where it is empty."""
    quoted = f"""'"' || replace({cell}, '"', '""') || '"'"""
    marked = f"""regexp_matches({cell}, '^$|[,"\\n\\r#]')"""
    return f"CASE WHEN {cell} IS NULL THEN '' WHEN {marked} THEN {quoted} ELSE {cell} END"


def _text(column: Column, formula_safe: bool) -> str:
    """SQL for what a column's cell is written as in CSV, before any quotation marks."""
    cell = quote(column.physical)
    return _safe(cell) if formula_safe and column.type == "VARCHAR" else spelt_text(cell, column)


def _is_bare(column: Column) -> bool:
    """Tell whether a column's texts never need quotation marks."""
    return column.type in _BARE or column.type.startswith("DECIMAL")


def changes_csv(found: Diff, *, formula_safe: bool = True) -> str:
    """Write the listed changes of a diff as CSV: key columns, change, column, old, new, author, reason.

    Parameters
    ----------
    found : Diff
        Its ``changes``; of a row that was added or removed, the cells stand as a JSON object.
    formula_safe : bool
        As in :func:`export`.
    """
    keys = list(found.changes[0].key) if found.changes else []
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    header = [*keys, "change", "column", "old", "new", "author", "reason"]
    lines.writerow([_harmless(name) for name in header] if formula_safe else header)
    for change in found.changes:
        key = [change.key.get(name) for name in keys]
        cells = [*key, change.change, change.column, change.old, change.new, change.author, change.reason]
        written = [_as_text(cell) for cell in cells]
        lines.writerow([_harmless(cell) for cell in written] if formula_safe else written)
    return text.getvalue()


def _as_text(cell: Any) -> str:
    """Write a JSON value as a CSV cell."""
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else to_text(cell) or ""


def _harmless(cell: str) -> str:
    """Put ``'`` before what a spreadsheet would run, as :func:`_safe` does."""
    if not _RUN.match(cell):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
