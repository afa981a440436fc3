"""Which part of what changed between two versions moved the model's figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.attribution.groups import Group, Moves, moves
from workbench.attribution.shapley import Floats, orders, sampled, shapley, subsets
from workbench.attribution.worth import Figures
from workbench.evaluation.records import finite
from workbench.impact import NO_CHANGE, Change, paired, together
from workbench.impact.intervals import spread, unseen
from workbench.lake import Lake, Version
from workbench.metrics import Metric
from workbench.progress import Progress, silent

EXACT = 6
"""Groups up to which every subset is evaluated: 64 figures."""

PAIRS = 8
"""Orders drawn above that, each with its reverse."""


@dataclass(frozen=True)
class Share:
    """What a group of changes did.

    Attributes
    ----------
    group : Group
        The changes.
    effect : Change
        Its Shapley value in the metric's unit, with interval and verdict; ``no change`` where what the model learns
        and what it is asked stay the same, as with test labels.
    """

    group: Group
    effect: Change


@dataclass(frozen=True)
class Attribution:
    """How a change of a figure is made up.

    Attributes
    ----------
    a, b : str
        As ``adult@1``.
    metric, by : str
        What was measured, and by what the changes were grouped.
    total : Change
        The whole effect, on the test rows that both versions have, under the newest published test labels.
    shares : tuple of Share
        What helped most comes first. They sum to the total.
    test_labels : str
        The version whose test labels count.
    test_rows : int
        Test rows that both versions have.
    figures : int
        States of the data that the figures stand on, of which those known before were not fitted again.
    exact : bool
        Every order of the groups counts; otherwise some were drawn.
    notes : tuple of str
        What must be known to read it.
    """

    a: str
    b: str
    metric: str
    by: str
    total: Change
    shares: tuple[Share, ...]
    test_labels: str
    test_rows: int
    figures: int
    exact: bool
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Lay out as the JSON document of ``workbench attribute --json``."""
        return {
            "a": self.a,
            "b": self.b,
            "metric": self.metric,
            "by": self.by,
            **effect_document(self.total),
            "shares": [
                {"group": share.group.name, "cells": share.group.cells, "rows": share.group.rows}
                | effect_document(share.effect)
                for share in self.shares
            ],
            "test_labels": self.test_labels,
            "test_rows": self.test_rows,
            "figures": self.figures,
            "exact": self.exact,
            "notes": list(self.notes),
        }


def effect_document(effect: Change) -> dict[str, Any]:
    """Lay an effect out as JSON; what is not finite is null."""
    numbers = {name: finite(getattr(effect, name)) for name in ("change", "low", "high", "detectable")}
    return {**numbers, "verdict": effect.verdict}


def attribute(
    lake: Lake,
    a: Version,
    b: Version,
    *,
    by: str = "check",
    metric: str | None = None,
    schema_types: Mapping[str, str] | None = None,
    pairs: int = PAIRS,
    progress: Progress = silent,
) -> Attribution:
    """Share out the effect of what changed between two versions among groups of the changes.

    The fixed model is evaluated with every subset of the groups made (:func:`workbench.attribution.shapley.shapley`),
    above :data:`EXACT` groups along some orders of them. What was evaluated before is not fitted again.

    Parameters
    ----------
    a, b : Version
        An older and a newer version of one dataset.
    by : {"check", "cause", "column", "author", "version"}
        What a group's changes have in common.
    metric : str, optional
        A metric that is a mean over rows; default: accuracy or, in regression, mae.
    schema_types : mapping, optional
        As in :func:`workbench.compare.compare`.
    pairs : int
        Orders to draw where there are many groups.
    progress : Progress
        Told of each figure.

    Raises
    ------
    UsageError
        Two datasets, models, or sets of columns; the newer version first; a metric that is no mean over rows.
    UnknownName
        No such grouping or metric.
    DataError
        The versions share no test row with a label.
    """
    with moves(lake, a, b, by) as moved:
        names = [group.name for group in moved.groups]
        drawn = None if len(names) <= EXACT else orders(names, pairs)
        needed = subsets(names) if drawn is None else _passed(drawn)
        figures = Figures(lake, moved, metric=metric, schema_types=schema_types, states=len(needed), progress=progress)
        figures.ask(needed, progress)
        total = figures.effect(frozenset(), figures.everything)
        if not names:
            return _result(moved, by, figures, total, [], exact=True, needed=needed)
        shares: dict[str, tuple[Floats, Floats | None]] = {}
        if drawn is None:
            shares = {name: (value, None) for name, value in shapley(names, figures.worth).items()}
        else:
            added = sampled(names, figures.worth, drawn)
            shares = {name: (each.mean(axis=0), _pair_means(each)) for name, each in added.items()}
        level = together(len(names))
        idle = {name for name in names if figures.is_idle(name, needed)}
        found = [
            Share(group, NO_CHANGE if group.name in idle else _effect(*shares[group.name], level, figures.metric))
            for group in moved.groups
        ]
        return _result(moved, by, figures, total, found, exact=drawn is None, needed=needed)


def _passed(drawn: Sequence[tuple[str, ...]]) -> list[frozenset[str]]:
    """List the subsets that orders pass through, each once."""
    return list(dict.fromkeys(frozenset(order[:place]) for order in drawn for place in range(len(order) + 1)))


def _pair_means(added: Floats) -> Floats:
    """Average what a group added in each order and its reverse, over seeds and rows: shape (n_pairs,)."""
    means = added.reshape(len(added), -1).mean(axis=1)
    return np.asarray((means[::2] + means[1::2]) / 2)


def _effect(share: Floats, pairs: Floats | None, level: float, metric: Metric) -> Change:
    """Give a share its interval: that of a mean over rows and seeds, wider where orders were drawn."""
    better, span, n_rows = metric.greater_is_better, metric.span, share.shape[1]
    if pairs is None:
        return paired(np.zeros_like(share), share, greater_is_better=better, span=span, level=level)
    rows = float(share.mean(axis=0).var(ddof=1)) / n_rows if n_rows > 1 else np.inf
    drawn = float(pairs.var(ddof=1)) / len(pairs) if len(pairs) > 1 else np.inf
    found = spread(
        share.mean(axis=1), rows_variance=rows + drawn, n_rows=n_rows, largest=float(np.abs(share).max()),
        unseen=unseen(n_rows, span or 0.0, level=level), level=level,
    )  # fmt: skip
    return found.as_change(better)


def _result(
    moved: Moves,
    by: str,
    figures: Figures,
    total: Change,
    shares: list[Share],
    *,
    exact: bool,
    needed: Sequence[frozenset[str]],
) -> Attribution:
    """Put the answer together, what helped most first."""
    better = 1 if figures.metric.greater_is_better else -1
    notes = list(figures.notes)
    if not exact:
        notes.append(f"{len(moved.groups)} groups: the shares are averages over {2 * PAIRS} orders drawn at random")
    if shares and not any(share.effect.verdict in ("gain", "loss") for share in shares):
        notes.append("each share is below the noise: nothing here can be named as what moved the figure")
    if len(shares) > 1:
        notes.append(f"the intervals of the {len(shares)} shares hold together at 95 % (Bonferroni)")
    return Attribution(
        a=moved.a.name,
        b=moved.b.name,
        metric=figures.metric.name,
        by=by,
        total=total,
        shares=tuple(sorted(shares, key=lambda share: -better * share.effect.change)),
        test_labels=figures.test_labels,
        test_rows=figures.test_rows,
        figures=len(needed),
        exact=exact,
        notes=tuple(notes),
    )
