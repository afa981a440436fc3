"""Checks that may look at all rows: they see the whole column, or the whole table, in the order of row identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.lake import Session, View
from workbench.progress import Progress
from workbench.validation.asking import ask, series
from workbench.validation.plan import Cells, Kind, Plan
from workbench.validation.tally import Tally

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

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
    frame: tuple[np.ndarray, pd.DataFrame] | None = None
    names = [cells.name for cells in plan.table]
    for done, position in enumerate(sorted(checks)):
        progress(STAGE, done, len(checks))
        check = plan.checks[position]
        if check.kind in (Kind.TABLE, Kind.ROWS):
            frame = frame or _table(session, view, plan.table)
            rids, data = frame
        else:
            rids, data = _column(session, view, check.cells[0])
        if not len(data):
            continue
        try:
            answer = ask(check.check, data.copy(deep=False), check.column if check.kind is Kind.TABLE else None)
        except Exception as error:  # a check is the user's own code: whatever it raises is its outcome
            tally.broken[position] = f"{type(error).__name__}: {error}"
            continue
        if answer.rows is not None:
            tally.add(position, check.shown, rids[answer.rows])
        for name, rows in answer.cells.items():
            tally.add(position, (names.index(name),), rids[rows])
        if not answer.passed:
            tally.failed.add(position)
    if checks:
        progress(STAGE, len(checks), len(checks))


def _column(session: Session, view: View, cells: Cells) -> tuple[np.ndarray, pd.Series]:
    """Read one column's readable cells with their rows' identities."""
    readable = f" AND NOT {cells.flaw}" if cells.flaw else ""
    table = session.arrow(
        f"SELECT _rid, {cells.value} AS v FROM {view.rows} WHERE NOT _excluded{readable} ORDER BY _rid"
    )
    return table.column("_rid").to_numpy(), series(table.column("v"), cells.dtype, cells.name)


def _table(session: Session, view: View, cells: Sequence[Cells]) -> tuple[np.ndarray, pd.DataFrame]:
    """Read all columns with the rows' identities."""
    import pandas as pd

    chosen = "".join(f", {cell.value} AS v{n}" for n, cell in enumerate(cells))
    table = session.arrow(f"SELECT _rid{chosen} FROM {view.rows} WHERE NOT _excluded ORDER BY _rid")
    data = {cell.name: series(table.column(f"v{n}"), cell.dtype, cell.name) for n, cell in enumerate(cells)}
    return table.column("_rid").to_numpy(), pd.DataFrame(data)
