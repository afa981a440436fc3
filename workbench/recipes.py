"""Rules made of corrections: one value of a column becomes another, wherever it stands.

A rules file is a CSV with the columns ``column``, ``old``, ``new`` and ``reason``; an empty ``new`` is a missing value.
Rules are staged in a draft like any correction, so they can be seen, checked, measured and undone before they count.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.drafts import Correction, Draft, stage
from workbench.errors import DataError, UsageError
from workbench.lake import LANES, Lake, View, canonical_text, quote

_COLUMNS = ["column", "old", "new", "reason"]


@dataclass(frozen=True)
class Rule:
    """One value of one column becomes another.

    Attributes
    ----------
    column : str
        Where.
    old, new : str or None
        Canonical texts; None is missing.
    reason : str
        Why.
    """

    column: str
    old: str | None
    new: str | None
    reason: str = ""


@dataclass(frozen=True)
class Applied:
    """What a rule would do: ``rows`` is 0 where there is nothing to do."""

    rule: Rule
    rows: int


def read_rules(path: Path) -> list[Rule]:
    """Read a rules file.

    Raises
    ------
    DataError
        The file is missing or malformed, with its line.
    """
    if not path.is_file():
        raise DataError("there is no such file", source=str(path))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if next(reader, None) != _COLUMNS:
            raise DataError("is no rules file", source=str(path), line=1, hint=f"Its header is {','.join(_COLUMNS)}.")
        rules = []
        for row in reader:
            if len(row) != len(_COLUMNS):
                raise DataError(f"{len(row)} fields where a rule has 4", source=str(path), line=reader.line_num)
            rules.append(Rule(row[0], row[1] or None, row[2] or None, row[3]))
    return rules


def dry_run(view: View, rules: Sequence[Rule]) -> list[Applied]:
    """Count the rows each rule would change, without changing any.

    Raises
    ------
    UnknownName
        A rule names a column that is not there.
    """
    counts: dict[str, dict[str | None, int]] = {}
    for name in dict.fromkeys(rule.column for rule in rules):
        column = view.column(name)
        text = canonical_text(quote(column.physical), column.type)
        counts[name] = dict(view.fetch(f"SELECT {text}, count(*) FROM {{rows}} GROUP BY 1"))
    return [Applied(rule, counts[rule.column].get(rule.old, 0)) for rule in rules]


def corrections_from(view: View, rules: Sequence[Rule]) -> list[Correction]:
    """Turn rules into the corrections they mean on these rows, in order of row identity.

    Raises
    ------
    UsageError
        A rule would change labels of test rows otherwise than by renaming classes one to one.
    """
    _refuse_relabelling(view, rules)
    found: list[tuple[int, Correction]] = []
    for name in dict.fromkeys(rule.column for rule in rules):
        column = view.column(name)
        by_old = {rule.old: rule for rule in rules if rule.column == name}
        text = canonical_text(quote(column.physical), column.type)
        for rid, old in view.fetch(f"SELECT _rid, {text} FROM {{rows}}"):
            rule = by_old.get(old)
            if rule is not None:
                change = Correction({}, column=name, old=old, new=rule.new, reason=rule.reason, rid=rid)
                found.append((rid, change))
    return [change for _, change in sorted(found, key=lambda item: item[0])]


def stage_rules(lake: Lake, draft: int, view: View, rules: Sequence[Rule], *, author: str) -> Draft:
    """Stage rules in a draft as one step.

    Raises
    ------
    UsageError
        No rule applies to any row.
    """
    return stage(lake, draft, corrections_from(view, rules), author=author)


def _refuse_relabelling(view: View, rules: Sequence[Rule]) -> None:
    """Let rules rename the classes of test rows, but not merge or swap them.

    Test labels decide every figure: changed in bulk by a rule they could be bent to the model's own guesses.
    """
    label = view.definition.label
    renames = {rule.old: rule.new for rule in rules if rule.column == label}
    if label is None or not renames:
        return
    cell = quote(view.column(label).physical)
    classes = [
        row[0]
        for row in view.fetch(
            f"SELECT DISTINCT {canonical_text(cell, view.column(label).type)} FROM {{rows}} WHERE _lane = ?",
            [LANES.index("test")],
        )
    ]
    after = [renames.get(name, name) for name in classes]
    if len(set(after)) < len(classes) or set(after) & {old for old in classes if old in renames}:
        raise UsageError(
            f"The rules on '{label}' would merge or swap classes of test rows, which decide every figure.",
            hint="Rename each class to a name of its own, and correct single test labels one by one.",
        )
