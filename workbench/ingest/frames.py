"""Data that is in memory: DataFrames, Arrow tables, and columns of plain Python values.

A value that Arrow has no one type for (a column that mixes numbers and texts, say) becomes text in its canonical form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, UsageError
from workbench.ingest.durations import duration_text
from workbench.ingest.exact import holds_inexact, is_fine, is_long, may_be_fine
from workbench.ingest.naming import check_names
from workbench.ingest.reading import Reading
from workbench.lake import Session
from workbench.lake.values import to_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def open_frame(session: Session, source: Any) -> Reading:
    """Open a DataFrame or an Arrow table.

    In a DataFrame NaN, NaT, NA and None are all missing; in an Arrow table only null is, and NaN is a number. A named
    index becomes a column, an unnamed one is only a numbering and is left.

    Raises
    ------
    UsageError
        It is neither.
    DataError
        A column name stands twice.
    """
    module = type(source).__module__.partition(".")[0]
    if module == "pyarrow" and hasattr(source, "column_names"):
        names, columns = list(source.column_names), [chunked.combine_chunks() for chunked in source.columns]
        label = "the Arrow table"
    elif module == "pandas" and hasattr(source, "columns"):
        names, columns = _pandas(source)
        label = "the DataFrame"
    else:
        raise UsageError(
            f"A {type(source).__name__} is no source.",
            hint="Give a path, a glob, a database table, a pandas DataFrame or a pyarrow Table.",
        )
    return open_columns(session, names, columns, label)


def open_columns(
    session: Session, names: Sequence[str], columns: Sequence[pa.Array], source: str, notes: Sequence[str] = ()
) -> Reading:
    """Open Arrow columns under names that may be anything."""
    import pyarrow as pa

    check_names(names, source)
    if not names:
        raise DataError("there are no columns", source=source)
    plain = [_plain(column, name, source) for name, column in zip(names, columns, strict=True)]
    spans = {n: column.type.unit for n, column in enumerate(plain) if pa.types.is_duration(column.type)}
    plain = [column.cast(pa.int64()) if n in spans else column for n, column in enumerate(plain)]
    table = pa.table(plain, names=[f"c{position}" for position in range(len(names))])
    relation = f"source_{id(table)}"
    session.register(relation, table)
    if spans:
        cells = [f"{duration_text(f'c{n}', spans[n])} AS c{n}" if n in spans else f"c{n}" for n in range(len(names))]
        relation = f"(SELECT {', '.join(cells)} FROM {relation})"
    types = tuple(row[1] for row in session.rows(f"DESCRIBE SELECT * FROM {relation}"))
    return Reading(
        source=source, names=tuple(names), types=types, relation=relation, rows=table.num_rows, notes=tuple(notes)
    )


def from_python(values: Sequence[Any]) -> pa.Array:
    """Make one Arrow column of Python values; None and NaN are missing, a mixture becomes text."""
    import pyarrow as pa

    present = [value for value in values if not _missing(value)]
    kinds = {type(value) for value in present}
    numbers = kinds <= {int, float} and all(not isinstance(v, int) or abs(v) <= 2**53 for v in present)
    try:
        if len(kinds) <= 1 or numbers or not kinds & {str, bool, int, float, bytes}:
            return pa.array([None if _missing(value) else value for value in values], from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        pass
    return pa.array([None if _missing(value) else to_text(value) for value in values], pa.string())


def _missing(value: Any) -> bool:
    """Tell whether a Python value stands for nothing: None, NaN, NaT, NA."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in ("NaTType", "NAType")
    )


def _pandas(frame: pd.DataFrame) -> tuple[list[str], list[pa.Array]]:
    """Take a DataFrame apart."""
    import pandas as pd

    named = [name for name in frame.index.names if name is not None]
    if named:
        frame = frame.reset_index(level=named)
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError("its columns have several levels", source="the DataFrame", hint="Join them to one name each.")
    return [str(name) for name in frame.columns], [_series(frame.iloc[:, n]) for n in range(frame.shape[1])]


def _series(series: pd.Series[Any]) -> pa.Array:
    """Make one Arrow column of a pandas column."""
    import pandas as pd
    import pyarrow as pa

    if series.dtype == object:
        return from_python(series.tolist())
    if isinstance(series.dtype, pd.CategoricalDtype):
        return from_python(series.astype(object).tolist())
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([None if _missing(value) else str(value) for value in series], pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _plain(column: pa.Array, name: str, source: str) -> pa.Array:
    """Take away what DuckDB would read as a type of its own or change: dictionaries, extension types, long decimals."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage if pa.types.is_nested(column.type.storage_type) else column.cast(pa.string())
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_dictionary(column.type):
        return _plain(column.dictionary_decode(), name, source)
    if holds_inexact(column.type):
        raise DataError(f"values of type {column.type} cannot be kept", source=source, column=name)
    if pa.types.is_float16(column.type):
        return column.cast(pa.float32())
    if is_long(column.type) or (may_be_fine(column.type) and is_fine(column)):
        return column.cast(pa.string())
    if pa.types.is_time64(column.type):
        return column.cast(pa.time64("us"))
    return column
