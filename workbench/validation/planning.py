"""A schema laid over the columns of one dataset."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from workbench.errors import SchemaError
from workbench.lake import View
from workbench.validation.listing import cells_of, column_checks, dtype_of, joint, some, table_checks
from workbench.validation.plan import Cells, Codes, Kind, Plan, PlannedCheck
from workbench.validation.types import index_levels, schema_columns


def plan_for(
    pandera: Any, view: View, stored: View | None = None, broken: Mapping[str | None, str] | None = None
) -> Plan:
    """Lay a pandera schema over a view.

    Parameters
    ----------
    view : View
        What is checked.
    stored : View, optional
        Whose values failure cases show, where parsers made something else of them.
    broken : mapping of str or None to str, optional
        Column whose parser raised, or None for one of the whole table → what it raised: nothing is known of what the
        schema asks of it.

    Raises
    ------
    SchemaError
        The schema fits none of the columns, or a check needs a column that neither the schema nor the data has.
    """
    names = [column.name for column in view.columns]
    listed = schema_columns(pandera, names)
    if listed and not any(there for *_, there in listed):
        raise SchemaError(
            f"The schema names none of the columns of {view.label}: it asks for {some([n for n, *_ in listed])}.",
            hint=f"The columns are {some(names)}. Is this the schema of another dataset?",
        )
    _refuse_unknown(pandera, {*names, *(name for name, *_ in listed)}, view)
    typed = {name: column for name, column, there in listed if there}
    levels = tuple(level.name for level in index_levels(pandera) if level.name in typed)
    seen = [name for name in names if pandera.strict != "filter" or name in typed]
    table = tuple(_cells(view, pandera, name, typed.get(name)) for name in seen)
    codes = Codes()
    checks: list[PlannedCheck] = []
    for name, column, there in listed:
        checks += column_checks(codes, name, column, pandera, view, there=there)
    checks += table_checks(codes, pandera, listed, table, names)
    if broken:
        checks = [_behind(check, broken) for check in checks]
    plan = Plan(tuple(checks), table, levels if set(levels).isdisjoint(pandera.columns) else ())
    return plan if stored is None else _shown_as(plan, stored)


def _cells(view: View, pandera: Any, name: str, column: Any) -> Cells:
    """Say how a table's check reads a column."""
    default = column.default if column is not None and column.default is not None else None
    return cells_of(view, name, dtype_of(pandera, column), default)


def _behind(check: PlannedCheck, broken: Mapping[str | None, str]) -> PlannedCheck:
    """Settle a check that asks for what a broken parser should have made."""
    mine = check.column in broken if check.kind is Kind.PARSER or check.column is not None else bool(broken)
    raised = broken.get(check.column, broken.get(None, next(iter(broken.values()))))
    if check.kind is Kind.PARSER and mine:
        return dataclasses.replace(check, outcome="error", message=raised)
    if check.kind is Kind.SETTLED or not (mine or None in broken):
        return check
    why = "A parser raised an error, so what this rule asks of is not known."
    return dataclasses.replace(check, kind=Kind.SETTLED, cells=(), check=None, outcome="not applicable", message=why)


def _shown_as(plan: Plan, stored: View) -> Plan:
    """Let failure cases show the stored columns."""

    def moved(cells: tuple[Cells, ...]) -> tuple[Cells, ...]:
        return tuple(dataclasses.replace(each, position=stored.places.get(each.name, -1)) for each in cells)

    checks = tuple(dataclasses.replace(check, cells=moved(check.cells)) for check in plan.checks)
    return dataclasses.replace(plan, checks=checks, table=moved(plan.table))


def _refuse_unknown(pandera: Any, known: set[str], view: View) -> None:
    """Refuse a schema with a check of columns that are nowhere to be found; pandera sees to the checks of a column."""
    asked = [("unique", name) for together in joint(pandera.unique) for name in together]
    for check in pandera.checks:
        if isinstance(check.groupby, list):
            asked += [(check.name, name) for name in check.groupby]
    for check, name in asked:
        if name not in known:
            raise SchemaError(
                f"The schema's check '{check}' names the column '{name}', which neither the schema nor "
                f"{view.label} has.",
                hint=f"The columns are {some([column.name for column in view.columns])}.",
            )
