"""How figures are written, everywhere alike: shares as per cent with their interval, changes in points, verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

SHARES = frozenset({"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "recall"})
"""Metrics between 0 and 1 that people read as per cent; the others are written as plain numbers."""

WORDS = {"gain": "GAIN", "loss": "LOSS", "cannot tell": "CANNOT TELL", "no change": "NO CHANGE"}


def format_count(number: int) -> str:
    """Write a count with thousands separators."""
    return f"{number:,}"


def count_of(count: int, what: str) -> str:
    """Write ``1 finding``, ``1,214 findings``."""
    return f"{format_count(count)} {what}" + ("" if count == 1 else "s")


def _known(figure: float | None) -> TypeGuard[float]:
    """Tell whether there is a figure to write."""
    return figure is not None and not math.isnan(figure)


def _written(figure: float, form: str) -> str:
    """Write a number with a proper minus sign; an infinite one as its sign says."""
    if math.isinf(figure):
        return "−∞" if figure < 0 else "+∞" if form.startswith("+") else "∞"
    return format(figure, form).replace("-", "−")


def format_accuracy(mean: float | None, low: float | None = None, high: float | None = None) -> str:
    """Write a share and its interval: ``84.9 % (84.3–85.5)``; a dash where it is undefined."""
    if not _known(mean):
        return "–"
    interval = ""
    if _known(low) and _known(high):
        interval = f" ({_written(100 * low, '.1f')}–{_written(100 * high, '.1f')})"
    return f"{_written(100 * mean, '.1f')} %{interval}"


def format_metric(metric: str, mean: float | None, low: float | None = None, high: float | None = None) -> str:
    """Write a metric's value and interval in its own unit."""
    if metric in SHARES or not _known(mean):
        return format_accuracy(mean, low, high)
    interval = f" ({_written(low, '.4g')} to {_written(high, '.4g')})" if _known(low) and _known(high) else ""
    return f"{_written(mean, '.4g')}{interval}"


def format_points(change: float | None, *, metric: str = "accuracy") -> str:
    """Write a change with its sign: ``+1.2 pt``, or as a plain number where the metric is no share."""
    if not _known(change):
        return "–"
    if metric not in SHARES:
        return _written(change, "+.4g") if change else "0"
    points = round(100 * change, 1)
    return "0.0 pt" if points == 0 else f"{_written(points, '+.1f')} pt"


def format_change(change: float | None, low: float | None, high: float | None, *, metric: str = "accuracy") -> str:
    """Write a change with its interval: ``+1.2 pt (0.5 to 1.9)``."""
    text = format_points(change, metric=metric)
    if not (_known(change) and _known(low) and _known(high)):
        return text
    scale, form = (100.0, ".1f") if metric in SHARES else (1.0, ".3g")
    return f"{text} ({_unsigned_zero(scale * low, form)} to {_unsigned_zero(scale * high, form)})"


def _unsigned_zero(figure: float, form: str) -> str:
    """Write a number; one that rounds to zero without a sign."""
    return _written(figure, form) if float(format(figure, form)) else _written(0.0, form)


def format_score(metric: str, score: Mapping[str, Any]) -> str:
    """Write a figure of an evaluation's JSON with its interval."""
    return format_metric(metric, score["mean"], score["low"], score["high"])


NOISE_FLOOR = "noise floor: other seeds, same data"
"""What the band is called wherever it is drawn."""


def format_floor(noise_floor: float | None, *, metric: str = "accuracy") -> str:
    """Write what other seeds would move a figure by: ``±0.3 pt``; a dash where it is unknown."""
    return "–" if noise_floor is None else f"±{format_points(noise_floor, metric=metric).lstrip('+')}"


def format_level(level: float) -> str:
    """Write the level of an interval: ``95 %``, ``98.33 %``."""
    text = f"{100 * level:.2f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def about(number: int) -> str:
    """Write a count that is an estimate, to three digits: ``12,400``."""
    return f"{int(float(f'{number:.3g}')):,}"


