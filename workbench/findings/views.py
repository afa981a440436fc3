"""Saved views: a filter and an order under a name, for everybody who reviews a dataset.

Rows are only ever added; the newest of a name counts.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.errors import UnknownName, UsageError
from workbench.findings.filtering import Filter
from workbench.findings.listing import ORDERS, Order
from workbench.lake import Lake, newest

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
    """

    name: str
    wanted: Filter
    order: Order
    author: str
    created_at: datetime


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
    rows = lake.read(
        "SELECT name, wanted, author, created_at FROM lake.workbench.saved_views WHERE dataset = ? "
        "QUALIFY row_number() OVER (PARTITION BY name ORDER BY created_at DESC) = 1 ORDER BY lower(name)",
        [dataset],
    )
    views = []
    for name, text, author, created_at in rows:
        if text is not None:
            wanted = json.loads(text)
            order = wanted.pop("order")
            views.append(SavedView(name, Filter(**wanted), order, author, created_at))
    return views


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
