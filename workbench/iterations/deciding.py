"""Answer findings: each answer is one transaction, and one step of undo where it changes data."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.drafts import UNSEEN, Correction, Draft, get_draft, new_draft, newest_of, stage_in, undo_in
from workbench.errors import AnsweredMeanwhile, UsageError
from workbench.findings import (
    Finding,
    are_touched,
    concluded,
    count_recorded,
    find,
    insert_decisions,
    reinstate,
    withdraw,
)
from workbench.lake import Lake, Session, newest

CORRECTING = ("fix", "exclude")
"""Decisions that stage a correction."""


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
    decided_at : datetime
        When, in UTC.
    """

    decision: str
    count: int
    draft: int | None
    step: int | None
    decided_at: datetime


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
        The findings as the person saw them. If one was answered since, by whomever, this answer is refused: it may be
        a late or doubled key press.

    Raises
    ------
    UsageError
        A fix without a value, or of a finding that is about no cell.
    AnsweredMeanwhile
        A finding was answered since it was seen; nothing was recorded.
    UnknownName
        No such finding or draft.
    """
    correcting, now = decision in CORRECTING, datetime.now(UTC)
    begun = draft if draft is not None or not correcting else open_draft(lake, dataset, author=author)

    def answer(found: Sequence[Finding], refuse: Callable[[Session], None]) -> Decided:
        corrections = [
            _correction(finding, decision, values[n] if values is not None else UNSEEN, use_suggestion, reason)
            for n, finding in enumerate(found if correcting else ())
        ]
        target = None
        if corrections:
            target = begun if begun is not None else _begin(lake, dataset, author)

        def work(session: Session) -> int | None:
            refuse(session)
            if target is None:
                insert_decisions(session, found, decision, author=author, reason=reason, at=now)
                return None
            step = stage_in(session, lake, target, corrections, author=author)
            new = [None if correction.new is None else str(correction.new) for correction in corrections]
            insert_decisions(
                session, found, decision, author=author, reason=reason, draft=target, step=step, values=new, at=now
            )
            return step

        with lake.session() as session:
            step = lake.write(work, author=author, message=f"{decision} {len(found)} findings", session=session)
        return Decided(decision, len(found), target, step, now)

    unchanged = _as_seen(lake, dataset, findings, seen or (), suggested=use_suggestion)
    # Where a draft is to be begun it is known beforehand that nobody was faster: an empty one would stay behind.
    if unchanged and (begun is not None or not correcting):
        with contextlib.suppress(_TouchedError):
            return answer(unchanged, lambda session: _refuse_touched(session, dataset, findings))
    recorded = count_recorded(lake, dataset, findings) if seen is not None else 0
    found = find(lake, dataset, findings)
    _refuse_answered(found, {finding.finding: _state(finding) for finding in seen or ()})

    def refuse_faster(session: Session) -> None:
        if seen is not None and count_recorded(session, dataset, findings) != recorded:
            raise AnsweredMeanwhile("Somebody answered at the same moment.", hint="Look at the finding as it is now.")

    return answer(found, refuse_faster)


def undo(lake: Lake, draft: int, *, author: str) -> Draft:
    """Take back a draft's last step, and the decisions that came with it."""
    return _flip(lake, draft, author, undone=True)


def redo(lake: Lake, draft: int, *, author: str) -> Draft:
    """Do the step again that was undone last, and give its decisions again."""
    return _flip(lake, draft, author, undone=False)


def own_draft(lake: Lake, dataset: str, *, author: str) -> int:
    """Return the author's newest open draft on a dataset's newest version, or begin one."""
    found = open_draft(lake, dataset, author=author)
    return found if found is not None else _begin(lake, dataset, author)


def _begin(lake: Lake, dataset: str, author: str) -> int:
    """Begin a draft for an author's answers."""
    return new_draft(lake, dataset, title="review", author=author).draft


def open_draft(lake: Lake, dataset: str, *, author: str) -> int | None:
    """Return the author's newest open draft on a dataset's newest version, if there is one."""
    return newest_of(lake, dataset, base=newest(lake, dataset).version, author=author)


def _flip(lake: Lake, draft: int, author: str, *, undone: bool) -> Draft:
    """Undo or redo a step and its decisions in one transaction."""

    def work(session: Session) -> None:
        step = undo_in(session, draft, undone=undone)
        dataset = get_draft(session, draft).dataset
        (withdraw if undone else reinstate)(session, dataset, draft, step, author=author)

    with lake.session() as session:
        lake.write(work, author=author, message=f"{'undo' if undone else 'redo'} in draft {draft}", session=session)
    return get_draft(lake, draft)


def _as_seen(
    lake: Lake, dataset: str, findings: Sequence[str], seen: Sequence[Finding], *, suggested: bool
) -> list[Finding] | None:
    """Return findings as the person saw them, where only answers or corrections can have changed them since.

    They were open, and the checks that found them have not been asked of a later version. To look their status up
    among all that was ever answered is then needless, if :func:`_refuse_touched` finds that they never were.
    Of a test row not everything was shown.
    """
    known = {finding.finding: finding for finding in seen}
    if any(name not in known or known[name].status != "open" for name in findings):
        return None
    if suggested and any(known[name].lane == "test" for name in findings):
        return None
    latest = concluded(lake, dataset)
    if any(latest.get(known[name].check) != known[name].version for name in findings):
        return None
    return [known[name] for name in findings]


class _TouchedError(Exception):
    """A finding was answered or corrected before, so that its status must be looked up."""


def _refuse_touched(session: Session, dataset: str, findings: Sequence[str]) -> None:
    """Refuse findings that anybody ever answered or corrected."""
    if are_touched(session, dataset, findings):
        raise _TouchedError


def _state(finding: Finding) -> tuple[str, datetime | None]:
    """Tell a finding apart from itself after another answer, even where both leave it with the same status."""
    return finding.status, finding.decided_at


def _refuse_answered(found: Sequence[Finding], seen: dict[str, tuple[str, datetime | None]]) -> None:
    """Refuse to answer findings that are no longer what the person saw."""
    late = [finding for finding in found if seen.get(finding.finding, _state(finding)) != _state(finding)]
    if late:
        first, more = late[0], f", and {len(late) - 1} more were answered" if len(late) > 1 else ""
        who = f" by {first.author}" if first.author else ""
        raise AnsweredMeanwhile(
            f"Finding {first.finding} is {first.status}{who} since you looked{more}. Nothing was recorded.",
            hint="Look at it as it is now, or go on with the next.",
        )


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
            f"Finding {finding.finding} is about a whole row; a fix needs a cell.", hint="Exclude the row, or keep it."
        )
    if not use_suggestion and value is UNSEEN:
        raise UsageError("A fix needs a value.", hint="Give one, None for a missing cell, or take the suggestions.")
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
