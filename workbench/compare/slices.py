"""The change in parts of the test rows: those with one value of a feature, or in one quarter of its numbers.

Whoever looks at many slices finds some that moved by chance. With m of them each interval is at the level 1 - 0.05 / m,
so that together they claim a change that is not there in at most 5 % of comparisons (Bonferroni's inequality; Dunn
1961, Multiple comparisons among means, Journal of the American Statistical Association 56, 52–64). All slices that are
looked at count, not only those that are shown first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.compare.parts import Floats
from workbench.compare.records import Slice, SliceKind, Slices, effect_of, share_of
from workbench.evaluation.inputs import in_snapshot, read_inputs
from workbench.evaluation.reading import kind_of, reading_of
from workbench.impact import interval, paired, together
from workbench.impact.intervals import LEVEL
from workbench.lake import View
from workbench.metrics import Metric, means_over_rows

if TYPE_CHECKING:
    import pandas as pd

LEAST_ROWS = 30
"""Test rows that a slice needs, the usual rule of thumb for a mean: fewer say little, and cost the others sharpness."""

MOST_VALUES = 50
"""Different values up to which a text column is cut by value; one with more of them is no category."""

MOST_SLICES = 200
"""Slices looked at; of more, those with the most rows."""

FEW_NUMBERS = 4
"""Different numbers up to which each is a slice by itself."""


def slice_metric(measured: Metric) -> Metric:
    """Choose the metric of slices: the one measured, or where that is no mean over rows the task's first that is.

    R² of a slice is about the spread inside it, and balanced accuracy needs rows of each class, which a slice may lack.
    """
    means = means_over_rows(measured.task)
    return measured if measured in means else means[0]


def slices_of(
    b: View,
    row_keys: Sequence[str],
    y: npt.NDArray[np.float64],
    predictions: tuple[Floats, Floats],
    *,
    metric: Metric,
    identical: bool,
    types: Mapping[str, str] | None = None,
    level: float = LEVEL,
    resampled: bool = False,
) -> Slices:
    """Say what happened in each slice of the test rows, the most harmed first.

    Parameters
    ----------
    b : View
        The version whose values say which slices a row is in.
    row_keys : sequence of str, length n_rows
        The shared test rows.
    y : ndarray of shape (n_rows,)
        Their labels, as the metric takes them.
    predictions : two ndarrays of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
        Of both versions.
    metric : Metric
        What the verdict is about; see :func:`slice_metric`.
    identical : bool
        The model's inputs are the same in both versions.
    types : mapping, optional
        Column name → DuckDB type, from the dataset's schema.
    level : float
        At which all slices are to hold together.
    resampled : bool
        As in :func:`workbench.impact.paired`.
    """
    import pandas as pd

    metric = slice_metric(metric)
    scores = [metric.row_scores(y, side) for side in predictions]
    reading = reading_of(b, types)
    rows = in_snapshot(b, lambda session: read_inputs(session, b, reading, lanes=("test",)))
    places = pd.Index(rows.row_key).get_indexer(list(row_keys))
    found = [
        (name, kind, value, mask)
        for name, wanted in reading.features
        for kind, value, mask in cut(rows.X[name].iloc[places].where(places >= 0), wanted)
        if not mask.all()
    ]
    enough = [each for each in found if each[3].sum() >= LEAST_ROWS]
    looked_at = sorted(enough, key=lambda each: -int(each[3].sum()))[:MOST_SLICES]
    level, span = together(len(looked_at), level=level), metric.span
    slices = []
    for name, kind, value, mask in looked_at:
        before, after = (side[:, mask] for side in scores)
        change = paired(
            before, after, greater_is_better=metric.greater_is_better, identical=identical, span=span, level=level,
            resampled=resampled,
        )  # fmt: skip
        own = [share_of(interval(side, span=span, resampled=resampled), metric.bounds) for side in (before, after)]
        slices.append(Slice(name, kind, value, int(mask.sum()), effect_of(change, *own)))
    direction = 1 if metric.greater_is_better else -1
    slices.sort(key=lambda each: (each.effect.verdict != "loss", direction * (each.effect.change or 0.0), -each.rows))
    return Slices(
        metric=metric.name,
        level=level,
        least_rows=LEAST_ROWS,
        not_looked_at=len(found) - len(looked_at),
        found=tuple(slices),
    )


def said_of_slices(slices: Slices) -> list[str]:
    """Say how to read slices."""
    if not slices.found:
        return []
    count = len(slices.found)
    rest = slices.not_looked_at
    adjusted = (
        f"{count:,} slices with {slices.least_rows} or more test rows were looked at, so each one's interval is at "
        f"{100 * slices.level:.2f} %: together they claim a change that is not there in at most "
        f"{100 * (1 - LEVEL):.0f} % of comparisons (Bonferroni; Dunn 1961)"
        if count > 1
        else f"1 slice with {slices.least_rows} or more test rows was looked at"
    )
    return [adjusted + (f"; {rest:,} smaller ones were not looked at" if rest else "")]


def cut(column: pd.Series, wanted: str) -> Iterator[tuple[SliceKind, str, npt.NDArray[np.bool_]]]:
    """Cut rows into slices by one column; a vector and a text with many values cut into none."""
    import pandas as pd

    kind = kind_of(wanted)
    if kind == "vector":
        return
    missing = column.isna().to_numpy()
    there = column[~missing]
    # Not NumPy's own unique: it reads texts that end in a zero byte as if they did not.
    values = there.to_numpy(dtype=object) if kind == "text" else there.to_numpy()
    codes, distinct = pd.factorize(values, sort=True)
    if kind == "text" and len(distinct) > MOST_VALUES:
        return

    def spread_out(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        mask = np.zeros(len(column), dtype=bool)
        mask[~missing] = chosen
        return mask

    if kind == "text" or len(distinct) <= FEW_NUMBERS:
        for number, value in enumerate(distinct):
            yield "value", _text(value, wanted), spread_out(codes == number)
    else:
        ordered = np.sort(values)
        cuts = np.unique([ordered[math.ceil(len(ordered) * part) - 1] for part in (0.25, 0.5, 0.75)])
        bins = np.searchsorted(cuts, values, side="left")
        for number in np.unique(bins):
            within = values[bins == number]
            ends = dict.fromkeys(_text(end, wanted) for end in (within.min(), within.max()))
            yield "range", " to ".join(ends), spread_out(bins == number)
    if missing.any():
        yield "missing", "missing", missing


def _text(value: Any, wanted: str) -> str:
    """Write a value as people read it."""
    kind = kind_of(wanted)
    if kind == "text":
        return str(value)
    if kind == "time":
        text = str(value)[:16].replace("T", " ")
        return text.removesuffix(" 00:00")
    if wanted == "BOOLEAN":
        return "true" if value else "false"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
