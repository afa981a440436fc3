"""Findings and check results as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from workbench.lake import Lane

if TYPE_CHECKING:
    import pyarrow as pa

Outcome = Literal["passed", "failed", "not applicable", "skipped", "error"]
Status = Literal["open", "staged", "fixed", "kept", "excluded", "unsure"]
STATUSES: tuple[Status, ...] = ("open", "staged", "fixed", "kept", "excluded", "unsure")

FINDING_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "check_code": "string",
        "rid": "int64",
        "row_key": "string",
        "column_name": "string",
        "observed": "string",
        "severity": "string",
        "message": "string",
        "suggestion": "string",
        "score": "float64",
        "evidence": "string",
        "evidence_key": "string",
    }
)
"""Columns of a table of findings, with their Arrow types.

``rid`` and ``row_key`` are null for a finding about a column or the table, ``column_name`` for one about a whole row;
``observed`` and ``suggestion`` are canonical texts; ``severity`` is "error" or "warning"; ``score`` runs from 0 (worst)
to 1 (fine); ``evidence`` is a JSON object for people; ``evidence_key`` is the part of the evidence whose change reopens
a finding that was answered, and is never null.
"""


def findings_table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Make a table of findings.

    Parameters
    ----------
    columns : mapping
        Values of each of :data:`FINDING_FIELDS`, all of one length.
    """
    import pyarrow as pa

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in FINDING_FIELDS.items()])
    return pa.table({name: columns[name] for name in FINDING_FIELDS}, schema=schema)


@dataclass(frozen=True)
class CheckResult:
    """How one check ended.

    Attributes
    ----------
    code : str
        The check.
    outcome : {"passed", "failed", "not applicable", "skipped", "error"}
        Exactly one. ``error``: the check broke, so nothing is known about what it asks.
    message : str
        One sentence for people.
    findings : pyarrow.Table or None
        What it found, with the columns :data:`FINDING_FIELDS`; their codes are the check's own, or begin with it.
    parts : tuple of CheckResult
        Outcomes of the single questions, where a check asks several; their findings are among ``findings``.
    total : int or None
        How many findings there are, where ``findings`` does not hold them all.
    """

    code: str
    outcome: Outcome
    message: str = ""
    findings: pa.Table | None = field(default=None, repr=False)
    parts: tuple[CheckResult, ...] = field(default=(), repr=False)
    total: int | None = None

    @property
    def count(self) -> int:
        """How many findings there are."""
        if self.total is not None:
            return self.total
        return 0 if self.findings is None else int(self.findings.num_rows)

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON, without the findings themselves."""
        document = {"check": self.code, "outcome": self.outcome, "findings": self.count, "message": self.message}
        return {**document, "parts": [part.to_dict() for part in self.parts]} if self.parts else document


def findings_of(results: Sequence[CheckResult]) -> pa.Table:
    """Put the findings of several checks into one table."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in FINDING_FIELDS.items()])
    tables = [result.findings.cast(schema) for result in results if result.findings is not None]
    return pa.concat_tables(tables) if tables else schema.empty_table()


@dataclass(frozen=True)
class Answered:
    """How a check last ended, as the lake remembers it.

    Attributes
    ----------
    check : str
        The check's code, or that of one of its parts.
    version : int
        The version it was asked of.
    outcome : {"passed", "failed", "not applicable", "skipped", "error"}
        How it ended.
    count : int
        Findings.
    message : str
        One sentence for people.
    author : str
        Who ran it.
    created_at : datetime
        When it first ended so.
    """

    check: str
    version: int
    outcome: Outcome
    count: int
    message: str
    author: str
    created_at: datetime


@dataclass(frozen=True)
class Finding:
    """One problem at one place, as it stands at a version.

    Attributes
    ----------
    finding : str
        Its identity, 16 hexadecimal digits; the same in every version and run.
    dataset, check : str
        Where, and which check.
    rid : int or None
        The row; None for a finding about a column or the table.
    key : dict
        Key column → text; empty without a row.
    column : str or None
        The column; None for a finding about a whole row.
    value : str or None
        What was observed, as canonical text.
    suggestion : str or None
        A guess at what it should be, or ``exclude`` for a row that should go.
    score : float or None
        0 worst … 1 fine.
    severity : {"error", "warning"}
        How bad.
    message : str
        One sentence.
    evidence : dict
        What it rests on.
    status : {"open", "staged", "fixed", "kept", "excluded", "unsure"}
        See :mod:`workbench.findings.status`.
    returned : bool
        Open again: it was answered on other evidence, was to be fixed, or had gone for a while.
    decision, reason, author, decided_at
        The answer that counts, or else the newest there was; None without one.
    lane : {"train", "validation", "test"} or None
        The row's.
    label : str or None
        The row's label where the finding was last seen; None without one.
    first_version : int
        Where it was first seen.
    version : int
        Where it was last seen.
    evidence_key : str
        What an answer given now will be tied to.
    """

    finding: str
    dataset: str
    check: str
    rid: int | None
    key: dict[str, Any]
    column: str | None
    value: str | None
    suggestion: str | None
    score: float | None
    severity: str
    message: str
    evidence: dict[str, Any]
    status: Status
    returned: bool
    decision: str | None
    reason: str | None
    author: str | None
    decided_at: datetime | None
    lane: Lane | None
    label: str | None
    first_version: int
    version: int
    evidence_key: str = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        document = {name: value for name, value in vars(self).items() if name != "evidence_key"}
        return {**document, "decided_at": self.decided_at.isoformat() if self.decided_at else None}
