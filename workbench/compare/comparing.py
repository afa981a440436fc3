"""Compare two versions under the same test labels, on the test rows that both have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from workbench.compare.effects import Scored
from workbench.compare.labels import NewestLabels, newest_labels, renamed, said_of
from workbench.compare.parts import Floats, Side, attribute
from workbench.compare.records import Comparison
from workbench.compare.slices import said_of_slices, slices_of
from workbench.errors import DataError, UnknownName, UsageError
from workbench.evaluation import Evaluation, evaluate, read_predictions
from workbench.evaluation.crossing import ask_about
from workbench.evaluation.evaluate import RESAMPLED
from workbench.evaluation.fitting import series_of
from workbench.evaluation.reading import trained_on
from workbench.evaluation.scores import aligned
from workbench.impact import together
from workbench.impact.intervals import LEVEL
from workbench.lake import Lake, View
from workbench.metrics import METRICS, Metric, metrics_of
from workbench.progress import Progress, silent

FEW_ROWS = 10
"""Below so many shared test rows a comparison says how little that is."""


def compare(
    lake: Lake,
    a: View,
    b: View,
    *,
    metric: str | None = None,
    schema_types: Mapping[str, str] | None = None,
    seeds: int | None = None,
    max_train_rows: int | None = None,
    slices: bool = False,
    level: float = LEVEL,
    resample: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Say whether version b serves the fixed model better than version a, and what made the difference.

    Both are scored on the test rows that both have, under the newest published labels of these rows, so that a test
    label corrected since then changes neither the one nor the other alone. A row that has left since then counts by b's
    label. What was evaluated before is not fitted again.

    Parameters
    ----------
    lake : Lake
        Where the versions and their evaluations are.
    a, b : View
        Versions or drafts of one dataset, with the same label and the same model.
    metric : str, optional
        What the verdict is about; default: accuracy or, in regression, r2.
    schema_types : mapping, optional
        Column name → DuckDB type, from the dataset's schema; both versions are read by it.
    seeds, max_train_rows, progress
        As in :func:`workbench.evaluation.evaluate`.
    slices : bool
        Look at slices of the test rows, too.
    level : float
        Of the intervals; above 95 % where several versions are compared: :func:`workbench.iterations.compare_many`.
    resample : int
        Fit each version on so many bootstrap samples of its train rows (2 or more; :data:`workbench.evaluation.SAMPLES`
        are usual), in place of ``seeds``: the answer is then about train rows like these, not about these very ones.

    Raises
    ------
    UsageError
        Two datasets, two label columns, two tasks or two models: their figures cannot be compared. Or seeds and samples
        at once.
    UnknownName
        The task has no such metric.
    DataError
        The versions share no test row that has a label, or one of them cannot be evaluated.
    ModelError
        The model fails.
    """
    if resample and seeds is not None:
        raise UsageError(
            "Seeds and samples are two ways to fit, and a comparison takes one.", hint="Leave one of them out."
        )
    fits, resampled = resample or seeds, resample != 0
    _require_alike(a, b, seeds=fits, max_train_rows=max_train_rows)
    measured = _metric(metric, a)
    found_a, found_b = (
        evaluate(
            lake, view, schema_types=schema_types, seeds=fits, resampled=resampled, max_train_rows=max_train_rows,
            progress=progress,
        )
        for view in (a, b)
    )  # fmt: skip
    side_a = Side.of(found_a, read_predictions(lake, found_a.id))
    side_b = side_a if found_b.id == found_a.id else Side.of(found_b, read_predictions(lake, found_b.id))

    both = [key for key in side_a.kept.row_key if key in side_b.place]
    current = newest_labels(lake, b, both, types=schema_types)
    shared, labels, notes = labels_of(both, side_a, side_b, current)
    if not shared:
        raise DataError(
            f"{a.label} and {b.label} share no test row with a label, so nothing can be compared",
            hint="Compare versions between which the test rows were not replaced.",
        )
    changed = changed_rows(side_a, side_b, both)
    alike = learnt_alike(side_a, side_b) and not changed

    wanted, before, after, said = on_shared_rows(side_a, side_b, shared, labels, current)
    y, first = aligned(found_a.task, before[1], before[0], labels, wanted)
    second = aligned(found_b.task, after[1], after[0], labels, wanted)[1]
    scored = Scored(y, first, second, identical=alike, resampled=resampled)
    effects = {each.name: scored.by(each, level=level) for each in metrics_of(found_a.task)}

    def asked(row_keys: list[str]) -> Floats:
        return ask_about(
            lake, found_a, a, b, row_keys, schema_types=schema_types, max_train_rows=max_train_rows, progress=progress
        )

    parts = attribute(measured, side_a, side_b, changed=changed, asked=asked)
    main = effects[measured.name]
    cut = (
        slices_of(
            b, shared, y, (first, second), metric=measured, identical=alike, types=schema_types, level=level,
            resampled=resampled,
        )
        if slices
        else None
    )  # fmt: skip
    classes = [name for number, name in enumerate(wanted) if (y == number).any()]
    class_level = together(len(classes), level=level)
    per_class = scored.by_class(wanted, level=class_level)
    known = [*_published(found_a, found_b), *notes, *said, *_small(measured, y, first)]
    return Comparison(
        a=a.label,
        b=b.label,
        metric=measured.name,
        a_mean=main.a_mean,
        b_mean=main.b_mean,
        change=main.change,
        low=main.low,
        high=main.high,
        verdict=main.verdict,
        detectable=main.detectable,
        test_labels=current.version,
        test_rows=len(shared),
        parts=parts,
        a_published=found_a.metrics[measured.name].mean,
        b_published=found_b.metrics[measured.name].mean,
        comparable=found_a.comparable and found_b.comparable,
        metrics=effects,
        per_class=per_class,
        notes=tuple(dict.fromkeys([*known, *(said_of_slices(cut) if cut else [])])),
        slices=cut,
        rows_needed=main.rows_needed,
        seeds_needed=main.seeds_needed,
        noise_floor=main.noise_floor,
        level=level,
        per_class_level=class_level,
        resampled=resampled,
        fits=found_a.seeds,
        widening=main.widening,
    )


