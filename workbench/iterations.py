"""One turn of the loop: check a version, answer what was found, see what the draft would do, publish and measure.

Command line, app, schedule and notebook all call these functions, so that they cannot show different numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.drafts import (
    UNSEEN,
    Correction,
    Draft,
    corrections_of,
    draft_view,
    get_draft,
    list_drafts,
    new_draft,
    stage_in,
    undo_in,
)
from workbench.errors import AnsweredMeanwhile, ModelError, UsageError
from workbench.findings import Finding, count_recorded, find, insert_decisions, reinstate, withdraw
from workbench.lake import (
    Definition,
    Lake,
    Session,
    Task,
    Version,
    View,
    kept_snapshots,
    newest,
    read_version,
    read_versions,
    view_of,
)
from workbench.progress import Progress, silent
from workbench.settings import project_folder

if TYPE_CHECKING:
    from workbench.compare import Comparison
    from workbench.evaluation import Evaluation
    from workbench.findings import CheckResult
    from workbench.validation import Schema, Validation


@dataclass(frozen=True)
class Decided:
    """What answering findings did.

    Attributes
    ----------
    decision : str
        fix, keep, exclude or unsure.
    count : int
        Findings answered.
    draft, step : int or None
        Where the corrections were staged, and the undo step they are.
    """

    decision: str
    count: int
    draft: int | None
    step: int | None


@dataclass(frozen=True)
class DraftCheck:
    """Failures of a draft beside those of its base.

    Attributes
    ----------
    draft : int
        The draft.
    before, after : int
        Failure cases of the base version and of the rows as the draft would leave them.
    checks : tuple of (code, before, after)
        Each schema check that fails in either.
    validation : Validation
        The draft's own validation in full.
    """

    draft: int
    before: int
    after: int
    checks: tuple[tuple[str, int, int], ...]
    validation: Validation

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        checks = [{"check": code, "before": before, "after": after} for code, before, after in self.checks]
        return {"draft": self.draft, "failures": {"before": self.before, "after": self.after}, "checks": checks}


def schema_of(lake: Lake, version: Version | View) -> Schema | None:
    """Load the pandera schema that a version's definition names, or None where it names none.

    A relative path is looked for below the working directory, then below the lake's project.
    """
    from workbench.validation import load_schema

    name = version.definition.schema
    return None if name is None else load_schema(_schema_file(lake, name))


def _schema_file(lake: Lake, name: str) -> Path:
    """Find a schema file as :func:`schema_of` says."""
    path, project = Path(name), project_folder(lake.url)
    if path.is_absolute() or path.exists() or project is None:
        return path
    return project / path if (project / path).is_file() else path


def try_choices(lake: Lake, *, schema: str | None, model: str, task: Task | None) -> None:
    """Load the schema file and the model that somebody chose, so that a wrong one is told before a long import.

    Raises
    ------
    SchemaError, ModelError
        It cannot be loaded.
    """
    if schema is not None:
        from workbench.validation import load_schema

        load_schema(_schema_file(lake, schema))
    if model != Definition.model:
        from workbench.models import TASKS, load_model

        refused: ModelError | None = None
        for kind in [task] if task else TASKS:
            try:
                load_model(model, kind, folder=project_folder(lake.url))
                return
            except ModelError as error:
                refused = refused or error
        if refused:
            raise refused


def schema_types(lake: Lake, version: Version | View) -> dict[str, str]:
    """Return the types that the model reads columns as: the schema's, where it names one."""
    from workbench.validation import column_types

    schema = schema_of(lake, version)
    return column_types(schema, [column.name for column in version.columns]) if schema else {}


def validate(lake: Lake, version: Version, *, progress: Progress = silent) -> Validation:
    """Validate a version against its schema.

    Raises
    ------
    UsageError
        The dataset has no schema.
    """
    from workbench.validation import validated

    return validated(lake, view_of(lake, version), _needed_schema(lake, version), progress=progress)


def check(
    lake: Lake, version: Version, *, only: Sequence[str] | None = None, author: str, progress: Progress = silent
) -> list[CheckResult]:
    """Run the checks on a version and put what they find into the queue."""
    from workbench.checks import run_checks
    from workbench.findings import record

    results = run_checks(lake, view_of(lake, version), schema=schema_of(lake, version), only=only, progress=progress)
    record(lake, version, results, author=author)
    return results


