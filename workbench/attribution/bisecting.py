"""Find the batch of changes that did harm, by halving, and take it back alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.attribution.attributing import effect_document
from workbench.attribution.groups import Group, moves
from workbench.attribution.worth import Figures
from workbench.drafts import Action, Correction, Draft, new_draft, row_changes, stage
from workbench.errors import Conflict, ConflictError, UsageError
from workbench.impact import Change, together
from workbench.lake import Lake, Version, newest
from workbench.progress import Progress, silent
from workbench.versions import diff

WAYS = 4
"""Parts that the suspects are cut into at each step. Harm and good in one part cancel: more parts hide less."""


@dataclass(frozen=True)
class Step:
    """One cut.

    Attributes
    ----------
    parts : tuple of (tuple of str, Change)
        The names in each part, and what the part does, given that everything else was changed as well.
    """

    parts: tuple[tuple[tuple[str, ...], Change], ...]


@dataclass(frozen=True)
class Bisection:
    """Where the harm is.

    Attributes
    ----------
    a, b : str
        As ``adult@1``.
    metric, by : str
        What was measured, and what a batch is.
    total : Change
        What all changes together did.
    found : tuple of Group
        The smallest set of batches that is shown to do harm; empty where none is.
    effect : Change or None
        What they do, given that everything else was changed as well.
    steps : tuple of Step
        The way there.
    figures : int
        States of the data that were evaluated.
    """

    a: str
    b: str
    metric: str
    by: str
    total: Change
    found: tuple[Group, ...]
    effect: Change | None
    steps: tuple[Step, ...]
    figures: int

    def to_dict(self) -> dict[str, Any]:
        """Lay out as the JSON document of ``workbench bisect --json``."""
        return {
            "a": self.a,
            "b": self.b,
            "metric": self.metric,
            "by": self.by,
            "total": effect_document(self.total),
            "found": [vars(group) for group in self.found],
            "effect": effect_document(self.effect) if self.effect else None,
            "steps": [
                [{"batches": list(names)} | effect_document(effect) for names, effect in step.parts]
                for step in self.steps
            ],
            "figures": self.figures,
        }


def bisect(
    lake: Lake,
    a: Version,
    b: Version,
    *,
    by: str = "version",
    metric: str | None = None,
    schema_types: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Bisection:
    """Find the batch of changes between two versions that did harm.

    The batches are cut into :data:`WAYS` parts. What a part does is the figure with all changes minus the figure with
    all but its own. The worst part is cut again as long as it is shown to do harm, by intervals that hold together for
    all parts of all cuts looked at so far.

    Parameters
    ----------
    a, b, by, metric, schema_types
        As in :func:`workbench.attribution.attribute`; by ``step`` a batch is one step of a draft.
    progress : Progress
        Told of each figure.

    Raises
    ------
    UsageError
        As in :func:`workbench.attribution.attribute`; or nothing differs.
    """
    with moves(lake, a, b, by) as moved:
        groups = {group.name: group for group in moved.groups}
        if not groups:
            raise UsageError(f"Nothing differs between {a.name} and {b.name}.", hint="Choose two other versions.")
        figures = Figures(lake, moved, metric=metric, schema_types=schema_types, progress=progress)
        everything = figures.everything
        total = figures.effect(frozenset(), everything)
        suspects = sorted(groups, key=_natural)
        found: tuple[str, ...] = ()
        effect: Change | None = None
        steps: list[Step] = []
        looked = 0
        while True:
            parts = _cut(suspects)
            figures.ask([everything - set(part) for part in parts], progress)
            looked += len(parts)
            level = together(looked)
            told = [(part, figures.effect(everything - set(part), everything, level=level)) for part in parts]
            steps.append(Step(tuple(told)))
            worst, does = min(told, key=lambda each: each[1].change * (1 if figures.metric.greater_is_better else -1))
            if does.verdict != "loss":
                break
            found, effect, suspects = worst, does, list(worst)
            if len(worst) == 1:
                break
        return Bisection(
            a=a.name, b=b.name, metric=figures.metric.name, by=by, total=total,
            found=tuple(groups[name] for name in found), effect=effect, steps=tuple(steps), figures=figures.asked,
        )  # fmt: skip


def revert(lake: Lake, a: Version, b: Version, batches: Sequence[str], *, by: str, author: str) -> Draft:
    """Stage the way back of some batches in a new draft; all later work stays.

    A cell that somebody has changed again since version b is a conflict, and so is a row to be excluded or restored
    that has changed in any way; nothing is staged then.

    Parameters
    ----------
    a, b, by
        As they were given to :func:`bisect`.
    batches : sequence of str
        Names of batches.

    Raises
    ------
    UsageError
        The batches hold nothing that a draft can take back: rows that a refresh added or removed.
    ConflictError
        The newest version holds another value than version b.
    """
    with moves(lake, a, b, by) as moved:
        wanted = set(moved.cells(lake, batches))
    corrections = []
    for change in diff(lake, a, b).changes:
        if (change.rid, change.column) not in wanted:
            continue
        why = f"takes back {', '.join(batches)}"
        if change.change == "changed":
            back = Correction(
                change.key, column=change.column, old=change.new, new=change.old, reason=why, rid=change.rid
            )
        elif change.change in ("excluded", "included"):
            action: Action = "restore" if change.change == "excluded" else "exclude"
            back = Correction(change.key, action, reason=why, rid=change.rid)
        else:
            continue
        corrections.append(back)
    if not corrections:
        raise UsageError(
            f"{', '.join(batches)} holds nothing that a draft can take back.",
            hint="Rows that a refresh added or removed come back with a refresh or a restore.",
        )
    head = newest(lake, b.dataset)
    _refuse_moved(lake, b, head, corrections)
    draft = new_draft(lake, head.dataset, title=f"take back {', '.join(batches)}"[:80], author=author)
    return stage(lake, draft.draft, corrections, author=author)


def _refuse_moved(lake: Lake, b: Version, head: Version, corrections: Sequence[Correction]) -> None:
    """Refuse to exclude or restore a row that has changed since version b."""
    rows = {each.rid: each for each in corrections if each.action != "set" and each.rid is not None}
    with lake.session() as session:
        conflicts = [
            Conflict(
                dict(rows[change.rid].key), None, change.was, change.now, rows[change.rid].action, rid=change.rid,
                why="the row was changed",
            )
            for change in row_changes(session, lake, b, head, list(rows))
            if change.now or change.was_excluded != change.now_excluded
        ]  # fmt: skip
    if conflicts:
        raise ConflictError(
            f"{len(conflicts)} row{'s' if len(conflicts) > 1 else ''} to be excluded or restored changed after "
            f"{b.name}. Nothing was staged.",
            conflicts,
            hint="Look at the rows as they are now, and exclude or restore them by hand where that is still right.",
        )


def _cut(suspects: Sequence[str]) -> list[tuple[str, ...]]:
    """Cut into parts of almost equal length, keeping the order."""
    ways = min(WAYS, len(suspects))
    ends = [round(len(suspects) * part / ways) for part in range(ways + 1)]
    return [tuple(suspects[start:end]) for start, end in zip(ends, ends[1:], strict=False)]


def _natural(name: str) -> tuple[Any, ...]:
    """Sort ``adult@10`` behind ``adult@9``."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))
