"""A whole validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lake import View
from workbench.progress import Progress, silent
from workbench.validation.parsing import has_parsers, parsed
from workbench.validation.plan import ROW_LOCAL, Kind, Plan
from workbench.validation.planning import plan_for
from workbench.validation.results import Validation, overall
from workbench.validation.schemas import Schema
from workbench.validation.stream import stream
from workbench.validation.tally import Tally, cases_of, outcomes
from workbench.validation.unique import repeated
from workbench.validation.whole import ask_whole

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1_000_000


def validate(view: View, schema: Schema, *, batch_size: int = BATCH, progress: Progress = silent) -> Validation:
    """Ask every check of a schema of every row that is not excluded.

    Parameters
    ----------
    view : View
        A version, or a draft laid over one.
    schema : Schema
        From :func:`load_schema`.
    batch_size : int
        Rows shown to pandera at a time; the result does not depend on it.
    progress : Progress
        Told after each batch; it may raise to cancel.

    Raises
    ------
    SchemaError
        The schema fits none of the columns, or a check names a column that is nowhere to be found.

    Examples
    --------
    >>> validate(view, load_schema("schemas/adult.py")).outcome  # doctest: +SKIP
    'failed'
    """
    tally = Tally()
    with view.session() as session:
        stored = view
        if has_parsers(schema.pandera):
            progress("run the schema's parsers", 0, 1)
            made = parsed(session, stored, schema.pandera)
            view = made.view
            plan = plan_for(schema.pandera, view, stored, made.broken)
        else:
            plan = plan_for(schema.pandera, view)
        local = plan.of(*ROW_LOCAL)
        raised = stream(session, view, plan, local, tally, batch_size=batch_size, progress=progress)
        unique = plan.of(Kind.UNIQUE)
        for done, position in enumerate(unique):
            progress("validate uniqueness", done, len(unique))
            check = plan.checks[position]
            tally.add(position, check.shown, repeated(session, view, check))
        ask_whole(session, view, plan, [*raised, *plan.of(Kind.COLUMN, Kind.TABLE)], tally, progress=progress)
        cases = cases_of(session, stored, plan, tally)
    return concluded(view, schema, plan, tally, cases)


def concluded(view: View, schema: Schema, plan: Plan, tally: Tally, cases: pa.Table) -> Validation:
    """Sum up what was found."""
    checks = outcomes(plan, tally, cases)
    return Validation(
        dataset=view.dataset,
        version=view.version,
        outcome=overall(checks),
        checks=checks,
        failures=cases.num_rows,
        cases=cases,
        label=view.label,
        fingerprint=schema.fingerprint,
    )