def _require_alike(a: View, b: View, *, seeds: int | None, max_train_rows: int | None) -> None:
    """Refuse what cannot be compared."""
    if a.dataset != b.dataset:
        raise UsageError(f"{a.label} and {b.label} are not comparable: they are versions of two datasets.")
    for what in ("label", "task", "key"):
        here, there = getattr(a.definition, what), getattr(b.definition, what)
        if here != there:
            if what == "key":
                here, there = (", ".join(key) or "none" for key in (here, there))
            raise UsageError(
                f"{a.label} and {b.label} are not comparable: their {what} is not the same ('{here}' and '{there}')."
            )
    marks = [series_of(view, "evaluation", fits=seeds, max_train_rows=max_train_rows).fingerprint for view in (a, b)]
    if marks[0] != marks[1]:
        raise UsageError(
            f"{a.label} and {b.label} are not comparable: they have different models ('{a.definition.model}' and "
            f"'{b.definition.model}').",
            hint="Compare versions that have the same model; a changed model starts a new series of figures.",
        )


def _metric(name: str | None, view: View) -> Metric:
    """Find the metric that the verdict is to be about."""
    known = metrics_of(view.definition.task)
    if name is None:
        return known[0]
    if METRICS.get(name) not in known:
        raise UnknownName("metric", name, [metric.name for metric in known], where=f"{view.definition.task}")
    return METRICS[name]


