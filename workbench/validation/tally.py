"""What the checks of a plan have found so far, and how it becomes failure cases and outcomes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.lake import View, canonical_text, literal, quote
from workbench.validation.plan import Kind, Plan
from workbench.validation.results import CASE_FIELDS, CheckOutcome

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE_ROW = -1
"""In place of a column's position: the case shows the row's values as one JSON text."""


@dataclass
class Tally:
    """Findings of the checks, by their position in the plan.

    Attributes
    ----------
    rows : dict
        Check → pairs of the position of the column shown and an array of row identities.
    broken : dict
        Check → the error it raised.
    failed : set
        Checks that failed as a whole, with no row to point at.
    """

    rows: dict[int, list[tuple[int, np.ndarray]]] = field(default_factory=lambda: defaultdict(list))
    broken: dict[int, str] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)

    def add(self, check: int, shown: int, rids: np.ndarray) -> None:
        """Note the rows that fail a check."""
        if len(rids):
            self.rows[check].append((shown, rids))


def cases_of(view: View, plan: Plan, tally: Tally) -> pa.Table:
    """Look up key and value of everything noted, and return the failure cases in their order."""
    import pyarrow as pa

    noted = [(check, shown, rids) for check, found in tally.rows.items() for shown, rids in found]
    loose = _loose(plan, tally)
    if not noted:
        return ordered(plan, loose)
    table = pa.table(
        {
            "check_number": np.concatenate([np.full(len(rids), check, "int32") for check, _, rids in noted]),
            "shown": np.concatenate([np.full(len(rids), shown, "int32") for _, shown, rids in noted]),
            "rid": np.concatenate([rids for *_, rids in noted]),
        }
    )
    texts = {
        position: canonical_text(f"r.{quote(view.columns[position].physical)}", view.columns[position].type)
        for position in sorted({shown for _, shown, _ in noted} - {WHOLE_ROW} | _row_columns(plan, noted))
    }
    pairs = ", ".join(f"{literal(view.columns[p].name)}, {texts[p]}" for p in plan.named if p in texts)
    shown = "".join(f" WHEN {position} THEN {text}" for position, text in texts.items())
    whole = f"WHEN {WHOLE_ROW} THEN json_object({pairs})::VARCHAR"
    with view.session() as session:
        session.register("noted", table)
        found = session.arrow(
            f"SELECT n.check_number, n.shown, n.rid, {view.key_json('r')} AS row_key, "
            f"CASE n.shown {whole}{shown} END AS observed "
            f"FROM noted n JOIN {view.rows} r ON r._rid = n.rid"
        )
    columns = [column.name for column in view.columns]
    cases = _labelled(plan, found.column("check_number"), _taken([*columns, None], found.column("shown")))
    for name in ("rid", "row_key", "observed"):
        cases = cases.append_column(name, found.column(name))
    return ordered(plan, pa.concat_tables([loose, cases.select(CASE_FIELDS)]))


def _row_columns(plan: Plan, noted: list[tuple[int, int, np.ndarray]]) -> set[int]:
    """Name the columns that a case of a whole row shows, if there is one."""
    return set(plan.named) if any(shown == WHOLE_ROW for _, shown, _ in noted) else set()


def _loose(plan: Plan, tally: Tally) -> pa.Table:
    """Make the cases that point at no row."""
    import pyarrow as pa

    about: list[tuple[int, str | None]] = []
    for position, check in enumerate(plan.checks):
        about += [(position, column) for column in check.columns]
        if position in tally.failed:
            about.append((position, check.column))
    numbers = pa.array([position for position, _ in about], pa.int32())
    cases = _labelled(plan, numbers, pa.array([column for _, column in about], pa.string()))
    return pa.table(
        {
            name: cases.column(name) if name in cases.column_names else pa.nulls(len(about), kind)
            for name, kind in zip(CASE_FIELDS, [pa.int64()] + [pa.string()] * (len(CASE_FIELDS) - 1), strict=True)
        }
    )


def _labelled(plan: Plan, numbers: pa.Array | pa.ChunkedArray, columns: pa.Array) -> pa.Table:
    """Name the check of each case."""
    import pyarrow as pa

    return pa.table(
        {
            "check_code": _taken([check.code for check in plan.checks], numbers),
            "column_name": columns,
            "check_name": _taken([check.name for check in plan.checks], numbers),
            "severity": _taken([check.severity for check in plan.checks], numbers),
        }
    )


def _taken(texts: list[str | None], numbers: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Pick a text by position for each number; −1 picks the last."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wrapped = pc.if_else(pc.less(numbers, 0), pa.scalar(len(texts) - 1, pa.int32()), numbers)
    return pa.array(texts, pa.string()).take(wrapped)


def ordered(plan: Plan, cases: pa.Table) -> pa.Table:
    """Sort cases by row identity (none first), check and column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if cases.num_rows < 2:
        return cases.combine_chunks()
    number = pc.index_in(cases.column("check_code"), pa.array([check.code for check in plan.checks])).to_numpy()
    rid = pc.fill_null(cases.column("rid"), np.iinfo("int64").min).to_numpy()
    several = {check.code for check in plan.checks if check.kind in (Kind.TABLE, Kind.ROWS, Kind.SETTLED)}
    order = np.lexsort((number, rid))
    if pc.any(pc.is_in(cases.column("check_code"), pa.array(sorted(several), pa.string()))).as_py():
        names = cases.column("column_name").to_numpy(zero_copy_only=False).astype(str)
        order = np.lexsort((names, number, rid))
    return cases.take(pa.array(order)).combine_chunks()


def outcomes(plan: Plan, tally: Tally, cases: pa.Table) -> tuple[CheckOutcome, ...]:
    """Say how each check ended."""
    counts = {item["values"]: item["counts"] for item in cases.column("check_code").value_counts().to_pylist()}
    return tuple(_outcome(plan, tally, position, counts.get(plan.checks[position].code, 0)) for position in range(len(plan.checks)))


def _outcome(plan: Plan, tally: Tally, position: int, failures: int) -> CheckOutcome:
    """Say how one check ended."""
    check = plan.checks[position]
    state, message = check.outcome, check.message
    if position in tally.broken:
        state, message = "error", tally.broken[position]
    elif check.kind is not Kind.SETTLED and failures:
        state, message = "failed", _sentence(check.kind, check.name, failures, whole=position in tally.failed)
    return CheckOutcome(check.code, check.column, check.severity, state, failures, message, check.name)


def _sentence(kind: Kind, name: str, failures: int, *, whole: bool) -> str:
    """Tell a person what failed."""
    if whole:
        return f"The whole does not satisfy {name}."
    what = "value" if failures == 1 else "values"
    if kind is Kind.TYPE:
        return f"{failures:,} {what} cannot be read as {name[6:-1]}."
    if kind is Kind.NULLS:
        return f"{failures:,} {what} missing."
    if kind is Kind.UNIQUE:
        return f"{failures:,} {what} stand more than once."
    if kind in (Kind.ROWS, Kind.TABLE):
        what = "row" if failures == 1 else "rows"
    return f"{failures:,} {what} not satisfy {name}.".replace("not satisfy", "does not satisfy" if failures == 1 else "do not satisfy")
