"""A source becomes version 1 of a new dataset: every row and cell of it, or nothing at all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.ingest.casting import choices, read_typed
from workbench.ingest.checking import check_columns, check_label, check_rows, read_sums, strays
from workbench.ingest.deliveries import delivery_digest
from workbench.ingest.lanes import lane
from workbench.ingest.meaning import logical_columns
from workbench.ingest.options import AS_IT_COMES, ReadOptions
from workbench.ingest.reading import Reading
from workbench.ingest.sources import opened, source_name
from workbench.ingest.types import Cell
from workbench.ingest.watching import watched
from workbench.lake import (
    PARQUET,
    Column,
    Definition,
    Lake,
    Session,
    Task,
    Version,
    check_name,
    literal,
    publish_first,
    quote,
)
from workbench.lake.sql import physical_names
from workbench.progress import Progress, silent


def import_source(
    lake: Lake,
    name: str,
    source: Any,
    *,
    key: Sequence[str] = (),
    label: str | None = None,
    task: Task | None = None,
    types: Mapping[str, str] | None = None,
    split_column: str | None = None,
    schema: str | None = None,
    model: str = "tabular",
    ignore: Sequence[str] = (),
    options: ReadOptions = AS_IT_COMES,
    remember: bool = True,
    author: str,
    message: str = "",
    progress: Progress = silent,
) -> Version:
    """Make version 1 of a dataset from a source, losing nothing and changing nothing.

    A text column gets a storage type only if every cell's text survives the way there and back: "007", "+1", "yes",
    20-digit numbers and "5.50" stay text. Whether such a text means a number is the column's logical type: 5, 5.50, 499
    are numbers; 1.1 and 1.10, one value in two spellings, are codes and text. An empty field is missing; "NA" and "?"
    are text.

    Parameters
    ----------
    lake : Lake
        Where it goes.
    name : str
        Of the dataset: letters, digits, ``_`` and ``-``, at most 63, a letter first.
    source : str, Path, pandas.DataFrame or pyarrow.Table
        A file (CSV, TSV, Parquet, JSON, .xlsx, packed or not), a glob of files of one kind, a database table
        (``duckdb:PATH?table=T``, ``sqlite:PATH?table=T``, ``postgres:CONNECTION?table=T``), or data in memory. A
        DataFrame's NaN is a missing value; in Parquet and Arrow NaN stays NaN.
    key : sequence of str
        Columns that identify a row; empty: rows have no key of their own.
    label : str, optional
        Column that the fixed model learns to predict.
    task : {"classification", "regression"}, optional
        Default: regression if the label's type is a fraction, else classification.
    types : mapping, optional
        Column → ``number`` or ``text``, for what a column means (its cells stay as they are written), or a DuckDB type,
        for cells whose spelling may be lost: ``{"zip": "text", "release": "number", "amount": "DECIMAL(18,2)"}``.
    split_column : str, optional
        Column that says ``train``, ``validation`` or ``test``; default: the lane follows from the features.
    schema : str, optional
        Pandera schema file; default: ``NAME.py`` in ``settings.schema_dir`` where it exists.
    model : str
        Preset or ``module:function``.
    ignore : sequence of str
        Columns that the model must not see.
    options : ReadOptions
        How the source is to be read, where it is not UTF-8 with a header in the first line, and so on. They are
        remembered with the source.
    remember : bool
        Remember the source, so that a refresh or a run that names none reads it again.
    author, message : str
        Recorded with the version.
    progress : Progress
        Told how far the work is; may raise :class:`workbench.errors.Cancelled`.

    Returns
    -------
    Version
        Version 1.

    Raises
    ------
    UsageError
        The dataset exists, its name is not allowed, or a column is named that the source lacks.
    DataError
        The source cannot be taken whole; file, line and column are named where they are known.
    KeyColumnError
        The key is missing, null or repeated.

    Examples
    --------
    >>> import_source(lake, "people", "people.csv", key=["id"], label="income", author="ann")  # doctest: +SKIP
    """
    check_name(lake, name)
    definition = Definition(
        dataset=name, key=tuple(key), label=label, task=task or "classification", model=model,
        schema=schema or _schema_of(lake, name), split_column=split_column, ignore=tuple(ignore),
        source=source_name(source, lake.url) if remember else None, types=dict(types or {}),
        reading=options.to_dict(),
    )  # fmt: skip
    file = f"{lake.files}/data/{name}/import-{uuid.uuid4()}.parquet"
    with (
        lake.session() as session,
        opened(lake, session, source, options) as reading,
        lake.unfinished(file) as unfinished,
    ):
        check_columns(definition, reading)
        digest = delivery_digest(session, source, reading, options)
        session.make_room(len(reading.names), reading.rows or 0)
        physical = physical_names(reading.names)
        held = False
        try:
            cells = _write(session, reading, definition, physical, unfinished, progress)
            columns = tuple(
                Column(name, stored, cell.type, written=cell.spelling)
                for name, stored, cell in zip(reading.names, physical, cells, strict=True)
            )
            sums, identity, next_rid = read_sums(
                session, unfinished, columns, f"reading {reading.source} back", progress
            )
            rows = f"read_parquet({literal(unfinished)})"
            check_rows(session, rows, definition, columns, reading, sums[0], progress)
            columns, notes = logical_columns(session, rows, definition, columns, reading, task=task, progress=progress)
            definition = check_label(session, rows, definition, columns, reading.source, task)
            said = [*reading.notes, *(strays(session, rows, columns) if reading.text else [])]
            held = sums[0] > 0
            if held:
                lake.settle(unfinished, file)
            version = publish_first(
                lake, definition, columns, [file] if held else [], sums=sums, identity=identity,
                author=author, message=message,
                detail={
                    "next_rid": next_rid,
                    "types": [note.to_dict() for note in notes],
                    "delivery": {"source": definition.source, "digest": digest},
                }
                | ({"notes": said} if said else {}),
            )  # fmt: skip
        finally:
            if not (held and _registered(lake, name, file)):
                _remove(file)
    return version


def _schema_of(lake: Lake, name: str) -> str | None:
    """Find the schema file that goes by the dataset's name."""
    files = [Path(lake.settings.schema_dir) / f"{name}{kind}" for kind in (".py", ".yaml", ".yml", ".json")]
    return next((str(file) for file in files if file.is_file()), None)


