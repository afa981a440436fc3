"""A second opinion on the labels of test rows: another person's answer, given without having seen the first.

Test labels are what every figure is measured by, so a wrong one counts for more than a wrong train label. Who has not
answered is not shown what the correction says; once they have, both stand side by side. The correction has its second
opinion as soon as another person says the same. Where they differ a third person may answer, or whoever wrote the
correction changes or drops it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.drafts.discussion import content_of, insert_event, same_person
from workbench.drafts.overlay import folded
from workbench.drafts.records import Draft, Staged
from workbench.drafts.staging import get_draft, open_draft
from workbench.errors import DataError, UsageError
from workbench.lake import LANES, MOMENT, Lake, Session, View, literal, read_version, rid_list, view_of
from workbench.lake.values import fitted_in, value_of

OpinionState = Literal["waiting", "agreed", "differs"]


@dataclass(frozen=True)
class SecondOpinion:
    """A correction of a test row's label, and what others say of it.

    Attributes
    ----------
    rid : int
        Row identity.
    key : dict
        Key column → text.
    column : str
        The label column.
    old, new : str or None
        Canonical texts; None where they are hidden: of two classes, the old one would tell the new.
    hidden : bool
        The reader has not answered, so they are not shown what others said.
    author : str
        Who wrote the correction.
    state : {"waiting", "agreed", "differs"}
        Whether somebody else has said the same.
    answers : tuple of (author, value)
        What others said, oldest first; none where they are hidden.
    """

    rid: int
    key: dict[str, Any]
    column: str
    old: str | None
    new: str | None
    hidden: bool
    author: str
    state: OpinionState
    answers: tuple[tuple[str, str | None], ...]


def second_opinions(source: Lake | Session, lake: Lake, draft: int, *, reader: str | None) -> list[SecondOpinion]:
    """List a draft's corrections of test labels as somebody may see them.

    Parameters
    ----------
    source : Lake or Session
        Where to read: a session inside a transaction of the caller's, or the lake.
    reader : str or None
        Who looks; None sees everything, and stands for the gate that publishes.
    """
    read = source.rows if isinstance(source, Session) else source.read
    state, base = _base(source, lake, draft)
    label = base.definition.label
    if label is None:
        return []
    rows = read(
        f"SELECT n.rid, c.row_key, n.old, n.new, c.author FROM {folded(draft)} n JOIN lake.workbench.corrections c "
        f"ON c.draft = {state.draft} AND c.seq = n.seq WHERE n.action = 'set' AND n.column_name = {literal(label)} "
        "ORDER BY n.rid"
    )
    test = _test_rows(source, base, [row[0] for row in rows])
    said = _said(source, draft)
    found = []
    for rid, row_key, old, new, author in rows:
        if rid not in test:
            continue
        answers = tuple((who, value) for who, value in said.get(rid, ()) if not same_person(who, [author]))
        means = base.column(label)
        agreed = any(value_of(value, means) == value_of(new, means) for _, value in answers)
        opinion = SecondOpinion(
            rid, json.loads(row_key), label, old, new, False, author,
            "agreed" if agreed else "differs" if answers else "waiting", answers,
        )  # fmt: skip
        may_see = reader is None or agreed or same_person(reader, [author, *(who for who, _ in answers)])
        found.append(opinion if may_see else dataclasses.replace(opinion, old=None, new=None, hidden=True, answers=()))
    return found


def give_opinion(lake: Lake, draft: int, rid: int, value: str | None, *, author: str) -> SecondOpinion:
    """Say what the label of a test row is that a draft corrects.

    Raises
    ------
    UsageError
        The draft is not open or does not correct that label, or the person wrote the correction or has answered.
    DataError
        The value does not fit the label column.
    """

    def work(session: Session) -> None:
        open_draft(session, draft)
        known = {each.rid: each for each in second_opinions(session, lake, draft, reader=None)}
        asked = known.get(rid)
        if asked is None:
            raise UsageError(f"Draft {draft} corrects no test label of the row with rid {rid}.")
        if same_person(author, [asked.author]):
            raise UsageError(
                f"{author} wrote this correction; a second opinion is somebody else's.", hint="Ask another person."
            )
        if same_person(author, [who for who, _ in asked.answers]):
            raise UsageError(
                f"{author} has answered this already, and has seen since what others say.", hint="Ask a third person."
            )
        base = _base(session, lake, draft)[1]
        column = base.column(asked.column)
        stored = None if value is None else session.rows(f"SELECT {fitted_in(literal(value), column)}")[0][0]
        if value is not None and stored is None:
            kind = column.type if column.reads == column.type else column.logical_type
            raise DataError(f"'{value}' does not fit the column's type {kind}", column=asked.column)
        said = json.dumps({"rid": rid, "column": asked.column, "value": stored}, ensure_ascii=False)
        insert_event(session, draft, "opinion", said, content_of(session, draft), author)

    lake.write(work, author=author, message=f"draft {draft} second opinion")
    return next(each for each in second_opinions(lake, lake, draft, reader=author) if each.rid == rid)


def hide(corrections: Sequence[Staged], opinions: Sequence[SecondOpinion]) -> list[Staged]:
    """Leave out of a draft's corrections what their reader is not to see before they have answered: values and why."""
    hidden = {(each.rid, each.column) for each in opinions if each.hidden}
    return [
        dataclasses.replace(each, old=None, new=None, reason="", hidden=True)
        if (each.rid, each.column) in hidden
        else each
        for each in corrections
    ]


def _base(source: Lake | Session, lake: Lake, draft: int) -> tuple[Draft, View]:
    """Return a draft and the rows of its base version."""
    state = get_draft(source, draft)
    return state, view_of(lake, read_version(source, state.dataset, state.base))


def _test_rows(source: Lake | Session, base: View, rids: Sequence[int]) -> set[int]:
    """Tell which rows are test rows."""
    if not rids:
        return set()
    read = source.rows if isinstance(source, Session) else source.read
    lane = LANES.index("test")
    return {row[0] for row in read(f"SELECT _rid FROM {base.rows} WHERE _rid IN ({rid_list(rids)}) AND _lane = {lane}")}


def _said(source: Lake | Session, draft: int) -> dict[int, list[tuple[str, str | None]]]:
    """Read who said what about which row."""
    read = source.rows if isinstance(source, Session) else source.read
    rows = read(
        "SELECT text, author FROM lake.workbench.draft_events WHERE draft = ? AND kind = 'opinion' "
        f"ORDER BY {MOMENT}, rowid",
        [draft],
    )
    said: dict[int, list[tuple[str, str | None]]] = {}
    for text, author in rows:
        given = json.loads(text)
        said.setdefault(given["rid"], []).append((author, given["value"]))
    return said
