"""Single values, asked the checks of their column before anybody stores them, or without validating a version."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from workbench.lake import View, quote
from workbench.progress import silent
from workbench.validation.parsing import has_parsers, parsed
from workbench.validation.plan import Kind, PlannedCheck
from workbench.validation.planning import plan_for
from workbench.validation.results import CheckOutcome
from workbench.validation.schemas import Schema
from workbench.validation.stream import stream
from workbench.validation.tally import Tally

BATCH = 100_000
"""Values shown to pandera at a time."""


def failing_checks(view: View, schema: Schema, column: str, value: str | None) -> list[CheckOutcome]:
    """List the checks of single cells that a value would fail in a column: see :func:`failing_values`."""
    return [
        CheckOutcome(check.code, column, check.severity, "failed", 1, name=check.name)
        for check, _ in _asked(view, schema, column, [value])
    ]


def failing_values(view: View, schema: Schema, column: str, values: Sequence[str | None]) -> dict[str, set[int]]:
    """Tell which values would fail which checks of single cells: type, missing, pandera's element-wise ones.

    Checks that may look at other cells (uniqueness, whole columns, rows or tables) are not asked, nor is any behind a
    parser of whole tables. One that breaks on a value is left out: validating the draft tells its error.

    Parameters
    ----------
    view : View
        Whose columns the schema is laid over; none of its rows is read.
    column : str
        Name.
    values : sequence of str or None
        As text; None is missing. They have to fit the column's storage type.

    Returns
    -------
    dict
        Check's code → positions among ``values``; checks that all values pass are absent.

    Raises
    ------
    UnknownName
        There is no such column.
    """
    return {check.code: failing for check, failing in _asked(view, schema, column, values)}


def forbidden_values(view: View, schema: Schema, column: str, values: Sequence[str | None]) -> set[str | None]:
    """List those of some values that a schema's errors forbid in a column; its warnings forbid nothing.

    Parameters are those of :func:`failing_values`.
    """
    errors = [failing for check, failing in _asked(view, schema, column, values) if check.severity == "error"]
    return {values[place] for failing in errors for place in failing}


def _asked(
    view: View, schema: Schema, column: str, values: Sequence[str | None]
) -> list[tuple[PlannedCheck, set[int]]]:
    """Ask the checks of a column's single cells, and list those that fail with the positions of what fails them."""
    import pyarrow as pa

    cell = view.column(column)
    if schema.pandera.parsers:
        return []
    plan = plan_for(schema.pandera, view)
    asked = [place for place in plan.of(Kind.TYPE, Kind.NULLS, Kind.CELLS) if plan.checks[place].column == column]
    row = f"CAST(asked_value AS {cell.type}) AS {quote(cell.physical)}"
    rows = f"(SELECT asked_place AS _rid, 0::UTINYINT AS _lane, false AS _excluded, {row} FROM asked_values)"
    alone = dataclasses.replace(view, rows=rows, known_hash="")
    tally = Tally()
    with view.session() as session:
        places = pa.array(range(len(values)), pa.int64())
        table = pa.table({"asked_place": places, "asked_value": pa.array(values, pa.string())})
        session.register("asked_values", table)
        if has_parsers(schema.pandera):
            made = parsed(session, alone, schema.pandera, only=column)
            alone, plan = made.view, plan_for(schema.pandera, made.view, view, made.broken)
            asked = [place for place in asked if plan.checks[place].kind is not Kind.SETTLED]
        stream(session, alone, plan, asked, tally, batch_size=BATCH, progress=silent)
    return [
        (plan.checks[place], {int(rid) for _, rids in tally.rows[place] for rid in rids})
        for place in asked
        if tally.rows.get(place)
    ]
