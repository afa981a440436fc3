"""Checks that may look at all rows: they see the whole column, or the whole table, in the order of row identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.lake import Session, View
from workbench.progress import Progress
from workbench.validation.asking import as_table, ask, series
from workbench.validation.plan import Cells, Kind, Plan
from workbench.validation.tally import Tally

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

STAGE = "validate whole columns"


def ask_whole(
    session: Session, view: View, plan: Plan, checks: Sequence[int], tally: Tally, *, progress: Progress
) -> None:
    """Ask checks of all rows at once, and note what fails; what one raises is its outcome.

    Excluded rows are left out. A column's cells that cannot be read as its type are left out too; in a table they are
    missing.

    Parameters
    ----------
    checks : sequence of int
        Positions in the plan.
    """
    positions = {cells.name: cells.position for cells in plan.table}
    table: pa.Table | None = None
    for done, position in enumerate(sorted(checks)):
        progress(STAGE, done, len(checks))
        check = plan.checks[position]
        of_table = check.kind in (Kind.TABLE, Kind.ROWS)
        if of_table:
            table = table or _read(session, view, plan.table)
        read = table if of_table and table is not None else _read(session, view, check.cells, readable=True)
        rids = read.column("_rid").to_numpy()
        if not len(rids):
            continue
        try:
            data = _frame(read, plan) if of_table else _values(read, 0, check.cells[0])
            answer = ask(check.check, data, check.column if check.kind is Kind.TABLE else None)
        except Exception as error:  # a check is the user's own code: whatever it raises is its outcome
            tally.broken[position] = f"{type(error).__name__}: {error}"
            continue
        if answer.rows is not None:
            tally.add(position, check.shown, rids[answer.rows])
        for name, rows in answer.cells.items():
            tally.add(position, (positions[name],) if positions[name] >= 0 else (), rids[rows])
        if not answer.passed:
            tally.failed.add(position)
    if checks:
        progress(STAGE, len(checks), len(checks))


def _read(session: Session, view: View, cells: Sequence[Cells], *, readable: bool = False) -> pa.Table:
    """Read columns with the rows' identities; ``readable`` leaves out cells that cannot be read as their type."""
    chosen = "".join(f", {cell.value} AS v{number}" for number, cell in enumerate(cells))
    also = "".join(f" AND NOT {cell.flaw}" for cell in cells if cell.flaw) if readable else ""
    return session.arrow(f"SELECT _rid{chosen} FROM {view.rows} WHERE NOT _excluded{also} ORDER BY _rid")


def _values(read: pa.Table, number: int, cells: Cells) -> pd.Series:
    """Turn a column that was read into a Series, which the check may change without harm to the next."""
    return series(read.column(f"v{number}"), cells.dtype, cells.name).copy(deep=False)


def _frame(read: pa.Table, plan: Plan) -> pd.DataFrame:
    """Turn all columns that were read into a DataFrame."""
    return as_table(plan, {cells.name: _values(read, number, cells) for number, cells in enumerate(plan.table)})
