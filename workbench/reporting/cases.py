"""What every report of a validation shows alike: the order of the checks, and a few failure cases of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.characters import visible

if TYPE_CHECKING:
    from workbench.validation import CheckOutcome, Validation

EXAMPLES = 5
"""Failure cases that a report shows of each check."""

WIDEST = 60
"""Characters of a name or value that a report shows."""

_WORST = ("error", "failed", "skipped", "not applicable", "passed")


@dataclass(frozen=True)
class Example:
    """One failure case in words.

    Attributes
    ----------
    key : str
        ``person_id 17``.
    column : str
        Empty where the case is about a whole row.
    value : str
        In quotation marks, with control characters escaped; ``missing`` where there is none. For a whole row its
        values, as JSON.
    """

    key: str
    column: str
    value: str

    def __str__(self) -> str:
        """Write as ``person_id 17: age is "200"``."""
        return f"{self.key}: {self.column} is {self.value}" if self.column else f"{self.key}: {self.value}"


def worst_first(checks: Sequence[CheckOutcome]) -> list[CheckOutcome]:
    """Sort checks: broken ones, failed ones (errors before warnings, more cases first), then those not asked."""
    return sorted(checks, key=lambda c: (_WORST.index(c.outcome), c.severity == "warning", -c.failures))


def examples(validation: Validation, check: CheckOutcome) -> list[Example]:
    """Return the first failure cases of a check that are about a row."""
    import pyarrow.compute as pc

    if not check.failures:
        return []
    cases = validation.cases
    mine = pc.and_(pc.equal(cases.column("check_code"), check.check), cases.column("rid").is_valid())
    return [
        Example(_key(row["row_key"]), visible(row["column_name"] or ""), _value(row["observed"], row["column_name"]))
        for row in cases.filter(mine).slice(0, EXAMPLES).to_pylist()
    ]


def lines_of(validation: Validation, check: CheckOutcome) -> list[str]:
    """Write the first cases of a check, one a line, and how many there are more."""
    return [*map(str, examples(validation, check)), *more(check)]


def more(check: CheckOutcome) -> list[str]:
    """Say how many cases a report does not show."""
    return [f"and {check.failures - EXAMPLES:,} more"] if check.failures > EXAMPLES else []


def summary(validation: Validation, check: CheckOutcome) -> str:
    """Tell in one line what is wrong, with the first cases."""
    if check.outcome == "error":
        return f"The check itself broke: {check.message}"
    return f"{check.message} {'; '.join(lines_of(validation, check))}".strip()


def shorten(text: str, width: int = WIDEST) -> str:
    """Cut a long text, keeping its last character, so that brackets and quotation marks close."""
    return text if len(text) <= width else f"{text[: width - 2]}…{text[-1]}"


def _key(text: str) -> str:
    """Write a key for people."""
    return shorten(", ".join(f"{visible(name)} {plain(value)}" for name, value in json.loads(text).items()))


def plain(value: object) -> str:
    """Write a value, in quotation marks where it would be unreadable without: blank ends, control characters."""
    text = str(value)
    readable = text.isprintable() and text == text.strip() and text
    return "missing" if value is None else text if readable else visible(json.dumps(text, ensure_ascii=False))


def _value(observed: str | None, column: str | None) -> str:
    """Write a value for people, so that blanks at its ends and control characters show."""
    if observed is None:
        return "missing"
    return shorten(visible(observed if column is None else json.dumps(observed, ensure_ascii=False)))
