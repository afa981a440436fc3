"""Which part of what changed between two versions moved the model's figure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.attribution.groups import Group, Moves, moves
from workbench.attribution.shapley import Floats, orders, sampled, shapley, subsets
from workbench.attribution.worth import Figures
from workbench.impact import NO_CHANGE, Change, paired
from workbench.impact.intervals import LEVEL, spread, unseen
from workbench.lake import Lake, Version
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
    numbers = {name: getattr(effect, name) for name in ("change", "low", "high", "detectable")}
    return {name: float(n) if np.isfinite(n) else None for name, n in numbers.items()} | {"verdict": effect.verdict}


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
        figures = Figures(lake, moved, metric=metric, schema_types=schema_types)
        evaluate_all(figures, moved, needed, progress)
        total = figures.effect(frozenset(), frozenset(names))
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
            Share(group, NO_CHANGE if group.name in idle else _effect(*shares[group.name], level, figures))
            for group in moved.groups
        ]
        return _result(moved, by, figures, total, found, exact=drawn is None, needed=needed)


def _passed(drawn: Sequence[tuple[str, ...]]) -> list[frozenset[str]]:
    """List the subsets that orders pass through, each once."""
    return list(dict.fromkeys(frozenset(order[:place]) for order in drawn for place in range(len(order) + 1)))


def evaluate_all(figures: Figures, moved: Moves, needed: Sequence[frozenset[str]], progress: Progress) -> None:
    """Find the figure of each state, as many at once as there are cores: a fit uses one."""
    stage = f"figures between {moved.a.name} and {moved.b.name}"
    progress(stage, 0, len(needed))
    # Both ends first: where they cannot be evaluated or compared, that is the error to tell.
    for subset in (needed[0], needed[-1]):
        figures.ask(subset, progress)
    done = 0
    with figures.one_thread(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = [pool.submit(figures.ask, subset, silent) for subset in needed]
        try:
            for each in waiting:
                each.result()
                done += 1
                progress(stage, done, len(needed))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _pair_means(added: Floats) -> Floats:
    """Average what a group added in each order and its reverse, over seeds and rows: shape (n_pairs,)."""
    means = added.reshape(len(added), -1).mean(axis=1)
    return np.asarray((means[::2] + means[1::2]) / 2)


def together(many: int) -> float:
    """Return the level that each of many intervals needs if they are to hold together at 95 %.

    Bonferroni's inequality: Dunn 1961, "Multiple comparisons among means", Journal of the American Statistical
    Association 56, 52–64.
    """
    return 1 - (1 - LEVEL) / max(1, many)


def _effect(share: Floats, pairs: Floats | None, level: float, figures: Figures) -> Change:
    """Give a share its interval: that of a mean over rows and seeds, wider where orders were drawn."""
    if pairs is None:
        nothing = np.zeros_like(share)
        return paired(
            nothing, share, greater_is_better=figures.greater_is_better, span=figures.span, level=level
        )  # fmt: skip
    rows = float(share.mean(axis=0).var(ddof=1)) / share.shape[1] if share.shape[1] > 1 else np.inf
    drawn = float(pairs.var(ddof=1)) / len(pairs) if len(pairs) > 1 else np.inf
    n_rows = share.shape[1]
    found = spread(
        share.mean(axis=1), rows_variance=rows + drawn, n_rows=n_rows, largest=float(np.abs(share).max()),
        unseen=unseen(n_rows, figures.span or 0.0, level=level), level=level,
    )  # fmt: skip
    return found.as_change(figures.greater_is_better)


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
    better = 1 if figures.greater_is_better else -1
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
