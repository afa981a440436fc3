"""What is to be gained, as plain values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

Worth = Literal["worth going on", "below the noise", "cannot tell", "unknown"]
Buys = Literal["cleaner data", "more data", "cannot tell apart", "unknown"]
Method = Literal["curve", "average", "none"]


@dataclass(frozen=True)
class Point:
    """A figure of the fixed model.

    Attributes
    ----------
    name : str
        ``adult@3``, or how many train rows it learnt from.
    n : int
        Rows corrected so far, or train rows.
    mean, low, high : float
        In the metric's unit, with the 95 % interval.
    """

    name: str
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """What some effort is likely to change.

    Attributes
    ----------
    effort : str
        ``100 more decisions``, ``1.5 × the rows``.
    n : float
        Rows corrected, or train rows, by then.
    change, low, high : float
        Of the metric, in its own direction, with the 95 % interval.
    """

    effort: str
    n: float
    change: float
    low: float
    high: float


@dataclass(frozen=True)
class Sizes:
    """The figure against the number of train rows.

    Attributes
    ----------
    points : tuple of Point
        Nested parts of the newest version's train rows, the smallest first.
    curve : tuple of (n, middle, low, high)
        The fitted curve with its 95 % band; empty where it could not be fitted.
    forecasts : tuple of Forecast
        For some times as many rows.
    more : Forecast or None
        For the rows that are set against decisions.
    notes : tuple of str
        What must be known to read it.
    """

    points: tuple[Point, ...]
    curve: tuple[tuple[float, float, float, float], ...]
    forecasts: tuple[Forecast, ...]
    more: Forecast | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """More data or cleaner data.

    Attributes
    ----------
    verdict : {"cleaner data", "more data", "cannot tell apart", "unknown"}
        Which buys more.
    change, low, high : float or None
        What the decisions bring beyond what the rows bring, in the metric's own direction.
    """

    verdict: Buys
    change: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Outlook:
    """What further review is likely to bring.

    Attributes
    ----------
    dataset, version : str
        Name, and the newest measured version (``adult@5``), from which it looks ahead.
    metric : str
        A mean over rows: accuracy or, in regression, mae.
    counted : str
        What ``n`` counts.
    points : tuple of Point
        A version each, oldest first.
    curve : tuple of (n, middle, low, high)
        The fitted curve with its 95 % band; empty without one.
    method : {"curve", "average", "none"}
        How ``forecast`` came about: the fitted curve, what a correction brought on average so far, or not at all.
    confirmed, answered : int
        Of so many last decisions about train rows, so many led to a correction.
    open : int
        Open findings about train rows.
    forecast, rest : Forecast or None
        For the decisions asked for, and for as many as there are open findings.
    detectable : float or None
        The smallest change that this test set shows in 80 % of cases, between the last two points.
    verdict : {"worth going on", "below the noise", "cannot tell", "unknown"}
        Whether to go on.
    test_rows : int
        Test rows that all points share.
    test_labels : str
        The version whose test labels count.
    sizes : Sizes or None
        The figure against the number of rows; None where it was not asked for.
    choice : Choice or None
        More data or cleaner data; None where it was not asked for.
    foretold, brought : Forecast or None
        What the versions before the newest foretold for its corrections, and what they brought; None for too few.
    notes : tuple of str
        What must be known to read it.
    """

    dataset: str
    version: str
    metric: str
    counted: str
    points: tuple[Point, ...]
    curve: tuple[tuple[float, float, float, float], ...]
    method: Method
    confirmed: int
    answered: int
    open: int
    forecast: Forecast | None
    rest: Forecast | None
    detectable: float | None
    verdict: Worth
    test_rows: int
    test_labels: str
    sizes: Sizes | None
    choice: Choice | None
    foretold: Forecast | None
    brought: Forecast | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Lay out as the JSON document of ``workbench outlook --json``."""
        from workbench.outlook.telling import sentences

        return {**dataclasses.asdict(self), "said": sentences(self)}
