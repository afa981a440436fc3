"""Cells as rows, so that one statement asks about many columns.

A statement for each column, or one part of a statement for each, takes minutes for a table of 2,000 columns. What SQL
does with a cell depends on its column's types alone, of which a table has few: a cell's row carries the number of its
kind, and an expression of a cell is one CASE over kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from workbench.lake.records import Column
from workbench.lake.sql import literal, quote

TOGETHER: Final = 100
"""Columns in one part of a statement: each part reads the rows once, and longer lists of many rows are slower."""


def unpivoted(rows: str, columns: Sequence[Column], kept: str, **cells: Callable[[Column], str]) -> str:
    """SQL of one row for each cell of some columns.

    Parameters
    ----------
    rows : str
        FROM clause, with its joins and conditions.
    columns : sequence of Column
        Which cells, at least one column.
    kept : str
        SELECT list of what each cell's row keeps of its row.
    **cells : callable
        Name → SQL of a column's cell; the expressions of all columns have one type.

    Returns
    -------
    str
        A SELECT in parentheses, with ``kept``, ``column_name``, ``kind`` (see :func:`by_kind`) and the cells.
    """
    kinds = _kinds(columns)
    parts = []
    for start in range(0, len(columns), TOGETHER):
        some = columns[start : start + TOGETHER]
        lists = {
            "column_name": [literal(column.name) for column in some],
            "kind": [str(kinds[column.type, column.reads]) for column in some],
            **{name: [sql(column) for column in some] for name, sql in cells.items()},
        }
        unnested = ", ".join(f"unnest([{', '.join(each)}]) AS {quote(name)}" for name, each in lists.items())
        parts.append(f"SELECT {kept}, {unnested} FROM {rows}")
    return f"({' UNION ALL '.join(parts)})"


def by_kind(columns: Sequence[Column], expression: Callable[[Column], str], *, kind: str = "kind") -> str:
    """SQL of an expression that depends on the types of a cell's column, for the rows of :func:`unpivoted`.

    Parameters
    ----------
    columns : sequence of Column
        The same as for :func:`unpivoted`.
    expression : callable
        SQL about a cell of a column; of the column it may only use the types.
    kind : str
        SQL of the number of the cell's kind.
    """
    examples = {(column.type, column.reads): column for column in columns}
    written = {number: expression(examples[types]) for types, number in _kinds(columns).items()}
    if len(set(written.values())) == 1:
        return f"({written[0]})"
    return f"CASE {kind} {' '.join(f'WHEN {number} THEN {sql}' for number, sql in written.items())} END"


def _kinds(columns: Sequence[Column]) -> dict[tuple[str, str], int]:
    """Number the pairs of types that columns have: as they are stored, and as they are read."""
    return {types: n for n, types in enumerate(dict.fromkeys((column.type, column.reads) for column in columns))}
