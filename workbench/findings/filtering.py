"""Which findings somebody wants to see: one filter for the queue, its counts, the pages' facets and their addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workbench.errors import UnknownName, UsageError
from workbench.findings.records import STATUSES, Status
from workbench.lake import LANES, literal

CAUSES = MappingProxyType(
    {
        "missing": ("not_nullable",),
        "wrong type": ("dtype",),
        "out of range": (
            "in_range", "ge", "gt", "le", "lt", "eq", "ne", "equal_to", "not_equal_to", "greater_than",
            "greater_than_or_equal_to", "less_than", "less_than_or_equal_to",
        ),
        "not an allowed value": ("isin", "notin", "unique_values_eq"),
        "wrong form": (
            "str_matches", "str_contains", "str_startswith", "str_endswith", "str_length", "validate_url",
            "validate_email",
        ),
        "not unique": ("unique", "multiple_fields_uniqueness"),
        "doubtful label": ("label",),
        "duplicate": ("duplicate",),
        "contradiction": ("contradiction",),
        "leak": ("leak",),
    }
)  # fmt: skip
"""What may be wrong with a value, whatever its column → the names of checks that find it.

A check that is none of these is its author's ``own rule``.
"""

OWN_RULE = "own rule"


def cause_of(check: str) -> str:
    """Say what kind of fault a check finds: one of :data:`CAUSES`, or ``own rule``.

    Examples
    --------
    >>> cause_of("schema.age.in_range_2")
    'out of range'
    """
    if check.startswith("label."):
        return "doubtful label"
    name = re.sub(r"_\d+$", "", check.rpartition(".")[2])
    return next((cause for cause, names in CAUSES.items() if name in names), OWN_RULE)


def cause_sql(check: str) -> str:
    """SQL for what :func:`cause_of` says of a check's code."""
    name = f"regexp_replace(split_part({check}, '.', -1), '_[0-9]+$', '')"
    cases = " ".join(
        f"WHEN {name} IN ({', '.join(map(literal, names))}) THEN {literal(cause)}" for cause, names in CAUSES.items()
    )
    return f"CASE WHEN starts_with({check}, 'label.') THEN 'doubtful label' {cases} ELSE {literal(OWN_RULE)} END"


@dataclass(frozen=True)
class Filter:
    """Which findings; None (and an empty search) is any.

    Attributes
    ----------
    status : str or None
        One of :data:`workbench.findings.STATUSES`.
    check : str or None
        A check's code, or the beginning of one up to a dot: ``schema``, ``schema.age``.
    column, lane : str or None
        About this column, or about rows of this lane.
    label : str or None
        About rows with this label, as they had it where the finding was last seen.
    cause : str or None
        One of :data:`CAUSES`, or ``own rule``.
    reviewer : str or None
        Answered by this person.
    score_at_most : float or None
        From 0 (worst) to 1; findings without a score, and those that are gone, are then left out.
    search : str
        Part of the value that was observed or of the row's key, upper and lower case alike.
    """

    status: str | None = "open"
    check: str | None = None
    column: str | None = None
    lane: str | None = None
    label: str | None = None
    cause: str | None = None
    reviewer: str | None = None
    score_at_most: float | None = None
    search: str = ""

    def known_status(self) -> Status | None:
        """Return the status, if it is one.

        Raises
        ------
        UnknownName
            There is no such status.
        """
        if self.status is None:
            return None
        for known in STATUSES:
            if known == self.status:
                return known
        raise UnknownName("status", self.status, STATUSES)

    def where(self, params: list[Any]) -> str:
        """SQL condition on a finding ``t``, seen or gone; its values join the parameters.

        Raises
        ------
        UnknownName
            There is no such lane or cause.
        """
        if self.lane is not None and self.lane not in LANES:
            raise UnknownName("lane", self.lane, LANES)
        if self.cause is not None and self.cause not in (*CAUSES, OWN_RULE):
            raise UnknownName("cause", self.cause, (*CAUSES, OWN_RULE))
        return _joined(
            params,
            ("(t.check_code = ? OR starts_with(t.check_code, ? || '.'))", self.check),
            ("t.column_name = ?", self.column),
            ("t.lane = ?", None if self.lane is None else [*LANES].index(self.lane)),
            ("t.label = ?", self.label),
            (f"{cause_sql('t.check_code')} = ?", self.cause),
            (_FOUND, self.search.lower() or None),
        )

    def where_stands(self, params: list[Any]) -> str:
        """SQL condition on what is known of a finding at a version: who answered it and its score there.

        Raises
        ------
        UsageError
            The score is none.
        """
        if self.score_at_most is not None and not 0 <= self.score_at_most <= 1:
            raise UsageError(f"There is no score of {self.score_at_most:g}.", hint="Scores run from 0 (worst) to 1.")
        return _joined(params, ("reviewer = ?", self.reviewer), ("score <= ?", self.score_at_most))


OPEN = Filter()
"""What is still to be answered."""

ANY = Filter(status=None)
"""All findings that ever were."""

_FOUND = (
    "t.finding IN (SELECT finding FROM lake.workbench.findings f WHERE f.dataset = $1 AND ("
    "contains(lower(f.observed), ?) OR CASE WHEN contains(lower(f.row_key), ?) THEN len(list_filter("
    "json_extract_string(f.row_key, '$.*'), lambda v : contains(lower(v), ?))) > 0 ELSE false END))"
)
# The keys are searched as JSON first, names and all, and only those with a hit value by value.


def _joined(params: list[Any], *wanted: tuple[str, Any]) -> str:
    """Join the conditions that have a value."""
    conditions = []
    for condition, value in wanted:
        if value is not None:
            params.append(value)
            conditions.append(condition.replace("?", f"${len(params)}"))
    return " AND ".join(conditions) or "true"