def settled_by(
    verdict: str,
    change: float | None,
    rows_needed: int | None,
    seeds_needed: int | None,
    *,
    test_rows: int,
    resampled: bool = False,
) -> str:
    """Say what would settle a change that cannot be told; empty for any other verdict.

    Parameters
    ----------
    verdict, change, rows_needed, seeds_needed
        As a comparison has them.
    test_rows : int
        There now.
    resampled : bool
        Whether the seeds are bootstrap samples of the train rows.
    """
    if verdict != "cannot tell" or change is None:
        return ""
    if rows_needed is not None:
        return f"About {about(rows_needed)} test rows would settle a change of this size (now {test_rows:,})."
    if change == 0:
        return "No change was seen, so there is none that more test rows could settle."
    if resampled:
        return (
            "No number of test rows would settle a change of this size: another set of as many train rows would move "
            "the figure by more. More train rows would."
        )
    if seeds_needed is not None:
        return (
            "With these seeds no number of test rows would settle a change of this size: they alone move the figure by "
            f"more. It needs {about(seeds_needed)} seeds or more (workbench compare … --seeds N), and more test rows."
        )
    return "A change as small as this is settled by no number of test rows and seeds that anybody would use."


WIDENED = 1.3
"""An interval more than so many times as wide as one from test rows alone is narrowed by more seeds."""


def widened_by(verdict: str, widening: float | None, seeds_needed: int | None, *, fits: int, resampled: bool) -> str:
    """Say that more seeds would tell more; empty where that is said, or where test rows are what limits a verdict.

    Parameters
    ----------
    verdict, widening, seeds_needed, fits, resampled
        As a comparison has them.
    """
    if verdict != "cannot tell" or resampled or seeds_needed or widening is None or widening <= WIDENED:
        return ""
    return (
        f"The {fits} seeds make the interval {widening:.1f} times as wide as the test rows alone would: "
        f"{2 * fits} (workbench compare … --seeds {2 * fits}) would narrow it."
    )


def metric_name(metric: str) -> str:
    """Write a metric's name for people: ``balanced accuracy``, ``R²``."""
    return {"r2": "R²", "roc_auc": "ROC AUC", "mae": "MAE", "rmse": "RMSE"}.get(metric, metric.replace("_", " "))


def badge(
    verdict: str,
    change: float | None,
    low: float | None,
    high: float | None,
    detectable: float | None,
    *,
    metric: str = "accuracy",
) -> str:
    """Write a verdict in the same words everywhere.

    ``GAIN +1.6 pt (0.9 to 2.3)``, ``LOSS …``, ``CANNOT TELL (0.4 pt; this test set shows 0.7 or more)``, ``NO CHANGE``.

    Parameters
    ----------
    verdict : {"gain", "loss", "cannot tell", "no change"}
        What the interval says.
    change, low, high, detectable : float or None
        In the metric's unit; None where undefined.
    metric : str
        Decides the unit: shares are written in points.
    """
    word = WORDS[verdict]
    if verdict == "no change":
        return word
    if not _known(change):
        return f"{word} (undefined on these rows)"
    scale, unit = (100.0, " pt") if metric in SHARES else (1.0, "")

    def number(value: float) -> str:
        return _unsigned_zero(scale * value, ".1f" if unit else ".4g")

    if verdict == "cannot tell":
        shows = "" if not _known(detectable) else f"; this test set shows {number(detectable)} or more"
        return f"{word} ({number(change)}{unit}{shows})"
    interval = f" ({number(low)} to {number(high)})" if _known(low) and _known(high) else ""
    return f"{word} {format_points(change, metric=metric)}{interval}"


def badge_of(found: Mapping[str, Any]) -> str:
    """Write the verdict of a comparison by its own metric, as :func:`badge` does.

    Parameters
    ----------
    found : mapping
        A comparison's document, or the ``vars`` of a :class:`workbench.compare.Comparison`.
    """
    parts = (found[name] for name in ("verdict", "change", "low", "high", "detectable"))
    return badge(*parts, metric=found["metric"])
