"""Parquet files: their types are kept, and where DuckDB would not keep a value its digits are, as text.

DuckDB reads decimals of more than 38 digits as other numbers, spans of time as bare integers, and drops the last three
digits of nanoseconds in times and in moments with a zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import DataError
from workbench.ingest.durations import duration_text
from workbench.ingest.encodings import scratch_file
from workbench.ingest.exact import holds_inexact, is_fine, is_long, may_be_fine
from workbench.ingest.naming import check_names, same_names, union
from workbench.ingest.partitions import Partitions
from workbench.ingest.reading import Reading
from workbench.ingest.types import typed_text
from workbench.lake import Session, literal

if TYPE_CHECKING:
    import pyarrow as pa


def open_parquet(session: Session, paths: Mapping[Path, str], source: str, scratch: Path) -> Reading:
    """Open Parquet files as one source. A column that the files store as different types becomes text.

    Parameters
    ----------
    paths : mapping
        Files in the order of their rows, and what people call them.
    source : str
        For people.
    scratch : Path
        Folder for files that are written anew.

    Raises
    ------
    DataError
        A file is truncated or no Parquet file, has other columns than the first, or nests what DuckDB cannot keep.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    read: list[Path] = []
    names: dict[Path, list[str]] = {}
    spans: dict[Path, dict[int, str]] = {}
    texts: set[str] = set()
    sizes = rows = 0
    first = next(iter(paths.values()))
    for path, name in paths.items():
        try:
            with pq.ParquetFile(path) as file:
                schema = file.schema_arrow
                rows += file.metadata.num_rows
                own = list(schema.names)
                check_names(own, name)
                inexact = _inexact(file, name)
                if inexact:
                    texts |= {own[position] for position in inexact}
                    path = _as_text(file, inexact, scratch_file(scratch, path))
        except (pa.ArrowException, OSError, EOFError) as error:
            raise DataError(
                f"no whole Parquet file: {str(error).splitlines()[0]}", source=name, hint="Fetch it again."
            ) from error
        sizes += path.stat().st_size
        read.append(path)
        names[path] = own
        spans[path] = {n: field.type.unit for n, field in enumerate(schema) if pa.types.is_duration(field.type)}
        same_names(names[read[0]], own, name, first)
    expected = names[read[0]]
    partitions = Partitions.of(read, expected, source)
    shapes: dict[tuple[str, ...], list[Path]] = {}
    types: dict[tuple[str, ...], list[str]] = {}
    for path in read:
        described = [
            f"span {spans[path][n]}" if n in spans[path] else row[1]
            for n, row in enumerate(session.rows(f"DESCRIBE SELECT * FROM {_read([path], '')}"))
        ]
        shape = (*names[path], *described)
        shapes.setdefault(shape, []).append(path)
        types[shape] = described
    common = {name: {kinds[shape.index(name)] for shape, kinds in types.items()} for name in expected}
    whole = [partitions.whole(position) for position in range(len(partitions.names))]
    parts = []
    for shape, group in shapes.items():
        given, aliases = shape[: len(expected)], ", ".join(f"c{position}" for position in range(len(expected)))
        cells = [
            _cell(f"c{n}", types[shape][n], mixed=len(common[name]) > 1) + f" AS c{n}" for n, name in enumerate(given)
        ]
        cells += [
            f"c{n}::BIGINT AS c{n}" if whole[n - len(expected)] else f"c{n}"
            for n in range(len(expected), len(expected) + len(whole))
        ]
        relation = partitions.added(len(expected), partial(_aliased, group, aliases))
        parts.append(((*given, *partitions.names), f"(SELECT {', '.join(cells)} FROM {relation})"))
    kinds = [_kept(next(iter(common[name])) if len(common[name]) == 1 else "VARCHAR") for name in expected]
    kinds += ["BIGINT" if each else "VARCHAR" for each in whole]
    notes = [f"'{name}' is kept as text: its digits are more than a number holds" for name in sorted(texts)]
    spanned = [name for name in expected if any(kind.startswith("span ") for kind in common[name])]
    notes += [f"'{name}' is kept as text: spans of time, as hours:minutes:seconds" for name in spanned]
    columns = (*expected, *partitions.names)
    return Reading(
        source=source, names=columns, types=tuple(kinds), relation=union(columns, parts),
        large=sizes > 16 * 1024 * 1024, rows=rows, notes=(*notes, *partitions.notes),
    )  # fmt: skip


def _read(paths: Sequence[Path], further: str) -> str:
    """SQL that reads files of one shape."""
    listed = ", ".join(literal("".join(f"[{c}]" if c in "*?[" else c for c in str(path))) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, file_row_number = false{further})"


def _aliased(paths: Sequence[Path], aliases: str, further: str) -> str:
    """SQL that reads files of one shape under plain names."""
    named = f"{aliases}, {further.partition(' = ')[2][1:-1]}" if further else aliases
    return f"(SELECT * FROM {_read(paths, further)} AS t({named}))"


def _cell(raw: str, kind: str, *, mixed: bool) -> str:
    """SQL of a cell as it is taken."""
    if kind.startswith("span "):
        return duration_text(raw, kind.removeprefix("span "))
    return typed_text(raw, kind).value if mixed else raw


def _kept(kind: str) -> str:
    """Return the type of a column's cells as they are taken."""
    return "VARCHAR" if kind.startswith("span ") else kind


def _inexact(file: pa.parquet.ParquetFile, name: str) -> list[int]:
    """List the columns in which DuckDB would not keep every value.

    Raises
    ------
    DataError
        Such values are inside lists, structs or maps.
    """
    import pyarrow as pa

    schema, physical = file.schema_arrow, file.schema
    legacy = {physical.column(n).name for n in range(len(physical)) if physical.column(n).physical_type == "INT96"}
    found, doubtful = [], []
    for position, field in enumerate(schema):
        if is_long(field.type):
            found.append(position)
        elif may_be_fine(field.type) or (field.name in legacy and pa.types.is_timestamp(field.type)):
            doubtful.append(position)
        elif holds_inexact(field.type):
            raise DataError(
                f"values of type {field.type} cannot be kept", source=name, column=field.name,
                hint="Write spans of time and decimals of more than 38 digits as text, or in columns of their own.",
            )  # fmt: skip
    finer: set[int] = set()
    if doubtful:
        for batch in file.iter_batches(columns=[schema.names[position] for position in doubtful]):
            finer |= {n for n in doubtful if is_fine(batch.column(schema.names[n]))}
    return found + sorted(finer)


def _as_text(file: pa.parquet.ParquetFile, positions: Sequence[int], target: Path) -> Path:
    """Write a file anew in which some columns are the text of what they were."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = file.schema_arrow
    for position in positions:
        schema = schema.set(position, pa.field(schema.names[position], pa.string()))
    with pq.ParquetWriter(target, schema) as writer:
        for batch in file.iter_batches():
            columns = [
                column.cast(pa.string()) if position in positions else column
                for position, column in enumerate(batch.columns)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return target