def checks_asked(lake: Lake, version: Version) -> str:
    """Stand for everything that the checks' answers on a version depend on; see :func:`workbench.checks.asked`."""
    from workbench.checks import asked
    from workbench.validation import fingerprint

    schema = version.definition.schema
    return asked(lake, view_of(lake, version), fingerprint(_schema_file(lake, schema)) if schema else "")


def decide(
    lake: Lake,
    dataset: str,
    findings: Sequence[str],
    decision: str,
    *,
    values: Sequence[Any] | None = None,
    use_suggestion: bool = False,
    draft: int | None = None,
    reason: str = "",
    seen: Sequence[Finding] | None = None,
    author: str,
) -> Decided:
    """Answer findings, all in one transaction and one step of undo.

    Parameters
    ----------
    findings : sequence of str
        Identities.
    decision : {"fix", "keep", "exclude", "unsure"}
        A fix or an exclusion is staged in a draft at once.
    values : sequence, optional
        For a fix: the new value of each finding's cell.
    use_suggestion : bool
        For a fix: take each finding's suggested value.
    draft : int, optional
        Default: the author's newest open draft on the dataset, or a new one.
    seen : sequence of Finding, optional
        The findings as the person saw them; an answer that somebody gave since then stands against this one.

    Raises
    ------
    UsageError
        A fix without a value, or of a finding that is about no cell.
    AnsweredMeanwhile
        Somebody was faster; nothing was recorded.
    UnknownName
        No such finding or draft.
    """
    recorded = count_recorded(lake, dataset, findings) if seen is not None else 0
    found = find(lake, dataset, findings)
    _refuse_answered(found, {finding.finding: finding.status for finding in seen or ()})

    def refuse_faster(session: Session) -> None:
        if seen is not None and count_recorded(session, dataset, findings) != recorded:
            raise AnsweredMeanwhile("Somebody answered at the same moment.", hint="Look at the finding as it is now.")

    if decision not in ("fix", "exclude"):

        def note(session: Session) -> int:
            refuse_faster(session)
            return insert_decisions(session, found, decision, author=author, reason=reason)

        with lake.session() as session:
            lake.write(note, author=author, message=f"{decision} {len(found)} findings", session=session)
        return Decided(decision, len(found), None, None)
    corrections = [
        _correction(finding, decision, values[n] if values is not None else None, use_suggestion, reason)
        for n, finding in enumerate(found)
    ]
    target = draft if draft is not None else own_draft(lake, dataset, author=author)

    def work(session: Session) -> int:
        refuse_faster(session)
        step = stage_in(session, lake, target, corrections, author=author)
        insert_decisions(
            session,
            found,
            decision,
            author=author,
            reason=reason,
            draft=target,
            step=step,
            values=[None if correction.new is None else str(correction.new) for correction in corrections],
        )
        return step

    with lake.session() as session:
        step = lake.write(work, author=author, message=f"{decision} {len(found)} findings", session=session)
    return Decided(decision, len(found), target, step)


def undo(lake: Lake, draft: int, *, author: str) -> Draft:
    """Take back a draft's last step, and the decisions that came with it."""
    return _flip(lake, draft, author, undone=True)


def redo(lake: Lake, draft: int, *, author: str) -> Draft:
    """Do the step again that was undone last, and give its decisions again."""
    return _flip(lake, draft, author, undone=False)


def _flip(lake: Lake, draft: int, author: str, *, undone: bool) -> Draft:
    """Undo or redo a step and its decisions in one transaction."""

    def work(session: Session) -> None:
        step = undo_in(session, draft, undone=undone)
        dataset = get_draft(session, draft).dataset
        (withdraw if undone else reinstate)(session, dataset, draft, step, author=author)

    with lake.session() as session:
        lake.write(work, author=author, message=f"{'undo' if undone else 'redo'} in draft {draft}", session=session)
    return get_draft(lake, draft)


