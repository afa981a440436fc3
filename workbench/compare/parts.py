"""What moved the figure as published, taken apart one step after another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.compare.labels import renamed
from workbench.evaluation import Evaluation, Predictions
from workbench.evaluation.scores import aligned, mean_score
from workbench.metrics import Metric

Floats = npt.NDArray[np.float64]
PARTS = ("train rows", "test labels", "test features", "test membership")


@dataclass(frozen=True)
class Side:
    """One version in a comparison.

    Attributes
    ----------
    found : Evaluation
        Its figures.
    kept : Predictions
        Of all its test rows.
    values : ndarray of shape (n_seeds, n_rows, n_train_classes)
        The predictions.
    place : dict
        Row key → position among the rows.
    """

    found: Evaluation
    kept: Predictions
    values: Floats
    place: dict[str, int]

    @classmethod
    def of(cls, found: Evaluation, kept: Predictions) -> Side:
        """Put an evaluation and its predictions together."""
        place = {key: position for position, key in enumerate(kept.row_key)}
        return cls(found, kept, kept.by_seed(found.seeds), place)

    def positions(self, row_keys: list[str]) -> npt.NDArray[np.int64]:
        """Where rows are, shape (n_keys,)."""
        return np.array([self.place[key] for key in row_keys], dtype=np.int64)

    def labels(self, row_keys: list[str]) -> list[str]:
        """Return this version's labels of rows."""
        return [self.kept.label[self.place[key]] for key in row_keys]

    def labelled(self) -> list[str]:
        """Return the keys of the rows that have a label in this version."""
        return [key for key, label in zip(self.kept.row_key, self.kept.label, strict=True) if label is not None]


def attribute(
    metric: Metric, a: Side, b: Side, *, changed: list[str], asked: Callable[[list[str]], Floats]
) -> dict[str, float | None]:
    """Go from a's own figure to b's own, changing one thing at a time.

    The order is: test rows that only a has, test labels, test features, train rows, test rows that only b has. Each
    step's difference is its part; together they are the whole, whatever the order, but an interaction of two (a train
    row and a test label changed together) is counted where it shows first in this order.

    Parameters
    ----------
    metric : Metric
        What is measured.
    a, b : Side
        The versions.
    changed : list of str
        Keys of shared rows whose features differ.
    asked : callable
        Keys → predictions of a's models about these rows as they are in b, (n_seeds, n_keys, n_train_classes).

    Returns
    -------
    dict
        One of :data:`PARTS` → change of the metric, None where a step is undefined.
    """
    in_b = set(b.labelled())
    shared = [key for key in a.labelled() if key in in_b]
    theirs, differing = b.labels(shared), set(changed)
    values = a.values[:, a.positions(shared)]
    moved = values
    places = [place for place, key in enumerate(shared) if key in differing]
    if places:
        moved = values.copy()
        moved[:, places] = asked([shared[place] for place in places])
    steps = [
        _own(metric, a, a.labelled()),
        _own(metric, a, shared),
        _under(metric, a, values, shared, theirs, b),
        _under(metric, a, moved, shared, theirs, b),
        _own(metric, b, shared),
        _own(metric, b, b.labelled()),
    ]
    left, labels, features, train, joined = (after - before for before, after in zip(steps, steps[1:], strict=False))
    parts = dict(zip(PARTS, (train, labels, features, left + joined), strict=True))
    return {name: part if math.isfinite(part) else None for name, part in parts.items()}


def _own(metric: Metric, side: Side, row_keys: list[str]) -> float:
    """Score a version on some of its rows under its own labels."""
    return _under(metric, side, side.values[:, side.positions(row_keys)], row_keys, side.labels(row_keys), side)


def _under(metric: Metric, side: Side, values: Floats, row_keys: list[str], labels: list[str], other: Side) -> float:
    """Score a version's predictions under the labels of another version, reading renamed classes by their new name."""
    learnt = side.found.train_classes
    names = renamed(learnt, side.labels(row_keys), labels, frozenset(other.found.train_classes))
    classes = [names.get(name, name) for name in learnt]
    y, predictions = aligned(side.found.task, values, classes, labels, sorted({*classes, *labels}))
    return mean_score(metric, y, predictions)
