"""Arrow columns as the pandas objects that pandera's checks take, and a check's answer as row positions.

pandera's own ``Check`` objects are asked, through the backend that pandera chose for them: its ``validate`` writes all
failure cases of a check into one message, loses those of a warning, and gives no answer where one cell has none.
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
        A row for which the check's answer is missing has failed, as a comparison with NaN has; pandera breaks there.
        Of a check that limits its failure cases (``n_failure_cases``) all are reported.

    Raises
    ------
    TypeError
        The check answered with something that is no truth value, and no column or table of them.
    Exception
        Whatever the check raises.
    """
    import pandas as pd

    backend = type(check).get_backend(data)(check)
    asked = backend.preprocess(data, column)
    output = backend.apply(asked)
    if isinstance(output, (bool, np.bool_)):
        return Answer(bool(output))
    if not isinstance(output, (pd.Series, pd.DataFrame)):
        raise TypeError(f"the check answered with a {type(output).__name__}, not with truth values")
    if isinstance(asked, dict) or not output.index.equals(asked.index):
        return Answer(bool(np.all(_truth(output))))
    of_rows = isinstance(output, pd.Series)
    excused = np.zeros(output.shape, bool)
    if isinstance(asked, pd.DataFrame) and check.ignore_na:
        excused = (asked.isna().all(axis="columns") if of_rows else asked[output.columns].isna()).to_numpy()
    failing = ~(_truth(output) | excused)
    positions = output.index.to_numpy()
    if of_rows:
        return Answer(True, rows=positions[failing] if failing.any() else positions[:0])
    by_column = {str(name): positions[failing[:, number]] for number, name in enumerate(output.columns)}
    return Answer(True, cells={name: rows for name, rows in by_column.items() if len(rows)})


def _truth(output: pd.Series | pd.DataFrame) -> np.ndarray:
    """Read answers; a missing one is no."""
    answers: np.ndarray = output.where(output.notna(), False).astype(bool).to_numpy()
    return answers
