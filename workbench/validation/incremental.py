"""The validation of a state that differs in few rows from one that was validated."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.lake import Version, View
from workbench.progress import Progress, silent
from workbench.validation.full import BATCH, concluded, validate
from workbench.validation.parsing import has_parsers
from workbench.validation.plan import ROW_LOCAL, Kind, Plan
from workbench.validation.planning import plan_for
from workbench.validation.results import Validation
from workbench.validation.schemas import Schema
from workbench.validation.stream import stream
from workbench.validation.tally import Tally, cases_of, ordered
from workbench.validation.unique import repeated
from workbench.validation.whole import ask_whole

if TYPE_CHECKING:
    import pyarrow as pa


def revalidate(
    old: Version,
    view: View,
    schema: Schema,
    previous: Validation,
    touched: Sequence[int] | np.ndarray,
    *,
    batch_size: int = BATCH,
    progress: Progress = silent,
) -> Validation:
    """Validate a state by looking at what changed; the result equals a full validation.

    Row-local checks look at the touched rows and keep what was found in the others; uniqueness looks at the values
    that touched rows have and that were repeated before; a check that may look at all rows sees them all again.
    Where the columns or the key changed, or the schema has parsers, everything is looked at.

    Parameters
    ----------
    old : Version
        The version that ``previous`` is about.
    view : View
        The state to validate.
    previous : Validation
        By the same schema.
    touched : sequence of int
        Identities of at least all rows that are not the same in both: changed, excluded, brought back, added or
        removed (see :func:`workbench.lake.touch`).
    """
    parsing = has_parsers(schema.pandera)  # which may make something else of a row that nobody touched
    if parsing or old.columns != view.columns or old.definition.key != view.definition.key:
        return validate(view, schema, batch_size=batch_size, progress=progress)
    if not len(touched):
        return dataclasses.replace(previous, version=view.version, label=view.label)
    import pyarrow as pa

    plan = plan_for(schema.pandera, view)
    codes = [check.code for check in plan.checks]
    again = _not_carried(plan, previous)
    local = [position for position in plan.of(*ROW_LOCAL) if position not in again]
    unique = plan.of(Kind.UNIQUE)
    seen = np.unique(np.asarray(touched, dtype="int64"))
    wanted = np.union1d(seen, _rids(_of(previous.cases, [codes[position] for position in unique])))
    tally = Tally()
    with view.session() as session:
        session.register("seen_rows", pa.table({"_rid": seen}))
        session.register("wanted_rows", pa.table({"_rid": wanted}))
        session.run(
            f"CREATE OR REPLACE TEMP TABLE near_rows AS SELECT * FROM {view.rows} "
            "WHERE _rid IN (SELECT _rid FROM wanted_rows)"
        )
        near = dataclasses.replace(view, rows="(FROM near_rows)", known_hash="")
        raised = stream(session, near, plan, local, tally, only="seen_rows", batch_size=batch_size, progress=progress)
        for position in unique:
            check = plan.checks[position]
            tally.add(position, check.shown, repeated(session, view, check, near=near))
        anew = [*raised, *again, *plan.of(Kind.COLUMN, Kind.TABLE)]
        ask_whole(session, view, plan, anew, tally, progress=progress)
        source = near if np.isin(tally.rids(), wanted).all() else view
        found = cases_of(session, source, plan, tally)
    carried = _of(previous.cases, [codes[position] for position in local if position not in raised])
    carried = carried.filter(pa.array(~np.isin(_rids(carried), seen)))
    return concluded(view, schema, plan, tally, ordered(codes, pa.concat_tables([carried, found])))


def _not_carried(plan: Plan, previous: Validation) -> list[int]:
    """List the row-local checks that broke, or failed as a whole: what they found of single rows is not known."""
    about_no_row = previous.cases.filter(previous.cases.column("rid").is_null())
    codes = {*about_no_row.column("check_code").to_pylist()}
    codes |= {check.check for check in previous.checks if check.outcome == "error"}
    return [position for position in plan.of(*ROW_LOCAL) if plan.checks[position].code in codes]


def _of(cases: pa.Table, codes: Sequence[str]) -> pa.Table:
    """Pick the cases of some checks."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return cases.filter(pc.is_in(cases.column("check_code"), pa.array(codes, pa.string())))


def _rids(cases: pa.Table) -> np.ndarray:
    """Return the row identities of cases that all have one."""
    rids: np.ndarray = cases.column("rid").to_numpy()
    return rids
