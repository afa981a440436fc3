"""What an edit would do, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.compare import Comparison, Effect, Slice

MOVED = ("gain", "loss")
"""Verdicts that tell a change from chance."""


@dataclass(frozen=True)
class Failures:
    """Failure cases of the schema before and after.

    Attributes
    ----------
    before, after : int
        Of all checks, warnings included.
    checks : tuple of (code, before, after)
        Each check that fails in either.
    """

    before: int
    after: int
    checks: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one edit would do.

    Attributes
    ----------
    name : str
        The edit: ``fix``, ``recipe tidy``, ``draft 7``.
    base : str
        The version it would change.
    findings : int or None
        How many findings it answers; None where it answers none as such.
    left_out : dict
        Why → how many it leaves alone.
    rows, cells : int
        Rows that would differ, in cells or in whether they count, and cells.
    excluded, restored, deleted : int
        Rows taken out, brought back in, and gone.
    lanes : dict
        Lane → rows that would differ.
    classes : dict
        Class → rows that count before and after; empty without a label of classes.
    failures : Failures or None
        None without a schema.
    comparison : Comparison or None
        Of the fixed model, slices included; None where nothing differs or nothing could be measured.
    notes : tuple of str
        What must be known to read it.
    """

    name: str
    base: str
    findings: int | None
    left_out: dict[str, int]
    rows: int
    cells: int
    excluded: int
    restored: int
    deleted: int
    lanes: dict[str, int]
    classes: dict[str, tuple[int, int]]
    failures: Failures | None
    comparison: Comparison | None = field(repr=False)
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str | None:
        """Gain, loss, cannot tell or no change; None where it could not be measured."""
        if self.comparison is not None:
            return self.comparison.verdict
        return None if self.rows else "no change"

    @property
    def moved_slices(self) -> list[Slice]:
        """Slices of the test rows whose change is told from chance, losses first."""
        found = self.comparison.slices.found if self.comparison and self.comparison.slices else ()
        return [each for each in found if each.effect.verdict in MOVED]

    @property
    def moved_classes(self) -> dict[str, Effect]:
        """Classes whose recall would change by more than chance."""
        found = self.comparison.per_class if self.comparison else {}
        return {name: effect for name, effect in found.items() if effect.verdict in MOVED}

    @property
    def looked_at(self) -> int:
        """Slices that were looked at."""
        return len(self.comparison.slices.found) if self.comparison and self.comparison.slices else 0

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        failures = self.failures
        return {
            "option": self.name,
            "base": self.base,
            "findings": self.findings,
            "left_out": self.left_out,
            "rows": self.rows,
            "cells": self.cells,
            "excluded": self.excluded,
            "restored": self.restored,
            "deleted": self.deleted,
            "lanes": self.lanes,
            "classes": {name: {"before": before, "after": after} for name, (before, after) in self.classes.items()},
            "failures": None
            if failures is None
            else {
                "before": failures.before,
                "after": failures.after,
                "checks": [{"check": code, "before": b, "after": a} for code, b, a in failures.checks],
            },
            "verdict": self.verdict,
            **brief(self.comparison),
            "slices": {
                "looked_at": self.looked_at,
                "moved": [
                    {"slice": each.name, "rows": each.rows, **_effect(each.effect)} for each in self.moved_slices
                ],
            },
            "classes_moved": [{"class": name, **_effect(effect)} for name, effect in self.moved_classes.items()],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class WhatIf:
    """Edits side by side.

    Attributes
    ----------
    dataset : str
        Name.
    outcomes : tuple of Outcome
        In the order asked for.
    against : tuple of Comparison
        Each two edits that change something and would change the same version, the first as ``a``.
    notes : tuple of str
        What must be known of all.
    """

    dataset: str
    outcomes: tuple[Outcome, ...]
    against: tuple[Comparison, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Lay out as the JSON document of ``workbench what-if --json``."""
        return {
            "dataset": self.dataset,
            "options": [outcome.to_dict() for outcome in self.outcomes],
            "against": [{"a": c.a, "b": c.b, "verdict": c.verdict, **brief(c)} for c in self.against],
            "notes": list(self.notes),
        }


def brief(comparison: Comparison | None) -> dict[str, Any]:
    """Lay out a comparison's main figure; all null without one."""
    names = ("metric", "a_mean", "b_mean", "change", "low", "high", "level", "detectable", "test_rows", "test_labels")
    return {name: getattr(comparison, name) if comparison else None for name in names}


def _effect(effect: Effect) -> dict[str, Any]:
    """Lay out an effect."""
    return {name: getattr(effect, name) for name in ("change", "low", "high", "verdict")}
