"""Arrow columns as the pandas objects that pandera's checks take, and a check's answer as row positions.

pandera's own ``Check`` objects are asked directly: with ``validate`` a failing check writes all its failure cases into
one message, and a warning's cases are lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Answer:
    """What a check said.

    Attributes
    ----------
    passed : bool
        The whole answer, where it is not about rows.
    rows : numpy.ndarray or None
        Positions of the failing rows, where it is about rows.
    cells : dict
        Column → positions of its failing cells, where it is about the cells of a table.
    """

    passed: bool
    rows: np.ndarray | None = None
    cells: dict[str, np.ndarray] = field(default_factory=dict)


def series(values: pa.Array | pa.ChunkedArray, dtype: Any, name: str) -> pd.Series:
    """Turn an Arrow column into a Series of the dtype that the schema asks for.

    Whole numbers and truth values with gaps become pandas' nullable types, so that a missing value turns no number
    into a float; dates keep their resolution, since nanoseconds end in 1677.

    Parameters
    ----------
    dtype : object
        NumPy or pandas dtype; anything else leaves the values as they are.
    """
    import pandas as pd

    found = values.to_pandas(types_mapper=_pandas_types(values.null_count > 0).get)
    found.name = name
    if isinstance(dtype, pd.DatetimeTZDtype):
        return found.dt.tz_convert(dtype.tz)
    if isinstance(dtype, pd.api.extensions.ExtensionDtype) and found.dtype != dtype:
        return found.astype(dtype)
    return found


def _pandas_types(gaps: bool) -> dict[Any, Any]:
    """Map Arrow types to pandas types, other than pyarrow would."""
    import pandas as pd
    import pyarrow as pa

    text = pd.StringDtype(na_value=np.nan)
    types: dict[Any, Any] = {pa.string(): text, pa.large_string(): text}
    if gaps:
        types |= {getattr(pa, name.lower())(): getattr(pd, f"{name}Dtype")() for name in _NUMBERS}
        types[pa.bool_()] = pd.BooleanDtype()
    return types


_NUMBERS = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")


def ask(check: Any, data: pd.Series | pd.DataFrame, column: str | None = None) -> Answer:
    """Ask a pandera check.

    Parameters
    ----------
    check : pandera.Check
        Nulls are left out if its ``ignore_na`` says so.
    data : Series or DataFrame
        With the row positions as index.
    column : str, optional
        The column that a check with ``groupby`` is about.

    Returns
    -------
    Answer
        A row for which the check's answer is missing has failed. Of a check that limits its failure cases
        (``n_failure_cases``) all are reported.
    """
    import pandas as pd

    result = check(data) if column is None else check(data, column)
    output, asked = result.check_output, result.checked_object
    if isinstance(output, pd.Series) and isinstance(asked, (pd.Series, pd.DataFrame)):
        if output.index is asked.index or output.index.equals(asked.index):
            return Answer(True, rows=output.index.to_numpy()[~_truth(output)])
    elif isinstance(output, pd.DataFrame) and isinstance(asked, pd.DataFrame) and output.index.equals(asked.index):
        failing = {str(name): output.index.to_numpy()[~_truth(output[name])] for name in output.columns}
        return Answer(True, cells={name: rows for name, rows in failing.items() if len(rows)})
    return Answer(bool(result.check_passed))


def _truth(output: pd.Series) -> np.ndarray:
    """Read a column of answers; a missing one is no."""
    if output.dtype == bool:
        return output.to_numpy()
    return output.to_numpy(dtype=bool, na_value=False) if output.hasnans else output.astype(bool).to_numpy()
