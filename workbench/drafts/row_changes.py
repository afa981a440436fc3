"""What became of whole rows between two versions: what deleting, excluding or restoring one must not overlook."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.lake import Lake, Session, Version, canonical_text, quote, rid_list, view_of
from workbench.lake.publish import PRUNED
from workbench.lake.values import from_text

EXCLUDED = "(excluded)"
"""Stands for the exclusion beside the names of columns, where a row's changes are listed."""


@dataclass(frozen=True)
class RowChange:
    """How one row differs between two versions that both hold it.

    Attributes
    ----------
    rid : int
        Row identity.
    was, now : dict
        Column → JSON value, of the columns that differ; a column that only one version has is left out.
    was_excluded, now_excluded : bool
        Out of training, test and checks.
    """

    rid: int
    was: dict[str, Any]
    now: dict[str, Any]
    was_excluded: bool
    now_excluded: bool


def row_changes(session: Session, lake: Lake, a: Version, b: Version, rids: Collection[int]) -> Iterator[RowChange]:
    """Compare some rows of two versions of a dataset, and yield those that differ in cells or exclusion."""
    if a.version == b.version or not rids:
        return
    where = f"_rid IN ({rid_list(rids)})"
    if len(rids) > PRUNED:
        session.temporary("asked_rows", {"rid": "BIGINT"}, [{"rid": rid} for rid in rids])
        where = "_rid IN (SELECT rid FROM asked_rows)"
    before, after = ({column.name: column for column in version.columns} for version in (a, b))
    names = [name for name in before if name in after]
    sides = []
    for version, columns in ((a, before), (b, after)):
        texts = ", ".join(canonical_text(quote(columns[n].physical), columns[n].type) for n in names)
        sides.append(
            f"(SELECT _rid, _excluded AS _out, [{texts}]::VARCHAR[] AS _cells FROM {view_of(lake, version).rows} "
            f"WHERE {where})"
        )
    rows = session.rows(
        f"SELECT _rid, o._cells, n._cells, o._out, n._out FROM {sides[0]} o JOIN {sides[1]} n USING (_rid) "
        "WHERE o._cells IS DISTINCT FROM n._cells OR o._out IS DISTINCT FROM n._out ORDER BY _rid"
    )
    for rid, old, new, was_excluded, now_excluded in rows:
        differing = [n for n, (x, y) in enumerate(zip(old, new, strict=True)) if x != y]
        yield RowChange(
            rid,
            {names[n]: from_text(old[n], before[names[n]].type) for n in differing},
            {names[n]: from_text(new[n], after[names[n]].type) for n in differing},
            bool(was_excluded),
            bool(now_excluded),
        )
