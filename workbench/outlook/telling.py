"""What is to be gained, in the words of the command line and the app."""

from __future__ import annotations

from workbench.metrics import METRICS
from workbench.outlook.records import Forecast, Outlook
from workbench.reporting import count_of, format_change, format_count, format_points, metric_name
from workbench.reporting.figures import SHARES

CANNOT = "There is nothing to go by yet"

LEAST_SHOWN = 0.0005
"""Share that is written as 0.1 points."""


def sentences(found: Outlook) -> list[str]:
    """Say what more decisions are likely to bring, whether to stop and, where asked for, what more rows bring."""
    return [*_cleaning(found), *_choosing(found)]


def _cleaning(found: Outlook) -> list[str]:
    """Say what more decisions are likely to bring, and whether to go on."""
    ahead = found.forecast
    if ahead is None:
        return [f"{CANNOT}: {found.notes[-1] if found.notes else 'no version was measured'}."]
    told = [f"What {ahead.effort} are likely to bring in {metric_name(found.metric)}: {_figure(ahead, found.metric)}."]
    shows = None if found.detectable is None else format_points(found.detectable, metric=found.metric).lstrip("+")
    if found.verdict == "below the noise":
        beyond = _better(found, ahead.high if _up(found) else ahead.low) >= (found.detectable or 0.0)
        told.append(
            f"Below the noise (this test set shows {shows} or more): "
            + ("most likely " if beyond else "")
            + "stopping costs nothing you could measure."
        )
    elif found.verdict == "worth going on":
        told.append(f"Worth going on: that is more than the {shows} that this test set shows.")
    else:
        told.append("Cannot tell whether to go on: it may as well bring nothing.")
    if found.foretold is not None and found.brought is not None:
        told.append(
            f"In hindsight: for {found.foretold.effort} the versions before foretold "
            f"{_figure(found.foretold, found.metric)}; they brought {_figure(found.brought, found.metric)}."
        )
    rest = found.rest
    if rest is not None and found.detectable is not None and _better(found, rest.change) >= found.detectable:
        told.append(f"But {rest.effort} about train rows together: {_figure(rest, found.metric)}.")
    return told


def _choosing(found: Outlook) -> list[str]:
    """Say which buys more, cleaner data or more of it."""
    sizes, choice = found.sizes, found.choice
    if sizes is None or choice is None:
        return []
    if sizes.more is None:
        return [f"What more rows would bring is not known: {sizes.notes[-1]}."]
    times = "; ".join(f"{each.effort} {_figure(each, found.metric)}" for each in sizes.forecasts)
    told = [f"More data: {times}."]
    if found.forecast is None or choice.verdict == "unknown":
        return [*told, f"{sizes.more.effort}: {_figure(sizes.more, found.metric)}."]
    words = {"cleaner data": "cleaner data buys more", "more data": "more data buys more"}
    small = choice.change is not None and found.detectable is not None and abs(choice.change) < found.detectable
    told.append(
        f"{found.forecast.effort}: {_figure(found.forecast, found.metric)}; {sizes.more.effort}: "
        f"{_figure(sizes.more, found.metric)}: {words.get(choice.verdict, choice.verdict)}, if both cost the same"
        + (", by less than this test set shows." if choice.verdict in words and small else ".")
    )
    return told


def counted(found: Outlook) -> str:
    """Say how many rows and versions the curve rests on."""
    last = found.points[-1].n if found.points else 0
    return f"{count_of(len(found.points), 'version')}, {format_count(last)} {found.counted}"


def _figure(ahead: Forecast, metric: str) -> str:
    """Write a forecast with its interval; one that shows no digit, as what it is less than."""
    if metric in SHARES and max(abs(ahead.low), abs(ahead.high)) < LEAST_SHOWN:
        return "less than 0.1 pt"
    return format_change(ahead.change, ahead.low, ahead.high, metric=metric)


def _up(found: Outlook) -> bool:
    """Tell whether more is better."""
    return METRICS[found.metric].greater_is_better


def _better(found: Outlook, change: float) -> float:
    """Turn a change so that up is better."""
    return change if _up(found) else -change
