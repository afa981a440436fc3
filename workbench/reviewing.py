"""What a person needs to answer findings one by one: the row in context, the classes, a value tried, a step back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.drafts import UNSEEN, Correction, Draft, corrections_of, second_opinions, stage
from workbench.errors import DataError, UsageError
from workbench.findings import Finding, last_answers
from workbench.findings import reopen as reopen_in
from workbench.iterations import own_draft, policy_of, schema_of, undo
from workbench.lake import MOMENT, Lake, Session, Version, canonical_text, literal, quote, rid_list, view_of
from workbench.lake.sql import NAMED
from workbench.lake.values import fitted_in
from workbench.validation import CheckOutcome, failing_checks

MODEL_ONLY = ("suggested", "probability_given", "probability_suggested", "likely")
"""What evidence says of the model's opinion."""


@dataclass(frozen=True)
class Row:
    """A row as a version holds it.

    Attributes
    ----------
    rid : int
        Its identity.
    lane : int
        0 train, 1 validation, 2 test.
    excluded : bool
        Out of training, test and checks.
    cells : mapping
        Column → canonical text, or None.
    """

    rid: int
    lane: int
    excluded: bool
    cells: Mapping[str, str | None]


@dataclass(frozen=True)
class Undone:
    """What was taken back.

    Attributes
    ----------
    findings : tuple of str
        The findings whose answers no longer count; empty where the step held none.
    what : str
        For people: ``fix``, ``keep``, ``step of draft 3``.
    """

    findings: tuple[str, ...]
    what: str


def blind(finding: Finding) -> Finding:
    """Take the model's opinion from a finding about a test row: its label is judged by the row alone."""
    if finding.lane != "test":
        return finding
    evidence = {name: value for name, value in finding.evidence.items() if name not in MODEL_ONLY}
    guess = finding.suggestion if finding.suggestion == "exclude" else None
    return dataclasses.replace(finding, suggestion=guess, score=None, evidence=evidence)


def rows_at(
    lake: Lake, version: Version, rids: Sequence[int], *, columns: Sequence[str] | None = None
) -> dict[int, Row]:
    """Read rows by identity; those that the version does not have are left out."""
    if not rids:
        return {}
    view = view_of(lake, version)
    chosen = list(view.columns) if columns is None else [view.column(name) for name in columns]
    cells = "".join(f", {canonical_text(quote(column.physical), column.type)}" for column in chosen)
    among = rid_list(sorted(rids)) if len(rids) <= NAMED else f"SELECT unnest([{rid_list(rids)}])"
    found = view.fetch(f"SELECT _rid, _lane, _excluded{cells} FROM {{rows}} WHERE _rid IN ({among})")
    names = [column.name for column in chosen]
    return {row[0]: Row(row[0], row[1], row[2], dict(zip(names, row[3:], strict=True))) for row in found}


