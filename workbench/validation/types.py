"""What a schema's dtype means to DuckDB.

The question whether a cell has the type its schema asks for is settled in SQL (:func:`workbench.lake.values.read_as`):
a cell that can be read as the type without loss has it, whatever it is stored as. pandera's ``coerce`` therefore makes
no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.validation.schemas import Schema

_NUMPY = {
    "b1": "BOOLEAN", "i1": "TINYINT", "i2": "SMALLINT", "i4": "INTEGER", "i8": "BIGINT", "u1": "UTINYINT",
    "u2": "USMALLINT", "u4": "UINTEGER", "u8": "UBIGINT", "f2": "FLOAT", "f4": "FLOAT", "f8": "DOUBLE",
}  # fmt: skip


def column_types(schema: Schema, names: Sequence[str] = ()) -> dict[str, str]:
    """Say which DuckDB type each column should have, where the schema says one.

    Parameters
    ----------
    schema : Schema
        From :func:`load_schema`.
    names : sequence of str
        The dataset's columns, which a column given as a pattern (``regex=True``) is matched against; without them
        such columns are left out.

    Returns
    -------
    dict
        Column name → DuckDB type, as :meth:`workbench.lake.View.retyped` takes it.
    """
    types = {}
    for name, column, there in schema_columns(schema.pandera, names):
        if (column.regex and not there) or column.parsers:
            continue  # what a parser makes of the cells is not what is stored
        wanted = duckdb_type(schema.pandera.dtype or column.dtype)
        if wanted:
            types[name] = wanted
    return types


def schema_columns(pandera: Any, names: Sequence[str]) -> list[tuple[str, Any, bool]]:
    """List the schema's columns as (name, pandera Column, is in ``names``), patterns replaced by what they match.

    A pattern that matches nothing stays, under the pattern itself. A schema that has a dtype and no columns is about
    every column there is. Named levels of the index are columns of a dataset.
    """
    import re

    if not pandera.columns and pandera.dtype is not None and pandera.index is None:
        from pandera.pandas import Column

        return [(name, Column(pandera.dtype, name=name), True) for name in names]
    listed = []
    for name, column in pandera.columns.items():
        if not column.regex:
            listed.append((name, column, name in names))
            continue
        matched = [candidate for candidate in names if re.match(name, candidate)]
        listed += [(candidate, column, True) for candidate in matched]
        if not matched:
            listed.append((name, column, False))
    listed += [(level.name, _column_of(level), level.name in names) for level in index_levels(pandera) if level.name]
    return listed


def index_levels(pandera: Any) -> list[Any]:
    """List the levels of a schema's index, each a pandera Index; none where it has no index."""
    if pandera.index is None:
        return []
    return list(getattr(pandera.index, "indexes", None) or [pandera.index])


def _column_of(level: Any) -> Any:
    """Turn a level of an index into a column with the same rules."""
    from pandera.pandas import Column

    same = ("checks", "parsers", "nullable", "unique", "report_duplicates", "name", "title", "default", "metadata")
    return Column(level.dtype, **{name: getattr(level, name) for name in same})


def duckdb_type(dtype: Any) -> str | None:
    """Return the DuckDB type that a pandera dtype means; None where it says none or DuckDB has no such type."""
    import pandas as pd
    from pandera import dtypes

    if dtype is None:
        return None
    if isinstance(dtype, dtypes.Decimal):
        return f"DECIMAL({min(dtype.precision, 38)},{dtype.scale})"
    if isinstance(dtype, dtypes.Date) and not isinstance(dtype, dtypes.Timestamp):
        return "DATE"
    if isinstance(dtype, dtypes.Category):
        given = getattr(dtype, "categories", None)
        of_values = pd.Index(list(given)).dtype if given is not None else None
        return (_of_pandas(of_values) or "VARCHAR") if of_values is not None else "VARCHAR"
    return _of_pandas(getattr(dtype, "type", None))


def _of_pandas(native: Any) -> str | None:
    """Return the DuckDB type of a NumPy or pandas dtype."""
    import numpy as np
    import pandas as pd

    if isinstance(native, pd.ArrowDtype):
        return _of_pandas(native.numpy_dtype) if native.kind != "O" else _of_arrow(native.pyarrow_dtype)
    if isinstance(native, pd.StringDtype):
        return "VARCHAR"
    if isinstance(native, pd.DatetimeTZDtype):
        return "TIMESTAMP WITH TIME ZONE"
    if isinstance(native, pd.SparseDtype):
        return _of_pandas(native.subtype)
    native = getattr(native, "numpy_dtype", native)
    if not isinstance(native, np.dtype):
        return None
    by_kind = {"U": "VARCHAR", "S": "VARCHAR", "T": "VARCHAR", "M": "TIMESTAMP"}
    return by_kind.get(native.kind) or _NUMPY.get(f"{native.kind}{native.itemsize}")


def _of_arrow(kind: Any) -> str | None:
    """Return the DuckDB type of an Arrow type that NumPy has no like of."""
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "VARCHAR"
    if pa.types.is_date(kind):
        return "DATE"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return None
