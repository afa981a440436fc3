"""What a comparison found, as plain values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from workbench.evaluation.records import finite
from workbench.impact import Change, Estimate, Verdict
from workbench.impact.intervals import LEVEL

Figure = tuple[float | None, float | None, float | None]
"""Mean, and the two ends of its interval."""


@dataclass(frozen=True)
class Effect:
    """One metric under both versions, on the same test rows and under the same test labels.

    Attributes
    ----------
    a_mean, b_mean : float or None
        In the metric's unit; None where it is undefined.
    a_low, a_high, b_low, b_high : float or None
        Ends of the 95 % interval of each version's own figure on these rows, as an evaluation's. Whether the two differ
        is what ``low`` and ``high`` say, not whether these overlap.
    change : float or None
        b minus a, in the metric's own direction: a log loss that falls has a negative change, and is a gain.
    low, high : float or None
        Ends of the 95 % interval of the change; None where one row or one seed cannot tell.
    verdict : {"gain", "loss", "cannot tell", "no change"}
        What the interval says.
    detectable : float or None
        The smallest change, of either sign, that these rows and seeds would show in 80 % of cases.
    rows_needed : int or None
        Where the verdict is ``cannot tell``: with so many test rows in all a change of this size would be found in 80 %
        of cases. None where no number of them would do.
    seeds_needed : int or None
        Where the seeds alone differ by too much for any number of test rows: seeds that it needs at least.
    noise_floor : float or None
        What version a's own figure would move by if only the seeds changed.
    widening : float or None
        How many times as wide the interval of the change is as one from the test rows alone would be; the rest is what
        seeds do. None where that is not known.
    """

    a_mean: float | None
    b_mean: float | None
    change: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    detectable: float | None
    a_low: float | None = None
    a_high: float | None = None
    b_low: float | None = None
    b_high: float | None = None
    rows_needed: int | None = None
    seeds_needed: int | None = None
    noise_floor: float | None = None
    widening: float | None = None

    @property
    def sides(self) -> tuple[Figure, Figure]:
        """Mean and interval of each version's own figure."""
        return (self.a_mean, self.a_low, self.a_high), (self.b_mean, self.b_low, self.b_high)


SliceKind = Literal["value", "range", "missing"]
"""Rows with one value of a column, with numbers or times between two, or without any."""


@dataclass(frozen=True)
class Slice:
    """What happened to the test rows of one slice.

    Attributes
    ----------
    column : str
        The feature column.
    kind : {"value", "range", "missing"}
        What its rows have in common.
    value : str
        For people: ``Private``, ``29 to 37`` (both ends are values of such rows), ``missing``.
    rows : int
        Shared test rows in it.
    effect : Effect
        On the metric of the slices. ``low``, ``high``, ``verdict`` and ``detectable`` are at their level; each
        version's own figure has its 95 % interval, as everywhere.
    """

    column: str
    kind: SliceKind
    value: str
    rows: int
    effect: Effect

    @property
    def name(self) -> str:
        """Write as ``age 29 to 37``, ``race = Other``."""
        return f"{self.column} = {self.value}" if self.kind == "value" else f"{self.column} {self.value}"


@dataclass(frozen=True)
class Slices:
    """The change in parts of the test rows; see :mod:`workbench.compare.slices`.

    Attributes
    ----------
    metric : str
        What is compared in them: the comparison's metric where that is a mean over rows.
    level : float
        Of the intervals: 1 - 0.05 / number of slices.
    least_rows : int
        Test rows that a slice needs.
    not_looked_at : int
        Slices that have fewer.
    found : tuple of Slice
        Losses first, then by change, the most harmed first.
    """

    metric: str
    level: float
    least_rows: int
    not_looked_at: int
    found: tuple[Slice, ...]