def check_draft(lake: Lake, draft: int, *, progress: Progress = silent) -> DraftCheck:
    """Validate the rows as a draft would leave them, beside its base version."""
    from workbench.validation import validated

    base, view = _base_and_view(lake, draft)
    before = validate(lake, base, progress=progress)
    touched = sorted({correction.rid for correction in corrections_of(lake, draft)})
    after = validated(lake, view, _needed_schema(lake, base), touched=touched, progress=progress)
    counts = {outcome.check: [outcome.failures, 0] for outcome in before.checks}
    for outcome in after.checks:
        counts.setdefault(outcome.check, [0, 0])[1] = outcome.failures
    failing = tuple((code, b, a) for code, (b, a) in counts.items() if b or a)
    return DraftCheck(draft, before.failures, after.failures, failing, after)


def evaluate_draft(lake: Lake, draft: int, *, progress: Progress = silent) -> Comparison:
    """Compare the fixed model on the rows as a draft would leave them with its base version."""
    from workbench.compare import compare

    base, view = _base_and_view(lake, draft)
    return compare(lake, view_of(lake, base), view, schema_types=schema_types(lake, base), progress=progress)


def measure(lake: Lake, version: Version, *, progress: Progress = silent) -> Evaluation:
    """Evaluate a version, compare it with its parent where that was measured, and record both.

    Where a version's test labels differ from those that earlier comparisons were made under, those are made again
    from the stored predictions, without fitting.
    """
    from workbench.evaluation import evaluate

    evaluation = evaluate(lake, view_of(lake, version), schema_types=schema_types(lake, version), progress=progress)
    known = {row["version"]: row for row in measurements(lake, version.dataset)}
    new = known.get(version.version, {}).get("evaluation") != evaluation.id
    if new:
        result = json.loads(json.dumps(evaluation.to_dict()))
        known[version.version] = {"version": version.version, "evaluation": evaluation.id, "result": result}
    versions = {each.version: each for each in read_versions(lake, version.dataset)}
    labels = f"{version.dataset}@{max(versions)}"
    # What `maintain` let go cannot be compared again; its comparisons stay as they were.
    kept = kept_snapshots(lake)
    readable = {number for number in known if versions[number].snapshot in kept}
    records = []
    for number in sorted(readable):
        row, against = known[number], max((v for v in readable if v < number), default=None)
        if row.get("against", against) not in {None, *readable}:
            continue
        touched = new and version.version in (number, against)
        old = row.get("comparison")
        outdated = old is not None and not _same_test_rows(known, old["test_labels"], labels)
        if row.get("against", against) == against and not touched and not outdated:
            continue
        comparison = None
        if against is not None:
            found = compare_versions(lake, versions[against], versions[number], progress=progress)
            comparison = json.dumps(found.to_dict())
        said = (row["evaluation"], json.dumps(row["result"]), against, comparison)
        records.append((version.dataset, number, *said, datetime.now(UTC)))
    if records:
        lake.write(lambda session: session.insert("measurements", records), message=f"measured {version.name}")
    return evaluation


def _same_test_rows(known: Mapping[int, Mapping[str, Any]], a: str, b: str) -> bool:
    """Tell whether two versions (``adult@3``) are known to have the same test rows, labels included."""
    if a == b:
        return True
    results = [known.get(int(name.rpartition("@")[2]), {}).get("result") for name in (a, b)]
    # Shape and test rows; see workbench.evaluation.reading.input_hash.
    parts = [[result["input_hash"].split("-")[place] for place in (0, 2)] if result else None for result in results]
    return parts[0] is not None and parts[0] == parts[1]


def compare_versions(
    lake: Lake, a: Version, b: Version, *, metric: str | None = None, progress: Progress = silent
) -> Comparison:
    """Say whether the fixed model gained from one version to another."""
    from workbench.compare import compare

    return compare(
        lake, view_of(lake, a), view_of(lake, b), metric=metric, schema_types=schema_types(lake, b), progress=progress
    )


def measurements(lake: Lake, dataset: str) -> list[dict[str, Any]]:
    """List what is recorded of each measured version, oldest version first.

    Returns
    -------
    list of dict
        ``version``, ``evaluation`` (its id), ``result`` (the evaluation's JSON), ``against`` (version number or None),
        ``comparison`` (the comparison's JSON or None).
    """
    rows = lake.read(
        "SELECT version, arg_max({'e': evaluation, 'r': result, 'a': against, 'c': comparison}, created_at) "
        "FROM lake.workbench.measurements WHERE dataset = ? GROUP BY version ORDER BY version",
        [dataset],
    )
    return [
        {
            "version": number,
            "evaluation": last["e"],
            "result": json.loads(last["r"]),
            "against": last["a"],
            "comparison": json.loads(last["c"]) if last["c"] else None,
        }
        for number, last in rows
    ]


