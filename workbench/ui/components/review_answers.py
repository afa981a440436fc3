"""What a button or key does: answer, step, undo. Each answer is in the lake before the next finding shows."""

from __future__ import annotations

from workbench.api import OpenLake
from workbench.drafts import UNSEEN, Draft, list_drafts
from workbench.errors import AnsweredMeanwhile, DataError, UsageError, WorkbenchError
from workbench.findings import Finding, Status
from workbench.iterations import decide
from workbench.reporting.cases import shorten
from workbench.reviewing import edit, try_value, undo_last
from workbench.ui.components.review_desk import Desk, go_to, read_on, refresh

STATUS: dict[str, Status] = {"fix": "staged", "exclude": "staged", "keep": "kept", "unsure": "unsure"}
"""Answer → the status that it gives at once."""


def own_drafts(lake: OpenLake, dataset: str) -> list[Draft]:
    """List the visitor's open drafts that hold corrections or stand on the newest version, newest first."""
    return [draft for draft in list_drafts(lake.lake, dataset, state="open") if draft.author == lake.author]


def answer(lake: OpenLake, desk: Desk, finding: Finding, decision: str, value: str | None = None) -> None:
    """Record an answer, and go on to the next finding."""
    if record(lake, desk, finding, decision, value):
        forward(lake, desk)


def record(lake: OpenLake, desk: Desk, finding: Finding, decision: str, value: str | None = None) -> bool:
    """Record an answer; a fix is tried against its column's checks first.

    Parameters
    ----------
    value : str or None
        The new value, for a fix. The given value once more is no fix: it is right, so it is kept.

    Returns
    -------
    bool
        Whether it is in the lake; else the desk's problem says why not.
    """
    _begin(desk)
    try:
        if decision == "fix":
            if finding.column is None:
                raise UsageError("This finding is about a whole row; a fix needs a cell.", hint="Choose a column.")
            if value == finding.value and finding.status != "staged":
                decision = "keep"
            else:
                _try(lake, desk, finding.column, value)
        done = decide(
            lake.lake, desk.dataset, [finding.finding], decision, values=[value], seen=[finding], author=lake.author
        )
    except AnsweredMeanwhile as error:
        desk.problem = error
        refresh(lake, desk, (finding.finding,))
        return False
    except WorkbenchError as error:
        desk.problem = error
        return False
    desk.today += finding.author != lake.author or finding.status == "open"
    desk.move(finding, STATUS[decision], decision=decision, author=lake.author, decided_at=done.decided_at)
    return True


def set_cell(lake: OpenLake, desk: Desk, finding: Finding, column: str, value: str | None) -> None:
    """Set any cell of the finding's row, and go on where that answers the finding."""
    if record_cell(lake, desk, finding, column, value) and finding.column in (None, column):
        forward(lake, desk)


def record_cell(lake: OpenLake, desk: Desk, finding: Finding, column: str, value: str | None) -> bool:
    """Stage any cell of the finding's row; the finding's own cell answers it.

    Returns
    -------
    bool
        Whether it is in the lake; else the desk's problem says why not.
    """
    if column == finding.column:
        return record(lake, desk, finding, "fix", value)
    _begin(desk)
    row = desk.rows.get(finding.rid or -1)
    staged = finding.status == "staged" or column in desk.edited.get(finding.rid or -1, set())
    old = UNSEEN if row is None or staged else row.cells.get(column)
    try:
        if finding.rid is None:
            raise UsageError("This finding is about no single row.", hint="Keep it, or set it aside.")
        _try(lake, desk, column, value)
        edit(lake.lake, desk.version, finding, column, value, old=old, author=lake.author)
    except WorkbenchError as error:
        desk.problem = error
        return False
    desk.edited.setdefault(finding.rid, set()).add(column)
    desk.notice = desk.notice or "The cell is staged in your draft."
    if finding.column is None:
        desk.move(finding, "staged", author=lake.author)
    return True


def undo(lake: OpenLake, desk: Desk) -> None:
    """Take back the last thing that the visitor did, and go back to its finding."""
    _begin(desk)
    try:
        newest = next((d.draft for d in own_drafts(lake, desk.dataset) if d.base == desk.version.version), None)
        undone = undo_last(lake.lake, desk.dataset, draft=newest, author=lake.author)
    except WorkbenchError as error:
        desk.problem = error
        return
    if len(undone.findings) > 1:
        desk.stale = True
        return
    desk.edited.clear()
    desk.today = max(0, desk.today - len(undone.findings))
    refresh(lake, desk, undone.findings)
    for finding in undone.findings:
        go_to(lake, desk, finding)
    desk.notice = f"Taken back: {undone.what}."


def forward(lake: OpenLake, desk: Desk) -> None:
    """Go on to the next finding."""
    desk.at = min(desk.at + 1, len(desk.items))
    if desk.at == len(desk.items):
        read_on(lake, desk)


def skip(lake: OpenLake, desk: Desk) -> None:
    """Leave the finding for later."""
    _begin(desk)
    forward(lake, desk)


def back(desk: Desk) -> None:
    """Go back to the finding before."""
    _begin(desk)
    desk.at = max(0, desk.at - 1)


def _begin(desk: Desk) -> None:
    """Forget what was said about the last answer."""
    desk.problem, desk.notice = None, ""


def _try(lake: OpenLake, desk: Desk, column: str, value: str | None) -> None:
    """Refuse a value that its column's checks call an error; take note of a warning."""
    failing = try_value(lake.lake, desk.version, column, value)
    shown = "nothing" if value is None else f"'{shorten(value)}'"
    wrong = [check.title for check in failing if check.severity == "error"]
    if wrong:
        raise DataError(
            f"{shown} fails {' and '.join(wrong)}.", column=column,
            hint="Nothing was staged. Give another value, or change the schema where the rule is wrong.",
        )  # fmt: skip
    if failing:
        told = " and ".join(check.title for check in failing)
        desk.notice = f"Staged with a warning: in '{column}', {shown} fails {told}."
