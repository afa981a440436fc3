"""What the Drafts page knows of a draft, and what its visitor does next with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from workbench import iterations
from workbench.api import OpenLake
from workbench.drafts import (
    Discussion,
    Draft,
    FoundKind,
    SecondOpinion,
    Staged,
    conflicts_of,
    discussion_of,
    get_draft,
    same_person,
    second_opinions,
)
from workbench.errors import Conflict, Requirement
from workbench.lake import Version
from workbench.settings import Policy
from workbench.ui import session

Action = Literal[
    "check", "findings", "evaluate", "submit", "approve", "publish", "rebase", "resolve", "opinion", "wait", "mend", ""
]


@dataclass(frozen=True)
class Seen:
    """A draft as its visitor sees it.

    Attributes
    ----------
    draft : Draft
        The draft.
    head : Version
        The dataset's newest version.
    policy : Policy
        What is asked of it.
    corrections : list of Staged
        What it does; what the visitor is not to see before a second opinion is left out.
    conflicts : list of Conflict
        Cells that somebody else has changed since its base.
    talk : Discussion
        What was said of it.
    asked : list of Requirement
        What stands against publishing it.
    opinions : list of SecondOpinion
        Its test labels, where the policy wants a second opinion.
    me : str
        The visitor.
    means : Consequences or None
        What publishing it would mean; None where it is not open or empty.
    """

    draft: Draft
    head: Version
    policy: Policy
    corrections: list[Staged]
    conflicts: list[Conflict]
    talk: Discussion
    asked: list[Requirement]
    opinions: list[SecondOpinion]
    me: str
    means: iterations.Consequences | None = None

    @property
    def mine(self) -> bool:
        """Whether the visitor wrote any of it."""
        return self.talk.wrote(self.me)

    @property
    def questions(self) -> list[SecondOpinion]:
        """The test labels that wait for an answer which the visitor can give."""
        return [
            each
            for each in self.opinions
            if each.state != "agreed"
            and not same_person(self.me, [each.author])
            and not same_person(self.me, [who for who, _ in each.answers])
        ]

    def found(self, kind: FoundKind) -> dict[str, Any] | None:
        """Return what was found out about it as it is, on the base it has now."""
        found = self.talk.found(kind)
        return found if found is not None and found["base"] == self.draft.base else None


def look(lake: OpenLake, number: int, head: Version) -> Seen:
    """Read a draft; again only once somebody has committed something, or the settings say otherwise.

    Raises
    ------
    UnknownName
        There is no such draft.
    """
    policy = session.policy(head.dataset)
    return _look((*session.moment(lake), number, lake.author, repr(policy)), lake, number, head, policy)


@st.cache_data(show_spinner="Reading the draft …", max_entries=32)
def _look(key: tuple[object, ...], _lake: OpenLake, number: int, _head: Version, _policy: Policy) -> Seen:
    """Read a draft as it was at a moment."""
    lake, draft = _lake.lake, get_draft(_lake.lake, number)
    is_open = draft.state == "open"
    return Seen(
        draft=draft,
        head=_head,
        policy=_policy,
        corrections=iterations.shown_corrections(lake, number, reader=_lake.author, policy=_policy),
        conflicts=conflicts_of(lake, number) if is_open and draft.base != _head.version else [],
        talk=discussion_of(lake, number),
        asked=iterations.requirements(lake, number, policy=_policy) if is_open else [],
        opinions=(
            second_opinions(lake, lake, number, reader=_lake.author) if is_open and _policy.second_opinion else []
        ),
        me=_lake.author,
        means=iterations.consequences(lake, number) if is_open and draft.corrections else None,
    )


def next_action(seen: Seen) -> Action:
    """Choose the one thing to do next with a draft: what is missing first, and what its visitor may do about it."""
    if seen.draft.state != "open" or not seen.draft.corrections:
        return ""
    if seen.conflicts:
        return "resolve"
    missing = {each.requirement: each for each in seen.asked if not each.met}
    if "newest version" in missing:
        return "rebase"
    for name, action in (("validation", "check"), ("no loss", "evaluate"), ("class loss", "evaluate")):
        if name in missing:
            return action if missing[name].met is None else "mend"  # type: ignore[return-value]
    if "second opinion" in missing:
        return "opinion" if seen.questions else "wait"
    if seen.talk.state == "submitted" and not seen.mine:
        return "approve"
    if seen.talk.state == "sent back":
        return "mend"
    if "approval" in missing:
        return "wait" if seen.talk.state == "submitted" else "submit"
    return "publish"


def told(seen: Seen, action: Action) -> str:
    """Say where a draft stands and what comes next, in one line."""
    draft, authors = seen.draft, ", ".join(seen.talk.authors)
    if draft.state == "published":
        return f"It was published as v{draft.version}."
    if draft.state == "discarded":
        return "It was discarded; its corrections stay on record."
    if not draft.corrections:
        return "Nothing is staged in it yet: fix a finding on Review, or add a file with workbench draft add."
    standing = seen.talk.standing
    return {
        "resolve": f"Somebody else changed what it corrects: v{seen.head.version} is the newest version. Say below, "
        "cell by cell, what stands.",
        "rebase": f"v{seen.head.version} is the newest version; what the draft would do is judged on that one.",
        "check": "Nobody knows yet what it does under the schema.",
        "evaluate": "Nobody knows yet what it does to the fixed model.",
        "opinion": "Its test labels need a second opinion. Yours counts, since you have not seen what it says.",
        "submit": "It is ready to be looked at by somebody else.",
        "approve": f"{authors} asks for approval. Look at what it changes, then approve it or send it back.",
        "wait": f"It waits for somebody else than {authors}.",
        "mend": _mend(seen, standing.text if standing else ""),
        "publish": _ready(seen),
        "": "",
    }[action]


def _ready(seen: Seen) -> str:
    """Say that a draft may be published, and what nobody has looked at."""
    lacking = [
        line for line in (seen.means.lines() if seen.means else []) if "not " in line or line.startswith("Strong")
    ]
    if not lacking:
        return "It can be published: nothing is missing."
    return f"It can be published. Before you do: {'; '.join(lacking)}."


def _mend(seen: Seen, reason: str) -> str:
    """Say what has to change."""
    if seen.talk.state == "sent back" and seen.talk.standing:
        return f"{seen.talk.standing.author} sent it back: {reason}"
    return next((f"{each.why}. {each.how}" for each in seen.asked if each.met is False), "")
