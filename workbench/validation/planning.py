"""A schema laid over the columns of one dataset."""

from __future__ import annotations

from typing import Any

from workbench.errors import SchemaError
from workbench.lake import View
from workbench.validation.listing import cells_of, column_checks, dtype_of, joint, some, table_checks
from workbench.validation.plan import Codes, Plan, PlannedCheck
from workbench.validation.types import schema_columns


def plan_for(pandera: Any, view: View) -> Plan:
    """Lay a pandera schema over a view.

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
    table = tuple(cells_of(view, name, dtype_of(pandera, typed.get(name))) for name in names)
    codes = Codes()
    checks: list[PlannedCheck] = []
    for name, column, there in listed:
        checks += column_checks(codes, name, column, pandera, view, there=there)
    checks += table_checks(codes, pandera, listed, table)
    return Plan(tuple(checks), table)


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
