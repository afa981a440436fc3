"""A validation as SARIF 2.1.0, for code scanning and other readers of static analysis results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from workbench.reporting.cases import summary, worst_first

if TYPE_CHECKING:
    from workbench.validation import CheckOutcome, Validation

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(validation: Validation) -> str:
    """Write SARIF 2.1.0 (OASIS, 2020): a rule for each check, a result for each that failed or broke.

    A result stands for all cases of its check (``occurrenceCount``) and names a few, so that the document stays small
    whatever the number of rows. Rows have no line in a file: the artifact is the dataset's version, the place the
    column. A broken check is told as a notification as well, and the execution was then not successful.
    """
    checks = list(validation.checks)
    told = [check for check in worst_first(checks) if check.outcome in ("failed", "error")]
    broken = [check for check in told if check.outcome == "error"]
    invocation: dict[str, Any] = {"executionSuccessful": not broken}
    if broken:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": check.message}, "associatedRule": {"id": check.check}}
            for check in broken
        ]
    run = {
        "tool": {"driver": {"name": "workbench", "rules": [_rule(check) for check in checks]}},
        "invocations": [invocation],
        "results": [_result(validation, check, checks.index(check)) for check in told],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(check: CheckOutcome) -> dict[str, Any]:
    """Describe a check."""
    return {
        "id": check.check,
        "shortDescription": {"text": check.title},
        "defaultConfiguration": {"level": check.severity},
    }


def _result(validation: Validation, check: CheckOutcome, rule: int) -> dict[str, Any]:
    """Describe what a check found."""
    place = f"{validation.dataset}.{check.column}" if check.column is not None else validation.dataset
    kind = "member" if check.column is not None else "type"
    result: dict[str, Any] = {
        "ruleId": check.check,
        "ruleIndex": rule,
        "level": "error" if check.outcome == "error" else check.severity,
        "message": {"text": summary(validation, check)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(validation.label)}},
                "logicalLocations": [{"fullyQualifiedName": place, "kind": kind}],
            }
        ],
        "partialFingerprints": {"check/v1": f"{validation.dataset}/{check.check}"},
    }
    if check.failures:
        result["occurrenceCount"] = check.failures
    return result