def class_counts(lake: Lake, version: Version) -> dict[str, int]:
    """Count the rows of each class that are not excluded, most frequent first; empty without a label of classes."""
    definition = version.definition
    if definition.label is None or definition.task != "classification":
        return {}
    view = view_of(lake, version)
    label = view.column(definition.label)
    text = canonical_text(quote(label.physical), label.type)
    rows = view.fetch(
        f"SELECT {text}, count(*) FROM {{rows}} WHERE NOT _excluded AND {quote(label.physical)} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return dict(rows)


def classes_offered(lake: Lake, version: Version) -> dict[str, int]:
    """Count the rows of each class that a row may be given: those of :func:`class_counts` that the schema allows."""
    from workbench.validation import forbidden_values

    counts = class_counts(lake, version)
    schema = schema_of(lake, version) if counts else None
    if schema is None or version.definition.label is None:
        return counts
    barred = forbidden_values(view_of(lake, version), schema, version.definition.label, list(counts))
    return {name: rows for name, rows in counts.items() if name not in barred}


def forbidden_suggestions(lake: Lake, version: Version, findings: Sequence[Finding]) -> set[str]:
    """Name the findings whose suggested value the schema forbids in their column."""
    from workbench.validation import forbidden_values

    schema = schema_of(lake, version)
    if schema is None:
        return set()
    view, here = view_of(lake, version), {column.name for column in version.columns}
    suggested: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.suggestion is not None and finding.column in here:
            suggested.setdefault(finding.column or "", {})[finding.suggestion] = None
    barred = {column: forbidden_values(view, schema, column, list(values)) for column, values in suggested.items()}
    return {each.finding for each in findings if each.suggestion in barred.get(each.column or "", ())}


def try_value(lake: Lake, version: Version, column: str, value: str | None) -> list[CheckOutcome]:
    """Say what a value would fail in a column, before it is staged.

    Returns
    -------
    list of CheckOutcome
        Failing checks of single cells, warnings too; empty without a schema.

    Raises
    ------
    DataError
        The value does not fit the column's storage type.
    UsageError
        The column is part of the key, which is never corrected.
    UnknownName
        There is no such column.
    """
    view = view_of(lake, version)
    cell = view.column(column)
    kind = cell.type if cell.reads == cell.type else cell.logical_type
    if column in view.definition.key:
        raise UsageError(
            f"'{column}' is part of the key of '{view.dataset}' and is never corrected.",
            hint="Delete the row, and import it under its right key with the next refresh.",
        )
    if value is not None and lake.read(f"SELECT {fitted_in(literal(value), cell)} IS NULL")[0][0]:
        raise DataError(
            f"'{value}' does not fit the column's type {kind}.", column=column,
            hint="Give a value of that type, or leave the field empty for a missing value.",
        )  # fmt: skip
    schema = schema_of(lake, version)
    return failing_checks(view, schema, column, value) if schema else []


def edit(
    lake: Lake, version: Version, finding: Finding, column: str, value: str | None, *, old: Any = UNSEEN, author: str
) -> Draft:
    """Stage another cell of a finding's row in the author's draft; it answers a finding about the row as a whole.

    Raises
    ------
    UsageError
        The finding is about no row, or the column is part of the key.
    DataError
        The value does not fit the column.
    ConflictError
        The cell does not hold ``old``.
    """
    if finding.rid is None:
        raise UsageError(f"Finding {finding.finding} is about no single row.", hint="Keep it, or set it aside.")
    draft = own_draft(lake, version.dataset, author=author)
    answered = finding.finding if finding.column in (None, column) else ""
    correction = Correction(
        finding.key, column=column, old=old, new=value, reason=finding.message, finding=answered, rid=finding.rid
    )
    return stage(lake, draft, [correction], author=author)


def reopen(lake: Lake, dataset: str, findings: Sequence[str], *, author: str) -> int:
    """Take back keep and unsure: the findings are as if nobody had said so.

    Returns
    -------
    int
        How many had such an answer.

    Raises
    ------
    UsageError
        None had; fixes and exclusions are taken back in their draft.
    """

    def work(session: Session) -> int:
        return reopen_in(session, dataset, findings, author=author)

    with lake.session() as session:
        count = lake.write(work, author=author, message=f"reopen {len(findings)} findings", session=session)
    if not count:
        raise UsageError(
            "There is no such answer to take back.", hint="Fixes and exclusions are undone in their draft."
        )
    return count


def undo_last(lake: Lake, dataset: str, *, draft: int | None, author: str) -> Undone:
    """Take back the last thing that an author did: an answer, or a step of their draft.

    Parameters
    ----------
    draft : int or None
        The author's open draft.

    Raises
    ------
    UsageError
        There is nothing, or it was published already.
    """
    last = last_answers(lake, dataset, author=author)
    steps = corrections_of(lake, draft) if draft is not None else []
    touched = f"SELECT max({MOMENT}) FROM lake.workbench.corrections WHERE draft = ? AND NOT undone"
    staged_at = lake.read(touched, [draft])[0][0] if steps else None
    if last is not None and last.draft is None and (staged_at is None or staged_at < last.moment):
        reopen(lake, dataset, last.findings, author=author)
        return Undone(last.findings, last.decision)
    if draft is None or not steps:
        raise UsageError("There is nothing to undo.", hint="What was published is taken back with a restore.")
    step = max(staged.step for staged in steps)
    findings = tuple(sorted({staged.finding for staged in steps if staged.step == step and staged.finding}))
    undo(lake, draft, author=author)
    return Undone(findings, f"step of draft {draft}")


@dataclass(frozen=True)
class StagedCell:
    """A correction of a row that waits in somebody's open draft.

    Attributes
    ----------
    draft : int
        The draft.
    author, action : str
        Who, and what; see :class:`workbench.drafts.Correction`.
    column, new : str or None
        The cell and its value to be, as canonical text.
    """

    draft: int
    author: str
    action: str
    column: str | None
    new: str | None


def staged_on(
    lake: Lake, dataset: str, rids: Sequence[int], *, reader: str | None = None
) -> dict[int, list[StagedCell]]:
    """List what open drafts do to some rows, in the order in which it was staged; rows without any are left out.

    Parameters
    ----------
    reader : str, optional
        Who looks: labels of test rows on which they may still give a second opinion are left out as well, where the
        policy asks for one.
    """
    open_ = "SELECT draft FROM lake.workbench.drafts WHERE dataset = ? AND state = 'open'"
    drafts = [row[0] for row in lake.read(open_, [dataset])]
    if not rids or not drafts:
        return {}
    rows = lake.read(
        "SELECT rid, draft, author, action, column_name, new FROM lake.workbench.corrections "
        f"WHERE draft IN ({rid_list(drafts)}) AND rid IN ({rid_list(sorted(set(rids)))}) AND NOT undone "
        f"ORDER BY {MOMENT}, seq"
    )
    hidden: set[tuple[int, int, str | None]] = set()
    if reader is not None and policy_of(lake, dataset).second_opinion:
        for draft in {row[1] for row in rows}:
            asked = second_opinions(lake, lake, draft, reader=reader)
            hidden |= {(draft, each.rid, each.column) for each in asked if each.hidden}
    staged: dict[int, list[StagedCell]] = {}
    for rid, *cell in rows:
        if (cell[0], rid, cell[3]) in hidden:
            continue
        staged.setdefault(rid, []).append(StagedCell(*cell))
    return staged
