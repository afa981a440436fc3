"""Changes that somebody thinks of, and the rows as they would leave them, without a draft."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from workbench.drafts import Correction, base_of, draft_view
from workbench.drafts.overlay import folded, overlay
from workbench.errors import UnknownName, UsageError
from workbench.findings import Finding
from workbench.lake import Lake, Session, Version, View, literal, names_of, newest, view_of
from workbench.lake.values import fitted_in

if TYPE_CHECKING:
    from workbench.recipes import Recipe

ANSWERS = ("fix", "exclude", "keep")
"""Answers to findings that can be tried; ``keep`` changes no data."""

CAP = 10_000
"""Findings answered at once."""

UNFIT = "whose suggested value does not fit the column's type"


@dataclass(frozen=True)
class Edit:
    """A change that somebody thinks of.

    Attributes
    ----------
    name : str
        For people: ``fix``, ``recipe tidy``, ``draft 7``.
    base : Version
        The version that it would change.
    corrections : tuple of Correction
        With ``rid``; empty for a draft, which holds its own.
    draft : int or None
        The draft that it is.
    findings : int or None
        How many findings it answers; None where it answers none as such.
    left_out : dict
        Why → how many findings, or rows of a recipe's steps, it leaves alone.
    notes : tuple of str
        What must be known of it.
    """

    name: str
    base: Version
    corrections: tuple[Correction, ...] = field(default=(), repr=False)
    draft: int | None = None
    findings: int | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def refused(finding: Finding, decision: str, label: str | None) -> str:
    """Say why a finding is not answered together with others; empty where it is.

    Parameters
    ----------
    decision : {"fix", "keep", "exclude"}
        The one answer to all, a fix with the suggested value.
    label : str or None
        The dataset's label column.
    """
    if finding.status == "staged":
        return "staged already"
    if decision == "keep":
        return ""
    if finding.rid is None:
        return "about no single row"
    # Taken out in bulk, the test rows that the model gets wrong would make it look better, as corrected ones would.
    if finding.lane == "test" and finding.column == label:
        return "labels of test rows, which are judged one by one"
    if decision == "exclude":
        return ""
    if finding.suggestion is None or finding.suggestion == "exclude" or finding.column is None:
        return "without a suggested value"
    return ""


def of_findings(lake: Lake, dataset: str, findings: Sequence[Finding], decision: str, *, beyond: int = 0) -> Edit:
    """Think of one answer to many findings of the newest version, as a bulk answer would give it.

    Parameters
    ----------
    findings : sequence of Finding
        As the queue lists them.
    decision : {"fix", "exclude", "keep"}
        A fix takes the suggested value.
    beyond : int
        Findings of the same filter that are not among these.

    Raises
    ------
    UnknownName
        There is no such answer.
    """
    if decision not in ANSWERS:
        raise UnknownName("answer", decision, ANSWERS)
    base = newest(lake, dataset)
    label = base.definition.label
    left_out: Counter[str] = Counter()
    cells: dict[tuple[int, str | None], Correction] = {}
    answered = 0
    for finding in findings:
        why = refused(finding, decision, label)
        if why:
            left_out[why] += 1
            continue
        answered += 1
        if decision == "keep" or finding.rid is None:
            continue
        column = finding.column if decision == "fix" else None
        # As in a draft, the last of several answers about one cell counts.
        cells[finding.rid, column] = Correction(
            {}, "set" if decision == "fix" else "exclude", column=column, old=finding.value,
            new=finding.suggestion if decision == "fix" else None, finding=finding.finding, rid=finding.rid,
        )  # fmt: skip
    if beyond:
        left_out[f"beyond the first {len(findings):,}"] = beyond
    notes = ("keep answers findings and changes no data",) if decision == "keep" else ()
    return Edit(decision, base, tuple(cells.values()), findings=answered, left_out=dict(left_out), notes=notes)


def of_recipe(lake: Lake, dataset: str, recipe: Recipe) -> Edit:
    """Think of a recipe applied to the newest version; what stands against a step is left alone, as in a dry run.

    Raises
    ------
    UsageError
        The recipe is for another dataset.
    """
    from workbench.recipes.trying import tried

    if recipe.dataset not in ("", dataset, *names_of(lake, dataset)):
        raise UsageError(f"The recipe '{recipe.name}' is for '{recipe.dataset}', not for '{dataset}'.")
    base = newest(lake, dataset)
    found = tried(view_of(lake, base), recipe)
    notes = tuple(f"step {step.number} {step.said}" for step in found.run.conflicting)
    return Edit(f"recipe {recipe.name}", base, found.corrections, notes=notes)


def of_draft(lake: Lake, dataset: str, draft: int) -> Edit:
    """Think of a draft as published on the version that it is based on.

    Raises
    ------
    UnknownName
        There is no such draft.
    UsageError
        It is of another dataset.
    """
    return Edit(f"draft {draft}", base_of(lake, draft, dataset), draft=draft)


@dataclass(frozen=True)
class Laid:
    """An edit laid over its base.

    Attributes
    ----------
    edit : Edit
        The edit.
    view : View
        The rows as it would leave them.
    corrections : str
        SQL of its net corrections, with the columns of :func:`workbench.drafts.overlay.folded`.
    """

    edit: Edit
    view: View
    corrections: str


@contextmanager
def laid_over(lake: Lake, edit: Edit) -> Iterator[Laid]:
    """Lay an edit over its base for as long as the block lasts; nothing is written to the lake."""
    base = view_of(lake, edit.base)
    if edit.draft is not None:
        yield Laid(edit, draft_view(base, edit.draft), folded(edit.draft))
        return
    with TemporaryDirectory(prefix="workbench-what-if-") as folder:
        file = str(Path(folder) / "corrections.parquet")
        with lake.session() as session:
            unfit = _write(session, base, edit.corrections, file)
        source = f"read_parquet({literal(file)})"
        touched = {correction.column for correction in edit.corrections}
        view = dataclasses.replace(
            base,
            rows=overlay(base.rows, base.columns, source, touched) if touched else base.rows,
            label=f"{base.label} + {edit.name}",
            known_hash="",
        )
        told = dataclasses.replace(edit, left_out=edit.left_out | ({UNFIT: unfit} if unfit else {}))
        if unfit and edit.findings is not None:
            told = dataclasses.replace(told, findings=edit.findings - unfit)
        yield Laid(told, view, source)


def _write(session: Session, base: View, corrections: Sequence[Correction], file: str) -> int:
    """Write corrections to a file, values as their columns would store them; return how many do not fit."""
    records = [
        {"rid": each.rid, "column_name": each.column, "new": each.new, "action": each.action} for each in corrections
    ]
    shape = {"rid": "BIGINT", "column_name": "VARCHAR", "new": "VARCHAR", "action": "VARCHAR"}
    session.temporary("thought_of", shape, records)
    named = {each.column for each in corrections}
    cases = "".join(
        f" WHEN {literal(column.name)} THEN {fitted_in('new', column)}"
        for column in base.columns
        if column.name in named
    )
    value = f"CASE column_name{cases} END" if cases else "NULL::VARCHAR"
    session.run(
        f"CREATE OR REPLACE TEMP TABLE fitting AS SELECT rid, column_name, new, {value} AS fit, action FROM thought_of"
    )
    bad = "action = 'set' AND new IS NOT NULL AND fit IS NULL"
    unfit = session.rows(f"SELECT count(*) FROM fitting WHERE {bad}")[0][0]
    session.run(
        f"COPY (SELECT rid, column_name, fit AS new, action FROM fitting WHERE NOT ({bad})) "
        f"TO {literal(file)} (FORMAT parquet)"
    )
    return int(unfit)
