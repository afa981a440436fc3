"""Move a draft to the newest version, with every conflict decided by a person, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.drafts.discussion import content_of, insert_event
from workbench.drafts.publishing import conflicting, gather
from workbench.drafts.records import Draft
from workbench.drafts.staging import get_draft, open_draft
from workbench.errors import Conflict, ConflictError, UsageError
from workbench.findings import withdraw_some
from workbench.lake import Lake, Session, newest, rid_list, view_of

Choice = Literal["mine", "theirs"]
Cell = tuple[int, str | None]
"""Row identity and column; None for what is done to the row as a whole."""


@dataclass(frozen=True)
class Rebased:
    """What moving a draft did.

    Attributes
    ----------
    draft : Draft
        As it is now.
    mine, theirs : int
        Conflicts decided for the draft, and for what the newest version holds.
    """

    draft: Draft
    mine: int
    theirs: int


def rebase(lake: Lake, draft: int, choices: Mapping[Cell, Choice], *, author: str) -> Rebased:
    """Move a draft to the newest version, in one transaction.

    What does not conflict is carried over as it is, under the same undo steps. For a conflict ``mine`` keeps the
    correction, which from now on expects what was found; ``theirs`` drops it, together with its answer to a finding.
    Steps that were undone are forgotten, as they are by any new step.

    Parameters
    ----------
    choices : mapping
        Cell → ``mine`` or ``theirs``, for every conflict; where the row or column is gone, only ``theirs``.

    Raises
    ------
    ConflictError
        Some conflicts are not decided, listed one by one; nothing was changed.
    UsageError
        The draft is not open, a choice is about no conflict, or keeps a correction of a row that is gone.
    """
    with lake.session() as session:

        def work(current: Session) -> tuple[int, int]:
            state = open_draft(current, draft)
            head = newest(current, state.dataset)
            gather(current, lake, state, head)
            conflicts = {_cell(each): each for each in conflicting(current, view_of(lake, head))}
            _refuse_bad(draft, conflicts, choices)
            mine = [cell for cell, choice in choices.items() if choice == "mine"]
            theirs = [cell for cell, choice in choices.items() if choice == "theirs"]
            if head.version == state.base and not choices:
                return 0, 0
            current.run("DELETE FROM lake.workbench.corrections WHERE draft = ? AND undone", [draft])
            _drop(current, state, theirs, author)
            _keep(current, draft, mine)
            current.run("UPDATE lake.workbench.drafts SET base = ? WHERE draft = ?", [head.version, draft])
            said = f"onto v{head.version}: {len(mine)} kept, {len(theirs)} dropped"
            insert_event(current, draft, "rebased", said, content_of(current, draft), author)
            return len(mine), len(theirs)

        mine, theirs = lake.write(work, author=author, message=f"rebase draft {draft}", session=session)
    return Rebased(get_draft(lake, draft), mine, theirs)


def _cell(conflict: Conflict) -> Cell:
    """Name a conflict's cell."""
    return int(conflict.rid or 0), conflict.column


def _refuse_bad(draft: int, conflicts: Mapping[Cell, Conflict], choices: Mapping[Cell, Choice]) -> None:
    """Refuse choices that are unknown or impossible, and conflicts that nobody decided."""
    for (rid, column), choice in choices.items():
        conflict = conflicts.get((rid, column))
        if conflict is None:
            raise UsageError(
                f"{column or 'the row'} of the row with rid {rid} is no conflict of draft {draft}.",
                hint="Look at its conflicts as they are now; somebody may have published in between.",
            )
        if choice == "mine" and conflict.gone:
            where = ", ".join(f"{name}={value}" for name, value in conflict.key.items())
            raise UsageError(
                f"{column or 'The row'} of {where} is gone from the newest version; a correction of it cannot be kept.",
                hint="Choose theirs, which drops it.",
            )
    undecided = [conflict for cell, conflict in conflicts.items() if cell not in choices]
    if undecided:
        raise ConflictError(
            f"{len(undecided)} of draft {draft}'s conflicts are not decided. Nothing was changed.",
            undecided,
            hint="Say for each cell whether your correction (mine) or the value found (theirs) stands.",
        )


def _drop(session: Session, draft: Draft, cells: list[Cell], author: str) -> None:
    """Drop the corrections of some cells, and the answers that came with them."""
    if not cells:
        return
    rows = session.rows(
        f"SELECT c.seq, c.finding FROM lake.workbench.corrections c JOIN {_table(session, cells)} x ON x.rid = c.rid "
        "AND x.column_name IS NOT DISTINCT FROM c.column_name WHERE c.draft = ?",
        [draft.draft],
    )
    findings = sorted({finding for _, finding in rows if finding})
    if findings:
        withdraw_some(session, draft.dataset, draft.draft, findings, author=author)
    session.run(
        f"DELETE FROM lake.workbench.corrections WHERE draft = ? AND seq IN ({rid_list(row[0] for row in rows)})",
        [draft.draft],
    )


def _keep(session: Session, draft: int, cells: list[Cell]) -> None:
    """Let the first correction of each cell expect what the newest version holds."""
    if not cells:
        return
    session.run(
        "CREATE OR REPLACE TEMP TABLE expecting AS SELECT min(c.seq) AS seq, any_value(k.found) AS found "
        f"FROM lake.workbench.corrections c JOIN {_table(session, cells)} x ON x.rid = c.rid "
        "AND x.column_name = c.column_name JOIN clash k ON k.rid = c.rid AND k.column_name = c.column_name "
        "WHERE c.draft = ? GROUP BY c.rid, c.column_name",
        [draft],
    )
    session.run(
        "UPDATE lake.workbench.corrections SET old = e.found FROM expecting e "
        "WHERE corrections.draft = ? AND corrections.seq = e.seq",
        [draft],
    )


def _table(session: Session, cells: list[Cell]) -> str:
    """Put cells into a temporary table and name it."""
    shape = {"rid": "BIGINT", "column_name": "VARCHAR"}
    session.temporary("chosen", shape, [{"rid": rid, "column_name": column} for rid, column in cells])
    return "chosen"
