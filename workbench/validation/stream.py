"""Row-local checks, asked of one batch of rows after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.lake import Session, View
from workbench.progress import Progress
from workbench.validation.asking import as_table, ask, series
from workbench.validation.plan import Cells, Kind, Plan, PlannedCheck
from workbench.validation.tally import Tally

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

STAGE = "validate"


def stream(
    session: Session,
    view: View,
    plan: Plan,
    checks: Sequence[int],
    tally: Tally,
    *,
    only: str | None = None,
    batch_size: int,
    progress: Progress,
) -> set[int]:
    """Ask row-local checks of every row that is not excluded, and note what fails.

    Parameters
    ----------
    checks : sequence of int
        Positions in the plan; all of row-local kinds.
    only : str, optional
        A table of the session whose column ``_rid`` says which rows to look at; default: all.
    batch_size : int
        Rows shown to pandera at a time; the result does not depend on it.

    Returns
    -------
    set of int
        Checks that raised, of which nothing is noted: what they raise may depend on what else is in the batch, so
        they are for :func:`workbench.validation.whole.ask_whole`.
    """
    if not checks:
        return set()
    cells = _read_by(plan, checks)
    chosen = "".join(f", {cell.value} AS v{n}" for n, cell in enumerate(cells))
    flaws = "".join(f", {cell.flaw} AS f{n}" for n, cell in enumerate(cells) if cell.flaw)
    rows = f"{view.rows} WHERE NOT _excluded"
    among = f" AND _rid IN (SELECT _rid FROM {only})" if only else ""
    total = session.rows(f"SELECT count(*) FROM {rows}{among}")[0][0]
    raised: set[int] = set()
    done = 0
    progress(STAGE, 0, total)
    for batch in session.batches(f"SELECT _rid{chosen}{flaws} FROM {rows}{among}", size=batch_size):
        columns = [_Batch(cell, batch, n) for n, cell in enumerate(cells)]
        rids = batch.column("_rid").to_numpy()
        by_cells = dict(zip(cells, columns, strict=True))
        for position in checks:
            if position not in raised:
                try:
                    _ask(plan.checks[position], position, plan, by_cells, rids, tally)
                except Exception:  # a check is the user's own code; it is asked again, and its error told, as a whole
                    raised.add(position)
        done += batch.num_rows
        progress(STAGE, done, total)
    for position in raised:
        tally.rows.pop(position, None)
    return raised


def _read_by(plan: Plan, checks: Sequence[int]) -> list[Cells]:
    """List what the checks look at, each column read in one way once."""
    wanted: dict[Cells, None] = {}
    for position in checks:
        check = plan.checks[position]
        wanted |= dict.fromkeys(plan.table if check.kind is Kind.ROWS else check.cells)
    return list(wanted)


class _Batch:
    """One column of a batch, taken apart once for all its checks."""

    def __init__(self, cells: Cells, batch: pa.RecordBatch, number: int) -> None:
        import pyarrow.compute as pc

        self.values = batch.column(f"v{number}")
        self.cells = cells
        self.flawed: np.ndarray | None = None
        if cells.flaw:
            flawed = batch.column(f"f{number}").to_numpy(zero_copy_only=False).astype(bool)
            self.flawed = flawed if flawed.any() else None
        gaps = pc.is_null(self.values, nan_is_null=True)
        self.empty = gaps.to_numpy(zero_copy_only=False) if gaps.true_count else None
        self._dense: pd.Series | None = None

    def missing(self) -> np.ndarray:
        """Return the positions without a value."""
        if self.empty is None:
            return np.empty(0, "int64")
        return np.flatnonzero(self.empty if self.flawed is None else self.empty & ~self.flawed)

    def present(self) -> pd.Series:
        """Return the values there are, with their positions as index."""
        if self._dense is None:
            self._dense = self._without(self.empty)
        return self._dense

    def readable(self) -> pd.Series:
        """Return the values that can be read as their type, missing ones included."""
        return self._without(self.flawed)

    def _without(self, left_out: np.ndarray | None) -> pd.Series:
        if left_out is None:
            return series(self.values, self.cells.dtype, self.cells.name)
        kept = np.flatnonzero(~left_out)
        found = series(self.values.take(kept), self.cells.dtype, self.cells.name)
        found.index = kept
        return found


def _ask(
    check: PlannedCheck, position: int, plan: Plan, columns: dict[Cells, _Batch], rids: np.ndarray, tally: Tally
) -> None:
    """Ask one check of one batch."""
    if check.kind is Kind.ROWS:
        read = {cells.name: series(columns[cells].values, cells.dtype, cells.name) for cells in plan.table}
        frame = as_table(plan, read)
        if len(frame):
            tally.add(position, check.shown, rids[_rows(ask(check.check, frame).rows)])
        return
    column = columns[check.cells[0]]
    if check.kind is Kind.TYPE:
        if column.flawed is not None:
            tally.add(position, check.shown, rids[column.flawed])
    elif check.kind is Kind.NULLS:
        tally.add(position, check.shown, rids[column.missing()])
    else:
        data = column.present() if check.check.ignore_na else column.readable()
        if len(data):
            tally.add(position, check.shown, rids[_rows(ask(check.check, data).rows)])


def _rows(rows: np.ndarray | None) -> np.ndarray:
    """Insist on an answer for each row."""
    if rows is None:
        raise TypeError("the check gave one answer for all rows")
    return rows
