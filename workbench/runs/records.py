"""A run as a value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

RunOutcome = Literal["running", "passed", "failed", "error", "cancelled", "lost"]

FAIL_ON = ("error", "warning", "loss", "never")
"""What can make a run fail: a broken rule of severity error, or of severity warning too; a loss of the model."""


@dataclass(frozen=True)
class Run:
    """One execution of the checks on a dataset.

    Attributes
    ----------
    run : str
        Its identity, 12 hexadecimal digits.
    dataset : str
        Name.
    version : int or None
        The version that was looked at; None where the run ended before there was one.
    outcome : {"running", "passed", "failed", "error", "cancelled", "lost"}
        ``error``: a step could not be done, so nobody knows; ``lost``: its process ended without a word.
    author : str
        Who started it.
    started_at : datetime
        When, in UTC.
    seconds : float or None
        How long it took; None where it has not ended.
    since : int or None
        The version that the run before looked at; None in a first run.
    refresh : dict or None
        What the refresh did, as :meth:`workbench.ingest.RefreshResult.to_dict`; None where there was none to do.
    validation : dict or None
        ``outcome``, ``failures``, and ``checks``: check, column, severity, outcome, failures and message of each rule;
        None without a schema.
    checks : sequence of dict
        ``check``, ``outcome``, ``findings``, ``message`` of each check.
    findings : dict or None
        ``open`` now; ``new``, ``returned``, ``fixed`` and ``answered`` (kept, set aside or staged) since the run
        before; ``by_check``: check → open now. None where the run ended before the checks were done.
    evaluation : dict or None
        The evaluation's JSON; None without a label, or where it was not asked for.
    comparison : dict or None
        This version against the one that the run before looked at, as a comparison's JSON.
    notes : sequence of str
        What a reader must know.
    error : str
        Why a step could not be done.
    known : dict
        What the next run goes by to see that a step would change nothing: ``source``, the digest of what was fetched,
        ``spoke``, the version that the source last made, and ``checks``, what the checks' answers depend on.
    """

    run: str
    dataset: str
    version: int | None
    outcome: RunOutcome
    author: str
    started_at: datetime
    seconds: float | None = None
    since: int | None = None
    refresh: dict[str, Any] | None = None
    validation: dict[str, Any] | None = None
    checks: Sequence[dict[str, Any]] = ()
    findings: dict[str, Any] | None = None
    evaluation: dict[str, Any] | None = None
    comparison: dict[str, Any] | None = None
    notes: Sequence[str] = ()
    error: str = ""
    known: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 checks failed, 3 could not be done."""
        return {"passed": 0, "failed": 1}.get(self.outcome, 3)

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        document = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {**document, "started_at": self.started_at.isoformat(), "exit_code": self.exit_code}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Run:
        """Read what :meth:`to_dict` wrote."""
        from workbench.lake import from_stored

        return from_stored(cls, {**document, "started_at": datetime.fromisoformat(document["started_at"])})


def worst(runs: Iterable[Run]) -> int:
    """Return the exit code of several runs: the worst of 3 > 1 > 0 counts."""
    return max((run.exit_code for run in runs), default=0)
