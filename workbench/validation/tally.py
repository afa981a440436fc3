"""What the checks of a plan have found so far, and how it becomes failure cases and outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.lake import Session, View, canonical_text, literal, quote
from workbench.validation.plan import Kind, Plan, PlannedCheck
from workbench.validation.results import CASE_FIELDS, CheckOutcome, titled

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Tally:
    """What was found, by the checks' positions in the plan.

    Attributes
    ----------
    rows : dict
        Check → pairs of the positions of the columns to show and an array of row identities.
    broken : dict
        Check → the error it raised.
    failed : set
        Checks that failed as a whole, with no row to point at.
    """

    rows: dict[int, list[tuple[tuple[int, ...], np.ndarray]]] = field(default_factory=lambda: defaultdict(list))
    broken: dict[int, str] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)

    def add(self, check: int, shown: tuple[int, ...], rids: np.ndarray) -> None:
        """Note the rows that fail a check."""
        if len(rids):
            self.rows[check].append((shown, rids))

    def rids(self) -> np.ndarray:
        """Return the identities of all rows noted."""
        noted = [rids for found in self.rows.values() for _, rids in found]
        return np.concatenate(noted) if noted else np.empty(0, "int64")


def cases_of(session: Session, view: View, plan: Plan, tally: Tally) -> pa.Table:
    """Look up key and values of everything noted, and return the failure cases in their order.

    A case shows the stored value, as canonical text; where it is about several columns, their values as one JSON
    object, so that a finding is known again only while all of them stay as they are.
    """
    import pyarrow as pa

    codes = [check.code for check in plan.checks]
    noted = [(check, shown, rids) for check, found in tally.rows.items() for shown, rids in found]
    loose = _loose(plan, tally)
    if not noted:
        return loose
    shapes = list(dict.fromkeys(shown for _, shown, _ in noted))
    table = pa.table(
        {
            "check_number": np.concatenate([np.full(len(rids), check, "int32") for check, _, rids in noted]),
            "shape": np.concatenate([np.full(len(rids), shapes.index(shown), "int32") for _, shown, rids in noted]),
            "rid": np.concatenate([rids for *_, rids in noted]),
        }
    )
    texts = " ".join(f"WHEN {number} THEN {_text(view, shown)}" for number, shown in enumerate(shapes))
    session.register("noted", table)
    found = session.arrow(
        f"SELECT n.check_number, n.shape, n.rid, {view.key_json('r')} AS row_key, "
        f"CASE n.shape {texts} END AS observed FROM noted n JOIN {view.rows} r ON r._rid = n.rid"
    )
    columns = [view.columns[shown[0]].name if len(shown) == 1 else None for shown in shapes]
    rows = _labelled(plan, found.column("check_number"), _taken(columns, found.column("shape")), found)
    return ordered(codes, pa.concat_tables([loose, rows]))


def _text(view: View, shown: Sequence[int]) -> str:
    """SQL for what a case shows."""
    columns = [view.columns[position] for position in shown]
    texts = [canonical_text(f"r.{quote(column.physical)}", column.type) for column in columns]
    if len(columns) == 1:
        return texts[0]
    pairs = ", ".join(f"{literal(column.name)}, {text}" for column, text in zip(columns, texts, strict=True))
    return f"json_object({pairs})::VARCHAR"


def _loose(plan: Plan, tally: Tally) -> pa.Table:
    """Make the cases that point at no row."""
    import pyarrow as pa

    about: list[tuple[int, str | None]] = []
    for position, check in enumerate(plan.checks):
        about += [(position, column) for column in check.columns]
        if position in tally.failed:
            about.append((position, check.column))
    nothing = pa.table(
        {
            "rid": pa.nulls(len(about), pa.int64()),
            "row_key": pa.nulls(len(about), pa.string()),
            "observed": pa.nulls(len(about), pa.string()),
        }
    )
    numbers = pa.chunked_array([pa.array([position for position, _ in about], pa.int32())])
    return _labelled(plan, numbers, pa.array([column for _, column in about], pa.string()), nothing)


def _labelled(plan: Plan, numbers: pa.ChunkedArray, columns: pa.Array | pa.ChunkedArray, rows: pa.Table) -> pa.Table:
    """Put the case table together from the checks' numbers, the columns' names and the rows' values."""
    import pyarrow as pa

    return pa.table(
        {
            "rid": rows.column("rid"),
            "row_key": rows.column("row_key"),
            "check_code": _taken([check.code for check in plan.checks], numbers),
            "column_name": columns,
            "check_name": _taken([titled(check.name) for check in plan.checks], numbers),
            "observed": rows.column("observed"),
            "severity": _taken([check.severity for check in plan.checks], numbers),
        }
    ).select(CASE_FIELDS)


def _taken(texts: Sequence[str | None], numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Pick a text by position for each number."""
    import pyarrow as pa

    return pa.chunked_array([pa.array(texts, pa.string())]).take(numbers)


def ordered(codes: Sequence[str], cases: pa.Table) -> pa.Table:
    """Sort cases by row identity (none first), check and column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    number = pc.index_in(cases.column("check_code"), pa.array(codes, pa.string())).to_numpy()
    rid = pc.fill_null(cases.column("rid"), np.iinfo("int64").min).to_numpy()
    order = np.lexsort((number, rid))
    alike = (np.diff(rid[order]) == 0) & (np.diff(number[order]) == 0)
    if alike.any():
        names = pc.fill_null(cases.column("column_name"), "").to_numpy(zero_copy_only=False).astype(str)
        order = np.lexsort((names, number, rid))
    return cases.take(pa.array(order)).combine_chunks()


def outcomes(plan: Plan, tally: Tally, cases: pa.Table) -> tuple[CheckOutcome, ...]:
    """Say how each check ended."""
    counts = {item["values"]: item["counts"] for item in cases.column("check_code").value_counts().to_pylist()}
    ended = []
    for position, check in enumerate(plan.checks):
        failures = counts.get(check.code, 0)
        state, message = check.outcome, check.message
        if position in tally.broken:
            state, message = "error", tally.broken[position]
        elif failures and check.kind not in (Kind.SETTLED, Kind.PARSER):
            state, message = "failed", _sentence(check, failures, whole=position in tally.failed)
        ended.append(CheckOutcome(check.code, check.column, check.severity, state, failures, message, check.name))
    return tuple(ended)


def _sentence(check: PlannedCheck, failures: int, *, whole: bool) -> str:
    """Tell a person what failed."""
    if whole:
        return f"The {'table' if check.column is None else 'column'} as a whole fails {titled(check.name)}."
    what = "row" if check.column is None else "value"
    many = f"{failures:,} {what}{'' if failures == 1 else 's'}"
    if check.kind is Kind.TYPE:
        return f"{many} cannot be read as {check.name.removeprefix('dtype(')[:-1]}."
    if check.kind is Kind.NULLS:
        return f"{many} missing."
    if check.kind is Kind.UNIQUE:
        return f"{many} not unique."
    return f"{many} {'fails' if failures == 1 else 'fail'} {titled(check.name)}."
