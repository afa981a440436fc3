"""The rows a model is fitted on and asked about, in key order, never more of them than the caps allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.evaluation.bootstrap import times_drawn
from workbench.evaluation.reading import Reading, chosen_by, hash_query, hash_text, reading_of
from workbench.lake import LANES, Lane, Session, View

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

T = TypeVar("T")

MAX_TEST_ROWS = 200_000
"""Test rows that a model is asked about at most, and validation rows likewise; a fixed sample by md5 of the key."""

MAX_PREDICTIONS = 20_000_000
"""Predicted numbers (rows × seeds × classes) held at most, 160 MB: fewer test rows where classes are many."""

_LEAST_ROWS = 1_000
# However many classes there are, so many test rows are kept.


@dataclass(frozen=True)
class ModelInputs:
    """Model inputs of one version, sorted by key; excluded rows and train rows without a label are not among them.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_features)
        Features under the source's names: numbers as float64, times as datetime64, texts as str, vectors as objects.
    y : ndarray of shape (n_rows,)
        Labels: class names (object) or numbers (float64); None or NaN where a test or validation row has none.
    label : ndarray of shape (n_rows,)
        The same labels as canonical texts, None where missing.
    rid : ndarray of shape (n_rows,)
        Row identities.
    row_key : ndarray of shape (n_rows,)
        Keys as JSON texts.
    lanes : ndarray of shape (n_rows,)
        0 train, 1 validation, 2 test.
    features : ndarray of shape (n_rows,)
        md5 of the row's feature texts, in hexadecimal.
    left_out : ndarray of bool, shape (n_rows, n_seeds)
        Whether a seed leaves the row out of the train rows.
    available : dict
        Lane → rows with a label, before sampling.
    unlabelled : dict
        Lane → rows without a label.
    drawn : ndarray of shape (n_rows, n_samples), optional
        How often each row is in a bootstrap sample, where those are asked for; ``left_out`` then has no columns.
    """

    X: pd.DataFrame = field(repr=False)
    y: npt.NDArray[Any] = field(repr=False)
    label: npt.NDArray[np.object_] = field(repr=False)
    rid: npt.NDArray[np.int64] = field(repr=False)
    row_key: npt.NDArray[np.object_] = field(repr=False)
    lanes: npt.NDArray[np.uint8] = field(repr=False)
    features: npt.NDArray[np.object_] = field(repr=False)
    left_out: npt.NDArray[np.bool_] = field(repr=False)
    available: dict[Lane, int]
    unlabelled: dict[Lane, int]
    drawn: npt.NDArray[np.uint8] | None = field(default=None, repr=False)

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Which rows have a label, shape (n_rows,)."""
        return np.array([text is not None for text in self.label], dtype=bool)

    def rows(self, lane: Lane) -> npt.NDArray[np.bool_]:
        """Which rows are in a lane, shape (n_rows,)."""
        chosen: npt.NDArray[np.bool_] = self.lanes == LANES.index(lane)
        return chosen

    def taken(self, lane: Lane) -> int:
        """How many rows of a lane have a label and are among these."""
        return int((self.rows(lane) & self.labelled).sum())

    def only(self, chosen: npt.NDArray[np.int64]) -> ModelInputs:
        """Keep the rows with these numbers, in the order of these; what is counted of all rows stays as it is."""
        return replace(
            self,
            X=self.X.iloc[chosen],
            y=self.y[chosen],
            label=self.label[chosen],
            rid=self.rid[chosen],
            row_key=self.row_key[chosen],
            lanes=self.lanes[chosen],
            features=self.features[chosen],
            left_out=self.left_out[chosen],
            drawn=None if self.drawn is None else self.drawn[chosen],
        )

    @property
    def sampled(self) -> bool:
        """Whether a lane has more rows than are among these."""
        return any(self.taken(lane) < count for lane, count in self.available.items())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of figures must know about the rows behind them."""
        said = []
        verbs: dict[Lane, str] = {"train": "fitted on", "validation": "asked about", "test": "scored on"}
        for lane, verb in verbs.items():
            taken, count = self.taken(lane), self.available.get(lane, 0)
            if taken < count:
                said.append(f"{verb} a fixed sample of {taken:,} of {count:,} {lane} rows")
        missing = [f"{count:,} {lane}" for lane, count in self.unlabelled.items() if count]
        return (*said, *([f"{' and '.join(missing)} rows without a label are left out"] if missing else []))


def inputs(
    view: View,
    *,
    types: Mapping[str, str] | None = None,
    max_train_rows: int | None = None,
    seeds: int = 0,
    lanes: Sequence[Lane] = LANES,
) -> ModelInputs:
    """Read the model inputs of a version or draft.

    Parameters
    ----------
    view : View
        The version or draft.
    types : mapping, optional
        Column name → DuckDB type to read it as, from the dataset's schema; what will not cast is missing.
    max_train_rows : int, optional
        Train rows at most, a fixed sample by md5 of the key; default: the lake's setting. Test and validation rows
        are capped by :data:`MAX_TEST_ROWS` and :data:`MAX_PREDICTIONS`.
    seeds : int
        Columns of ``left_out``.
    lanes : sequence of str
        Read these lanes only.

    Raises
    ------
    UsageError
        The dataset has no label column.
    """
    reading = reading_of(view, types)
    return in_snapshot(
        view,
        lambda session: read_inputs(session, view, reading, max_train_rows=max_train_rows, seeds=seeds, lanes=lanes),
    )


def input_hash(view: View, types: Mapping[str, str] | None = None) -> str:
    """Hash the model inputs: key, features, label and lane of the rows that are not excluded.

    It does not depend on the order of rows or columns, on ignored columns or on row identities.

    Parameters
    ----------
    view : View
        The version or draft.
    types : mapping, optional
        As in :func:`inputs`.

    Returns
    -------
    str
        Four times 32 hexadecimal digits: names and kinds of the columns, train rows, test rows, validation rows.

    Raises
    ------
    UsageError
        The dataset has no label column.
    """
    with view.session() as session:
        return read_hash(session, view, reading_of(view, types))


def is_published(view: View) -> bool:
    """Tell a version, which never changes, from a draft."""
    return view.label == f"{view.dataset}@{view.version}"


def in_snapshot(view: View, read: Callable[[Session], T]) -> T:
    """Call ``read`` with a session whose queries all see the same state, even of a draft that others are editing.

    Where the catalogue was locked just then, ``read`` is called again, so it must do nothing but read.
    """
    return view.lake.read_at_once(read)


def read_hash(session: Session, view: View, reading: Reading) -> str:
    """Hash the model inputs as a reading sees them."""
    return hash_text(reading, session.rows(hash_query(view, reading)))


def count_cells(session: Session, view: View, reading: Reading, *, max_train_rows: int) -> int:
    """Count the cells that a fit learns from, at most."""
    rows = session.rows(f"SELECT count(*) FROM {view.rows} r WHERE NOT r._excluded AND r._lane = 0")[0][0]
    return min(int(rows), max_train_rows) * len(reading.features)


def read_inputs(
    session: Session,
    view: View,
    reading: Reading,
    *,
    max_train_rows: int | None = None,
    seeds: int = 0,
    resampled: bool = False,
    lanes: Sequence[Lane] = LANES,
) -> ModelInputs:
    """Read model inputs by a given reading, as :func:`inputs` does; with ``resampled`` a seed is a bootstrap sample."""
    most = view.lake.settings.max_train_rows if max_train_rows is None else max_train_rows
    label = reading.label_text(view)
    counts = session.rows(
        f"SELECT _lane, count(label), count(*) - count(label), count(DISTINCT label) "
        f"FROM (SELECT r._lane, {label} AS label FROM {view.rows} r WHERE NOT r._excluded) GROUP BY _lane ORDER BY 1"
    )
    classes = 1
    if reading.task == "classification":
        classes = max((row[3] for row in counts if LANES[row[0]] != "validation"), default=1)
    counts = [row for row in counts if LANES[row[0]] in lanes]
    test_cap = min(MAX_TEST_ROWS, max(_LEAST_ROWS, MAX_PREDICTIONS // max(1, classes * max(seeds, 1))))
    chosen = []
    for lane, labelled, unlabelled, _ in counts:
        # A test row without a label is asked about all the same: the label may come, and is then scored without a fit.
        wanted = f"NOT r._excluded AND r._lane = {lane}" + ("" if lane else f" AND {label} IS NOT NULL")
        cap = test_cap if lane else most
        if labelled + (unlabelled if lane else 0) > cap:
            sample = f"SELECT r._rid FROM {view.rows} r WHERE {wanted} ORDER BY {chosen_by(view, 'sample')}, 1"
            wanted = f"r._rid IN ({sample} LIMIT {cap})"
        chosen.append(f"({wanted})")
    cells = [
        "r._rid AS rid",
        "r._lane AS lane",
        f"{view.key_json('r')} AS row_key",
        f"{label} AS label",
        f"md5({reading.feature_texts(view)}) AS features",
        *(
            f"{chosen_by(view, f'b:{seed}')} AS seed{seed}"
            if resampled
            else f"{chosen_by(view, str(seed))} % 10 = 0 AS seed{seed}"
            for seed in range(seeds)
        ),
        *(f"{value} AS value{position}" for position, value in enumerate(reading.feature_values(view))),
    ]
    where = " OR ".join(chosen) or "false"
    table = session.arrow(f"SELECT {', '.join(cells)} FROM {view.rows} r WHERE {where} ORDER BY {view.key_order('r')}")
    return _of_table(table, reading, seeds, resampled, counts)


def _of_table(
    table: pa.Table, reading: Reading, seeds: int, resampled: bool, counts: list[tuple[Any, ...]]
) -> ModelInputs:
    """Turn what DuckDB answered into arrays and a frame."""
    import pandas as pd

    first = 5 + seeds
    X = table.select(range(first, table.num_columns)).to_pandas()
    X = X if X.shape[1] else pd.DataFrame(index=range(table.num_rows))
    X.columns = pd.Index([name for name, _ in reading.features], dtype=object)
    label = np.array(table.column("label").to_pylist(), dtype=object)
    numeric = reading.task == "regression"
    by_seed = [table.column(f"seed{seed}").to_numpy() for seed in range(seeds)]
    left_out = [] if resampled else by_seed
    return ModelInputs(
        X=X,
        y=np.array([np.nan if text is None else float(text) for text in label]) if numeric else label,
        label=label,
        rid=table.column("rid").to_numpy(),
        row_key=np.array(table.column("row_key").to_pylist(), dtype=object),
        lanes=table.column("lane").to_numpy(),
        features=np.array(table.column("features").to_pylist(), dtype=object),
        left_out=np.column_stack(left_out).astype(bool) if left_out else np.zeros((table.num_rows, 0), dtype=bool),
        available={LANES[row[0]]: row[1] for row in counts},
        unlabelled={LANES[row[0]]: row[2] for row in counts},
        drawn=np.column_stack([times_drawn(bits) for bits in by_seed]) if resampled else None,
    )
