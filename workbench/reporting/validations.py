"""A validation as text for people and in the formats that CI systems read."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from workbench.characters import visible
from workbench.errors import UsageError
from workbench.reporting.cases import examples, more, shorten, summary, worst_first
from workbench.reporting.junit import as_junit
from workbench.reporting.sarif import as_sarif

if TYPE_CHECKING:
    from workbench.validation import CheckOutcome, Validation


_WORDS = ("passed", "failed", "warning", "error", "skipped", "not applicable")


def report_validation(validation: Validation, *, format: str = "text") -> str:
    """Write a validation.

    Parameters
    ----------
    validation : Validation
        From :func:`workbench.validation.validate` or :func:`workbench.validation.validated`.
    format : {"text", "json", "junit", "sarif", "github"}
        ``text`` for people, ``json`` with the fields of the command line's contract, JUnit XML, SARIF 2.1.0, or
        GitHub's workflow commands.

    Raises
    ------
    UsageError
        There is no such format.

    Examples
    --------
    >>> print(report_validation(validation, format="github"))  # doctest: +SKIP
    ::error title=schema.age.in_range::1 value fails in_range(17, 90). person_id 17: age is "200"
    """
    if format not in FORMATS:
        raise UsageError(f"There is no report format '{format}'.", hint=f"There are {', '.join(FORMATS)}.")
    return FORMATS[format](validation)


def as_json(validation: Validation) -> str:
    """Write the JSON document of ``workbench validate --json``."""
    checks = [
        {
            "check": check.check,
            "column": check.column,
            "severity": check.severity,
            "outcome": check.outcome,
            "failures": check.failures,
        }
        for check in validation.checks
    ]
    document = {
        "dataset": validation.dataset,
        "version": validation.version,
        "outcome": validation.outcome,
        "checks": checks,
        "failures": validation.failures,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def as_text(validation: Validation) -> str:
    """Write for people: the outcome, then each check that did not pass, the worst first, with a few of its cases."""
    counts = Counter(_word(check) for check in validation.checks)
    told = ", ".join(f"{counts[word]:,} {word}" for word in _WORDS if counts[word])
    lines = [
        f"{validation.label}: {validation.outcome.upper()}",
        f"{len(validation.checks):,} checks: {told or 'none'}; "
        f"{validation.failures:,} failure case{'' if validation.failures == 1 else 's'}",
    ]
    shown = [check for check in worst_first(validation.checks) if check.outcome != "passed"]
    heads = [
        (_word(c), f"{c.failures:,}" if c.failures else "", visible(c.column or "–"), visible(c.title)) for c in shown
    ]
    aligned = _aligned(heads, right={1})
    if shown:
        lines.append("")
    for check, head in zip(shown, aligned, strict=True):
        lines += [head, *(f"{'':4}{line}" for line in _below(validation, check))]
    return "\n".join(lines)


def as_github(validation: Validation) -> str:
    """Write GitHub's workflow commands: an annotation for each check that failed or broke, the worst first.

    Source of the syntax and its escapes: GitHub's documentation of workflow commands, and ``command.ts`` of its
    toolkit.
    """
    lines = []
    for check in worst_first(validation.checks):
        if check.outcome in ("failed", "error"):
            level = "warning" if check.severity == "warning" and check.outcome == "failed" else "error"
            message = escaped(f"{validation.label}: {summary(validation, check)}")
            lines.append(f"::{level} title={escaped(check.check, ':,')}::{message}")
    passed = sum(check.outcome == "passed" for check in validation.checks)
    text = f"{validation.label}: {validation.outcome}, {passed:,} of {len(validation.checks):,} checks passed"
    return "\n".join([*lines, f"::notice title={escaped(validation.label, ':,')}::{escaped(text)}"])


def _word(check: CheckOutcome) -> str:
    """Name a check's outcome for people."""
    return "warning" if check.outcome == "failed" and check.severity == "warning" else check.outcome


def _below(validation: Validation, check: CheckOutcome) -> list[str]:
    """Write the lines below a check: its error or reason, or its cases in columns."""
    rows = [(example.key, example.column, example.value) for example in examples(validation, check)]
    if not rows:
        return [shorten(line, 110) for line in check.message.splitlines()]
    return [*_aligned(rows), *more(check)]


def _aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Write rows as lines whose columns begin (``right``: end) below each other, in a terminal's cells."""
    widths = [max(_width(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        blanks = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            gap + cell if n in right else cell + gap for n, (cell, gap) in enumerate(zip(row, blanks, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """Count the cells that a text takes in a terminal, where East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def escaped(text: str, more: str = "") -> str:
    """Escape what would end a workflow command or one of its properties, and mark what would not be seen."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return visible(text)


FORMATS: dict[str, Callable[[Validation], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
}
