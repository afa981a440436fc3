"""Evaluations scored on the same test rows, under the newest published labels of these rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.compare.comparing import row_scores_of
from workbench.compare.labels import newest_labels
from workbench.compare.parts import Floats, Side
from workbench.errors import DataError
from workbench.evaluation import Evaluation, read_predictions
from workbench.impact import interval
from workbench.lake import Lake, View
from workbench.metrics import Metric
from workbench.outlook.records import Point
from workbench.progress import Progress, silent


@dataclass(frozen=True)
class Scored:
    """Scores of some evaluations.

    Attributes
    ----------
    scores : tuple of ndarray of shape (n_seeds, n_rows)
        Of each evaluation.
    test_rows : int
        Rows that all of them have, with a label.
    test_labels : str
        The version whose labels count.
    """

    scores: tuple[Floats, ...]
    test_rows: int
    test_labels: str


def scored(
    lake: Lake,
    found: Sequence[Evaluation],
    newest: View,
    metric: Metric,
    *,
    types: Mapping[str, str] | None,
    progress: Progress = silent,
) -> Scored:
    """Score evaluations of one dataset alike, without fitting anything.

    A row that the newest version lacks counts by the last evaluation's label.

    Raises
    ------
    DataError
        They share fewer than two test rows with a label.
    """
    known: dict[str, Side] = {}
    for place, each in enumerate(found):
        progress("reading predictions", place, len(found))
        if each.id not in known:
            known[each.id] = Side.of(each, read_predictions(lake, each.id))
    last = known[found[-1].id]
    shared = [key for key in last.kept.row_key if all(key in side.place for side in known.values())]
    current = newest_labels(lake, newest, shared, types=types)
    told = {key: current.labels.get(key, last.kept.label[last.place[key]]) for key in shared}
    rows = [key for key, label in told.items() if label is not None]
    labels = [label for label in told.values() if label is not None]
    if len(rows) < 2:
        states = list(dict.fromkeys(each.state for each in found))
        raise DataError(
            f"{states[0]} to {states[-1]} share {len(rows) or 'no'} test row with a label, so their figures lie on no "
            "curve",
            hint="Measure versions between which the test rows were not replaced.",
        )
    scores = {name: row_scores_of(side, rows, labels, current, metric) for name, side in known.items()}
    return Scored(tuple(scores[each.id] for each in found), len(rows), current.version)


def point(name: str, n: int, scores: Floats, metric: Metric) -> Point:
    """Lay out a figure with its interval, within the metric's bounds."""
    found = interval(scores, span=metric.span)
    low, high = max(found.low, metric.bounds[0]), min(found.high, metric.bounds[1])
    return Point(name, n, found.mean, low, high)
