"""Axes that can always be drawn: of figures that are missing, infinite, all equal, or closer than floats can tell.

A chart gives its figures and gets a range that is finite and not empty. What lies beyond it is for the chart to clip.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

_LEAST, _MOST = 1e-300, 1e300
"""Magnitudes between which a range can be halved, widened and divided by without leaving the normal floats."""

_APART = 1e-9
"""Figures closer than this share of their size are one figure on an axis: its labels could not tell them apart."""


def finite(figures: Iterable[float | None]) -> list[float]:
    """Return the figures that have a place on an axis, as floats; beyond the largest one drawn, that one."""
    known = (float(figure) for figure in figures if figure is not None)
    return [max(-_MOST, min(_MOST, figure)) for figure in known if math.isfinite(figure)]


def span(figures: Iterable[float | None], *, room: float) -> tuple[float, float]:
    """Return the two ends of an axis that shows all figures.

    Parameters
    ----------
    figures : iterable of float or None
        Missing and infinite ones are passed over.
    room : float
        Share of the figures' range that is added at either end.

    Returns
    -------
    low, high : float
        Finite, ``low < high``; 0 and 1 with room where there is no figure, half a unit around where all are equal.

    Examples
    --------
    >>> span([2.0, 4.0, None, float("inf")], room=0.1)
    (1.8, 4.2)
    >>> span([5e-324, 0.0], room=0.1)
    (-0.5, 0.5)
    """
    known = finite(figures) or [0.0, 1.0]
    low, high = min(known), max(known)
    size = max(abs(low), abs(high))
    if high - low <= _APART * size or size < _LEAST:
        around = max(min(0.5, size / 2), _APART * size) if size >= _LEAST else 0.5
    else:
        around = room * (high - low)
    return low - around, high + around


def reach(changes: Iterable[float | None], intervals: Iterable[tuple[float | None, float | None]]) -> float:
    """Return how far an axis around zero goes either way: all changes, and most intervals.

    One interval that would make all others look like points is not shown whole.

    Parameters
    ----------
    changes : iterable of float or None
        All are shown.
    intervals : iterable of (low, high)
        Where one end is missing or infinite the interval is passed over. The four fifths that are shortest are shown
        whole, and all of them where the longest is at most twice as long.

    Returns
    -------
    float
        Positive and finite; 1 where there is nothing to show.

    Examples
    --------
    >>> round(reach([0.5, -1.0], [(-2.0, 0.0)]), 3)
    2.2
    >>> reach([5e-324, None], [])
    1.0
    """
    ends = sorted(max(map(abs, known)) for pair in intervals if len(known := finite(pair)) == 2)
    most = ends[math.ceil(0.8 * len(ends)) - 1] if ends else 0.0
    most = ends[-1] if ends and ends[-1] / 2 <= most else most
    far = max([*map(abs, finite(changes)), most, 0.0])
    return min(1.1 * far, _MOST) if far >= _LEAST else 1.0


def ticks(far: float) -> Sequence[float]:
    """Choose three to seven round numbers around zero, none beyond ``far``.

    Parameters
    ----------
    far : float
        As :func:`reach` gives it.

    Examples
    --------
    >>> ticks(2.2)
    [-2.0, -1.0, 0.0, 1.0, 2.0]
    """
    power = 10.0 ** math.floor(math.log10(far))
    step = next(step * power for step in (0.2, 0.5, 1, 2, 5) if far / (step * power) < 4)
    count = math.floor(far / step)
    return [float(f"{number * step:.12g}") for number in range(-count, count + 1)]
