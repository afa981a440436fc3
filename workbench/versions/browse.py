"""Rows of one state, a page at a time: filtered, searched, sorted, counted and profiled by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import UnknownName, UsageError
from workbench.lake import LANES, Column, Lane, View, canonical_text, quote, rid_list
from workbench.lake.sql import any_of, count_where
from workbench.lake.values import FLOATING, WHOLE, read_as, to_json, value_of

Test = Literal["equals", "contains", "between", "missing"]
TESTS: tuple[Test, ...] = ("equals", "contains", "between", "missing")

BINS, TOP = 12, 5
"""Bars of a histogram, and most frequent values that a profile lists."""

TOGETHER = 50
"""Columns in one statement of a profile: DuckDB compares all expressions of a statement with each other."""

COUNTED = 200_000
"""Rows up to which different values are counted one by one."""


@dataclass(frozen=True)
class Filter:
    """A condition on one column.

    Attributes
    ----------
    column : str
        By the source's name for it.
    test : {"equals", "contains", "between", "missing"}
        ``contains`` looks into the value's text, whatever the case; ``between`` includes both ends.
    value : str
        What it is tested against, as a person writes it; the lower end of ``between``, empty for none.
    upper : str
        The upper end of ``between``, empty for none.
    """

    column: str
    test: Test
    value: str = ""
    upper: str = ""


@dataclass(frozen=True)
class Page:
    """Some rows.

    Attributes
    ----------
    columns : tuple of Column
        In the source's order.
    rids : tuple of int
        Row identities.
    lanes : tuple of str
        The lane of each row.
    excluded : tuple of bool
        Whether each is excluded.
    cells : tuple of tuple
        Of each row the value of each column, as JSON values.
    """

    columns: tuple[Column, ...]
    rids: tuple[int, ...]
    lanes: tuple[Lane, ...]
    excluded: tuple[bool, ...]
    cells: tuple[tuple[Any, ...], ...]

    def cells_of(self, rid: int) -> dict[str, Any]:
        """Return a row's cells by column; empty where the row is not among these."""
        if rid not in self.rids:
            return {}
        return dict(zip((column.name for column in self.columns), self.cells[self.rids.index(rid)], strict=True))


@dataclass(frozen=True)
class ColumnProfile:
    """What is in a column.

    Attributes
    ----------
    column : Column
        Which.
    rows, missing : int
        Rows, and how many of them have no value there; NaN counts as missing.
    distinct : int
        Different values.
    exact : bool
        Whether they were counted one by one; above :data:`COUNTED` rows DuckDB's ``approx_count_distinct`` estimates
        them (HyperLogLog).
    low, high : object
        Smallest and largest value, as JSON values; None where there is none, or no order that people use.
    bins : tuple of int
        For numbers: values in each of :data:`BINS` equally wide steps from ``low`` to ``high``; else empty.
    top : tuple of (str, int)
        For other columns: the most frequent values and how often they occur.
    """

    column: Column
    rows: int
    missing: int
    distinct: int
    exact: bool
    low: Any
    high: Any
    bins: tuple[int, ...]
    top: tuple[tuple[str, int], ...]


def page(
    view: View,
    filters: Sequence[Filter] = (),
    order: tuple[str, bool] | None = None,
    *,
    limit: int,
    offset: int = 0,
    search: str = "",
) -> Page:
    """Read one page of rows.

    The page's rows are found by the columns that decide, and only these rows are then read in full.

    Parameters
    ----------
    filters : sequence of Filter
        All must hold.
    order : (str, bool), optional
        Column and whether the largest come first; missing values come last. Default: row identity.
    limit, offset : int
        How many rows, after how many.
    search : str
        Text in one of the key columns, or the row identity where there is no key.

    Raises
    ------
    UnknownName
        No such column or test.
    UsageError
        A filter's value is none that its column could have.
    """
    where, params = _where(view, filters, search)
    sort = "_rid"
    if order is not None:
        column = view.column(order[0])
        sort = f"{_read(column)} {'DESC' if order[1] else 'ASC'} NULLS LAST, _rid"
    found = view.fetch(
        f"SELECT _rid FROM {{rows}} WHERE {where} ORDER BY {sort} LIMIT {int(limit)} OFFSET {int(offset)}", params
    )
    return rows_of(view, [row[0] for row in found])


