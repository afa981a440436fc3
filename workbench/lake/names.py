"""What datasets are and were called, and which were dropped.

The table ``names`` is insert-only: a row for each name that a dataset had before, with the name that it has now, and a
row for each time that it was dropped or brought back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.errors import UnknownName, UsageError
from workbench.lake.latest import latest
from workbench.lake.session import Session

if TYPE_CHECKING:
    from workbench.lake.store import Lake

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Dropped:
    """A dataset that was dropped and can be brought back.

    Attributes
    ----------
    dataset : str
        Its name.
    author, message : str
        Who dropped it, and why.
    at : datetime
        When.
    """

    dataset: str
    author: str
    message: str
    at: datetime


def dropped(source: Lake | Session) -> dict[str, Dropped]:
    """List the datasets that are dropped, by name."""
    columns = ("event", "author", "message", "created_at")
    found = latest(source, "names", "dataset", columns, where="event <> 'rename'")
    return {name: Dropped(name, *rest) for name, event, *rest in found if event == "drop"}


def former_names(source: Lake | Session) -> dict[str, str]:
    """List the names that datasets had before, each with the name that the dataset has now."""
    return {name: now for name, now in latest(source, "names", "name", ("dataset",), where="event = 'rename'")}


def names_of(source: Lake | Session, dataset: str) -> tuple[str, ...]:
    """List the names that a dataset had before, the newest first."""
    return tuple(name for name, now in former_names(source).items() if now == dataset and name != dataset)


def check_name(source: Lake | Session, name: str, *, of: str | None = None) -> None:
    """Refuse a name that a dataset cannot have.

    Parameters
    ----------
    of : str, optional
        The dataset that is to be called so; its own earlier names are free for it.

    Raises
    ------
    UsageError
        It is no name, or another dataset has or had it.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' is no name for a dataset.",
            hint="Use letters, digits, '_' and '-', at most 63 of them, and begin with a letter.",
        )
    known = {each.casefold(): each for each in _all(source) if each != of}
    same = known.get(name.casefold())
    if same is not None and same in dropped(source):
        raise UsageError(
            f"There is a dataset '{same}' already, which was dropped.",
            hint=f"Use another name, or bring it back: workbench undrop {same}. After the setting retention_days "
            "`workbench maintain` deletes it, and the name is free.",
        )
    if same is not None:
        raise UsageError(
            f"There is a dataset '{same}' already.",
            hint="Use `workbench refresh` for a newer file of the same dataset, or another name.",
        )
    for former, now in former_names(source).items():
        if former.casefold() == name.casefold() and now != of:
            raise UsageError(
                f"'{former}' is the name that '{now}' had before, and still leads to it.", hint="Use another name."
            )


def unknown_dataset(source: Lake | Session, name: str) -> UnknownName:
    """Say that there is no dataset of a name, and what became of it where it had one."""
    gone, hint = dropped(source), ""
    if name in gone:
        one = gone[name]
        hint = f"It was dropped by {one.author} on {one.at:%Y-%m-%d}. Bring it back: workbench undrop {name}"
    elif name in (former := former_names(source)):
        hint = f"It is called '{former[name]}' now."
    return UnknownName("dataset", name, [each for each in _all(source) if each not in gone], hint=hint)


def dataset_names(source: Lake | Session) -> list[str]:
    """List the datasets that are not dropped, by name."""
    gone = dropped(source)
    return [name for name in _all(source) if name not in gone]


def _all(source: Lake | Session) -> list[str]:
    """List all datasets, dropped ones included."""
    query = "SELECT DISTINCT dataset FROM lake.workbench.versions ORDER BY 1"
    return [row[0] for row in (source.rows if isinstance(source, Session) else source.read)(query)]
