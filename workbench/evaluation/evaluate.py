"""Score the fixed model on a version: fit it once per seed, ask it about the test rows, keep what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import UsageError
from workbench.evaluation import store
from workbench.evaluation.bootstrap import SAMPLES
from workbench.evaluation.fitting import (
    Series,
    ask,
    keeps_all,
    known_answers,
    made_fits,
    predictions_for,
    require_learnable,
    series_of,
    train_classes,
)
from workbench.evaluation.inputs import ModelInputs, count_cells, in_snapshot, is_published, read_hash, read_inputs
from workbench.evaluation.reading import reading_of, scored_on
from workbench.evaluation.records import Evaluation
from workbench.evaluation.scores import aligned, score_all
from workbench.lake import Lake, Lane, Session, View, claimed
from workbench.models.asking import prepare
from workbench.progress import Progress, silent

Floats = npt.NDArray[np.float64]

UNLEARNABLE = 0.01
"""Share of test rows with labels that no train row has, above which an evaluation is not comparable."""


RESAMPLED = (
    "each of {} fits learnt from another bootstrap sample of the train rows, and the interval is about train rows like "
    "these, not only about these very ones (Efron 1979; Bouthillier et al. 2021); a sample holds 63 % of the distinct "
    "rows, so figures are a little lower"
)
"""What must be known of a figure from samples of the train rows."""


def evaluate(
    lake: Lake,
    view: View,
    *,
    schema_types: Mapping[str, str] | None = None,
    seeds: int | None = None,
    resampled: bool = False,
    max_train_rows: int | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Evaluate the fixed model on a version or draft, or read what was computed for the same model inputs before.

    Where another process computes the same just now, this one waits for it.

    Seed s leaves out the train rows whose key has md5("s:" + key) mod 10 = 0, the same keys in every version, and is
    the model's random state too. Where that would leave fewer than two classes, the seed keeps all rows.

    Parameters
    ----------
    lake : Lake
        Where the result is kept.
    view : View
        The version or draft.
    schema_types : mapping, optional
        Column name → DuckDB type, from the dataset's schema; what will not cast is missing.
    seeds : int, optional
        Fits; default: the lake's setting. Those made before for another number of seeds are not made again.
    resampled : bool
        Fit seed s on a bootstrap sample of the train rows instead (:mod:`workbench.evaluation.bootstrap`), the same
        keys in every version: the figure is then about train rows like these. A series of its own.
    max_train_rows : int, optional
        Train rows at most; above it a fixed sample by md5 of the key. Default: the lake's setting.
    progress : Progress
        Told of each fit. The fits of a cancelled evaluation are kept, and used by the next.

    Raises
    ------
    UsageError
        The dataset has no label column, or ``seeds`` is below 1.
    DataError
        Too little to learn from or to score on: no train rows, fewer than two test rows, one class.
    ModelError
        The model fails.
    """
    if seeds is not None and seeds < 1:
        raise UsageError(f"{seeds} seeds give no figure.", hint=f"Ask for 1 or more; {lake.settings.seeds} are usual.")
    if resampled and seeds == 1:
        said = "One sample of the train rows does not say how much others would differ."
        raise UsageError(said, hint=f"Ask for 2 or more; {SAMPLES} are usual.")
    reading = reading_of(view, schema_types)
    series = series_of(view, "evaluation", fits=seeds, max_train_rows=max_train_rows, resampled=resampled)
    if is_published(view):
        kept = store.find_published(lake, "evaluation", view.dataset, view.version, series.fingerprint, reading.exactly)
        if kept is not None:
            return store.evaluation_of(kept)
    most, fits = series.max_train_rows, series.fits

    def read(session: Session) -> tuple[str, dict[str, Any] | ModelInputs]:
        hashed = read_hash(session, view, reading)
        known = store.find(lake, store.name_of("evaluation", view.table, scored_on(hashed), series.fingerprint))
        if known is not None:
            return hashed, known
        prepare(fits * count_cells(session, view, reading, max_train_rows=most), workers=lake.settings.workers)
        lanes: tuple[Lane, ...] = ("train", "test")
        return hashed, read_inputs(
            session, view, reading, max_train_rows=most, seeds=fits, resampled=resampled, lanes=lanes
        )

    hashed, found = in_snapshot(view, read)
    if isinstance(found, dict):
        known = found
    else:
        name, rows = store.name_of("evaluation", view.table, scored_on(hashed), series.fingerprint), found
        with claimed(lake, store.claim_of(name), wait=lambda said: progress(said, 0, 0)):
            meanwhile = store.find(lake, name)
            if meanwhile is None:
                require_learnable(rows, view, reading)
                asked = rows.rows("test")
                values = known_answers(lake, view, series, hashed, rows, asked)
                made = made_fits(lake, view, series, hashed, rows.features[asked])
                if values is None or len(values) < fits:
                    stage = f"evaluating {view.label}"
                    values = ask(
                        series, view, rows, rows.X[asked], known=values, stage=stage, progress=progress, made=made
                    )
                scored = _scored(view, series, rows, values, name=name, hashed=hashed)
                result = {**scored.to_dict(), "kind": "evaluation", "reading": reading.exactly}
                return store.evaluation_of(store.keep(lake, result, predictions_for(rows, asked, values), made=made))
            known = meanwhile
    here = {"version": view.version, "state": view.label, "input_hash": hashed, "reading": reading.exactly}
    result = {**known, **here}
    return store.evaluation_of(store.keep(lake, result, None) if is_published(view) else result)


