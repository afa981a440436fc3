"""How figures are written, everywhere alike: shares as per cent with their interval, changes in points, verdicts."""

from __future__ import annotations

SHARES = frozenset({"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "recall"})
"""Metrics between 0 and 1 that people read as per cent; the others are written as plain numbers."""

WORDS = {"gain": "GAIN", "loss": "LOSS", "cannot tell": "CANNOT TELL", "no change": "NO CHANGE"}


def format_count(number: int) -> str:
    """Write a count with thousands separators."""
    return f"{number:,}"


def count_of(count: int, what: str) -> str:
    """Write ``1 finding``, ``1,214 findings``."""
    return f"{format_count(count)} {what}" + ("" if count == 1 else "s")


def format_accuracy(mean: float | None, low: float | None = None, high: float | None = None) -> str:
    """Write a share and its interval: ``84.9 % (84.3–85.5)``; a dash where it is undefined."""
    if mean is None:
        return "–"
    interval = "" if low is None or high is None else f" ({100 * low:.1f}–{100 * high:.1f})"
    return f"{100 * mean:.1f} %{interval}"


def format_metric(metric: str, mean: float | None, low: float | None = None, high: float | None = None) -> str:
    """Write a metric's value and interval in its own unit."""
    if metric in SHARES or mean is None:
        return format_accuracy(mean, low, high)
    interval = "" if low is None or high is None else f" ({low:.4g} to {high:.4g})"
    return f"{mean:.4g}{interval}".replace("-", "−")


def format_points(change: float | None, *, metric: str = "accuracy") -> str:
    """Write a change with its sign: ``+1.2 pt``, or as a plain number where the metric is no share."""
    if change is None:
        return "–"
    if metric not in SHARES:
        return f"{change:+.4g}".replace("-", "−") if change else "0"
    points = round(100 * change, 1)
    return "0.0 pt" if points == 0 else f"{points:+.1f} pt".replace("-", "−")


def format_change(change: float | None, low: float | None, high: float | None, *, metric: str = "accuracy") -> str:
    """Write a change with its interval: ``+1.2 pt (0.5 to 1.9)``."""
    text = format_points(change, metric=metric)
    if change is None or low is None or high is None:
        return text
    scale, form = (100.0, ".1f") if metric in SHARES else (1.0, ".3g")
    ends = [format(scale * end, form) for end in (low, high)]
    shown = [end.removeprefix("-") if not float(end) else end.replace("-", "−") for end in ends]
    return f"{text} ({shown[0]} to {shown[1]})"


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
    if change is None:
        return f"{word} (undefined on these rows)"
    scale, unit = (100.0, " pt") if metric in SHARES else (1.0, "")

    def number(value: float) -> str:
        text = f"{scale * value:.1f}" if unit else f"{value:.4g}"
        return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")

    if verdict == "cannot tell":
        shows = "" if detectable is None else f"; this test set shows {number(detectable)} or more"
        return f"{word} ({number(change)}{unit}{shows})"
    interval = "" if low is None or high is None else f" ({number(low)} to {number(high)})"
    return f"{word} {format_points(change, metric=metric)}{interval}"