def labels_of(row_keys: list[str], a: Side, b: Side, current: NewestLabels) -> tuple[list[str], list[str], list[str]]:
    """Choose the label that each shared row is scored under; rows without one are left out."""
    newest = {key: current.labels.get(key, b.kept.label[b.place[key]]) for key in row_keys}
    shared = [key for key, label in newest.items() if label is not None]
    labels = [label for label in newest.values() if label is not None]
    gone, bare = sum(key not in current.labels for key in row_keys), len(row_keys) - len(shared)
    notes = [f"{gone:,} of the shared test rows are not in {current.version} and count by b's label"] if gone else []
    notes += [f"{bare:,} of the shared test rows have no label in {current.version} and do not count"] if bare else []
    only = [len(side.kept.row_key) - len(row_keys) for side in (a, b)]
    if any(only):
        notes.append(
            f"{len(row_keys):,} test rows are shared; {only[0]:,} are only in {a.found.state}, "
            f"{only[1]:,} only in {b.found.state}"
        )
    return shared, labels, notes


def learnt_alike(a: Side, b: Side) -> bool:
    """Tell whether the models of two sides learn from the same rows, read in the same way."""
    return trained_on(a.found.input_hash) == trained_on(b.found.input_hash)


def changed_rows(a: Side, b: Side, row_keys: list[str]) -> list[str]:
    """Name the shared rows whose features differ; all of them where the versions are read in different ways."""
    if a.found.input_hash.split("-")[0] != b.found.input_hash.split("-")[0]:
        return row_keys
    return [key for key in row_keys if a.kept.features[a.place[key]] != b.kept.features[b.place[key]]]


def on_shared_rows(
    a: Side, b: Side, shared: list[str], labels: list[str], current: NewestLabels
) -> tuple[list[str], tuple[list[str], Floats], tuple[list[str], Floats], list[str]]:
    """Bring both versions' predictions under the names of the newest labels."""
    named: list[tuple[list[str], Floats]] = []
    said: list[str] = []
    for side in (a, b):
        classes, names = named_by(side, shared, labels, current)
        said += said_of(side.found, names)
        named.append((classes, side.values[:, side.positions(shared)]))
    regression = a.found.task == "regression"
    wanted = [] if regression else sorted({*named[0][0], *named[1][0], *labels})
    return wanted, named[0], named[1], said


def named_by(
    side: Side, shared: list[str], labels: list[str], current: NewestLabels
) -> tuple[list[str], dict[str, str]]:
    """Return the classes that a side learns under the names of the newest labels, and which of them are renamed."""
    names = renamed(side.found.train_classes, side.labels(shared), labels, current.train_classes)
    return [names.get(name, name) for name in side.found.train_classes], names


def row_scores_of(side: Side, rows: list[str], labels: list[str], current: NewestLabels, metric: Metric) -> Floats:
    """Score a side's predictions under the newest labels, alike for every side that is asked about the same rows.

    Parameters
    ----------
    side : Side
        What was evaluated.
    rows : list of str
        Keys of test rows that the side has.
    labels : list of str
        The label that each row counts by.
    current : NewestLabels
        Where the labels come from, which names the classes.
    metric : Metric
        A mean over rows.

    Returns
    -------
    ndarray of shape (n_seeds, n_rows)
        The score of each row under each seed.
    """
    classes, _ = named_by(side, rows, labels, current)
    wanted = [] if side.found.task == "regression" else sorted({*classes, *labels})
    values = side.values[:, side.positions(rows)]
    return metric.row_scores(*aligned(side.found.task, values, classes, labels, wanted))


def _published(a: Evaluation, b: Evaluation) -> list[str]:
    """Repeat what must be known about each version's own figures."""
    notes = [
        f"{found.state} is not comparable as published: its own figure is under test labels that its train rows never "
        "have; under the newest test labels it is comparable"
        for found in (a, b)
        if not found.comparable
    ]
    samples = RESAMPLED.format(a.seeds)
    notes += [samples] if a.resampled else []
    return notes + [f"{found.state}: {note}" for found in (a, b) for note in found.notes if note != samples]


def _small(metric: Metric, y: npt.NDArray[np.float64], predictions: Floats) -> list[str]:
    """Say where there is too little to go by."""
    notes = [f"only {len(y)} shared test rows: the interval is a rough guess"] if len(y) < FEW_ROWS else []
    why = metric.why_undefined(y, predictions.shape[2] if predictions.ndim == 3 else 1)
    return [*notes, f"{metric.name} is undefined on the shared test rows: {why}"] if why else notes