def version_documents(lake: Lake, dataset: str) -> list[dict[str, Any]]:
    """Lay out the versions of a dataset as the JSON of ``workbench versions``, oldest first."""
    known = {row["version"]: row for row in measurements(lake, dataset)}
    documents = []
    for version in read_versions(lake, dataset):
        measured = known.get(version.version)
        comparison = measured["comparison"] if measured else None
        documents.append(
            {
                "dataset": version.dataset,
                "version": version.version,
                "parent": version.parent,
                "kind": version.kind,
                "author": version.author,
                "message": version.message,
                "created_at": version.created_at.isoformat(),
                "rows": version.rows,
                "excluded": version.excluded,
                "rows_added": version.rows_added,
                "rows_removed": version.rows_removed,
                "cells_changed": version.cells_changed,
                "content_hash": version.content_hash,
                "tags": list(version.tags),
                "metrics": measured["result"]["metrics"] if measured else None,
                "comparable": measured["result"]["comparable"] if measured else None,
                "notes": measured["result"]["notes"] if measured else [],
                "verdict": comparison["verdict"] if comparison else None,
                "comparison": comparison,
            }
        )
    return documents


def _needed_schema(lake: Lake, version: Version) -> Schema:
    """Load a version's schema, or say how to give it one."""
    schema = schema_of(lake, version)
    if schema is None:
        raise UsageError(
            f"'{version.dataset}' has no schema to validate against.",
            hint=f"Write schemas/{version.dataset}.py (a pandera schema named `schema`) and import with --schema.",
        )
    return schema


def _base_and_view(lake: Lake, draft: int) -> tuple[Version, View]:
    """Return a draft's base version and the rows as the draft would leave them."""
    state = get_draft(lake, draft)
    base = read_version(lake, state.dataset, state.base)
    return base, draft_view(view_of(lake, base), draft)


def _refuse_answered(found: Sequence[Finding], seen: dict[str, str]) -> None:
    """Refuse to answer findings whose status is no longer what the person saw."""
    late = [finding for finding in found if seen.get(finding.finding, finding.status) != finding.status]
    if late:
        first, more = late[0], f", and {len(late) - 1} more were answered" if len(late) > 1 else ""
        who = f" by {first.author}" if first.author else ""
        raise AnsweredMeanwhile(
            f"Finding {first.finding} is {first.status}{who} since you looked{more}. Nothing was recorded.",
            hint="Look at it as it is now, or go on with the next.",
        )


def own_draft(lake: Lake, dataset: str, *, author: str) -> int:
    """Return the author's newest open draft on a dataset's newest version, or begin one."""
    head = newest(lake, dataset).version
    for draft in list_drafts(lake, dataset, state="open"):
        if draft.author == author and draft.base == head:
            return draft.draft
    return new_draft(lake, dataset, title="review", author=author).draft


def _correction(finding: Finding, decision: str, value: Any, use_suggestion: bool, reason: str) -> Correction:
    """Make the correction that answers a finding."""
    if finding.rid is None:
        raise UsageError(
            f"Finding {finding.finding} is about {finding.column or 'the table'} as a whole, not about a row.",
            hint="It can be kept or set aside, not fixed row by row.",
        )
    why = reason or finding.message
    if decision == "exclude":
        return Correction(finding.key, "exclude", reason=why, finding=finding.finding, rid=finding.rid)
    if finding.column is None:
        raise UsageError(
            f"Finding {finding.finding} is about a whole row; a fix needs a cell.",
            hint="Exclude the row, or keep it.",
        )
    if use_suggestion and finding.suggestion is None:
        raise UsageError(f"Finding {finding.finding} has no suggested value.", hint="Give one with --fix VALUE.")
    return Correction(
        finding.key,
        column=finding.column,
        old=UNSEEN if finding.status == "staged" else finding.value,
        new=finding.suggestion if use_suggestion else value,
        reason=why,
        finding=finding.finding,
        rid=finding.rid,
    )
