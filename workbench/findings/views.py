"""Saved views: a filter and an order under a name, for everybody who reviews a dataset.

Rows are only ever added; the newest of a name counts, by snapshot.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.errors import UnknownName, UsageError, WorkbenchError
from workbench.findings.filtering import Filter
from workbench.findings.listing import ORDERS, Order
from workbench.lake import Lake, latest, newest

LONGEST = 60
"""Characters of a name."""


@dataclass(frozen=True)
class SavedView:
    """A filter and an order that somebody named.

    Attributes
    ----------
    name : str
        What it is called, once per dataset.
    wanted : Filter
        Which findings.
    order : {"score", "row", "group", "gain"}
        In which order.
    author : str
        Who saved it.
    created_at : datetime
        When, in UTC.
    problem : str
        Why it cannot be used; empty where it can.
    """

    name: str
    wanted: Filter
    order: Order
    author: str
    created_at: datetime
    problem: str = ""


def save_view(lake: Lake, dataset: str, name: str, wanted: Filter, *, order: Order = "score", author: str) -> SavedView:
    """Save a filter and an order under a name; what the name stood for before is replaced.

    Raises
    ------
    UsageError
        The name is empty or too long.
    UnknownName
        No such dataset, status, lane, cause or order.
    """
    said = " ".join(name.split())
    if not said or len(said) > LONGEST:
        raise UsageError(
            "A view needs a name." if not said else f"The name has {len(said)} characters.",
            hint=f"Give one of 1 to {LONGEST} characters, such as 'ages out of range'.",
        )
    if order not in ORDERS:
        raise UnknownName("order", order, ORDERS)
    newest(lake, dataset)  # says which datasets there are
    wanted.known_status()
    wanted.where([])
    wanted.where_stands([])
    _write(lake, dataset, said, json.dumps({**dataclasses.asdict(wanted), "order": order}), author)
    return get_view(lake, dataset, said)


def saved_views(lake: Lake, dataset: str) -> list[SavedView]:
    """List the saved views of a dataset, by name."""
    columns = ("wanted", "author", "created_at")
    rows = latest(lake, "saved_views", "name", columns, where="dataset = ?", params=[dataset])
    kept = [_view(*row) for row in rows if row[1] is not None]
    return sorted(kept, key=lambda view: view.name.lower())


def _view(name: str, text: str, author: str, created_at: datetime) -> SavedView:
    """Read a view; one that cannot be read says so, since a filter without one of its parts would show other rows."""
    try:
        wanted = dict(json.loads(text))
        order = wanted.pop("order", "score")
        if order not in ORDERS:
            raise UnknownName("order", order, ORDERS)
        return SavedView(name, Filter(**wanted), order, author, created_at)
    except (TypeError, ValueError, WorkbenchError) as error:
        problem = f"it was saved by another release, whose filters are not known here ({error})"
        return SavedView(name, Filter(), "score", author, created_at, problem)


def get_view(lake: Lake, dataset: str, name: str) -> SavedView:
    """Return a saved view.

    Raises
    ------
    UnknownName
        There is none of that name.
    """
    views = {view.name: view for view in saved_views(lake, dataset)}
    if name not in views:
        raise UnknownName("saved view", name, views, where=dataset)
    return views[name]


def remove_view(lake: Lake, dataset: str, name: str, *, author: str) -> None:
    """Remove a saved view.

    Raises
    ------
    UnknownName
        There is none of that name.
    """
    _write(lake, dataset, get_view(lake, dataset, name).name, None, author)


def _write(lake: Lake, dataset: str, name: str, wanted: str | None, author: str) -> None:
    """Add what a name stands for from now on; None is nothing."""
    record = {"dataset": dataset, "name": name, "wanted": wanted, "author": author, "created_at": datetime.now(UTC)}
    lake.write(lambda session: session.insert("saved_views", [record]), author=author, message=f"view '{name}'")
