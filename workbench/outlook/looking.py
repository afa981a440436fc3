"""Look ahead from the newest measured version."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.errors import UsageError
from workbench.evaluation import Evaluation
from workbench.impact.curves import LEAST, drawn, fit, likely
from workbench.iterations import schema_types
from workbench.lake import Lake, newest, view_of
from workbench.metrics import Floats, Metric, means_over_rows
from workbench.outlook.ahead import STEPS, Ahead, band_of, choice_of, detectable_of, hindsight, worth_of
from workbench.outlook.effort import Effort, effort
from workbench.outlook.points import point, scored
from workbench.outlook.records import Forecast, Outlook, Sizes
from workbench.outlook.series import series_up_to
from workbench.outlook.sizes import TIMES, by_size
from workbench.progress import Progress, silent

DECISIONS = 100
"""Decisions looked ahead, unless told otherwise."""

ROWS = 1_000
"""Rows set against them, unless told otherwise."""

DRAWS = 2_000
"""Draws of a bootstrap; for 95 % intervals 1,000 and more are advised (Efron & Tibshirani 1993, §19.3)."""


def outlook(
    lake: Lake,
    dataset: str,
    *,
    decisions: int = DECISIONS,
    sizes: bool = False,
    rows: int = ROWS,
    progress: Progress = silent,
) -> Outlook:
    """Say what more decisions are likely to bring and, where asked for, what more rows are.

    All versions are scored on the test rows that they share, under the newest published labels. Without ``sizes``
    nothing is fitted: what was measured is read.

    Parameters
    ----------
    decisions : int
        How many more to look ahead.
    sizes : bool
        Fit the model on parts of the train rows, too, and set more rows against more decisions.
    rows : int
        How many more rows are taken to cost as much as the decisions.
    progress : Progress
        Told of each fit; to raise from it cancels.

    Raises
    ------
    UsageError
        The dataset has no label column or was never measured, or nothing is to be looked ahead.
    DataError
        The versions share no test row with a label, or the newest cannot be evaluated.
    """
    if decisions < 1 or rows < 1:
        raise UsageError("To look ahead takes at least one decision and one row.", hint="Give 1 or more.")
    head = newest(lake, dataset)
    if head.definition.label is None:
        raise UsageError(
            f"'{dataset}' has no label column, so there is no figure to look ahead to.",
            hint=f"If it has one: workbench set {dataset} --label COLUMN",
        )
    metric, types = means_over_rows(head.definition.task)[0], schema_types(lake, head)
    done = effort(lake, head)
    series = series_up_to(lake, head, done)
    parts, said = by_size(lake, view_of(lake, head), types=types, progress=progress) if sizes else ([], [])
    if not series.found and not parts:
        raise UsageError(
            f"No version of '{dataset}' has a figure to begin from.", hint=f"Measure it: workbench evaluate {dataset}"
        )
    every = [*series.found, *parts]
    both = scored(lake, every, view_of(lake, head), metric, types=types, progress=progress)
    progress("fitting the curves", 0, 0)
    figures, draws = drawn(both.scores, once=metric.span is not None, count=DRAWS)
    cut = len(series.found)
    ahead = Ahead.of(series.n, figures[:cut], draws[:, :cut], done.shares(DRAWS), metric)
    forecast = ahead.forecast(f"{decisions:,} more decisions", decisions)
    rest = ahead.forecast(f"all {done.open:,} open findings", done.open) if done.open else None
    detectable = detectable_of(both.scores[:cut], metric)
    seen = hindsight(series.n, figures[:cut], draws[:, :cut], both.scores[:cut], metric)
    told, gained = None, None
    if sizes:
        told, gained = _sizes(parts, both.scores[cut:], figures[cut:], draws[:, cut:], metric, rows, said)
    return Outlook(
        dataset=dataset,
        version=series.versions[-1].name if series.versions else head.name,
        metric=metric.name,
        counted="train rows corrected in answer to findings" if done.by_findings else "train rows corrected",
        points=tuple(
            point(version.name, n, scores, metric)
            for version, n, scores in zip(series.versions, series.n, both.scores, strict=False)
        ),
        curve=ahead.band(decisions),
        method=ahead.method,
        confirmed=done.confirmed,
        answered=done.answered,
        open=done.open,
        forecast=forecast,
        rest=rest,
        detectable=detectable,
        verdict=worth_of(forecast, detectable, metric),
        test_rows=both.test_rows,
        test_labels=both.test_labels,
        sizes=told,
        choice=choice_of(ahead.gains(decisions), gained, metric) if sizes else None,
        foretold=seen[0] if seen else None,
        brought=seen[1] if seen else None,
        notes=(*series.notes, *_notes(ahead, done)),
    )


def _notes(ahead: Ahead, done: Effort) -> list[str]:
    """Say what a forecast rests on."""
    few = f"a curve needs {LEAST} measured versions with decisions in between, and there are {len(set(ahead.n))}"
    notes = {
        "curve": [
            "the interval is about the noise of the figures; that gains shrink as the curve has it is taken for given, "
            "and where they grow from round to round it tells too little"
        ],
        "average": [f"{few}: what a correction brought on average is carried on, though later ones mostly bring less"],
        "none": [f"{few}: publish corrections and evaluate the version, and there is something to go by"],
    }[ahead.method]
    if done.answered and ahead.method != "none":
        notes.append(
            f"of the last {done.answered:,} decisions about train rows {done.confirmed:,} led to a correction; "
            "of those to come as large a part is taken to"
        )
    return notes


def _sizes(
    parts: Sequence[Evaluation],
    scores: Sequence[Floats],
    figures: Floats,
    draws: Floats,
    metric: Metric,
    rows: int,
    said: Sequence[str],
) -> tuple[Sizes, Floats | None]:
    """Fit the curve against the number of rows; return it, and what the rows asked for change, then draws of that."""
    n = [each.train_rows for each in parts]
    points = tuple(point(f"{count:,} rows", count, each, metric) for count, each in zip(n, scores, strict=True))
    notes = [*said, *parts[-1].notes]
    if len(set(n)) < LEAST:
        return Sizes(points, (), (), None, (*notes, f"a curve needs {LEAST} sizes, and there are {len(set(n))}")), None
    curves = fit(n, figures, draws, form="power law", bounds=metric.bounds)
    last = n[-1]
    forecasts = tuple(
        Forecast(f"{times:g} × the rows", times * last, *likely(curves.gain(last, times * last))) for times in TIMES
    )
    gained = curves.gain(last, float(last + rows))
    if rows > last:
        notes.append(
            f"{rows:,} more rows are further from the {last:,} that there are than a curve tells with any safety"
        )
    if parts[-1].sampled:
        notes.append("the model learns from a sample: more rows count only once max_train_rows is raised")
    end = max(TIMES[-1] * last, last + rows)
    band = band_of(curves, np.linspace(n[0], end, STEPS))
    more = Forecast(f"{rows:,} more rows", last + rows, *likely(gained))
    return Sizes(points, band, forecasts, more, tuple(notes)), gained