def is_kept(
    lake: Lake,
    view: View,
    *,
    schema_types: Mapping[str, str] | None = None,
    seeds: int | None = None,
    resampled: bool = False,
) -> bool:
    """Tell without reading a row whether a published version was evaluated so before."""
    series = series_of(view, "evaluation", fits=seeds, max_train_rows=None, resampled=resampled)
    exactly = reading_of(view, schema_types).exactly
    return store.find_published(lake, "evaluation", view.dataset, view.version, series.fingerprint, exactly) is not None


def _scored(view: View, series: Series, rows: ModelInputs, values: Floats, *, name: str, hashed: str) -> Evaluation:
    """Turn predictions of the test rows into an evaluation."""
    task, learnt = view.definition.task, train_classes(rows, view)
    labelled = rows.labelled[rows.rows("test")]
    label = rows.label[rows.rows("test") & rows.labelled].tolist()
    classes = tuple(sorted({*learnt, *label})) if task == "classification" else ()
    y, predictions = aligned(task, values[:, labelled], learnt, label, classes)
    scores, undefined = score_all(task, y, predictions, resampled=series.resampled)
    strange = sorted(set(label) - set(learnt)) if task == "classification" else []
    beyond = sum(name in strange for name in label)
    comparable = beyond <= UNLEARNABLE * len(label)
    notes = [*rows.notes, *undefined]
    if strange:
        shown = ", ".join(f"'{name}'" for name in strange[:5]) + (", …" if len(strange) > 5 else "")
        notes.insert(
            0,
            f"{'' if comparable else 'not comparable: '}{beyond:,} of {len(label):,} test rows have labels that no "
            f"train row has ({shown}), so the model cannot be right about them",
        )
    train = rows.rows("train")
    if series.resampled:
        notes.append(RESAMPLED.format(series.fits))
    whole = [seed for seed in range(series.fits) if keeps_all(rows, seed)]
    if whole:
        few = f"seeds {', '.join(map(str, whole))} learnt from all {train.sum():,} train rows"
        notes.append(f"{few}, since without those they would leave out too little is left")
    return Evaluation(
        dataset=view.dataset,
        version=view.version,
        state=view.label,
        model=series.model.spec,
        task=task,
        seeds=series.fits,
        train_rows=rows.taken("train"),
        test_rows=len(label),
        metrics=scores,
        classes=classes,
        train_classes=learnt,
        sampled=rows.sampled,
        comparable=comparable,
        notes=tuple(notes),
        id=name,
        input_hash=hashed,
        fingerprint=series.fingerprint,
        resampled=series.resampled,
    )