def _remove(file: str) -> None:
    """Remove a file that no version holds, and its folder where that is empty then; elsewhere `maintain` does."""
    if "://" in file:
        return
    path = Path(file)
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def _registered(lake: Lake, dataset: str, file: str) -> bool:
    """Tell whether the lake's catalogue holds a file; where that cannot be told, say yes and keep the file."""
    try:
        if not lake.read("SELECT 1 FROM lake.workbench.versions WHERE dataset = ? LIMIT 1", [dataset]):
            return False
        files = lake.read(f"SELECT data_file FROM ducklake_list_files('lake', {literal(dataset)}, schema => 'data')")
    except WorkbenchError:
        return True
    return any(str(row[0]).endswith(Path(file).name) for row in files)


def _write(
    session: Session,
    reading: Reading,
    definition: Definition,
    physical: Sequence[str],
    file: str,
    progress: Progress,
) -> list[Cell]:
    """Write the source's rows as a Parquet file, outside any transaction, in one pass."""

    def copy(cells: Sequence[Cell]) -> None:
        session.run("CREATE OR REPLACE TEMP SEQUENCE rids")
        values = ", ".join(f"{cell.guarded} AS {quote(stored)}" for cell, stored in zip(cells, physical, strict=True))
        texts = {name: cell.lane for name, cell in zip(reading.names, cells, strict=True)}
        rid = "nextval('rids')" if reading.large else "row_number() OVER ()"
        query = (
            f"COPY (SELECT {rid} AS _rid, {lane(definition, texts)} AS _lane, false AS _excluded, {values} "
            f"FROM {reading.relation}) TO {literal(file)} ({PARQUET}, COMPRESSION zstd)"
        )
        watched(session, query, f"reading {reading.source}", progress)

    _, cells = read_typed(session, reading, choices(session, reading, definition.types), copy, progress)
    return cells
