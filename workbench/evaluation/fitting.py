"""Fits of the fixed model on one version's train rows, made only where no answer of an equal model is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.errors import DataError
from workbench.evaluation import store
from workbench.evaluation.bootstrap import drawn_rows, enough
from workbench.evaluation.fits import MadeFits, fit_all, work_of
from workbench.evaluation.inputs import MAX_PREDICTIONS, MAX_TEST_ROWS, ModelInputs
from workbench.evaluation.reading import Reading, trained_on
from workbench.evaluation.records import Predictions
from workbench.lake import Lake, View
from workbench.models import FixedModel, load_model
from workbench.models.asking import Fit, Question
from workbench.progress import Progress
from workbench.provenance import code_folders, package_sources

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

_SOURCES = (
    "evaluation.bootstrap", "evaluation.crossing", "evaluation.fitting", "evaluation.inputs", "evaluation.out_of_fold",
    "evaluation.reading", "evaluation.scores", "lake.values", "metrics", "models.__init__", "models.columns",
)  # fmt: skip
# Where figures come from in this package: part of every fingerprint.


@dataclass(frozen=True)
class Series:
    """What must be equal for figures to be comparable.

    Attributes
    ----------
    model : FixedModel
        The recipe.
    kind : {"evaluation", "cross", "oof"}
        What is fitted.
    fits : int
        Seeds of an evaluation, or its bootstrap samples; folds of out-of-fold predictions.
    max_train_rows : int
        The cap.
    resampled : bool
        Whether each fit learns from a bootstrap sample of the train rows.
    """

    model: FixedModel
    kind: store.Kind
    fits: int
    max_train_rows: int
    resampled: bool = False

    @cached_property
    def fingerprint(self) -> str:
        """Covers all of it, the caps on test rows and the code that makes figures; 64 hexadecimal digits."""
        content = [package_sources(*_SOURCES), self.kind, self.model.fingerprint, self.fits, self.max_train_rows]
        content += [MAX_TEST_ROWS, MAX_PREDICTIONS, *(["bootstrap"] if self.resampled else [])]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def series_of(
    view: View, kind: store.Kind, *, fits: int | None, max_train_rows: int | None, resampled: bool = False
) -> Series:
    """Settle how a version is to be evaluated; where ``fits`` or the cap is None, the lake's settings say it.

    Raises
    ------
    UnknownName, ModelError
        As :func:`workbench.models.load_model`.
    """
    folders = code_folders(view.lake.settings, view.lake.url)
    model = load_model(view.definition.model, view.definition.task, folders=folders)
    settings = view.lake.settings
    cap = settings.max_train_rows if max_train_rows is None else max_train_rows
    return Series(model, kind, settings.seeds if fits is None else fits, cap, resampled)


def ask(
    series: Series,
    view: View,
    rows: ModelInputs,
    X: pd.DataFrame,
    *,
    stage: str,
    progress: Progress,
    known: Floats | None = None,
    made: MadeFits | None = None,
) -> Floats:
    """Fit the model once per seed on a version's train rows, and ask each fit about some rows.

    Parameters
    ----------
    view : View
        The version that the models learn from.
    rows : ModelInputs
        With its train rows.
    X : DataFrame of shape (n_asked, n_features)
        What to ask about.
    stage : str
        What ``progress`` is told.
    known : ndarray of shape (n_known, n_asked, n_train_classes), optional
        Answers of the first seeds, which are not asked for again.
    made : MadeFits, optional
        Keeps fits until the result is kept.

    Returns
    -------
    ndarray of shape (n_seeds, n_asked, n_train_classes)
        In regression the last dimension has length 1.
    """
    first = 0 if known is None else len(known)
    fits = {seed: Fit(seed, fitted_rows(rows, seed)) for seed in range(first, series.fits)}
    question = Question(series.model, rows.X, (rows.y,), X, (train_classes(rows, view),))
    workers = view.lake.settings.workers
    found = fit_all(question, fits, workers=workers, made=made, stage=stage, progress=progress, before=first)
    fresh = np.stack([found[seed] for seed in fits])
    return fresh if known is None else np.concatenate([known, fresh])


def made_fits(lake: Lake, view: View, series: Series, hashed: str, features: npt.NDArray[np.object_]) -> MadeFits:
    """Find the fits of an evaluation that was not finished, whatever its number of seeds.

    Parameters
    ----------
    view, series, hashed
        As in :func:`kept_answers`.
    features : ndarray of shape (n_asked,)
        md5 of the features of each row asked about.
    """
    work = work_of(view.dataset, replace(series, fits=0).fingerprint, trained_on(hashed), features)
    return MadeFits(lake, view.dataset, work)


def predictions_for(rows: ModelInputs, asked: npt.NDArray[np.bool_], values: Floats) -> Predictions:
    """Put predictions of shape (n_seeds, n_asked, n_numbers) beside the rows that they are of."""
    return Predictions(
        rid=rows.rid[asked],
        row_key=rows.row_key[asked],
        lanes=rows.lanes[asked],
        label=rows.label[asked],
        features=rows.features[asked],
        values=values.transpose(1, 0, 2).reshape(values.shape[1], -1),
    )


def learnt_rows(rows: ModelInputs, seed: int) -> npt.NDArray[np.bool_]:
    """Which rows a seed learns from, shape (n_rows,)."""
    train = rows.rows("train")
    learnt: npt.NDArray[np.bool_] = train & ~rows.left_out[:, seed]
    return learnt if enough(rows.y[learnt]) else train


def keeps_all(rows: ModelInputs, seed: int) -> bool:
    """Tell whether a seed learns from all train rows because it would have too little otherwise."""
    if rows.drawn is not None:
        return not enough(rows.y[rows.rows("train") & (rows.drawn[:, seed] > 0)])
    return bool((learnt_rows(rows, seed) & rows.left_out[:, seed]).any())


def fitted_rows(rows: ModelInputs, seed: int) -> npt.NDArray[np.bool_] | npt.NDArray[np.intp]:
    """Which rows a seed is fitted on: a mask, or the positions of a bootstrap sample."""
    if rows.drawn is None:
        return learnt_rows(rows, seed)
    return drawn_rows(rows.drawn[:, seed], rows.rows("train"), rows.y)


def train_classes(rows: ModelInputs, view: View) -> tuple[str, ...]:
    """Name the classes among the train labels, sorted; none in regression."""
    return () if view.definition.task == "regression" else tuple(sorted(set(rows.y[rows.rows("train")])))


def require_learnable(rows: ModelInputs, view: View, reading: Reading, *, test: bool = True) -> None:
    """Refuse rows that no model can learn from or be scored on.

    Raises
    ------
    DataError
        No train rows, fewer than two test rows, one class, or nearly as many classes as train rows.
    """
    split = view.definition.split_column
    mend = f"Check the lanes in column '{split}'" if split else "Import more rows"
    mend += f", fill in '{reading.label}', or bring excluded rows back."
    kind = "label" if reading.task == "classification" else "label that is a number"
    train = rows.taken("train")
    if not train:
        raise DataError(f"there are no train rows with a {kind}", source=view.label, column=reading.label, hint=mend)
    if test and rows.taken("test") < 2:
        few = f"there are {rows.taken('test')} test rows with a {kind}; a figure needs 2 at least"
        raise DataError(few, source=view.label, column=reading.label, hint=mend)
    if reading.task == "regression":
        return
    classes = train_classes(rows, view)
    if len(classes) == 1:
        raise DataError(
            f"all {train:,} train rows have the label '{classes[0]}'; a model needs two classes to tell apart",
            source=view.label,
            column=reading.label,
            hint="Check which column is the label, or add rows of another class.",
        )
    if len(classes) > max(100, train / 2):
        raise DataError(
            f"the {train:,} train rows have {len(classes):,} different labels, too many to learn from",
            source=view.label,
            column=reading.label,
            hint="Check which column is the label; a number to predict is the task 'regression'.",
        )


def kept_answers(
    lake: Lake, view: View, series: Series, hashed: str, rows: ModelInputs, asked: npt.NDArray[np.bool_]
) -> dict[int, Floats]:
    """Collect kept answers of models that learnt the same.

    Parameters
    ----------
    view : View
        The version that the models learn from.
    hashed : str
        Its input hash.
    rows : ModelInputs
        Rows of this or of another version.
    asked : ndarray of bool, shape (n_rows,)
        Which of them to ask about.

    Returns
    -------
    dict
        Position among the rows asked about → predictions of shape (n_numbers,) as they were kept. Positions without
        an answer are not in it.
    """
    names = zip(rows.lanes[asked], rows.row_key[asked], rows.features[asked], strict=True)
    positions = {name: position for position, name in enumerate(names)}
    answers: dict[int, Floats] = {}
    for fits in [series.fits, *_other_fits(lake, view, series, hashed)]:
        if fits < series.fits:
            continue
        fingerprint = replace(series, fits=fits).fingerprint
        for evaluation in store.same_models(lake, view.dataset, fingerprint, trained_on(hashed)):
            if len(answers) == len(positions):
                return answers
            kept = store.read_predictions(lake, evaluation)
            # Seed by seed: those of fewer seeds come first.
            first = kept.values if fits == series.fits else kept.values[:, : kept.values.shape[1] // fits * series.fits]
            for name, values in zip(zip(kept.lanes, kept.row_key, kept.features, strict=True), first, strict=True):
                position = positions.get(name)
                if position is not None:
                    answers.setdefault(position, values)
    return answers


def all_answers(answers: dict[int, Floats], count: int, fits: int) -> Floats | None:
    """Stack answers to (n_fits, n_asked, n_train_classes), or None where one of ``count`` is lacking."""
    if len(answers) < count:
        return None
    stacked = np.stack([answers[position] for position in range(count)])
    return stacked.reshape(count, fits, -1).transpose(1, 0, 2)


def known_answers(
    lake: Lake, view: View, series: Series, hashed: str, rows: ModelInputs, asked: npt.NDArray[np.bool_]
) -> Floats | None:
    """Return the kept answers of as many of the first seeds as have one for every row, or None.

    Parameters
    ----------
    view, series, hashed, rows, asked
        As in :func:`kept_answers`.

    Returns
    -------
    ndarray of shape (n_known, n_asked, n_train_classes), or None
    """
    fewer = [fits for fits in _other_fits(lake, view, series, hashed) if fits < series.fits]
    for fits in [series.fits, *fewer]:
        answers = kept_answers(lake, view, replace(series, fits=fits), hashed, rows, asked)
        found = all_answers(answers, int(asked.sum()), fits)
        if found is not None:
            return found
    return None


def _other_fits(lake: Lake, view: View, series: Series, hashed: str) -> list[int]:
    """List other numbers of seeds under which models that learnt the same may have been asked, most first."""
    if series.kind != "evaluation":
        return []
    known = store.kept_seeds(lake, view.dataset, trained_on(hashed))
    return sorted((number for number in known if number != series.fits), reverse=True)
