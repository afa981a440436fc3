"""What was said of a draft, in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from workbench.reporting.figures import badge_of, format_count


@dataclass(frozen=True)
class EventWords:
    """An event of a draft's discussion for people.

    Attributes
    ----------
    kind : str
        What happened: ``approved``.
    text : str
        The rest, in one line or in the person's own words; may be empty.
    verdict : str or None
        Where the text is a verdict.
    """

    kind: str
    text: str
    verdict: str | None = None


def event_words(kind: str, text: str) -> EventWords:
    """Write an event in words; what was found out is kept as JSON.

    Parameters
    ----------
    kind, text : str
        As in :class:`workbench.drafts.DraftEvent`.
    """
    if kind == "checked":
        return EventWords(kind, _counts("failures", json.loads(text)))
    if kind == "findings":
        return EventWords("ran the checks", _counts("findings", json.loads(text)))
    if kind == "evaluated":
        found = json.loads(text)["comparison"]
        return EventWords(kind, badge_of(found), found["verdict"])
    if kind == "opinion":
        # Not what they said: who has not answered must not read it here.
        return EventWords("gave a second opinion", "")
    return EventWords(kind, text)


def _counts(what: str, found: dict[str, Any]) -> str:
    """Write how many there were and would be."""
    return f"{what} {format_count(found[what]['before'])} → {format_count(found[what]['after'])}"
