"""The figure of a dataset with some groups of changes made, as scores per seed and test row."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from workbench import execution
from workbench.attribution.groups import Moves
from workbench.attribution.shapley import Floats
from workbench.compare.comparing import changed_rows, labels_of, learnt_alike, row_scores_of
from workbench.compare.labels import newest_labels
from workbench.compare.parts import Side
from workbench.errors import Cancelled, DataError, UnknownName, UsageError
from workbench.evaluation import evaluate, read_predictions
from workbench.impact import NO_CHANGE, Change, paired
from workbench.impact.intervals import LEVEL
from workbench.lake import Lake
from workbench.metrics import METRICS, Metric, means_over_rows, metrics_of
from workbench.progress import Progress

Subset = frozenset[str]

MOST_FITS, LEAST_SEEDS = 320, 5
"""Where all states together would take more fits, each figure stands on fewer seeds than usual, down to so many."""


class Figures:
    """Figures of the states between two versions, each evaluated once.

    All are scored on the test rows that both versions have, under the newest published labels of these rows: what a
    state does to test labels has no part in its figure.

    Parameters
    ----------
    moved : Moves
        The changes.
    metric : str or None
        As in :func:`workbench.attribution.attribute`.
    schema_types : mapping or None
        As in :func:`workbench.compare.compare`.
    states : int
        How many are to be evaluated, as far as that is known.
    progress : Progress
        Told of the fits of both versions, which are evaluated at once: where they cannot be compared, that is the
        error to tell.
    """

    def __init__(
        self,
        lake: Lake,
        moved: Moves,
        *,
        metric: str | None,
        schema_types: Mapping[str, str] | None,
        states: int = 1,
        progress: Progress,
    ) -> None:
        if moved.a.definition.model != moved.b.definition.model or moved.a.definition.label != moved.b.definition.label:
            raise UsageError(
                f"{moved.a.name} and {moved.b.name} differ in their model or label, so their figures say nothing.",
                hint="Choose versions that have the same.",
            )
        self.metric = _metric(metric, moved.b.definition.task)
        self.everything = frozenset(group.name for group in moved.groups)
        self._lake = lake
        self._moved = moved
        self._types = schema_types
        usual = lake.settings.seeds
        self._seeds = min(usual, max(LEAST_SEEDS, MOST_FITS // states))
        self._lock = threading.Lock()
        self._sides: dict[Subset, Side] = {}
        self._scored: dict[Subset, Floats] = {}
        first, last = self._side(frozenset(), progress), self._side(self.everything, progress)
        both = [key for key in first.kept.row_key if key in last.place]
        self._newest = newest_labels(lake, moved.state(lake, self.everything), both, types=schema_types)
        self._shared, self._labels, _ = labels_of(both, first, last, self._newest)
        if not self._shared:
            raise DataError(
                f"{moved.a.name} and {moved.b.name} share no test row with a label.",
                hint="Choose versions between which the test rows were not replaced.",
            )
        said = [f"{side.found.state}: {note}" for side in (first, last) for note in side.found.notes]
        if self._seeds < usual:
            said.append(
                f"these figures stand on {self._seeds} of the usual {usual} seeds, since there are {states} states to "
                "fit: the total may differ a little from that of the comparison"
            )
        self.notes = tuple(dict.fromkeys(said))

    def ask(self, subsets: Sequence[Subset], progress: Progress) -> None:
        """Evaluate states, as many at once as there are cores: a fit uses one."""
        stage = f"figures between {self._moved.a.name} and {self._moved.b.name}"
        progress(stage, 0, len(subsets))
        stopped = threading.Event()

        def told(stage: str, done: int, total: int) -> None:
            if stopped.is_set():
                raise Cancelled(f"{stage} was cancelled.")

        with ThreadPoolExecutor(execution.count_of(self._lake.settings.workers)) as pool:
            waiting = [pool.submit(self._side, subset, told) for subset in subsets]
            try:
                for done, each in enumerate(waiting):
                    while not wait([each], timeout=execution.TICK).done:
                        progress(stage, done, len(subsets))
                    each.result()
                    progress(stage, done + 1, len(subsets))
            except BaseException:
                stopped.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _side(self, subset: Subset, progress: Progress) -> Side:
        """Evaluate a state, unless that was done; safe from several threads."""
        with self._lock:
            known = self._sides.get(subset)
        if known is not None:
            return known
        view = self._moved.state(self._lake, subset)
        found = evaluate(self._lake, view, schema_types=self._types, seeds=self._seeds, progress=progress)
        side = Side.of(found, read_predictions(self._lake, found.id))
        with self._lock:
            self._sides[subset] = side
        return side

    @property
    def asked(self) -> int:
        """States that were evaluated."""
        return len(self._sides)

    @property
    def test_labels(self) -> str:
        """Name of the version whose test labels count."""
        return self._newest.version

    @property
    def test_rows(self) -> int:
        """Test rows that count."""
        return len(self._shared)

    def worth(self, subset: Subset) -> Floats:
        """Return the scores of a state that was evaluated, shape (n_seeds, n_rows)."""
        if subset not in self._scored:
            self._scored[subset] = row_scores_of(
                self._sides[subset], self._shared, self._labels, self._newest, self.metric
            )
        return self._scored[subset]

    def effect(self, before: Subset, after: Subset, *, level: float = LEVEL) -> Change:
        """Compare two states that were evaluated, by an interval of some level."""
        if self._same_inputs(before, after):
            return NO_CHANGE
        better, span = self.metric.greater_is_better, self.metric.span
        return paired(self.worth(before), self.worth(after), greater_is_better=better, span=span, level=level)

    def is_idle(self, name: str, asked: Sequence[Subset]) -> bool:
        """Tell whether a group changes nothing that a model learns or is asked, whatever else was changed."""
        known = set(asked)
        both = [(subset - {name}, subset) for subset in asked if name in subset and subset - {name} in known]
        return all(self._same_inputs(before, after) for before, after in both)

    def _same_inputs(self, one: Subset, other: Subset) -> bool:
        """Tell whether the models of two states learn the same and are asked the same."""
        a, b = self._sides[one], self._sides[other]
        return learnt_alike(a, b) and not changed_rows(a, b, self._shared)


def _metric(name: str | None, task: str) -> Metric:
    """Find the metric, which must be a mean over rows: only then is a share of it one, too."""
    fitting = means_over_rows(task)
    if name is None:
        return fitting[0]
    found = METRICS.get(name)
    if found is None or found.task != task:
        raise UnknownName("metric", name, [metric.name for metric in metrics_of(task)], where=task)
    if found not in fitting:
        raise UsageError(
            f"{name} is no mean over rows, so it cannot be shared out.",
            hint=f"Use {' or '.join(metric.name for metric in fitting)}.",
        )
    return found
