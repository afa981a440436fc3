"""One value, asked the checks of its column before anybody stores it."""

from __future__ import annotations

import dataclasses

from workbench.lake import View, literal, quote
from workbench.progress import silent
from workbench.validation.parsing import has_parsers, parsed
from workbench.validation.plan import Kind
from workbench.validation.planning import plan_for
from workbench.validation.results import CheckOutcome
from workbench.validation.schemas import Schema
from workbench.validation.stream import stream
from workbench.validation.tally import Tally


def failing_checks(view: View, schema: Schema, column: str, value: str | None) -> list[CheckOutcome]:
    """List the checks of single cells that a value would fail in a column: type, missing, pandera's element-wise ones.

    Checks that may look at other cells (uniqueness, whole columns, rows or tables) are not asked, nor is any behind a
    parser of whole tables. One that breaks on the value is left out: validating the draft tells its error.

    Parameters
    ----------
    view : View
        Whose columns the schema is laid over; none of its rows is read.
    column : str
        Name.
    value : str or None
        As text; None is missing. It has to fit the column's storage type.

    Raises
    ------
    UnknownName
        There is no such column.
    """
    cell = view.column(column)
    if schema.pandera.parsers:
        return []
    plan = plan_for(schema.pandera, view)
    asked = [place for place in plan.of(Kind.TYPE, Kind.NULLS, Kind.CELLS) if plan.checks[place].column == column]
    given = "NULL" if value is None else literal(value)
    row = f"CAST({given} AS {cell.type}) AS {quote(cell.physical)}"
    alone = dataclasses.replace(
        view, rows=f"(SELECT 1::BIGINT AS _rid, 0::UTINYINT AS _lane, false AS _excluded, {row})", known_hash=""
    )
    tally = Tally()
    with view.session() as session:
        if has_parsers(schema.pandera):
            made = parsed(session, alone, schema.pandera, only=column)
            alone, plan = made.view, plan_for(schema.pandera, made.view, view, made.broken)
            asked = [place for place in asked if plan.checks[place].kind is not Kind.SETTLED]
        stream(session, alone, plan, asked, tally, batch_size=1, progress=silent)
    return [
        CheckOutcome(check.code, column, check.severity, "failed", 1, name=check.name)
        for check in (plan.checks[place] for place in asked if tally.rows.get(place))
    ]
