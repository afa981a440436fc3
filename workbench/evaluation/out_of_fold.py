"""What the fixed model thinks of each row without having learnt from it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import DataError, UsageError
from workbench.evaluation import store
from workbench.evaluation.fits import MadeFits, fit_all
from workbench.evaluation.fitting import (
    Floats,
    Series,
    all_answers,
    kept_answers,
    predictions_for,
    require_learnable,
    series_of,
    train_classes,
)
from workbench.evaluation.inputs import ModelInputs, count_cells, in_snapshot, is_published, read_hash, read_inputs
from workbench.evaluation.reading import reading_of
from workbench.evaluation.records import OutOfFold, Predictions
from workbench.evaluation.scores import among
from workbench.lake import Lake, Session, View, claimed
from workbench.models import FixedModel
from workbench.models.asking import Fit, Question, prepare
from workbench.progress import Progress, silent

_DEALT = 50
# Up to so many groups per fold a class is dealt out evenly; of larger classes each fold gets about its share anyhow.


def out_of_fold(
    lake: Lake,
    view: View,
    *,
    schema_types: Mapping[str, str] | None = None,
    folds: int = 5,
    max_train_rows: int | None = None,
    progress: Progress = silent,
) -> OutOfFold:
    """Predict every labelled row by a model that did not learn from it, or read what was predicted before.

    Train rows are predicted out of fold, by the model fitted on the other folds; validation and test rows by the model
    fitted on all train rows. Rows with equal features share a fold, which follows from the md5 of the features.

    Parameters
    ----------
    lake : Lake
        Where the result is kept.
    view : View
        The version or draft.
    schema_types : mapping, optional
        Column name → DuckDB type, from the dataset's schema; what will not cast is missing.
    folds : int
        At least 2; fewer are used where the train rows have fewer different features.
    max_train_rows : int, optional
        Train rows at most; above it a fixed sample by md5 of the key, and only its rows get probabilities. Default:
        the lake's setting.
    progress : Progress
        Told of each fit. The fits of a cancelled run are kept, and used by the next.

    Raises
    ------
    UsageError
        The dataset has no label column, or ``folds`` is below 2.
    DataError
        Too little to learn from: no train rows, one class, or all train rows equal.
    ModelError
        The model fails.
    """
    if folds < 2:
        raise UsageError(f"{folds} folds leave nothing to learn from.", hint="Ask for 2 or more; 5 are usual.")
    reading = reading_of(view, schema_types)
    series = series_of(view, "oof", fits=folds, max_train_rows=max_train_rows)
    if is_published(view):
        published = store.find_published(lake, "oof", view.dataset, view.version, series.fingerprint, reading.exactly)
        if published is not None:
            kept = store.read_predictions(lake, published["id"])
            return _shown(view, published, kept, dict(zip(kept.row_key, kept.rid, strict=True)))
    most = series.max_train_rows

    def read(session: Session) -> tuple[str, dict[str, Any] | ModelInputs, dict[str, int]]:
        hashed = read_hash(session, view, reading)
        name = store.name_of("oof", view.table, hashed, series.fingerprint)
        known = store.find(lake, name)
        if known is not None:
            return hashed, known, _identities(session, view, name)
        prepare(folds * count_cells(session, view, reading, max_train_rows=most), workers=lake.settings.workers)
        rows = read_inputs(session, view, reading, max_train_rows=most)
        return hashed, rows, dict(zip(rows.row_key, rows.rid, strict=True))

    hashed, found, rid = in_snapshot(view, read)
    name = store.name_of("oof", view.table, hashed, series.fingerprint)

    def learn(rows: ModelInputs) -> dict[str, Any]:
        require_learnable(rows, view, reading, test=False)
        asked = rows.labelled
        fold, notes = deal(rows, folds)
        made = MadeFits(lake, view.dataset, name)
        values = _predicted(lake, view, series, hashed, rows, fold, made, progress)
        said = {
            **{"kind": "oof", "id": name, "dataset": view.dataset, "version": view.version},
            **{"state": view.label, "input_hash": hashed, "fingerprint": series.fingerprint},
            **{"reading": reading.exactly, "train_classes": train_classes(rows, view)},
            **{"folds": int(fold.max()) + 1, "sampled": rows.sampled, "notes": [*rows.notes, *notes]},
        }
        return store.keep(lake, said, predictions_for(rows, asked, values[None, asked]), made=made)

    if isinstance(found, dict):
        known = found
    else:
        with claimed(lake, store.claim_of(name), wait=lambda said: progress(said, 0, 0)):
            known = store.find(lake, name) or learn(found)
    return _shown(view, known, store.read_predictions(lake, name), rid)


def deal(rows: ModelInputs, folds: int) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Deal the train rows into folds.

    A group (rows with equal features) goes to the fold that its md5 names, so that editing one row moves no other. The
    groups of a class too small for chance to spread it are dealt out in the order of their md5.

    Parameters
    ----------
    rows : ModelInputs
        With train rows.
    folds : int
        How many at most.

    Returns
    -------
    fold : ndarray of int, shape (n_rows,)
        -1 for rows of other lanes.
    notes : list of str
        What could not be had.

    Raises
    ------
    DataError
        All train rows have equal features.
    """
    train = rows.rows("train")
    groups: dict[str, list[str]] = {}
    for features, label in zip(rows.features[train], rows.label[train], strict=True):
        groups.setdefault(features, []).append(label)
    if len(groups) < 2:
        raise DataError(
            f"all {train.sum():,} train rows have the same features, so no fold can judge another",
            hint="Check which columns are features: key, label, split column and ignored columns are not.",
        )
    notes = []
    if len(groups) < folds:
        notes.append(
            f"{len(groups)} folds instead of {folds}: the train rows have only {len(groups)} different features"
        )
        folds = len(groups)
    by_class: dict[str, list[str]] = {}
    regression = rows.y.dtype != object
    for label, count in sorted(Counter(label for labels in groups.values() for label in set(labels)).items()):
        if count < folds and not regression:
            notes.append(
                f"class '{label}' has {count} different train rows, fewer than the {folds} folds: its probabilities "
                "say little"
            )
    for features, labels in sorted(groups.items()):
        # Contradicting duplicates count as the label that most of them have.
        label = "" if regression else max(sorted(set(labels)), key=labels.count)
        by_class.setdefault(label, []).append(features)
    fold_of: dict[str, int] = {}
    turn = itertools.cycle(range(folds))
    for _, members in sorted(by_class.items()):
        large = len(members) > _DEALT * folds
        fold_of.update((features, int(features[:15], 16) % folds if large else next(turn)) for features in members)
    fold = np.full(len(rows.rid), -1, dtype=np.int64)
    fold[train] = [fold_of[features] for features in rows.features[train]]
    return fold, notes


