"""The figure of a dataset with some groups of changes made, as scores per seed and test row."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.attribution.groups import Moves
from workbench.attribution.shapley import Floats
from workbench.compare.labels import NewestLabels, newest_labels, renamed
from workbench.compare.parts import Side
from workbench.errors import DataError, UnknownName, UsageError
from workbench.evaluation import evaluate, read_predictions
from workbench.evaluation.reading import trained_on
from workbench.evaluation.scores import aligned
from workbench.impact import NO_CHANGE, Change, paired
from workbench.impact.intervals import LEVEL
from workbench.lake import Lake
from workbench.metrics import METRICS, Metric, metrics_of
from workbench.models import one_thread
from workbench.progress import Progress

Subset = frozenset[str]


class Figures:
    """Figures of the states between two versions, each evaluated once.

    All are scored on the test rows that every state has, under the newest published labels of these rows: what a state
    does to test labels has no part in its figure.

    Parameters
    ----------
    moved : Moves
        The changes.
    metric : str or None
        As in :func:`workbench.attribution.attribute`.
    schema_types : mapping or None
        As in :func:`workbench.compare.compare`.
    """

    one_thread = staticmethod(one_thread)

    def __init__(self, lake: Lake, moved: Moves, *, metric: str | None, schema_types: Mapping[str, str] | None) -> None:
        self._lake = lake
        self._moved = moved
        self._types = schema_types
        self._sides: dict[Subset, Side] = {}
        self._lock = threading.Lock()
        self.metric = _metric(metric, moved.b.definition.task)
        self.greater_is_better = self.metric.greater_is_better
        if moved.a.definition.model != moved.b.definition.model or moved.a.definition.label != moved.b.definition.label:
            raise UsageError(
                f"{moved.a.name} and {moved.b.name} differ in their model or label, so their figures say nothing.",
                hint="Choose versions that have the same.",
            )

    def ask(self, subset: Subset, progress: Progress) -> None:
        """Evaluate a state, unless that was done; safe from several threads."""
        with self._lock:
            if subset in self._sides:
                return
        view = self._moved.state(self._lake, subset)
        found = evaluate(self._lake, view, schema_types=self._types, progress=progress)
        side = Side.of(found, read_predictions(self._lake, found.id))
        with self._lock:
            self._sides[subset] = side
            for derived in ("_both", "_by_key", "_shared", "_labels", "_wanted", "_scored", "_newest"):
                self.__dict__.pop(derived, None)

    @property
    def asked(self) -> int:
        """States that were evaluated."""
        return len(self._sides)

    def worth(self, subset: Subset) -> Floats:
        """Return the scores of a state that was evaluated, shape (n_seeds, n_rows)."""
        if subset not in self._scored:
            side = self._sides[subset]
            classes = self._classes(side)
            y, predictions = aligned(
                side.found.task, side.values[:, side.positions(self._shared)], classes, self._labels, self._wanted
            )
            assert self.metric.row_score is not None
            self._scored[subset] = np.stack([self.metric.row_score(y, of_seed) for of_seed in predictions])
        return self._scored[subset]

    def effect(self, before: Subset, after: Subset, *, level: float = LEVEL) -> Change:
        """Compare two states that were evaluated, by an interval of some level."""
        if self.same_inputs(before, after):
            return NO_CHANGE
        better = self.greater_is_better
        return paired(self.worth(before), self.worth(after), greater_is_better=better, span=self.span, level=level)

    def same_inputs(self, one: Subset, other: Subset) -> bool:
        """Tell whether the models of two states learn the same and are asked the same."""
        a, b = self._sides[one], self._sides[other]
        return trained_on(a.found.input_hash) == trained_on(b.found.input_hash) and all(
            a.kept.features[a.place[key]] == b.kept.features[b.place[key]] for key in self._shared
        )

    def is_idle(self, name: str, needed: Sequence[Subset]) -> bool:
        """Tell whether a group changes nothing that a model learns or is asked, whatever else was changed."""
        known = set(needed)
        both = [(subset - {name}, subset) for subset in needed if name in subset and subset - {name} in known]
        return all(self.same_inputs(before, after) for before, after in both)

    @property
    def test_labels(self) -> str:
        """Name of the version whose test labels count."""
        return self._newest.version

    @property
    def test_rows(self) -> int:
        """Test rows that count."""
        return len(self._shared)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the evaluations of both versions say of themselves."""
        ends = [side.found for side in self._sides.values() if " + " not in side.found.state]
        return tuple(dict.fromkeys(f"{found.state}: {note}" for found in ends for note in found.notes))

    @cached_property
    def _scored(self) -> dict[Subset, Floats]:
        return {}

    @cached_property
    def _both(self) -> list[str]:
        """Keys of the test rows that every state has."""
        sides = list(self._sides.values())
        return [key for key in sides[0].kept.row_key if all(key in side.place for side in sides[1:])]

    @cached_property
    def _newest(self) -> NewestLabels:
        return newest_labels(self._lake, self._moved.state(self._lake, self._all), self._both, types=self._types)

    @cached_property
    def _all(self) -> Subset:
        return frozenset(group.name for group in self._moved.groups)

    @cached_property
    def _by_key(self) -> dict[str, str]:
        """The label that each row is scored under; where a row has left since, version b's."""
        last = self._sides[self._all]
        labels: dict[str, Any] = {
            key: self._newest.labels.get(key, last.kept.label[last.place[key]]) for key in self._both
        }
        found = {key: label for key, label in labels.items() if label is not None}
        if not found:
            raise DataError(
                f"{self._moved.a.name} and {self._moved.b.name} share no test row with a label.",
                hint="Choose versions between which the test rows were not replaced.",
            )
        return found

    @cached_property
    def _shared(self) -> list[str]:
        return list(self._by_key)

    @cached_property
    def _labels(self) -> list[str]:
        return list(self._by_key.values())

    def _classes(self, side: Side) -> list[str]:
        """Return a state's classes under the names that the newest labels have for them."""
        own = [side.kept.label[side.place[key]] for key in self._shared]
        names = renamed(side.found.train_classes, own, self._labels, self._newest.train_classes)
        return [names.get(name, name) for name in side.found.train_classes]

    @cached_property
    def _wanted(self) -> list[str]:
        if self._moved.b.definition.task == "regression":
            return []
        return sorted({*self._labels, *(name for side in self._sides.values() for name in self._classes(side))})

    @property
    def span(self) -> float | None:
        """The most by which two rows' scores can differ, where there is a most."""
        width = self.metric.bounds[1] - self.metric.bounds[0]
        return width if np.isfinite(width) else None


def _metric(name: str | None, task: str) -> Metric:
    """Find the metric, which must be a mean over rows: only then is a share of it one, too."""
    fitting = [metric for metric in metrics_of(task) if metric.row_score is not None]
    if name is None:
        return fitting[0]
    found = METRICS.get(name)
    if found not in metrics_of(task):
        raise UnknownName("metric", name, [metric.name for metric in metrics_of(task)], where=task)
    if found not in fitting:
        raise UsageError(
            f"{name} is no mean over rows, so it cannot be shared out.",
            hint=f"Use {' or '.join(metric.name for metric in fitting)}.",
        )
    return found
