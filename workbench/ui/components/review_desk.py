"""A visitor's place in the queue: which findings, how many are left, which one is open, what went wrong last.

A page of the queue is read ahead and kept in the session, so that the next finding needs no query. What the visitor
answers moves the counts here; what others do shows once the page is read again, or when it stands in the way.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UnknownName, WorkbenchError
from workbench.findings import Finding, SavedView, Status, cause_of, count_answered, get
from workbench.lake import Version
from workbench.ranking import can_rank, newest_ranking
from workbench.reviewing import Row, blind, classes_offered, rows_at
from workbench.ui.components.review_wanted import COUNTED, USUAL_ORDER, Combination, Wanted, combination_of
from workbench.versions import Event

PAGE = 50
"""Findings read at once."""

DIGITS = 9
"""Classes that have a key of their own."""


_NUMBERS = itertools.count()


@dataclass
class Desk:
    """Where a visitor stands.

    Attributes
    ----------
    key : tuple
        What it is about; another key is another desk.
    version : Version
        The newest one.
    wanted : Wanted
        The filter.
    counts : dict
        Combination of :data:`COUNTED` → findings.
    today : int
        How many the visitor has answered today.
    classes : dict
        Class → rows, the most frequent first.
    items, at, guests
        Findings read so far, which is open, and those among them that came by address, not from the queue.
    page, pages : int, dict
        The page of the table that is in sight, and pages → their findings, as they were read: that one, where those
        answered since stay, and the next.
    round, reordered : int, bool
        The scoring by whose order the findings were read, and whether another one has come since the first.
    number : int
        Tells this desk from every other one that this process has laid.
    edits, applied : int, list
        How often the table's editor was begun anew, and the edits of the present one that were seen.
    refused : tuple of str
        The finding and the column of the edit that was refused last; empty where the last one was not.
    rows, stories, edited : dict
        Row identity → the row, its history, the columns that the visitor has staged beside findings.
    problem : WorkbenchError or None
        What went wrong last.
    notice : str
        What else is to be said of the last answer.
    bulk, top : str, int
        The answer to many findings of the filter whose preview is open, and to how many, from the first.
    views : dict or None
        Name → saved view; None until they are read.
    help : bool
        The keys are to be shown.
    written : str or None
        The finding that the page wrote into the address; another one there is the visitor's wish.
    stale : bool
        The lake has moved on: the page is to be shown anew.
    """

    key: tuple[Any, ...]
    version: Version
    wanted: Wanted
    counts: dict[Combination, int]
    today: int
    classes: dict[str, int]
    items: list[Finding] = field(default_factory=list)
    at: int = 0
    guests: set[str] = field(default_factory=set)
    page: int = 0
    pages: dict[int, list[Finding]] = field(default_factory=dict)
    round: int = 0
    reordered: bool = False
    number: int = field(default_factory=lambda: next(_NUMBERS))
    edits: int = 0
    applied: list[tuple[str, str, Any]] = field(default_factory=list)
    refused: tuple[str, str] = ("", "")
    rows: dict[int, Row] = field(default_factory=dict)
    stories: dict[int, list[Event]] = field(default_factory=dict)
    edited: dict[int, set[str]] = field(default_factory=dict)
    problem: WorkbenchError | None = None
    notice: str = ""
    bulk: str = ""
    top: int = 0
    views: dict[str, SavedView] | None = None
    help: bool = False
    written: str | None = None
    stale: bool = False

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.version.dataset

    @property
    def current(self) -> Finding | None:
        """The finding that is open; None at the end of the queue."""
        return self.items[self.at] if self.at < len(self.items) else None

    @property
    def left(self) -> int:
        """How many findings the filter has."""
        return sum(count for combination, count in self.counts.items() if self.wanted.matches(combination))

    def facet(self, name: str) -> dict[str | None, int]:
        """Count by one property, under the filter on the others; None is a finding that has no such property."""
        counts: dict[str | None, int] = {}
        for combination, count in self.counts.items():
            if count and self.wanted.matches(combination, but=name):
                value = cause_of(f"{combination[0]}") if name == "cause" else combination[COUNTED.index(name)]
                counts[value] = counts.get(value, 0) + count
        return counts

    def options(self, finding: Finding) -> list[str]:
        """List the classes that the digits stand for: the most probable first, the others in order of their names.

        Of a test row nobody is told what is probable, so all of them stand in order of their names.
        """
        likely = [name for name, _ in finding.evidence.get("likely", ())]
        others = [name for name in [*self.classes][:DIGITS] if name not in likely]
        return [*likely, *sorted(others)][:DIGITS]

    def passed(self) -> int:
        """How many of the findings read still are in the queue: the next page begins behind them."""
        return sum(self._queued(finding) for finding in self.items if finding.finding not in self.guests)

    def _queued(self, finding: Finding) -> bool:
        """Tell whether a finding is still wanted."""
        return self.wanted.matches(combination_of(finding))

    def known(self, finding: str) -> Finding | None:
        """Return a finding as it was last read; None where it never was."""
        read = itertools.chain(self.items, *self.pages.values())
        return next((item for item in read if item.finding == finding), None)

    def move(self, finding: Finding, status: Status, **known: Any) -> None:
        """Take note that a finding has another status."""
        after = dataclasses.replace(finding, status=status, **known)
        for items in (self.items, *self.pages.values()):
            items[:] = [after if item.finding == finding.finding else item for item in items]
        if self.wanted.narrowed and finding.finding in self.guests:
            return
        for moved, by in ((finding, -1), (after, 1)):
            combination = combination_of(moved)
            self.counts[combination] = self.counts.get(combination, 0) + by


def desk(lake: OpenLake, version: Version, asked: tuple[Any, ...]) -> Desk:
    """Return the visitor's desk for the filter in the address, and open the finding that the address names.

    Parameters
    ----------
    version : Version
        The newest one.
    asked : tuple
        Stands for what the checks last said.

    Raises
    ------
    UnknownName
        The address names a status, check, column, lane, order or finding that is not there.
    """
    known: Desk | None = st.session_state.get("review-desk")
    if known is None or known.dataset != version.dataset:
        # Not while somebody is at work: the order under their hands is theirs.
        scored = can_rank(version) and newest_ranking(lake.lake, version.dataset) is not None
        st.session_state[USUAL_ORDER] = "gain" if scored else "score"
    wanted = Wanted.from_address()
    about = (lake.lake.url, version.name, lake.author, asked)
    if known is None or known.key != (*about, wanted):
        if known is not None and known.key[:-1] == about:
            alike = not wanted.narrowed and not known.wanted.narrowed
            counts = known.counts if alike else wanted.counts(lake, version.dataset)
            today, classes = known.today, known.classes
        else:
            counts = wanted.counts(lake, version.dataset)
            midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
            today = count_answered(lake.lake, version.dataset, author=lake.author, since=midnight)
            classes = classes_offered(lake.lake, version)
        views = known.views if known is not None and known.key[:-1] == about else None
        ranking = newest_ranking(lake.lake, version.dataset)
        number = ranking.round if ranking is not None else 0
        known = Desk((*about, wanted), version, wanted, counts, today, classes, views=views, round=number)
        _refuse_unknown(known)
        read_on(lake, known)
        st.session_state["review-desk"] = known
    named = st.query_params.get("finding")
    if named is not None and named != known.written:
        go_to(lake, known, named)
    return known


def leave() -> None:
    """Forget the desk: it is laid anew from the lake."""
    st.session_state.pop("review-desk", None)


def read_on(lake: OpenLake, desk: Desk) -> None:
    """Read the next page of the queue, with its rows."""
    wanted, known = desk.wanted, {finding.finding for finding in desk.items}
    # In a new order those that were passed may be anywhere.
    offset = 0 if desk.reordered else desk.passed()
    while True:
        found = wanted.findings(lake, desk.dataset, limit=PAGE, offset=offset)
        fresh = [finding for finding in found if finding.finding not in known]
        if fresh or len(found) < PAGE:
            break
        offset += PAGE
    _take(lake, desk, fresh, len(desk.items))


def reorder(desk: Desk, number: int) -> None:
    """Go on by the order of another scoring: what was seen and what is in sight stays, the rest is read anew."""
    desk.round, desk.reordered = number, True
    desk.items = desk.items[: desk.at + 1]
    desk.guests &= {finding.finding for finding in desk.items}
    desk.pages = {page: found for page, found in desk.pages.items() if page == desk.page}


def go_to(lake: OpenLake, desk: Desk, finding: str) -> None:
    """Open a finding by its identity, wherever in the queue it is."""
    for place, item in enumerate(desk.items):
        if item.finding == finding:
            desk.at = place
            return
    guest = blind(get(lake.lake, desk.dataset, finding))
    desk.guests.add(finding)
    _take(lake, desk, [guest], desk.at)


def refresh(lake: OpenLake, desk: Desk, findings: tuple[str, ...]) -> None:
    """Read again how findings stand, and move the counts with them."""
    for finding in findings:
        item = desk.known(finding)
        if item is not None:
            now = blind(get(lake.lake, desk.dataset, finding))
            told = {name: getattr(now, name) for name in ("decision", "reason", "author", "decided_at", "returned")}
            desk.move(item, now.status, **told)


def page_of(lake: OpenLake, desk: Desk, page: int) -> list[Finding]:
    """Read a page of the table with its rows, once: what is answered there stays in sight until the page is left."""
    if page != desk.page:
        # Read ahead it may be; what was left is read anew when somebody comes back.
        desk.page, desk.pages = page, {at: found for at, found in desk.pages.items() if at == page}
    if page not in desk.pages:
        _read_page(lake, desk, page)
    return desk.pages[page]


def next_page(lake: OpenLake, desk: Desk) -> None:
    """Read the next page of the table while the visitor looks at this one."""
    if desk.page in desk.pages and desk.page + 1 not in desk.pages and desk.page * PAGE < desk.left:
        _read_page(lake, desk, desk.page + 1)


def _read_page(lake: OpenLake, desk: Desk, page: int) -> None:
    """Read a page of the table with its rows."""
    found = desk.wanted.findings(lake, desk.dataset, limit=PAGE, offset=(page - 1) * PAGE)
    desk.rows |= rows_at(lake.lake, desk.version, list(_rids(found)))
    desk.pages[page] = found


def _take(lake: OpenLake, desk: Desk, findings: list[Finding], place: int) -> None:
    """Put findings among the items."""
    desk.items[place:place] = findings
    desk.rows |= rows_at(lake.lake, desk.version, list(_rids(findings)))


def _rids(findings: list[Finding]) -> Iterator[int]:
    """List the rows of findings."""
    yield from {finding.rid for finding in findings if finding.rid is not None}


def _refuse_unknown(desk: Desk) -> None:
    """Refuse a check, column, class or reviewer that no finding has; under a search there may be none just now."""
    if desk.wanted.narrowed:
        return
    wanted = desk.wanted.filter
    where = f"the findings of {desk.dataset}"
    checks = {str(check) for check, *_ in desk.counts}
    if wanted.check is not None and not any(f"{check}.".startswith(f"{wanted.check}.") for check in checks):
        raise UnknownName("check", wanted.check, sorted(checks), where=where)
    for name, kind in (("column", "column"), ("label", "class"), ("reviewer", "reviewer")):
        value, place = getattr(wanted, name), COUNTED.index(name)
        known = {str(combination[place]) for combination in desk.counts if combination[place] is not None}
        if value is not None and value not in known:
            raise UnknownName(kind, value, sorted(known), where=where)