def _predicted(
    lake: Lake,
    view: View,
    series: Series,
    hashed: str,
    rows: ModelInputs,
    fold: npt.NDArray[np.int64],
    made: MadeFits,
    progress: Progress,
) -> Floats:
    """Predict all rows, shape (n_rows, n_train_classes), unless models that learnt the same did so before."""
    asked = rows.labelled
    kept = all_answers(kept_answers(lake, view, series, hashed, rows, asked), int(asked.sum()), 1)
    if kept is not None:
        values = np.zeros((len(rows.rid), max(1, len(train_classes(rows, view)))))
        values[asked] = kept[0]
        return values
    stage = f"out-of-fold predictions of {view.label}"
    workers, classes = lake.settings.workers, train_classes(rows, view)
    return predict_others(series.model, rows, fold, classes, stage=stage, workers=workers, made=made, progress=progress)


def predict_others(
    model: FixedModel,
    rows: ModelInputs,
    fold: npt.NDArray[np.int64],
    classes: tuple[str, ...],
    *,
    stage: str,
    workers: int,
    made: MadeFits | None = None,
    progress: Progress = silent,
) -> Floats:
    """Predict each labelled row by a model that did not learn from it.

    Parameters
    ----------
    model : FixedModel
        The recipe.
    rows : ModelInputs
        With train rows.
    fold : ndarray of int, shape (n_rows,)
        Of each train row, as :func:`deal` deals them.
    classes : tuple of str
        The classes among the train labels, sorted; none in regression.
    stage : str
        What ``progress`` is told.
    workers : int
        As in :func:`workbench.execution.run`.
    made : MadeFits, optional
        Keeps fits until the result is kept.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        In regression the last dimension has length 1; rows that were not predicted are 0.
    """
    values = np.zeros((len(rows.rid), max(1, len(classes))))
    train, others = rows.rows("train"), ~rows.rows("train") & rows.labelled
    steps = [(train & (fold != number), fold == number) for number in range(fold.max() + 1)]
    steps += [(train, others)] if others.any() else []
    fits = {}
    for number, (learnt, judged) in enumerate(steps):
        known = set(rows.y[learnt]) if classes else set()
        if len(known) == 1:
            # A model of rows that are all of one class is certain of that class.
            values[judged] = [float(name in known) for name in classes]
        else:
            fits[number] = Fit(0, learnt, judged)
    question = Question(model, rows.X, (rows.y,), rows.X, (classes,))
    certain = len(steps) - len(fits)
    found = fit_all(question, fits, workers=workers, made=made, stage=stage, progress=progress, before=certain)
    for number, predicted in found.items():
        values[steps[number][1]] = predicted
    return values


def _identities(session: Session, view: View, name: str) -> dict[str, int]:
    """Look up the identities that the predicted rows have in this version: a row may have left and come back."""
    return dict(
        session.rows(
            f"SELECT p.row_key, r._rid FROM {view.rows} r JOIN lake.workbench.predictions p "
            f"ON p.row_key = {view.key_json('r')} WHERE p.evaluation = ? AND NOT r._excluded",
            [name],
        )
    )


def _shown(view: View, known: dict[str, Any], kept: Predictions, rid: dict[str, int]) -> OutOfFold:
    """Put the kept predictions into the order and the classes that are shown."""
    identities = np.array([rid[key] for key in kept.row_key], dtype=np.int64)
    order = np.argsort(identities, kind="stable")
    learnt = tuple(known["train_classes"])
    classes = tuple(sorted({*learnt, *kept.label})) if learnt else ()
    values = kept.values[order]
    return OutOfFold(
        dataset=view.dataset,
        version=view.version,
        state=view.label,
        rid=identities[order],
        row_key=kept.row_key[order],
        lane=kept.lanes[order],
        label=kept.label[order],
        classes=classes,
        pred_probs=among(values, learnt, classes) if learnt else values,
        folds=known["folds"],
        sampled=known["sampled"],
        notes=tuple(known["notes"]),
        id=known["id"],
        input_hash=known["input_hash"],
        fingerprint=known["fingerprint"],
    )
