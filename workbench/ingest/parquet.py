"""Parquet files: their types are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.errors import DataError
from workbench.ingest.naming import check_names, same_names, union
from workbench.ingest.reading import Reading
from workbench.ingest.types import typed_text
from workbench.lake import Session, literal


def open_parquet(session: Session, paths: Sequence[Path], source: str) -> Reading:
    """Open Parquet files as one source. A column that the files store as different types becomes text.

    Raises
    ------
    DataError
        A file is truncated or no Parquet file, or has other columns than the first.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names: dict[Path, list[str]] = {}
    sizes = rows = 0
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                names[path] = list(file.schema_arrow.names)
                rows += file.metadata.num_rows
        except (pa.ArrowException, OSError, EOFError) as error:
            raise DataError(
                f"no whole Parquet file: {str(error).splitlines()[0]}", source=str(path), hint="Fetch it again."
            ) from error
        sizes += path.stat().st_size
        check_names(names[path], str(path))
        same_names(names[paths[0]], names[path], str(path), paths[0].name)
    expected = names[paths[0]]
    shapes: dict[tuple[str, ...], list[Path]] = {}
    types: dict[tuple[str, ...], list[str]] = {}
    for path in paths:
        described = [row[1] for row in session.rows(f"DESCRIBE SELECT * FROM {_read([path])}")]
        shape = (*names[path], *described)
        shapes.setdefault(shape, []).append(path)
        types[shape] = described
    common = {name: {kinds[shape.index(name)] for shape, kinds in types.items()} for name in expected}
    parts = []
    for shape, group in shapes.items():
        own, aliases = shape[: len(expected)], ", ".join(f"c{position}" for position in range(len(expected)))
        cells = [
            typed_text(f"c{n}", types[shape][n]).value + f" AS c{n}" if len(common[name]) > 1 else f"c{n}"
            for n, name in enumerate(own)
        ]
        parts.append((own, f"(SELECT {', '.join(cells)} FROM {_read(group)} AS t({aliases}))"))
    kinds = ["VARCHAR" if len(common[name]) > 1 else next(iter(common[name])) for name in expected]
    return Reading(
        source=source, names=tuple(expected), types=tuple(kinds), relation=union(expected, parts),
        large=sizes > 16 * 1024 * 1024, rows=rows,
    )  # fmt: skip


def _read(paths: Sequence[Path]) -> str:
    """SQL that reads files of one shape."""
    listed = ", ".join(literal("".join(f"[{c}]" if c in "*?[" else c for c in str(path))) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, file_row_number = false)"
