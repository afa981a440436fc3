"""Drafts and corrections as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Action = Literal["set", "exclude", "restore", "delete"]
ACTIONS: tuple[Action, ...] = ("set", "exclude", "restore", "delete")


class _Unseen:
    """Stands for the old value of a correction whose author did not say what they saw."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN = _Unseen()


@dataclass(frozen=True)
class Correction:
    """A change as data, as somebody proposes it.

    Attributes
    ----------
    key : mapping
        Key column → value; ``{"rid": …}`` names a row by its identity, where no key column is called so.
    action : {"set", "exclude", "restore", "delete"}
        Set a cell; take the row out of training, test and checks; bring it back in; or delete it from the next
        version on.
    column : str or None
        The cell's column, for ``set``.
    old : object
        What the author saw; :data:`UNSEEN` where they did not say.
    new : object
        What it should be; None is missing.
    reason, finding : str
        Why, and the finding it answers.
    rid : int, optional
        The row's identity where it is known; the key then has no say.
    where : str
        For error messages: where it was read, such as ``fixes.csv, line 3``.
    """

    key: Mapping[str, Any]
    action: Action = "set"
    column: str | None = None
    old: Any = UNSEEN
    new: Any = None
    reason: str = ""
    finding: str = ""
    rid: int | None = None
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Staged:
    """A correction as the draft holds it.

    Attributes
    ----------
    seq, step : int
        Its place in the draft, and the undo step it belongs to.
    rid : int
        Row identity.
    key : dict
        Key column → text.
    action, column : str
        As in :class:`Correction`.
    old, new : str or None
        Canonical texts; ``old`` is what the draft held before.
    reason, finding, author : str
        Why, for which finding, by whom.
    created_at : datetime
        When, in UTC.
    hidden : bool
        ``old``, ``new`` and ``reason`` are not told to this reader before they gave a second opinion.
    """

    seq: int
    step: int
    rid: int
    key: dict[str, Any]
    action: str
    column: str | None
    old: str | None
    new: str | None
    reason: str
    finding: str
    author: str
    created_at: datetime
    hidden: bool = False


@dataclass(frozen=True)
class Draft:
    """An open, named set of corrections on a base version.

    Attributes
    ----------
    draft : int
        Its number, unique in the lake.
    dataset : str
        The dataset it corrects.
    base : int
        The version it was begun on.
    title, author : str
        What for, and who began it.
    created_at : datetime
        When, in UTC.
    state : {"open", "published", "discarded"}
        What became of it.
    version : int or None
        The version it was published as.
    corrections : int
        How many corrections it holds (undone ones not counted).
    """

    draft: int
    dataset: str
    base: int
    title: str
    author: str
    created_at: datetime
    state: str
    version: int | None
    corrections: int
