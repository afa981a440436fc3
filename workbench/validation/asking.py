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

    from workbench.validation.plan import Plan


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


def as_table(plan: Plan, columns: dict[str, pd.Series]) -> pd.DataFrame:
    """Put columns together as the table that pandera's checks of rows and tables see."""
    import pandas as pd

    table = pd.DataFrame(columns)
    return table.set_index(list(plan.index)) if plan.index else table


def ask(check: Any, data: pd.Series | pd.DataFrame, column: str | None = None) -> Answer:
    """Ask a pandera check.

    Parameters
    ----------
    check : pandera.Check
        Nulls are left out if its ``ignore_na`` says so.
    data : Series or DataFrame
        With the row positions as index; a table may have another.
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

    backend_class = type(check).get_backend(data)
    if built_in(check):
        # The schema holds a copy of the function from before pandera taught it pandas; pandera's own call does this.
        check._check_fn = type(check).get_builtin_check_fn(built_in(check))
    backend = backend_class(check)
    asked = backend.preprocess(data, column)
    output = backend.apply(asked)
    if isinstance(output, (bool, np.bool_)):
        return Answer(bool(output))
    if not isinstance(output, (pd.Series, pd.DataFrame)):
        raise TypeError(f"the check answered with a {type(output).__name__}, not with truth values")
    if isinstance(asked, dict) or not output.index.equals(asked.index):
        return Answer(bool(np.all(_truth(output))))
    failing = ~_truth(output)
    # A table may have an index of its own; what is asked of a column has its positions for one.
    places = pd.RangeIndex(len(output)) if isinstance(asked, pd.DataFrame) else output.index
    if isinstance(output, pd.Series):
        if isinstance(asked, pd.DataFrame) and check.ignore_na:
            failing &= ~asked.isna().all(axis="columns").to_numpy()
        return Answer(True, rows=_where(failing, places))
    if check.ignore_na:
        failing &= asked[output.columns].notna().to_numpy()
    by_column = {str(name): _where(failing[:, number], places) for number, name in enumerate(output.columns)}
    return Answer(True, cells={name: rows for name, rows in by_column.items() if len(rows)})


def built_in(check: Any) -> str:
    """Return the name of pandera's own function behind a check; empty for somebody else's."""
    from pandera.api.function_dispatch import Dispatcher

    return check._check_fn.__name__ if isinstance(check._check_fn, Dispatcher) else ""


def _truth(output: pd.Series | pd.DataFrame) -> np.ndarray:
    """Read answers; a missing one is no."""
    if getattr(output, "dtype", None) != np.dtype(bool):
        output = output.where(output.notna(), False).astype(bool)
    answers: np.ndarray = output.to_numpy()
    return answers


def _where(failing: np.ndarray, positions: pd.Index) -> np.ndarray:
    """Return the positions that fail."""
    rows: np.ndarray = positions.to_numpy()[failing] if failing.any() else np.empty(0, "int64")
    return rows