def count(view: View, filters: Sequence[Filter] = (), *, search: str = "") -> int:
    """Count the rows that :func:`page` would go through."""
    where, params = _where(view, filters, search)
    return int(view.fetch(f"SELECT count(*) FROM {{rows}} WHERE {where}", params)[0][0])


def rows_of(view: View, rids: Sequence[int]) -> Page:
    """Read some rows in the order given; those that are not there are left out."""
    cells = "".join(f", {quote(column.physical)}" for column in view.columns)
    found = {
        row[0]: row
        for row in view.fetch(f"SELECT _rid, _lane, _excluded{cells} FROM {{rows}} WHERE _rid IN ({rid_list(rids)})")
    }
    rows = [found[rid] for rid in rids if rid in found]
    return Page(
        columns=view.columns,
        rids=tuple(row[0] for row in rows),
        lanes=tuple(LANES[row[1]] for row in rows),
        excluded=tuple(row[2] for row in rows),
        cells=tuple(
            tuple(value_of(value, column) for value, column in zip(row[3:], view.columns, strict=True)) for row in rows
        ),
    )


def profile(view: View) -> list[ColumnProfile]:
    """Say of each column how much is missing, how many different values there are, and how they lie."""
    exact = bool(view.columns) and count(view) <= COUNTED
    parts = [view.columns[start : start + TOGETHER] for start in range(0, len(view.columns), TOGETHER)]
    return [each for part in parts for each in _profiled(view, part, exact=exact)]


def _profiled(view: View, columns: Sequence[Column], *, exact: bool) -> list[ColumnProfile]:
    """Profile some columns.

    One statement finds the ends of the histograms and fills them; a second one counts the most frequent values.
    """
    named = [(f"c{position}", column) for position, column in enumerate(columns)]
    cells = ", ".join(f"{_value(column)} AS {name}" for name, column in named)
    different = "count(DISTINCT {})" if exact else "approx_count_distinct({})"
    first, second = ["count(*) AS n"], []
    for name, column in named:
        first.append(f"count({name}) AS {name}_there, {different.format(name)} AS {name}_distinct")
        if _is_number(column):
            finite = f"FILTER (isfinite({name}::DOUBLE))"
            first.append(f"min({name}) {finite} AS {name}_low, max({name}) {finite} AS {name}_high")
            one = 1 if column.reads in WHOLE else 0  # so that a step holds as many whole numbers as the next
            width = f"nullif({name}_high::DOUBLE - {name}_low::DOUBLE + {one}, 0)"
            place = f"coalesce(floor(({name}::DOUBLE - {name}_low::DOUBLE) / {width} * {BINS}), 0)"
            inside = f"FILTER (isfinite({name}::DOUBLE))"
            second.append(f"histogram(least({BINS - 1}, {place})::INTEGER) {inside} AS {name}_more")
        else:
            ends = f"min({name}), max({name})" if _is_time(column) else "NULL, NULL"
            low, high = ends.split(", ")
            first.append(f"{low} AS {name}_low, {high} AS {name}_high")
            second.append(
                f"approx_top_k({canonical_text(name, column.reads)}, {TOP}) FILTER ({name} IS NOT NULL) AS {name}_more"
            )
    query = (
        f"WITH cells AS (SELECT {cells} FROM {{rows}}), ends AS MATERIALIZED (SELECT {', '.join(first)} FROM cells), "
        f"shapes AS (SELECT {', '.join(second)} FROM cells, ends) SELECT * FROM ends, shapes"
    )
    row = view.fetch(query)[0]
    rows, facts, shapes = row[0], row[1 : 1 + 4 * len(named)], row[1 + 4 * len(named) :]
    counted = _counts(view, columns, shapes)
    found = []
    for position, (_, column) in enumerate(named):
        there, distinct, low, high = facts[4 * position : 4 * position + 4]
        bars, top = shapes[position] or {}, counted.get(position, ())
        few = 0 < len(top) < TOP
        found.append(
            ColumnProfile(
                column=column,
                rows=rows,
                missing=rows - there,
                distinct=len(top) if few else min(distinct, there),
                exact=exact or few,
                low=to_json(low),
                high=to_json(high),
                bins=tuple(bars.get(step, 0) for step in range(BINS)) if _is_number(column) else (),
                top=top,
            )
        )
    return found


