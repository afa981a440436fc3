"""Recipes and their steps as values, and what a dry run says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import DataError
from workbench.transforms import Map, Transform

Where = tuple[tuple[str, str | None], ...]
"""Column and text that a row must have there; None is missing. All must hold."""

Status = Literal["applies", "nothing to do", "conflicts", "cannot"]


@dataclass(frozen=True)
class SetStep:
    """One value of a column becomes another; None is missing."""

    column: str
    old: str | None
    new: str | None
    where: Where = ()
    reason: str = ""

    @property
    def transform(self) -> Transform:
        """What it does to a text."""
        return Map(((self.old, self.new),))


@dataclass(frozen=True)
class MergeStep:
    """Several values of a column become one."""

    column: str
    values: tuple[str, ...]
    value: str | None
    where: Where = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if not set(self.values) - {self.value}:
            raise DataError("names no value to change", source="field 'values'")

    @property
    def transform(self) -> Transform:
        """What it does to a text."""
        return Map(tuple((each, self.value) for each in self.values if each != self.value))


@dataclass(frozen=True)
class TransformStep:
    """A transform of a column."""

    column: str
    transform: Transform
    where: Where = ()
    reason: str = ""


@dataclass(frozen=True)
class ExcludeStep:
    """Rows are taken out of training, test and checks."""

    where: Where
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.where:
            raise DataError("is empty, and would exclude every row", source="field 'where'")


@dataclass(frozen=True)
class BrokenStep:
    """A step that was read, but cannot be used: a pattern with a fault, for instance."""

    kind: str
    column: str
    fault: str


Change = SetStep | MergeStep | TransformStep
Step = Change | ExcludeStep | BrokenStep


@dataclass(frozen=True)
class Recipe:
    """Rules for one dataset or for any: each step sees the results of those before it.

    Attributes
    ----------
    name : str
        Under which it is kept.
    steps : tuple of Step
        In order.
    dataset : str
        The dataset it was made for, empty for any.
    description : str
        What it is for.
    """

    name: str
    steps: tuple[Step, ...]
    dataset: str = ""
    description: str = ""


@dataclass(frozen=True)
class Held:
    """Rows that a step was meant for and leaves as they are.

    Attributes
    ----------
    reason : str
        Why.
    rows : int
        How many.
    value : str or None
        The value they hold where the reason is about one value, else None.
    """

    reason: str
    rows: int
    value: str | None = None


@dataclass(frozen=True)
class StepOutcome:
    """What one step would do.

    Attributes
    ----------
    number : int
        Its place in the recipe, from 1.
    kind, column : str
        What it is, and where; an exclusion has no column.
    status : {"applies", "nothing to do", "conflicts", "cannot"}
        ``conflicts`` where anything stands against it, even if other rows would change.
    rows : int
        Rows that would change.
    conflicts : tuple of Held
        What stands against it; those rows are left alone.
    refused : tuple of Held
        Values that the transform cannot read; those are left alone too, and stand against nothing.
    """

    number: int
    kind: str
    column: str
    status: Status
    rows: int = 0
    conflicts: tuple[Held, ...] = ()
    refused: tuple[Held, ...] = ()

    @property
    def said(self) -> str:
        """Say it in one line."""
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        if self.status == "applies":
            return f"applies to {rows}"
        if self.status == "nothing to do":
            return self.status
        first = self.conflicts[0]
        held = sum(each.rows for each in self.conflicts)
        why = first.reason + (f" ({held:,} row{'' if held == 1 else 's'} left alone)" if held else "")
        return f"{self.status}: {why}" + (f"; applies to {rows} more" if self.rows else "")

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return {
            "step": self.number, "kind": self.kind, "column": self.column or None, "status": self.status,
            "rows": self.rows, "conflicts": [vars(each) for each in self.conflicts],
            "refused": [vars(each) for each in self.refused],
        }  # fmt: skip


@dataclass(frozen=True)
class DryRun:
    """What a recipe would do.

    Attributes
    ----------
    recipe : Recipe
        The recipe.
    label : str
        The rows it was tried on: ``adult@3``.
    steps : tuple of StepOutcome
        One for each step.
    cells, excluded : int
        Cells that would change and rows that would be excluded in all; a cell that two steps change counts once.
    """

    recipe: Recipe
    label: str
    steps: tuple[StepOutcome, ...]
    cells: int
    excluded: int

    @property
    def changes(self) -> int:
        """Corrections that it would stage."""
        return self.cells + self.excluded

    @property
    def conflicting(self) -> tuple[StepOutcome, ...]:
        """Steps against which something stands."""
        return tuple(step for step in self.steps if step.status in ("conflicts", "cannot"))

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return {
            "recipe": self.recipe.name, "on": self.label, "cells": self.cells, "excluded": self.excluded,
            "steps": [step.to_dict() for step in self.steps],
        }  # fmt: skip


def kind_of(step: Step) -> str:
    """Name a step's kind as a recipe file does."""
    if isinstance(step, BrokenStep):
        return step.kind
    kinds: Mapping[type, str] = {
        SetStep: "set", MergeStep: "merge", TransformStep: "transform", ExcludeStep: "exclude"
    }  # fmt: skip
    return kinds[type(step)]
