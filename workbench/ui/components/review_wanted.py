"""Which findings a visitor of Review wants, as the address says; those about test rows without the model's opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UnknownName
from workbench.findings import CAUSES, OPEN, OWN_RULE, STATUSES, Filter, Finding, cause_of, queue, tally
from workbench.findings.listing import ORDERS, Order
from workbench.lake import LANES
from workbench.reviewing import blind

USUAL_ORDER = "review-usual"
"""Where the session keeps the order that the address leaves out."""


def usual_order() -> Order:
    """Return the order that is meant where the address names none: by expected gain once the queue was scored."""
    usual: Order = st.session_state.get(USUAL_ORDER, "score")
    return usual


Combination = tuple[str | None, ...]

COUNTED = ("check", "status", "column", "lane", "label", "reviewer")
"""What findings are counted by; a cause follows from the check."""


@dataclass(frozen=True)
class Wanted:
    """Which findings, and in which order, as the address says.

    Attributes
    ----------
    filter : Filter
        Which.
    order : str
        See :data:`workbench.findings.listing.ORDERS`.
    """

    filter: Filter = OPEN
    order: Order = "score"

    @classmethod
    def from_address(cls) -> Wanted:
        """Read filter and order from the address."""
        given = st.query_params
        status = given.get("status", "open")
        order: Any = given.get("order", usual_order())
        known: dict[str, tuple[Any, Any]] = {
            "status": (status, (*STATUSES, "all")), "lane": (given.get("lane"), LANES), "order": (order, ORDERS),
            "cause": (given.get("cause"), (*CAUSES, OWN_RULE)),
        }  # fmt: skip
        for kind, (value, values) in known.items():
            if value is not None and value not in values:
                raise UnknownName(kind, value, values)
        chosen = Filter(
            None if status == "all" else status, given.get("check"), given.get("column"), given.get("lane"),
            given.get("class"), given.get("cause"), given.get("by"), _score(given.get("score")),
            given.get("search", ""),
        )  # fmt: skip
        return cls(chosen, order)

    @property
    def narrowed(self) -> bool:
        """Whether the counts are of fewer findings than the dataset's."""
        return self.filter.score_at_most is not None or self.filter.search != ""

    def findings(self, lake: OpenLake, dataset: str, *, limit: int, offset: int = 0) -> list[Finding]:
        """Read a part of the queue; findings about test rows come without the model's opinion."""
        found = queue(lake.lake, dataset, self.filter, order=self.order, limit=limit, offset=offset)
        return [blind(finding) for finding in found]

    def counts(self, lake: OpenLake, dataset: str) -> dict[Combination, int]:
        """Count by :data:`COUNTED`, under the score and the search alone."""
        under = Filter(None, score_at_most=self.filter.score_at_most, search=self.filter.search)
        return tally(lake.lake, dataset, under, by=COUNTED)

    def matches(self, combination: Combination, *, but: str = "") -> bool:
        """Tell whether a combination of :data:`COUNTED` is wanted, leaving one of these, or the cause, aside."""
        check = f"{combination[0]}"
        wanted = self.filter
        for name, value in zip(COUNTED[1:], combination[1:], strict=True):
            if name != but and getattr(wanted, name) not in (None, value):
                return False
        return (but == "check" or wanted.check is None or f"{check}.".startswith(f"{wanted.check}.")) and (
            but == "cause" or wanted.cause in (None, cause_of(check))
        )


def to_address(wanted: Wanted) -> None:
    """Write filter and order into the address, in place of those that are there; the queue begins anew."""
    chosen = wanted.filter
    said = {
        "status": "all" if chosen.status is None else chosen.status, "check": chosen.check, "column": chosen.column,
        "lane": chosen.lane, "class": chosen.label, "cause": chosen.cause, "by": chosen.reviewer,
        "score": None if chosen.score_at_most is None else f"{chosen.score_at_most:g}", "search": chosen.search,
        "order": wanted.order,
    }  # fmt: skip
    usual = {"status": "open", "order": usual_order()}
    for name in (*said, "finding", "page"):
        st.query_params.pop(name, None)
    st.query_params.update({name: value for name, value in said.items() if value and usual.get(name) != value})


def _score(text: str | None) -> float | None:
    """Read a score from the address."""
    if text is None:
        return None
    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise UnknownName("score", text, where="the address", hint="Scores run from 0 (worst) to 1, such as 0.05.")
    return score


def combination_of(finding: Finding) -> Combination:
    """Lay a finding out by :data:`COUNTED`."""
    reviewer = finding.author if finding.status != "open" else None
    return (finding.check, finding.status, finding.column, finding.lane, finding.label, reviewer)