def _counts(view: View, columns: Sequence[Column], shapes: Sequence[Any]) -> dict[int, tuple[tuple[str, int], ...]]:
    """Count exactly the values that are most frequent in the columns which are no numbers."""
    asked = [
        (position, value, count_where(f"{canonical_text(_read(column), column.reads)} = ?"))
        for position, (column, values) in enumerate(zip(columns, shapes, strict=True))
        if not _is_number(column)
        for value in values or ()
    ]
    if not asked:
        return {}
    row = view.fetch(f"SELECT {', '.join(each[2] for each in asked)} FROM {{rows}}", [each[1] for each in asked])[0]
    found: dict[int, list[tuple[str, int]]] = {}
    for (position, value, _), times in zip(asked, row, strict=True):
        found.setdefault(position, []).append((value, times))
    return {position: tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))) for position, pairs in found.items()}


def _where(view: View, filters: Sequence[Filter], search: str) -> tuple[str, list[Any]]:
    """SQL condition of filters and search, with its parameters."""
    conditions, params = [], []
    for each in filters:
        condition, values = _condition(view, each)
        conditions.append(condition)
        params += values
    if search:
        keys = [_text(column) for column in view.key] or ["_rid::VARCHAR"]
        conditions.append(any_of([f"contains(lower({key}), lower(?))" for key in keys]))
        params += [search] * len(keys)
    return " AND ".join(conditions) or "true", params


def _condition(view: View, wanted: Filter) -> tuple[str, list[Any]]:
    """SQL of one filter."""
    column = view.column(wanted.column)
    value = _value(column)
    if wanted.test == "missing":
        return f"{value} IS NULL", []
    if wanted.test == "contains":
        return f"contains(lower({_text(column)}), lower(?))", [wanted.value]
    if wanted.test == "equals":
        cell, given = _comparable(view, column, wanted.value)
        return f"{cell} = {given[0]}", [given[1]]
    if wanted.test != "between":
        raise UnknownName("test", wanted.test, TESTS)
    parts, params = [f"{value} IS NOT NULL"], []
    for sign, end in ((">=", wanted.value), ("<=", wanted.upper)):
        if end:
            cell, given = _comparable(view, column, end)
            parts.append(f"{cell} {sign} {given[0]}")
            params.append(given[1])
    return "(" + " AND ".join(parts) + ")", params


def _comparable(view: View, column: Column, text: str) -> tuple[str, tuple[str, Any]]:
    """Return SQL of a cell, and SQL and parameter of a written value, that can be compared with each other."""
    cell = _value(column)
    if _is_number(column):
        try:
            number: int | float = int(text)
        except ValueError:
            try:
                number = float(text)
            except ValueError:
                raise _unreadable(column, text, "a number") from None
        return cell, ("?", number)
    if column.reads == "BOOLEAN":
        known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.strip().lower() not in known:
            raise _unreadable(column, text, "true or false")
        return cell, ("?", known[text.strip().lower()])
    if _is_time(column):
        if view.lake.read(f"SELECT TRY_CAST(? AS {column.reads}) IS NULL", [text])[0][0]:
            raise _unreadable(column, text, "a time such as 2026-01-31 or 2026-01-31 18:00")
        return cell, (f"TRY_CAST(? AS {column.reads})", text)
    return _text(column), ("?", text)


def _unreadable(column: Column, text: str, wanted: str) -> UsageError:
    """Say that a column has no such values."""
    return UsageError(f"'{text}' cannot be compared with {column.name}, which needs {wanted}.")


def _read(column: Column) -> str:
    """SQL of a cell as its logical type, NULL where it cannot be read so."""
    return read_as(quote(column.physical), column.type, column.reads)[0]


def _value(column: Column) -> str:
    """SQL of a cell as its logical type, NULL where it is NaN."""
    cell = _read(column)
    return f"CASE WHEN NOT isnan({cell}) THEN {cell} END" if column.reads in FLOATING else cell


def _text(column: Column) -> str:
    """SQL of a cell's canonical text, as it is stored; NaN is missing."""
    cell = quote(column.physical)
    text = canonical_text(cell, column.type)
    return f"CASE WHEN NOT isnan({cell}) THEN {text} END" if column.type in FLOATING else text


def _is_number(column: Column) -> bool:
    """Tell whether a column holds numbers."""
    return column.reads in WHOLE | FLOATING or column.reads.startswith("DECIMAL")


def _is_time(column: Column) -> bool:
    """Tell whether a column holds dates or times."""
    return column.reads in ("DATE", "TIME") or column.reads.startswith("TIMESTAMP")
