"""What transforms would do to a column, seen on its distinct values before anything is staged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import UsageError
from workbench.lake import Column, View, quote, rid_list
from workbench.lake.values import logical_text
from workbench.transforms.applying import applied
from workbench.transforms.kinds import Transform


@dataclass(frozen=True)
class Example:
    """One row that would change.

    Attributes
    ----------
    rid : int
        Row identity.
    key : dict
        Key column → text.
    old, new : str or None
        Canonical texts; None is missing.
    rows : int
        In how many rows this old value becomes this new one.
    """

    rid: int
    key: dict[str, Any]
    old: str | None
    new: str | None
    rows: int


@dataclass(frozen=True)
class Refused:
    """A value that transforms leave alone although they were meant for it.

    Attributes
    ----------
    value : str or None
        Its text.
    rows : int
        How many rows hold it.
    step : int
        The transform, counted from 1.
    reason : str
        Why.
    """

    value: str | None
    rows: int
    step: int
    reason: str


@dataclass(frozen=True)
class Preview:
    """What transforms would do to a column.

    Attributes
    ----------
    column : str
        Its name.
    rows, distinct : int
        All rows, and how many different values they hold (missing counts as one).
    changed_rows, changed_values : int
        How many of them would change.
    distinct_after : int
        How many different values there would be.
    examples : tuple of Example
        One per changed value, those of most rows first, at most ``limit``.
    refused : tuple of Refused
        Values that would be left alone, those of most rows first, at most ``limit``.
    refused_rows, refused_values : int
        How many there are in all.
    balance : tuple of (class, rows before, rows after)
        For the label column, the classes by name; else empty.
    """

    column: str
    rows: int
    distinct: int
    changed_rows: int
    changed_values: int
    distinct_after: int
    examples: tuple[Example, ...]
    refused: tuple[Refused, ...]
    refused_rows: int
    refused_values: int
    balance: tuple[tuple[str | None, int, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        counts = (
            "column", "rows", "distinct", "changed_rows", "changed_values", "distinct_after", "refused_rows",
            "refused_values",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in counts},
            "examples": [vars(each) for each in self.examples],
            "refused": [vars(each) for each in self.refused],
            "balance": [{"class": name, "before": before, "after": after} for name, before, after in self.balance],
        }


def preview(view: View, column: str, steps: Sequence[Transform], *, limit: int = 20) -> Preview:
    """Say what transforms, one after the other, would do to a column; nothing is changed.

    Parameters
    ----------
    view : View
        The rows, excluded ones included.
    column : str
        Name of the column.
    steps : sequence of Transform
        In order; each sees the results of those before.
    limit : int
        At most so many examples and refused values.

    Raises
    ------
    UnknownName
        There is no such column.
    UsageError
        The column is part of the key, or there are no transforms.
    """
    chosen = view.column(column)
    if column in view.definition.key:
        raise UsageError(f"'{column}' is part of the key of '{view.dataset}' and is never changed.")
    if not steps:
        raise UsageError("There is no transform to preview.", hint="Give at least one.")
    with view.session() as session:
        session.run(f"CREATE OR REPLACE TEMP TABLE outcomes AS {view.sql(_outcomes(view, chosen, steps))}")
        counts = session.rows(
            "SELECT sum(n), count(DISTINCT v) + bool_or(v IS NULL)::INT, coalesce(sum(n) FILTER (changed), 0), "
            "count(DISTINCT coalesce('=' || v, '')) FILTER (changed), count(DISTINCT coalesce('=' || new, '')), "
            "coalesce(sum(n) FILTER (why IS NOT NULL), 0), "
            "count(DISTINCT coalesce('=' || v, '')) FILTER (why IS NOT NULL) FROM outcomes"
        )[0]
        rows, distinct, changed_rows, changed_values, after, refused_rows, refused_values = (
            int(n or 0) for n in counts
        )
        shown = session.rows(
            "SELECT min(first), v, new, sum(n) AS many FROM outcomes WHERE changed GROUP BY v, new "
            f"ORDER BY many DESC, v NULLS FIRST, new LIMIT {int(limit)}"
        )
        keys = dict(
            session.rows(
                view.sql(
                    f"SELECT _rid, {view.key_json()} FROM {{rows}} WHERE _rid IN ({rid_list(r[0] for r in shown)})"
                )
            )
        )
        refused = session.rows(
            "SELECT v, sum(n)::BIGINT AS many, step, why FROM outcomes WHERE why IS NOT NULL GROUP BY v, step, why "
            f"ORDER BY many DESC, v NULLS FIRST, step, why LIMIT {int(limit)}"
        )
        balance = []
        if column == view.definition.label:
            balance = session.rows(
                "SELECT class, sum(b)::BIGINT, sum(a)::BIGINT FROM (SELECT v AS class, n AS b, 0 AS a FROM outcomes "
                "UNION ALL SELECT new, 0, n FROM outcomes) GROUP BY class ORDER BY class NULLS FIRST"
            )
    return Preview(
        column, rows, distinct, changed_rows, changed_values, after,
        tuple(Example(rid, json.loads(keys[rid]), old, new, int(many)) for rid, old, new, many in shown),
        tuple(Refused(*each) for each in refused), refused_rows, refused_values, tuple(balance),
    )  # fmt: skip


def _outcomes(view: View, column: Column, steps: Sequence[Transform]) -> str:
    """SQL of each distinct value with what all steps make of it."""
    by = list(dict.fromkeys(name for step in steps if (name := getattr(step, "by", None)) is not None))
    groups = "".join(
        f", {logical_text(quote(view.column(name).physical), view.column(name))} AS g{n}" for n, name in enumerate(by)
    )
    cell = logical_text(quote(column.physical), column)
    keys = ", ".join(["v", *(f"g{n}" for n in range(len(by)))])
    relation = (
        f"(SELECT {keys}, v AS now, count(*) AS n, count(*) FILTER (_lane = 0 AND NOT _excluded) AS train, "
        f"min(_rid) AS first, NULL::VARCHAR AS told, NULL::INTEGER AS step FROM "
        f"(SELECT _rid, _lane, _excluded, {cell} AS v{groups} FROM {{rows}}) GROUP BY {keys})"
    )
    for number, step in enumerate(steps, start=1):
        name = getattr(step, "by", None)
        group = f"g{by.index(name)}" if name is not None else "NULL::VARCHAR"
        kept = f"* EXCLUDE ({keys}, now)"
        turned = f"(SELECT {kept}, {keys.replace('v', 'v AS v0', 1)}, now AS v, {group} AS g FROM {relation})"
        spent = "v, g, new, why, clash, told, step, v0" + (", most" if name is not None else "")
        relation = (
            f"(SELECT * EXCLUDE ({spent}), v0 AS v, new AS now, coalesce(told, why) AS told, "
            f"CASE WHEN told IS NULL AND why IS NOT NULL THEN {number} ELSE step END AS step "
            f"FROM {applied(turned, step, column.reads)})"
        )
    return f"SELECT v, now AS new, n, first, step, told AS why, v IS DISTINCT FROM now AS changed FROM {relation}"