@dataclass(frozen=True)
class Comparison:
    """Version b against version a.

    Attributes
    ----------
    a, b : str
        What is compared: ``adult@1``, ``adult@3 + draft 7``.
    metric : str
        The metric that the verdict is about.
    a_mean, b_mean, change, low, high, verdict, detectable, rows_needed, seeds_needed, noise_floor, widening
        The metric's :class:`Effect`.
    test_labels : str
        The version whose test labels both are scored under: the newest one published.
    test_rows : int
        How many test rows the two share.
    parts : dict
        What moved the figure as published, ``b_published - a_published``, in the metric's unit: ``train rows``,
        ``test labels``, ``test features`` and ``test membership``, which sum to it; None where the metric is undefined.
    a_published, b_published : float or None
        Each version's own figure, on its own test rows and under its own test labels.
    comparable : bool
        False where a version's own figure means nothing, because its test labels bear names that its train labels
        never do.
    metrics : dict
        Name of each metric of the task → :class:`Effect`.
    per_class : dict
        Class → effect on its recall; empty in regression. ``low``, ``high``, ``verdict`` and ``detectable`` are at
        ``per_class_level``, and the rows are those of the class.
    notes : tuple of str
        What a reader of the figures must know.
    slices : Slices or None
        The change by slice; None where it was not asked for.
    level : float
        Of the intervals of change, and so of the verdicts: above 95 % where several versions are compared at once.
    per_class_level : float
        Of those of the classes: 1 - 0.05 / number of classes.
    resampled : bool
        Whether each fit learnt from a bootstrap sample of the train rows, so that the intervals are about train rows
        like these; else they are about these very rows.
    fits : int
        Of each version's model, seeds or samples; 0 where that is not recorded.
    """

    a: str
    b: str
    metric: str
    a_mean: float | None
    b_mean: float | None
    change: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    detectable: float | None
    test_labels: str
    test_rows: int
    parts: dict[str, float | None]
    a_published: float | None
    b_published: float | None
    comparable: bool
    metrics: dict[str, Effect]
    per_class: dict[str, Effect]
    notes: tuple[str, ...]
    slices: Slices | None = None
    rows_needed: int | None = None
    seeds_needed: int | None = None
    noise_floor: float | None = None
    level: float = LEVEL
    per_class_level: float = LEVEL
    resampled: bool = False
    fits: int = 0
    widening: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Write as values that JSON has."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Comparisons:
    """Several versions, each against one base.

    Whoever compares many versions finds one that gained by chance. With m of them each interval is at the level
    1 - 0.05 / m, so that together they claim a change that is not there in at most 5 % of cases (Bonferroni's
    inequality; Dunn 1961, Journal of the American Statistical Association 56, 52–64), and what a comparison looks at
    itself, classes and slices, is at so much more.

    Attributes
    ----------
    base : str
        What all are compared with: ``adult@1``.
    level : float
        Of each interval of a change.
    comparisons : tuple of Comparison
        In the order in which the versions were named.
    """

    base: str
    level: float
    comparisons: tuple[Comparison, ...]

    def to_dict(self) -> dict[str, Any]:
        """Write as values that JSON has."""
        return dataclasses.asdict(self)


UNDEFINED = Effect(None, None, None, None, None, "cannot tell", None)
"""A metric that the shared test rows do not define."""


def effect_of(change: Change, a: Estimate, b: Estimate) -> Effect:
    """Put a change beside the two figures that it lies between."""
    needed = change.needed
    return Effect(
        a_mean=a.mean,
        b_mean=b.mean,
        change=finite(change.change),
        low=finite(change.low),
        high=finite(change.high),
        verdict=change.verdict,
        detectable=finite(change.detectable),
        a_low=finite(a.low),
        a_high=finite(a.high),
        b_low=finite(b.low),
        b_high=finite(b.high),
        rows_needed=needed.rows,
        seeds_needed=needed.seeds,
        noise_floor=finite(a.noise_floor),
        widening=None if change.sources is None else finite(change.sources.widening),
    )


def share_of(found: Estimate, bounds: tuple[float, float]) -> Estimate:
    """Keep the interval of a figure within the bounds that the figure has."""
    return dataclasses.replace(found, low=max(found.low, bounds[0]), high=min(found.high, bounds[1]))
