"""Write the rows of a version to a file that other programs, and spreadsheets, can be trusted with."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

from workbench.errors import StoreError, UsageError
from workbench.lake import Column, View, literal, quote
from workbench.lake.values import json_text, spelt_text, to_text
from workbench.versions.diff import Diff
from workbench.versions.logical import unreadable

FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(view: View, path: Path, *, formula_safe: bool = True, excluded: bool = False) -> int:
    """Write a version's rows, in order of row identity, to CSV, Parquet or JSON lines by the file's ending.

    CSV and JSON lines give numbers as they were spelt. Parquet gives a column that means numbers as DOUBLE, and as text
    where one of its cells cannot be read as a number.

    The file appears whole or not at all.

    Parameters
    ----------
    view : View
        What to write.
    path : Path
        Ends in ``.csv``, ``.parquet`` or ``.jsonl``.
    formula_safe : bool
        In CSV, put ``'`` before text that a spreadsheet would run as a formula (it starts with ``=``, ``+``, ``-``,
        ``@``, a tab or a carriage return and is no number), as OWASP advises against CSV injection.
    excluded : bool
        Write excluded rows too.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UsageError
        The file's ending names no format.
    StoreError
        The file cannot be written.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"'{path.name}' names no format.", hint=f"End the file's name in {', '.join(FORMATS)}.")
    if not path.parent.is_dir():
        raise StoreError(f"There is no folder '{path.parent}'.", hint="Make it first, or export elsewhere.")
    where = "" if excluded else " WHERE NOT _excluded"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        {"csv": _csv, "parquet": _parquet, "jsonl": _jsonl}[form](view, partial, where, formula_safe)
        partial.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return int(view.fetch(f"SELECT count(*) FROM {{rows}}{where}")[0][0])


def _csv(view: View, path: Path, where: str, formula_safe: bool) -> None:
    """Write the header ourselves (DuckDB would rename names that differ only in case), the rows by DuckDB."""
    cells = ", ".join(
        f"{_safe(column) if formula_safe else spelt_text(quote(column.physical), column)} AS c{position}"
        for position, column in enumerate(view.columns)
    )
    body = path.with_name(path.name + ".body")
    try:
        with view.session() as session:
            session.run(
                f"COPY (SELECT {cells} FROM {view.rows}{where} ORDER BY _rid) TO {literal(str(body))} "
                "(FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '')"
            )
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([column.name for column in view.columns])
            file.flush()
            with body.open("rb") as rows:
                shutil.copyfileobj(rows, file.buffer)
    finally:
        body.unlink(missing_ok=True)


def _safe(column: Column) -> str:
    """SQL for a text cell that a spreadsheet will not run."""
    cell = quote(column.physical)
    if column.type != "VARCHAR":
        return spelt_text(cell, column) if column.type == "DOUBLE" else cell
    return (
        f"CASE WHEN regexp_matches({cell}, '^[=+\\-@\\t\\r]') AND TRY_CAST({cell} AS DOUBLE) IS NULL "
        f"THEN '''' || {cell} ELSE {cell} END"
    )


def _parquet(view: View, path: Path, where: str, formula_safe: bool) -> None:
    """Stream Arrow batches into a Parquet file under the source's column names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with view.session() as session:
        # A cell that is no number would be lost in a column of numbers, so such a column is written as text.
        lost = {note.column for note in unreadable(session, view.rows, view.columns)}
        view = view.retyped({column.name: column.type for column in view.columns if column.name in lost})
        cells = ", ".join(f"{quote(column.physical)} AS c{position}" for position, column in enumerate(view.columns))
        reader = session.batches(f"SELECT {cells} FROM {view.rows}{where} ORDER BY _rid", size=100_000)
        fields = [field.with_name(column.name) for field, column in zip(reader.schema, view.columns, strict=True)]
        with pq.ParquetWriter(path, pa.schema(fields), compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields)))


def _jsonl(view: View, path: Path, where: str, formula_safe: bool) -> None:
    """Write one JSON object a line."""
    pairs = ", ',', ".join(
        f"{literal(json.dumps(column.name, ensure_ascii=False) + ':')}, {json_text(quote(column.physical), column)}"
        for column in view.columns
    )
    line = f"concat('{{', {pairs}, '}}')" if pairs else "'{}'"
    with view.session() as session, path.open("w", encoding="utf-8", newline="\n") as file:
        cursor = session.run(f"SELECT {line} FROM {view.rows}{where} ORDER BY _rid")
        while rows := cursor.fetchmany(10_000):
            file.writelines(row[0] + "\n" for row in rows)


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
    lines.writerow([*keys, "change", "column", "old", "new", "author", "reason"])
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
    if not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
