"""Learn rules from corrections: what somebody did to every row of a value may be done again to the next delivery.

A rule is learnt where it holds without exception: each row that held the old value at the base was given the same new
one. Test rows teach nothing: at least one other row must have been corrected, and a correction of a test row's label is
never made a rule, since test labels are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.drafts import get_draft
from workbench.drafts.overlay import folded
from workbench.errors import UsageError
from workbench.lake import LANES, Column, Lake, Version, View, quote, read_version, rid_list, view_of
from workbench.lake.cells import unpivoted
from workbench.lake.values import Spelt, logical_text, to_text, value_of
from workbench.recipes.guarding import RECIPE_REASON
from workbench.recipes.records import MergeStep, Recipe, SetStep, Step

Cell = tuple[int, str, str | None, str | None, str]
"""Row identity, column, old and new text, reason."""


@dataclass(frozen=True)
class LeftOut:
    """Corrections that became no rule.

    Attributes
    ----------
    column : str
        Where; empty for whole rows.
    old, new : str or None
        What was changed into what; both None where several changes are meant.
    rows : int
        How many corrections.
    reason : str
        Why.
    """

    column: str
    old: str | None
    new: str | None
    rows: int
    reason: str


@dataclass(frozen=True)
class Learned:
    """What corrections taught.

    Attributes
    ----------
    recipe : Recipe
        The rules; it may have no steps.
    left_out : tuple of LeftOut
        What did not become a rule, and why.
    """

    recipe: Recipe
    left_out: tuple[LeftOut, ...]

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        from workbench.recipes.files import write_recipe

        return {
            "recipe": self.recipe.name, "steps": len(self.recipe.steps), "text": write_recipe(self.recipe),
            "left_out": [vars(each) for each in self.left_out],
        }  # fmt: skip


def learn(lake: Lake, draft: int, *, name: str = "") -> Learned:
    """Learn rules from a draft's corrections.

    Parameters
    ----------
    name : str
        The recipe's; default: the draft's title, or its number.
    """
    state = get_draft(lake, draft)
    base = view_of(lake, read_version(lake, state.dataset, state.base))
    rows = lake.read(
        f"SELECT f.rid, f.column_name, f.old, f.new, f.action, coalesce(c.reason, '') FROM {folded(draft)} f "
        f"JOIN lake.workbench.corrections c ON c.draft = {int(draft)} AND c.seq = f.seq AND NOT c.undone ORDER BY f.seq"
    )
    cells = [(rid, column, old, new, why) for rid, column, old, new, action, why in rows if action == "set"]
    whole = sum(action != "set" for *_, action, _ in rows)
    title = " ".join(state.title.split())[:80] or f"draft {draft}"
    return _learned(base, cells, whole, name or title)


def learn_between(lake: Lake, a: Version, b: Version, *, name: str = "") -> Learned:
    """Learn rules from what was changed from version ``a`` to ``b`` of a dataset.

    Raises
    ------
    UsageError
        They are not two versions of one dataset.
    """
    from workbench.versions import diff

    if a.dataset != b.dataset or a.version >= b.version:
        raise UsageError(f"Nothing is learnt from {a.name} to {b.name}.", hint="Name an older and a newer version.")
    changes = diff(lake, a, b).changes
    cells = [
        (change.rid, change.column, to_text(change.old), to_text(change.new), change.reason)
        for change in changes
        if change.change == "changed" and change.column is not None
    ]
    whole = sum(change.change in ("excluded", "included") for change in changes)
    return _learned(view_of(lake, a), cells, whole, name or f"{a.dataset} {a.version} to {b.version}")


def _learned(base: View, cells: Iterable[Cell], whole: int, name: str) -> Learned:
    """Generalise corrections of cells."""
    cells = [cell for cell in cells if cell[2] != cell[3]]
    test = _test_rows(base, {rid for rid, *_ in cells})
    label = base.definition.label
    left: list[LeftOut] = []
    if whole:
        left.append(LeftOut("", None, None, whole, "rows excluded, restored or deleted make no rule"))
    rules: dict[str, dict[str | None, tuple[str | None, str]]] = {}
    corrected: dict[str, list[Cell]] = {}
    for cell in cells:
        corrected.setdefault(cell[1], []).append(cell)
    ruled = [column for column in base.columns if column.name in corrected and column.name not in base.definition.key]
    known = {column.name: column for column in ruled}
    counts = _counts(base, ruled)
    for column, own in corrected.items():
        if column not in known:
            left.append(LeftOut(column, None, None, len(own), "is part of the key, or no column of the base"))
            continue
        for (old, new), found in _grouped(_meant(cell, known[column]) for cell in own).items():
            why = _why_not(found, test, counts.get((column, old), 0), is_label=column == label)
            if why:
                left.append(LeftOut(column, old, new, len(found), why))
            else:
                reasons = {re.sub(RECIPE_REASON, "", cell[4]) for cell in found}
                rules.setdefault(column, {})[old] = (new, reasons.pop() if len(reasons) == 1 else "")
    steps = [step for column, of_column in rules.items() for step in _steps(column, of_column, left)]
    return Learned(Recipe(name, tuple(steps), base.dataset), tuple(left))


def _meant(cell: Cell, column: Column) -> Cell:
    """Write the values of a correction as recipes see them: numbers by their value, however they are spelt."""
    if column.reads == column.type:
        return cell
    rid, name, old, new, why = cell
    old, new = (
        to_text(float(value) if isinstance(value, Spelt) else value)
        for value in (value_of(old, column), value_of(new, column))
    )
    return rid, name, old, new, why


def _why_not(found: list[Cell], test: set[int], rows: int, *, is_label: bool) -> str:
    """Say why the corrections of one value to one other make no rule; empty where they do."""
    of_test = sum(cell[0] in test for cell in found)
    if of_test == len(found):
        return "only test rows were corrected, and test rows teach nothing"
    if is_label and of_test:
        return f"labels of {of_test:,} test rows are among them, and test rows teach nothing"
    if len(found) < rows:
        return f"only {len(found):,} of the {rows:,} rows with this value were corrected so"
    return ""


def _steps(column: str, rules: dict[str | None, tuple[str | None, str]], left: list[LeftOut]) -> list[Step]:
    """Write rules of one column as steps: one for each new value."""
    chained = [old for old, (new, _) in rules.items() if new in rules]
    for old in chained:
        new = rules[old][0]
        left.append(LeftOut(column, old, new, 1, "its new value is itself replaced by another rule"))
    by_new: dict[str | None, list[str | None]] = {}
    for old, (new, _) in rules.items():
        if old not in chained:
            by_new.setdefault(new, []).append(old)
    steps: list[Step] = []
    for new, olds in by_new.items():
        reasons = {rules[old][1] for old in olds}
        reason = reasons.pop() if len(reasons) == 1 else ""
        texts = [old for old in olds if old is not None]
        if len(texts) > 1:
            steps.append(MergeStep(column, tuple(sorted(texts)), new, reason=reason))
        else:
            steps += [SetStep(column, old, new, reason=reason) for old in texts]
        steps += [SetStep(column, None, new, reason=reason) for old in olds if old is None]
    return steps


def _grouped(cells: Iterable[Cell]) -> dict[tuple[str | None, str | None], list[Cell]]:
    """Group the corrections of one column by old and new value."""
    groups: dict[tuple[str | None, str | None], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell[2], cell[3]), []).append(cell)
    return groups


def _test_rows(base: View, rids: set[int]) -> set[int]:
    """Return those of some rows that are test rows."""
    lane = LANES.index("test")
    return {
        row[0] for row in base.fetch(f"SELECT _rid FROM {{rows}} WHERE _lane = {lane} AND _rid IN ({rid_list(rids)})")
    }


def _counts(base: View, columns: Sequence[Column]) -> dict[tuple[str, str | None], int]:
    """Count the rows of each value of some columns at the base."""
    if not columns:
        return {}
    cells = unpivoted("{rows}", columns, "_rid", cell=lambda column: logical_text(quote(column.physical), column))
    found = base.fetch(f"SELECT column_name, cell, count(*) FROM {cells} GROUP BY ALL")
    return {(name, cell): rows for name, cell, rows in found}
