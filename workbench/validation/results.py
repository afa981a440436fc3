"""What a validation found, as plain values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Outcome = Literal["passed", "failed", "error"]
CheckState = Literal["passed", "failed", "not applicable", "skipped", "error"]
Severity = Literal["error", "warning"]

CASE_FIELDS = ("rid", "row_key", "check_code", "column_name", "check_name", "observed", "severity")
"""Columns of the failure cases; ``rid`` is a 64-bit integer, the others are text; ``check_name`` is cut where long."""


@dataclass(frozen=True)
class CheckOutcome:
    """How one check of a schema ended.

    Attributes
    ----------
    check : str
        Code: ``schema.<column>.<check>``, or ``schema.<check>`` where it is about the table as a whole. It holds none
        of the check's arguments, so a finding keeps its identity when a bound is moved.
    column : str or None
        None where it is about the table as a whole.
    severity : {"error", "warning"}
        What a failure means.
    outcome : {"passed", "failed", "not applicable", "skipped", "error"}
        Exactly one; ``error`` means that the check itself broke.
    failures : int
        Failure cases.
    message : str
        One sentence for people; empty where the check passed.
    name : str
        The check as pandera prints it, with its arguments.
    """

    check: str
    column: str | None
    severity: Severity
    outcome: CheckState
    failures: int = 0
    message: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        """The name, cut in the middle where it is long."""
        return titled(self.name)


def titled(name: str) -> str:
    """Cut a check's long name to 60 characters, keeping the last, so that its brackets close."""
    return name if len(name) <= 60 else f"{name[:58]}…{name[-1]}"


@dataclass(frozen=True)
class Validation:
    """The outcome of every check of a schema on one state of a dataset.

    Attributes
    ----------
    dataset : str
        Name.
    version : int
        The version, or the one the draft is based on.
    outcome : {"passed", "failed", "error"}
        ``error`` where a check broke, ``failed`` where a check of severity error failed, else ``passed``.
    checks : tuple of CheckOutcome
        In the schema's order.
    failures : int
        Failure cases of all checks, warnings included.
    cases : pyarrow.Table
        The failure cases, with the columns :data:`CASE_FIELDS`; sorted by row identity (those about no single row
        first), then by the schema's order.
    label : str
        For people: ``adult@3``, or ``adult@3 + draft 7``.
    fingerprint : str
        Of the schema.
    """

    dataset: str
    version: int
    outcome: Outcome
    checks: tuple[CheckOutcome, ...]
    failures: int
    cases: pa.Table = field(repr=False)
    label: str = ""
    fingerprint: str = field(default="", repr=False)

    def exit_code(self, fail_on: Literal["error", "warning", "never"] = "error") -> int:
        """Return what a command that was told when to fail ends with.

        Parameters
        ----------
        fail_on : {"error", "warning", "never"}
            The least severity of a failed check that counts.

        Returns
        -------
        int
            0 passed, 1 checks failed, 3 a check broke, so nobody knows; always 0 for "never".
        """
        if fail_on == "never":
            return 0
        if self.outcome == "error":
            return 3
        counted = {"error"} if fail_on == "error" else {"error", "warning"}
        return int(any(check.outcome == "failed" and check.severity in counted for check in self.checks))

    def failing_beside(self, before: Validation) -> tuple[tuple[str, int, int], ...]:
        """Return each check that fails here or in an earlier state: its code, the failure cases then and here.

        Parameters
        ----------
        before : Validation
            The same schema on the earlier state; its checks come first.
        """
        counts = {check.check: [check.failures, 0] for check in before.checks}
        for check in self.checks:
            counts.setdefault(check.check, [0, 0])[1] = check.failures
        return tuple((code, then, here) for code, (then, here) in counts.items() if then or here)


def overall(checks: tuple[CheckOutcome, ...]) -> Outcome:
    """Sum up the outcomes of all checks."""
    if any(check.outcome == "error" for check in checks):
        return "error"
    failed = any(check.outcome == "failed" and check.severity == "error" for check in checks)
    return "failed" if failed else "passed"


def checks_to_json(checks: tuple[CheckOutcome, ...]) -> str:
    """Write the outcomes as JSON."""
    return json.dumps([asdict(check) for check in checks], ensure_ascii=False)


def checks_from_json(text: str) -> tuple[CheckOutcome, ...]:
    """Read what :func:`checks_to_json` wrote."""
    from workbench.lake import from_stored

    return tuple(from_stored(CheckOutcome, item) for item in json.loads(text))
