"""Uniqueness, asked in SQL.

Missing values repeat nothing. Of several columns together, rows are compared with missing values taken as equal,
unless all are missing. Cells that cannot be read as their type are failures of the type and take no part.
"""

from __future__ import annotations

import numpy as np

from workbench.lake import Session, View
from workbench.lake.sql import any_of
from workbench.lake.values import FLOATING, WHOLE
from workbench.validation.plan import Cells, PlannedCheck

SPARSEST = 64
"""Whole numbers are counted with one bit each while at most one in so many of their range is there (8 bytes a row)."""


def repeated(session: Session, view: View, check: PlannedCheck, *, near: View | None = None) -> np.ndarray:
    """Find the rows that repeat a value.

    Parameters
    ----------
    check : PlannedCheck
        Of the kind UNIQUE.
    near : View, optional
        The same state, but only some rows: at least those that were changed, and those that repeated a value before.
        Only a value that such a row now has can be repeated. Default: all rows are looked at.

    Returns
    -------
    numpy.ndarray
        Row identities.
    """
    rows = _values(view, check.cells)
    if near is not None:
        session.run(
            f"CREATE OR REPLACE TEMP TABLE suspect_rows AS SELECT r._rid, r.v FROM ({rows}) r "
            f"JOIN (SELECT DISTINCT v FROM ({_values(near, check.cells)})) s ON r.v IS NOT DISTINCT FROM s.v"
        )
        rows = "SELECT _rid, v FROM suspect_rows"
    elif len(check.cells) == 1 and check.cells[0].type in WHOLE and _all_different(session, rows):
        return np.empty(0, "int64")
    kept = {"exclude_first": "min(_rid)", "exclude_last": "max(_rid)"}.get(check.keep, "NULL::BIGINT")
    session.run(
        f"CREATE OR REPLACE TEMP TABLE repeated_values AS SELECT v, {kept} AS kept FROM ({rows}) "
        "GROUP BY v HAVING count(*) > 1"
    )
    if not session.rows("SELECT count(*) FROM repeated_values")[0][0]:
        return np.empty(0, "int64")
    found = session.arrow(
        f"SELECT r._rid FROM ({rows}) r JOIN repeated_values d ON r.v IS NOT DISTINCT FROM d.v "
        "WHERE r._rid IS DISTINCT FROM d.kept"
    )
    rids: np.ndarray = found.column("_rid").to_numpy()
    return rids


def _all_different(session: Session, rows: str) -> bool:
    """Tell whether whole numbers that lie close together are all different, which is far cheaper than grouping them."""
    count, low, high = session.rows(f"SELECT count(*), min(v), max(v) FROM ({rows})")[0]
    if not count or high - low >= min(SPARSEST * count, 1_000_000_000):
        return not count
    distinct = session.rows(f"SELECT bit_count(bitstring_agg(v, {low}, {high})) FROM ({rows})")[0][0]
    return bool(distinct == count)


def _values(view: View, cells: tuple[Cells, ...]) -> str:
    """SQL for the rows that take part, with their value ``v``: of one column, or of several as one."""
    values = [f"nullif({cell.value}, 'NaN'::DOUBLE)" if cell.type in FLOATING else cell.value for cell in cells]
    several = ", ".join(f"c{number} := {value}" for number, value in enumerate(values))
    whole = values[0] if len(values) == 1 else f"struct_pack({several})"
    there = any_of([f"({value}) IS NOT NULL" for value in values])
    readable = "".join(f" AND NOT {cell.flaw}" for cell in cells if cell.flaw)
    return f"SELECT _rid, {whole} AS v FROM {view.rows} WHERE NOT _excluded AND {there}{readable}"
