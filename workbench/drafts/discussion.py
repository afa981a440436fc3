"""What people say of a draft before it becomes a version: comments, and whether it may.

Each event is one row of an insert-only table, with the fingerprint of the corrections as they were. A submission, an
approval or a refusal counts only while the corrections are those that it was about: whatever changes them afterwards,
in whatever way, puts the draft back to work, and nothing has to be told so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from workbench.drafts.records import Draft
from workbench.drafts.staging import get_draft, open_draft
from workbench.errors import UsageError
from workbench.lake import MOMENT, Lake, Session

FoundKind = Literal["checked", "evaluated", "findings"]
"""What is found out about a draft: failures of the schema, the verdict, findings of the checks."""

Kind = Literal[
    "comment",
    "submitted",
    "approved",
    "sent back",
    "withdrawn",
    "checked",
    "evaluated",
    "findings",
    "opinion",
    "rebased",
]
ReviewState = Literal["in work", "submitted", "approved", "sent back"]

_STATES: dict[str, ReviewState] = {
    "submitted": "submitted",
    "approved": "approved",
    "sent back": "sent back",
    "withdrawn": "in work",
}


@dataclass(frozen=True)
class DraftEvent:
    """Something that was said of a draft, or found out about it.

    Attributes
    ----------
    kind : str
        ``comment``, ``submitted``, ``approved``, ``sent back``, ``withdrawn``; ``checked``, ``evaluated``,
        ``findings`` and ``opinion`` are what was found out.
    text : str
        In the person's words; JSON where it was found out; empty for an opinion, which only those may read who gave
        theirs (:func:`workbench.drafts.second_opinions`).
    content : str
        Fingerprint of the corrections that it is about.
    author : str
        Who.
    created_at : datetime
        When, in UTC.
    """

    kind: Kind
    text: str
    content: str
    author: str
    created_at: datetime


@dataclass(frozen=True)
class Discussion:
    """All that was said of a draft.

    Attributes
    ----------
    events : tuple of DraftEvent
        Oldest first.
    content : str
        Fingerprint of the draft's corrections now.
    authors : tuple of str
        Who wrote it: the draft's author and those of its corrections.
    """

    events: tuple[DraftEvent, ...]
    content: str
    authors: tuple[str, ...]

    @property
    def standing(self) -> DraftEvent | None:
        """The event that decides where the draft stands; None where it is in work."""
        for event in reversed(self.events):
            if event.kind in _STATES:
                return event if event.content == self.content and event.kind != "withdrawn" else None
        return None

    @property
    def state(self) -> ReviewState:
        """Where the draft stands: in work, submitted, approved, sent back."""
        return "in work" if self.standing is None else _STATES[self.standing.kind]

    def wrote(self, person: str) -> bool:
        """Tell whether a person wrote any of it; capitals and blanks around a name make nobody else."""
        return same_person(person, self.authors)

    def found(self, kind: FoundKind) -> dict[str, Any] | None:
        """Return what was found out last about the corrections as they are, or None."""
        for event in reversed(self.events):
            if event.kind == kind and event.content == self.content:
                return dict(json.loads(event.text))
        return None


Allowed = Callable[[Draft, Discussion], None]
"""Refuses by an error what may not be said of a draft as it is and as it was discussed."""


def same_person(person: str, others: Sequence[str]) -> bool:
    """Tell whether a name is among others; capitals and blanks around it make nobody else."""
    return person.strip().casefold() in {other.strip().casefold() for other in others}


def content_of(lake: Lake | Session, draft: int) -> str:
    """Return the fingerprint of a draft's corrections, those undone left out.

    Returns
    -------
    str
        MD5 over row, action, column, old and new value of each, in the order they were staged.
    """
    read = lake.rows if isinstance(lake, Session) else lake.read
    rows = read(
        "SELECT md5(coalesce(string_agg(to_json([rid::VARCHAR, action, column_name, old, new])::VARCHAR, ',' "
        "ORDER BY seq), '')) FROM lake.workbench.corrections WHERE draft = ? AND NOT undone",
        [draft],
    )
    return str(rows[0][0])


def discussion_of(lake: Lake | Session, draft: int) -> Discussion:
    """Read what was said of a draft.

    Raises
    ------
    UnknownName
        There is no such draft.
    """
    read = lake.rows if isinstance(lake, Session) else lake.read
    state = get_draft(lake, draft)
    events = read(
        "SELECT kind, CASE WHEN kind <> 'opinion' THEN text ELSE '' END, content, author, created_at "
        "FROM lake.workbench.draft_events WHERE draft = ? "
        f"ORDER BY {MOMENT}, rowid",
        [draft],
    )
    writers = read(
        "SELECT DISTINCT author FROM lake.workbench.corrections WHERE draft = ? AND NOT undone ORDER BY author", [draft]
    )
    authors = dict.fromkeys([state.author, *(row[0] for row in writers)])
    return Discussion(tuple(DraftEvent(*event) for event in events), content_of(lake, draft), tuple(authors))


def review_state(lake: Lake | Session, draft: int) -> ReviewState:
    """Say where a draft stands: in work, submitted, approved, sent back."""
    return discussion_of(lake, draft).state


def comment(lake: Lake, draft: int, text: str, *, author: str) -> Discussion:
    """Say something about an open draft.

    Raises
    ------
    UsageError
        There is no text, or the draft is not open.
    """
    if not text.strip():
        raise UsageError("A comment needs a text.", hint="Say what the others should know.")
    return _say(lake, draft, "comment", text, author)


def submit(lake: Lake, draft: int, *, text: str = "", author: str) -> Discussion:
    """Ask for a draft's approval.

    Raises
    ------
    UsageError
        The draft is empty, not open, or submitted as it is already.
    """

    def allowed(state: Draft, talk: Discussion) -> None:
        if not state.corrections:
            raise UsageError(f"Draft {draft} holds no corrections to approve.", hint="Stage some first.")
        if talk.state in ("submitted", "approved"):
            raise UsageError(f"Draft {draft} is {talk.state} as it is already.", hint="Nothing has changed since.")

    return _say(lake, draft, "submitted", text, author, allowed)


def approve(lake: Lake, draft: int, *, text: str = "", seen: str | None = None, author: str) -> Discussion:
    """Approve a submitted draft as it is.

    Parameters
    ----------
    seen : str, optional
        Fingerprint of the corrections that the person looked at; others than these are not approved.

    Raises
    ------
    UsageError
        It is not submitted, the person wrote some of it, or it is no longer what they looked at.
    """

    def allowed(state: Draft, talk: Discussion) -> None:
        if seen is not None and seen != talk.content:
            raise UsageError(f"Draft {draft} has changed since you looked.", hint="Look at it as it is now.")
        if talk.wrote(author):
            raise UsageError(
                f"{author} wrote some of draft {draft}, and nobody approves their own corrections.",
                hint=f"It needs somebody else than {', '.join(talk.authors)}.",
            )
        if talk.state == "approved":
            raise UsageError(f"Draft {draft} is approved as it is already.", hint="It can be published.")
        if talk.state != "submitted":
            raise UsageError(
                f"Draft {draft} is {talk.state}, not submitted.",
                hint=f"{state.author} submits it once it is ready: workbench draft submit {draft}.",
            )

    return _say(lake, draft, "approved", text, author, allowed)


def send_back(lake: Lake, draft: int, reason: str, *, author: str) -> Discussion:
    """Refuse a submitted or approved draft, and say why.

    Raises
    ------
    UsageError
        There is no reason, or the draft is neither submitted nor approved.
    """
    if not reason.strip():
        raise UsageError("Sending a draft back needs a reason.", hint="Say what has to change: -m 'row 7 is right'.")
    return _say(lake, draft, "sent back", reason, author, _only_submitted(draft))


def withdraw(lake: Lake, draft: int, *, text: str = "", author: str) -> Discussion:
    """Take a draft's submission back.

    Raises
    ------
    UsageError
        The draft is neither submitted nor approved, or the person did not write any of it.
    """

    def allowed(state: Draft, talk: Discussion) -> None:
        _only_submitted(draft)(state, talk)
        submitted = [event.author for event in talk.events if event.kind == "submitted"][-1:]
        if not same_person(author, [*talk.authors, *submitted]):
            raise UsageError(
                f"Draft {draft} is not {author}'s to withdraw.", hint="Send it back instead, with a reason."
            )

    return _say(lake, draft, "withdrawn", text, author, allowed)


def note_found(lake: Lake, draft: int, kind: FoundKind, document: dict[str, Any], *, content: str, author: str) -> None:
    """Keep what was found out about a draft, for all who look at it; nothing where the draft is no longer open."""

    def work(session: Session) -> None:
        if get_draft(session, draft).state == "open":
            said = json.dumps(document, ensure_ascii=False)
            insert_event(session, draft, kind, said, content, author)

    lake.write(work, author=author, message=f"draft {draft} {kind}")


def insert_event(session: Session, draft: int, kind: Kind, text: str, content: str, author: str) -> None:
    """Put an event of a draft on record, inside a transaction of the caller's."""
    record = {"draft": draft, "kind": kind, "text": text, "content": content, "author": author}
    session.insert("draft_events", [{**record, "created_at": datetime.now(UTC)}])


def _only_submitted(draft: int) -> Allowed:
    """Refuse what can be done to submitted drafts only."""

    def allowed(state: Draft, talk: Discussion) -> None:
        if talk.state not in ("submitted", "approved"):
            raise UsageError(
                f"Draft {draft} is {talk.state}, not submitted.", hint="A comment says what you think of it."
            )

    return allowed


def _say(lake: Lake, draft: int, kind: Kind, text: str, author: str, allowed: Allowed | None = None) -> Discussion:
    """Record an event of an open draft, if it is allowed as things stand in that very transaction."""

    def work(session: Session) -> None:
        state = open_draft(session, draft)
        talk = discussion_of(session, draft)
        if allowed is not None:
            allowed(state, talk)
        insert_event(session, draft, kind, text.strip(), talk.content, author)

    lake.write(work, author=author, message=f"draft {draft} {kind}")
    return discussion_of(lake, draft)
