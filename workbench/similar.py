"""Which rows of a version are most like a given one, and what labels they have: evidence beside a finding.

Rows are compared in the space of :mod:`workbench.models.space`, among labelled train and validation rows; test rows are
judged by themselves, so they neither have nor are neighbours.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.errors import UsageError
from workbench.evaluation.inputs import ModelInputs, in_snapshot, read_inputs
from workbench.evaluation.reading import Reading, reading_of
from workbench.iterations import schema_types
from workbench.lake import LANES, Lake, Lane, Version, View, view_of
from workbench.neighbors import MOST, NeighborIndex
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbench.models.space import FeatureSpace

MAX_COORDINATES = 50_000_000
"""Coordinates held at most, 200 MB and 0.05 s for an answer: fewer rows are compared where they have many."""

HIDDEN = "Similar rows are not shown for a test row: its label is judged by the row alone."
"""What is said of a test row."""

_LANES: tuple[Lane, ...] = ("train", "validation")
_AT_ONCE = 50_000
# Rows placed between two looks at whether somebody wants the work stopped.

_KNOWN = 512
# Answers remembered, a few kilobytes each.


@dataclass(frozen=True)
class SimilarRow:
    """A row that is like another one.

    Attributes
    ----------
    rid : int
        Its identity.
    key : dict
        Key column → value as text.
    lane : str
        Train or validation.
    label : str or None
        Its label as canonical text; None in a dataset without a label.
    distance : float
        0 where nothing differs that counts; 1 where one column is as different as two rows drawn at random.
    equal : bool
        Whether all its features are those of the other row.
    """

    rid: int
    key: dict[str, Any]
    lane: Lane
    label: str | None
    distance: float
    equal: bool


@dataclass(frozen=True)
class SimilarRows:
    """The rows most like one row.

    Attributes
    ----------
    rid : int
        The row that was asked about.
    rows : tuple of SimilarRow
        Nearest first, rows equal to it before all others; never the row itself.
    counts : tuple of (str, int)
        Class → how many of the rows have it, most frequent first, ties by name; empty in regression and without a
        label.
    hidden : str
        Why nothing is shown, for people; empty where something is.
    note : str
        What a reader must know of the rows compared, for people; empty where these are all there are.
    """

    rid: int
    rows: tuple[SimilarRow, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    hidden: str = ""
    note: str = ""


@dataclass(frozen=True)
class Likeness:
    """All that is needed to find the rows most like one; of a version, which never changes.

    Attributes
    ----------
    view : View
        The version.
    note : str
        As in :class:`SimilarRows`.
    """

    view: View
    note: str
    _reading: Reading = field(repr=False)
    _space: FeatureSpace = field(repr=False)
    _index: NeighborIndex = field(repr=False)
    _rows: pa.Table = field(repr=False)
    _features: npt.NDArray[np.uint64] = field(repr=False)

    def __len__(self) -> int:
        return len(self._index)

    def similar(self, rid: int, *, k: int = 10) -> SimilarRows:
        """Find the rows most like one; the same question again is answered from memory.

        Parameters
        ----------
        rid : int
            Any row of the version. For a test row nothing is found, and ``hidden`` says why.
        k : int
            Rows wanted; fewer are found where there are fewer.

        Raises
        ------
        UsageError
            The version has no such row, or ``k`` is below 1 or above 99.
        """
        if not 1 <= k < MOST:
            raise UsageError(f"{k} similar rows were asked for.", hint=f"Ask for 1 to {MOST - 1}.")
        return self._known(rid, k)

    @functools.cached_property
    def _known(self) -> Callable[[int, int], SimilarRows]:
        """The look-up with a memory."""
        return functools.lru_cache(_KNOWN)(self._look_up)

    def _look_up(self, rid: int, k: int) -> SimilarRows:
        """Find the rows most like one."""
        lane, features, X = _row(self.view, self._reading, rid)
        if lane == "test":
            return SimilarRows(rid, hidden=HIDDEN)
        numbers, distances = self._index.nearest(self._space.place(X), k + 1)
        near = dict(zip(numbers[0].tolist(), distances[0].tolist(), strict=True))
        # Rows that are at no distance need not be equal: rare categories and wild numbers are not told apart.
        equal = np.flatnonzero(self._features == features)[: k + 1].tolist()
        near.update(dict.fromkeys(equal, 0.0))
        ranked = sorted(near, key=lambda number: (number not in equal, near[number], number))
        found = [
            SimilarRow(
                row["rid"], json.loads(row["key"]), LANES[row["lane"]], row["label"], near[number], number in equal
            )
            for number, row in zip(ranked, self._rows.take(ranked).to_pylist(), strict=True)
            if row["rid"] != rid
        ][:k]
        labels = [] if self._reading.task == "regression" else [row.label for row in found if row.label is not None]
        counts = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
        return SimilarRows(rid, tuple(found), tuple(counts), note=self.note)


class _Unlabelled(Reading):
    """How rows are read that have no label: each counts."""

    def label_text(self, view: View) -> str:
        """SQL for a text that is never missing."""
        return "''"


def likeness(lake: Lake, version: Version, *, progress: Progress = silent) -> Likeness:
    """Learn what makes rows of a version alike, and place its train and validation rows.

    Parameters
    ----------
    lake : Lake
        The lake.
    version : Version
        Its train rows are capped as for fits; ``note`` says when they are a sample.
    progress : Progress
        Told how far it is.

    Raises
    ------
    UsageError
        The version has no column by which rows could be compared.
    """
    from workbench.models.space import FeatureSpace

    view = view_of(lake, version)
    reading = _reading_of(view, schema_types(lake, version))
    if not reading.features:
        raise UsageError(f"{view.label} has no column but key and label by which rows could be compared.")
    progress("reading rows", 0, 0)
    found = in_snapshot(view, lambda session: read_inputs(session, view, reading, lanes=_LANES))
    kept = np.flatnonzero(found.labelled)
    progress("learning what makes rows alike", 0, 0)
    space = FeatureSpace(found.X.iloc[kept])
    most = max(1, MAX_COORDINATES // space.width)
    if len(kept) > most:
        # The rows are in key order, which may mean something: those kept are spread over all of it.
        kept = kept[np.linspace(0, len(kept) - 1, most).astype(np.int64)]
    index = NeighborIndex(space.width)
    for first in range(0, len(kept), _AT_ONCE):
        progress("placing rows", first, len(kept))
        index.add(space.place(found.X.iloc[kept[first : first + _AT_ONCE]]))
    features = np.array([_number(text) for text in found.features[kept]], dtype=np.uint64)
    labelled = view.definition.label is not None
    return Likeness(view, _note(found, kept, labelled), reading, space, index, _table(found, kept, labelled), features)


def _reading_of(view: View, types: dict[str, str]) -> Reading:
    """Settle how the rows are read, with or without a label."""
    if view.definition.label is not None:
        return reading_of(view, types)
    features = tuple(sorted((column.name, types.get(column.name, column.reads)) for column in view.features))
    return _Unlabelled("", "VARCHAR", view.definition.task, features)


def _row(view: View, reading: Reading, rid: int) -> tuple[Lane, np.uint64, pd.DataFrame]:
    """Read one row as the others were read: its lane, what stands for its features, and its features."""
    import pandas as pd

    cells = [f"{value} AS value{position}" for position, value in enumerate(reading.feature_values(view))]
    told = f"r._lane AS lane, md5({reading.feature_texts(view)}) AS features"
    table = view.arrow(f"SELECT {', '.join([told, *cells])} FROM {{rows}} r WHERE r._rid = {int(rid)}")
    if not table.num_rows:
        raise UsageError(f"{view.label} has no row {rid}.", hint="It may have been deleted meanwhile.")
    X = table.select(range(2, table.num_columns)).to_pandas()
    X.columns = pd.Index([name for name, _ in reading.features], dtype=object)
    return LANES[table["lane"][0].as_py()], _number(table["features"][0].as_py()), X


def _number(digest: str) -> np.uint64:
    """Half of a digest: enough to tell rows apart, in a quarter of the memory."""
    return np.uint64(int(digest[:16], 16))


def _table(found: ModelInputs, kept: npt.NDArray[np.int64], labelled: bool) -> pa.Table:
    """Keep of the rows what is shown of them."""
    import pyarrow as pa

    return pa.table(
        {
            "rid": found.rid[kept],
            "lane": found.lanes[kept],
            "key": pa.array(found.row_key[kept], pa.large_string()),
            "label": pa.array(found.label[kept] if labelled else [None] * len(kept), pa.large_string()),
        }
    )


def _note(found: ModelInputs, kept: npt.NDArray[np.int64], labelled: bool) -> str:
    """Say which rows are compared where these are not all."""
    there = sum(found.available.values())
    if len(kept) == there:
        return ""
    what = "labelled train and validation rows" if labelled else "train and validation rows"
    return f"Compared with a fixed sample of {len(kept):,} of {there:,} {what}."
