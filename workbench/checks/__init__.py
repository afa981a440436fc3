"""The checks, as one literal list, and the one way to run them."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from workbench.checks.contradiction import ContradictionCheck
from workbench.checks.duplicate import DuplicateCheck
from workbench.checks.label_issue import LabelIssueCheck
from workbench.checks.leak import LeakCheck
from workbench.checks.protocol import MOST_FINDINGS, Check, Subject
from workbench.checks.schema import SchemaCheck
from workbench.errors import Cancelled, ModelError, UnknownName, WorkbenchError
from workbench.findings import CheckResult
from workbench.lake import Lake, View
from workbench.progress import Progress, silent
from workbench.provenance import code_folders, library_versions, package_sources

if TYPE_CHECKING:
    from workbench.validation import Schema

__all__ = ["CHECKS", "MOST_FINDINGS", "Check", "Subject", "asked", "exit_code", "run_checks"]

CHECKS: list[Check] = [
    SchemaCheck(),
    DuplicateCheck(),
    ContradictionCheck(),
    LeakCheck(),
    LabelIssueCheck(),
]

_LOG = logging.getLogger(__name__)


def run_checks(
    lake: Lake,
    view: View,
    *,
    schema: Schema | None = None,
    only: Sequence[str] | None = None,
    checks: Sequence[Check] | None = None,
    progress: Progress = silent,
) -> list[CheckResult]:
    """Run the checks on a version or draft; each ends in exactly one outcome.

    Parameters
    ----------
    lake : Lake
        Where results of models are kept.
    view : View
        The rows.
    schema : Schema, optional
        The dataset's schema.
    only : sequence of str, optional
        Codes or families (``label``) of the checks to run; the others are ``skipped``. Default: all.
    checks : sequence of Check, optional
        Default: :data:`CHECKS`.
    progress : Progress
        Told before each check, and of the steps in it.

    Returns
    -------
    list of CheckResult
        One per check, in their order. A check that raised is ``error``, with what it raised as its message.

    Raises
    ------
    UnknownName
        ``only`` names no check.
    Cancelled
        ``progress`` asked for it.
    """
    chosen = list(CHECKS if checks is None else checks)
    for name in only or ():
        if not any(_named(check, name) for check in chosen):
            raise UnknownName("check", name, [check.code for check in chosen])
    subject = Subject(lake, view, schema, lake.settings, progress)
    results = []
    for number, check in enumerate(chosen):
        if only and not any(_named(check, name) for name in only):
            results.append(CheckResult(check.code, "skipped", "not asked for"))
            continue
        progress(f"check {check.code}", number, len(chosen))
        results.append(_outcome(check, subject))
    return results


def exit_code(results: Sequence[CheckResult], fail_on: Literal["error", "warning", "never"] = "error") -> int:
    """Return what a command that was told when to fail ends with.

    Parameters
    ----------
    results : sequence of CheckResult
        Of :func:`run_checks`.
    fail_on : {"error", "warning", "never"}
        The least severity of a finding that counts.

    Returns
    -------
    int
        0 nothing found that counts, 1 findings, 3 a check broke, so nobody knows; always 0 for "never".
    """
    if fail_on == "never":
        return 0
    if any(result.outcome == "error" for result in results):
        return 3
    counted = {"error"} if fail_on == "error" else {"error", "warning"}
    found = [
        result.findings.column("severity").unique().to_pylist() for result in results if result.findings is not None
    ]
    return int(any(counted.intersection(severities) for severities in found))


def asked(lake: Lake, view: View, schema: str) -> str:
    """Stand for everything that the checks' answers depend on: rows, definition, schema, model, limits and code.

    Parameters
    ----------
    schema : str
        The schema's fingerprint; empty without one.

    Returns
    -------
    str
        64 hexadecimal digits, the same where asking again would give the same answers; empty where nobody can tell,
        since the model cannot be loaded.
    """
    from workbench.models import load_model

    definition = view.definition
    model = ""
    if definition.label is not None:
        try:
            model = load_model(
                definition.model, definition.task, folders=code_folders(lake.settings, lake.url)
            ).fingerprint
        except ModelError:
            return ""
    content = [view.label, view.content_hash(), definition.to_json(), schema, model, lake.settings.max_train_rows]
    versions = library_versions(["cleanlab", "duckdb", "numpy", "pandas", "pandera", "scipy", "sklearn"])
    code = [[check.code, check.version, package_sources("checks", *check.sources)] for check in CHECKS]
    return hashlib.sha256(json.dumps([*content, versions, code]).encode()).hexdigest()


def _named(check: Check, name: str) -> bool:
    """Tell whether a name means a check: its code, or the family it belongs to."""
    return check.code == name or check.code.startswith(f"{name}.")


def _outcome(check: Check, subject: Subject) -> CheckResult:
    """Run one check; a crash is its outcome, and never "not applicable"."""
    try:
        return check.run(subject)
    except Cancelled:
        raise
    except WorkbenchError as error:
        _LOG.debug("the check %s failed", check.code, exc_info=True)
        return CheckResult(check.code, "error", str(error))
    except Exception as error:  # the one place where any failure is an answer
        _LOG.debug("the check %s broke", check.code, exc_info=True)
        return CheckResult(check.code, "error", f"{type(error).__name__}: {error}")
