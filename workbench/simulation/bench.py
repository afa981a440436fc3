"""The rows that a simulated review is about, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from workbench.errors import DataError, UsageError
from workbench.evaluation.fitting import Series, ask, require_learnable, series_of
from workbench.evaluation.inputs import ModelInputs, in_snapshot, read_inputs
from workbench.evaluation.reading import reading_of
from workbench.evaluation.scores import among
from workbench.impact import Change, difference
from workbench.iterations import schema_types
from workbench.lake import Lake, Version, View, view_of
from workbench.metrics import METRICS, encode
from workbench.progress import Progress
from workbench.ranking.signals import MAX_VALIDATION
from workbench.simulation.orders import Floats, Labels
from workbench.simulation.truth import Truth

_ACCURACY = METRICS["accuracy"]


@dataclass(frozen=True)
class Bench:
    """The rows of a version, and what is true of them.

    Attributes
    ----------
    view : View
        The version.
    series : Series
        Its model, and how many fits an accuracy is the mean of.
    train, validation, test : ModelInputs
        Labelled rows of each lane, with the labels that they have; validation rows are at most
        :data:`~workbench.ranking.signals.MAX_VALIDATION`, and test rows are those whose true label is known or
        presumed.
    true : ndarray of shape (n_train,)
        True labels of the train rows.
    judged : ndarray of shape (n_test,)
        True labels of the test rows.
    classes : tuple of str
        All labels that a train row has or should have, and those of test rows, sorted.
    notes : tuple of str
        What a reader of figures must know about the rows.
    """

    view: View
    series: Series
    train: ModelInputs = field(repr=False)
    validation: ModelInputs = field(repr=False)
    test: ModelInputs = field(repr=False)
    true: Labels = field(repr=False)
    judged: Labels = field(repr=False)
    classes: tuple[str, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    def predictions(self, labels: Labels, progress: Progress) -> Floats:
        """Fit on train rows with these labels; probabilities of the test rows, (n_fits, n_test, n_classes)."""
        now = replace(self.train, y=labels, label=labels)
        found = ask(self.series, self.view, now, self.test.X, stage="measuring", progress=progress)
        return among(found, sorted(set(labels)), self.classes)

    def accuracy(self, predictions: Floats) -> float:
        """Accuracy on the test rows, averaged over the fits."""
        y = encode(self.judged, self.classes)
        return float(np.mean([_ACCURACY.score(y, of_fit) for of_fit in predictions]))

    def change(self, before: Floats, after: Floats, *, identical: bool = False) -> Change:
        """What became of the accuracy from some predictions to others; ``identical``: of the same labels."""
        return difference(_ACCURACY, encode(self.judged, self.classes), before, after, identical=identical)


def read_bench(lake: Lake, version: Version, truth: Truth, *, fits: int, true_validation: bool) -> Bench:
    """Read the rows of a version, and put the truth beside them.

    Parameters
    ----------
    fits : int
        Fits behind each accuracy.
    true_validation : bool
        Give validation rows their true labels.

    Raises
    ------
    UsageError
        No label column, or a regression.
    DataError
        The truth does not know a train row, or there is too little to learn from or to score on.
    """
    view = view_of(lake, version)
    reading = reading_of(view, schema_types(lake, version))
    if reading.task == "regression":
        raise UsageError(
            f"The label of {view.label} is a number; a simulated reviewer corrects classes.",
            hint="Simulate review on a dataset whose task is classification.",
        )
    series = series_of(view, "evaluation", fits=fits, max_train_rows=None)
    most = series.max_train_rows
    rows = in_snapshot(view, lambda session: read_inputs(session, view, reading, max_train_rows=most, seeds=fits))
    require_learnable(rows, view, reading, test=False)
    known = np.array([not truth.complete or key in truth.labels for key in rows.row_key], dtype=bool)
    true = np.array([truth.labels.get(*pair) for pair in zip(rows.row_key, rows.label, strict=True)], dtype=object)
    labelled = np.array([label is not None for label in true], dtype=bool)
    train, test = rows.rows("train"), rows.rows("test") & labelled
    if (train & ~known).any():
        lacking = train & ~known
        raise DataError(
            f"it has no true label for {lacking.sum():,} of {train.sum():,} train rows, such as "
            f"{rows.row_key[lacking][0]}",
            source=truth.source,
            column=reading.label,
            hint="It must name every train row, or only wrong labels in the columns 'column' and 'new'.",
        )
    if test.sum() < 2:
        raise DataError(
            f"there are {test.sum()} test rows with a label; a figure needs 2 at least",
            source=view.label,
            column=reading.label,
            hint="Name test rows in the split column, or import more rows.",
        )
    strange = sorted(set(true[train]) - set(rows.label[rows.labelled]))
    if len(strange) == len(set(true[train])):
        raise DataError(
            f"no row of {view.label} has any of its labels: {', '.join(map(repr, strange[:5]))}",
            source=truth.source,
            column=reading.label,
            hint="It must write classes as the dataset does.",
        )
    judges = replace(rows, y=true, label=true) if true_validation else rows
    validation = np.flatnonzero(judges.rows("validation") & judges.labelled)
    if len(validation) > MAX_VALIDATION:
        validation = validation[np.linspace(0, len(validation) - 1, MAX_VALIDATION).astype(np.int64)]
    notes, lacking = list(rows.notes), test & ~known
    if strange:
        notes.append(f"the truth has labels that no row of {view.label} has: {', '.join(map(repr, strange[:5]))}")
    if lacking.any():
        notes.append(f"{lacking.sum():,} test rows are scored on the labels that they have: the truth lacks them")
    return Bench(
        view=view,
        series=series,
        train=rows.only(np.flatnonzero(train)),
        validation=judges.only(validation),
        test=rows.only(np.flatnonzero(test)),
        true=true[train],
        judged=true[test],
        classes=tuple(sorted({*rows.label[train], *true[train], *true[test]})),
        notes=tuple(notes),
    )
