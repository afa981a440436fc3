"""The values that a schema allows in a column."""

from __future__ import annotations

from workbench.lake.values import to_text
from workbench.validation.schemas import Schema


def allowed_values(schema: Schema, column: str) -> tuple[str, ...]:
    """Return the only values that a schema allows in a column, as texts; empty where it does not list them.

    They are those of pandera's built-in check ``isin``, of every one of them where there are several.
    """
    found = schema.pandera.columns.get(column)
    lists = [
        [to_text(value) for value in check.statistics["allowed_values"]]
        for check in (found.checks if found is not None else [])
        if check.name == "isin" and "allowed_values" in (check.statistics or {})
    ]
    if not lists:
        return ()
    return tuple(value for value in lists[0] if value is not None and all(value in other for other in lists))
