"""Rows as a schema's parsers leave them, so that its rules are asked of what pandera would ask them of.

Parsers may look at all rows, so what they take is read into memory as a whole. The dataset itself stays as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.lake import Session, View, quote
from workbench.lake.records import Column
from workbench.validation.asking import series
from workbench.validation.types import schema_columns

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def has_parsers(pandera: Any) -> bool:
    """Tell whether a schema has any parser."""
    return bool(pandera.parsers) or any(column.parsers for _, column, _ in schema_columns(pandera, ()))


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What parsers made of a view.

    Attributes
    ----------
    view : View
        Whose rows are what the parsers made of them; in the session alone. Rows that a parser dropped are not in it.
    broken : dict of str or None to str
        Column → what its parser raised; None: a parser of the whole table raised, and nothing is parsed.
    """

    view: View
    broken: dict[str | None, str]


def parsed(session: Session, view: View, pandera: Any, *, only: str | None = None) -> Parsed:
    """Let a schema's parsers see the rows that are not excluded: those of the table, then each column's.

    Parameters
    ----------
    only : str, optional
        The one column to parse, by its own parsers; the others are not read.
    """
    import pandas as pd
    import pyarrow as pa

    # pandera finds what runs a parser only after a schema of this process validated something; it does the same.
    pandera.register_default_backends(pd.DataFrame)
    own = [
        (name, column)
        for name, column, there in schema_columns(pandera, [column.name for column in view.columns])
        if column.parsers and (there or pandera.parsers) and only in (None, name)
    ]
    wanted = {name for name, _ in own}
    read = [column for column in view.columns if pandera.parsers or column.name in wanted]
    cells = "".join(f", {quote(column.physical)} AS v{number}" for number, column in enumerate(read))
    table = session.arrow(f"SELECT _rid{cells} FROM {view.rows} WHERE NOT _excluded ORDER BY _rid")
    rows = table.column("_rid").to_pandas()
    frame = _frame(table, read, rows)
    before = frame.copy(deep=False)
    broken: dict[str | None, str] = {}
    try:
        for parser in pandera.parsers:
            frame = parser(frame).parser_output
        _require_same_rows(frame, rows)
    except Exception as error:  # a parser is the user's own code
        return Parsed(view, {None: f"{type(error).__name__}: {error}"})
    for name, column in own:
        if name not in frame.columns:
            continue
        try:
            frame[name] = _by_column(frame[name], column)
        except Exception as error:
            broken[name] = f"{type(error).__name__}: {error}"
    changed = {
        str(name): frame[name]
        for name in frame.columns
        if name not in before.columns or not frame[name].equals(before[name])
    }
    kept = pa.table({"_rid": pa.array(frame.index.to_numpy()), **dict(_arrays(changed))})
    session.register("parsed_values", kept)
    session.run("CREATE OR REPLACE TEMP TABLE parsed_rows AS FROM parsed_values")
    types = {row[0]: row[1] for row in session.rows("DESCRIBE parsed_rows")}
    numbers = {name: f"p{number}" for number, name in enumerate(changed)}
    gone = {column.name for column in read} - set(map(str, frame.columns)) if pandera.parsers else set()
    columns, shown = [], []
    for column in view.columns:
        if column.name in numbers:
            columns.append(dataclasses.replace(column, type=types[numbers[column.name]]))
            shown.append(f"p.{numbers[column.name]} AS {quote(column.physical)}")
        elif column.name not in gone:
            columns.append(column)
            if only in (None, column.name):
                shown.append(f"r.{quote(column.physical)}")
    for name in set(numbers) - {column.name for column in view.columns}:
        columns.append(Column(name, f"parsed {name}", types[numbers[name]]))
        shown.append(f"p.{numbers[name]} AS {quote(f'parsed {name}')}")
    joined = f"{view.rows} r JOIN parsed_rows p ON p._rid = r._rid"
    rows_now = f"(SELECT r._rid, r._lane, r._excluded{''.join(', ' + each for each in shown)} FROM {joined})"
    return Parsed(dataclasses.replace(view, columns=tuple(columns), rows=rows_now, known_hash=""), broken)


def _frame(table: pa.Table, read: list[Column], rows: pd.Series) -> pd.DataFrame:
    """Lay the columns out as pandas has them, by row identity."""
    import pandas as pd

    values = {
        column.name: series(table.column(f"v{number}"), None, column.name).set_axis(rows)
        for number, column in enumerate(read)
    }
    return pd.DataFrame(values, index=pd.Index(rows, name=None))


def _require_same_rows(frame: Any, rows: pd.Series) -> None:
    """Refuse what can no longer be told by row."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"the parser answered with a {type(frame).__name__}, not with a table")
    if not frame.index.is_unique or not frame.index.isin(rows).all():
        raise TypeError("the parser gives the rows another index, so nobody can tell which row is which")


def _by_column(values: pd.Series, column: Any) -> pd.Series:
    """Fill a column's missing cells with its default and run its parsers, in pandera's order."""
    import pandas as pd

    if not pd.isna(column.default):
        values = values.fillna(column.default)
    for parser in column.parsers:
        values = parser(values).parser_output
    if not isinstance(values, pd.Series):
        raise TypeError(f"the parser answered with a {type(values).__name__}, not with a column")
    return values


def _arrays(changed: dict[str, pd.Series]) -> Iterator[tuple[str, pa.Array]]:
    """Turn columns into Arrow's; where a parser left values of several kinds, into their texts."""
    import pyarrow as pa

    for number, values in enumerate(changed.values()):
        try:
            array = pa.array(values, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            array = pa.array(
                [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]
            )
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        yield f"p{number}", array.cast(pa.string()) if pa.types.is_null(array.type) else array
