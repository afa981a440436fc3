"""One version's models asked about another version's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.errors import UsageError
from workbench.evaluation import store
from workbench.evaluation.fitting import Floats, ask, kept_answers, made_fits, predictions_for, series_of
from workbench.evaluation.inputs import in_snapshot, read_hash, read_inputs
from workbench.evaluation.reading import reading_of, trained_on
from workbench.evaluation.records import Evaluation
from workbench.lake import Lake, View
from workbench.progress import Progress, silent


def ask_about(
    lake: Lake,
    found: Evaluation,
    view: View,
    other: View,
    row_keys: Sequence[str],
    *,
    schema_types: Mapping[str, str] | None = None,
    max_train_rows: int | None = None,
    progress: Progress = silent,
) -> Floats:
    """Ask the models behind an evaluation about test rows as they are in another version.

    Both versions are read alike, as ``view`` is: columns it lacks do not count, those that ``other`` lacks are missing.
    Answers are kept, and only rows without one make the models learn again.

    Parameters
    ----------
    lake : Lake
        Where answers are kept.
    found : Evaluation
        Of ``view``, by the same ``schema_types`` and ``max_train_rows``.
    view, other : View
        The version that the models learn from, and the one that has the rows.
    row_keys : sequence of str
        Keys of test rows of ``other``.
    schema_types, max_train_rows, progress
        As in :func:`workbench.evaluation.evaluate`.

    Returns
    -------
    ndarray of shape (n_seeds, n_keys, n_train_classes)
        In regression the last dimension has length 1.

    Raises
    ------
    UsageError
        One of the two is a draft that was edited since it was evaluated.
    ModelError
        The model fails.
    """
    reading = reading_of(view, schema_types)
    series = series_of(view, "evaluation", fits=found.seeds, max_train_rows=max_train_rows, resampled=found.resampled)
    rows = in_snapshot(other, lambda session: read_inputs(session, other, reading, seeds=found.seeds, lanes=("test",)))
    wanted = set(row_keys)
    asked = np.array([key in wanted for key in rows.row_key], dtype=bool)
    if asked.sum() != len(wanted):
        raise _edited(other)
    answers = kept_answers(lake, view, series, found.input_hash, rows, asked)
    lacking = np.array([position for position in range(int(asked.sum())) if position not in answers], dtype=np.int64)
    if len(lacking):
        most = series.max_train_rows
        hashed, train = in_snapshot(
            view,
            lambda session: (
                read_hash(session, view, reading),
                read_inputs(
                    session,
                    view,
                    reading,
                    max_train_rows=most,
                    seeds=found.seeds,
                    resampled=found.resampled,
                    lanes=("train",),
                ),
            ),
        )
        if trained_on(hashed) != trained_on(found.input_hash):
            raise _edited(view)
        new = np.zeros(len(asked), dtype=bool)
        new[np.flatnonzero(asked)[lacking]] = True
        stage = f"asking the models of {view.label} about {other.label}"
        made = made_fits(lake, view, series, hashed, rows.features[new])
        fresh = ask(series, view, train, rows.X[new], stage=stage, progress=progress, made=made)
        predicted = predictions_for(rows, new, fresh)
        answers.update(zip(lacking.tolist(), predicted.values, strict=True))
        rows_id = [f"{key}{features}" for key, features in zip(rows.row_key[new], rows.features[new], strict=True)]
        result = {
            **{"kind": "cross", "id": store.name_of("cross", found.id, *rows_id), "dataset": view.dataset},
            **{"version": view.version, "state": view.label, "input_hash": found.input_hash},
            **{"fingerprint": series.fingerprint, "reading": reading.exactly},
        }
        store.keep(lake, result, predicted, made=made)
    places = {key: position for position, key in enumerate(rows.row_key[asked])}
    stacked = np.stack([answers[places[key]] for key in row_keys])
    return stacked.reshape(len(row_keys), found.seeds, -1).transpose(1, 0, 2)


def _edited(view: View) -> UsageError:
    """Say that a draft is no longer what was evaluated."""
    return UsageError(f"{view.label} was edited while it was being compared.", hint="Compare again.")
