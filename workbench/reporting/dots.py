"""A chart of changes as dots around zero with their intervals, drawn as SVG: no script, no font, no file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from workbench.reporting.axes import reach, ticks
from workbench.reporting.cases import shorten
from workbench.reporting.figures import NOISE_FLOOR, SHARES, format_change, format_floor
from workbench.reporting.markup import element

ROW, ABOVE, BELOW = 28, 8, 46
"""Units per line, above the first one, and for the axis below the last one."""

WIDTH, LEFT, RIGHT, FIGURES = 960, 276, 624, 648
"""Units of the whole, of the ends of the axis, and where the figures begin."""

NAME = 33
"""Characters of a name that fit beside the axis."""

_SHAPES = {"gain": "M0-7L7 6H-7Z", "loss": "M0 7L7-6H-7Z", "no change": "M-5.5-5.5h11v11h-11Z"}
# As in the app: a triangle up, a triangle down, a square; anything else is a circle.


@dataclass(frozen=True)
class Dot:
    """One line of the chart.

    Attributes
    ----------
    name : str
        What changed.
    change, low, high : float or None
        In the metric's unit.
    verdict : str
        Gain, loss, cannot tell or no change.
    detail : str
        Shown under the pointer, after the name.
    noise_floor : float or None
        What other seeds would move the figure by on the same data: a grey band around zero.
    """

    name: str
    change: float | None
    low: float | None
    high: float | None
    verdict: str
    detail: str = ""
    noise_floor: float | None = None


def dot_chart(dots: Sequence[Dot], *, title: str, axis: str, metric: str) -> Markup:
    """Draw the chart; its text alternative names every figure.

    An interval that would make all others look like points is cut, and an arrow says that it goes on.

    Parameters
    ----------
    dots : sequence of Dot
        In this order from above.
    title : str
        What the chart states; it begins the text alternative.
    axis : str
        What the axis measures, without its unit.
    metric : str
        Decides the unit: shares are drawn in points.
    """
    scale = 100.0 if metric in SHARES else 1.0
    far = reach(
        (_scaled(dot.change, scale) for dot in dots),
        ((_scaled(dot.low, scale), _scaled(dot.high, scale)) for dot in dots),
    )
    foot = ABOVE + ROW * len(dots)

    def x(value: float) -> float:
        return round((LEFT + RIGHT) / 2 + value / far * (RIGHT - LEFT) / 2, 1)

    parts = []
    for tick in ticks(far):
        css = "zero" if tick == 0 else "grid"
        parts.append(_shape("line", css=css, x1=x(tick), x2=x(tick), y1=ABOVE, y2=foot))
        number = "0" if tick == 0 else f"{tick:+.6g}".replace("-", "−")
        parts.append(_text(number, x(tick), foot + 17, css="tick"))
    unit = " (points)" if metric in SHARES else ""
    parts.append(_text(f"{axis}{unit}", x(0), foot + 38, css="axis"))
    for place, dot in enumerate(dots):
        parts.append(_line(dot, ABOVE + ROW * (place + 0.5), metric, scale, far, x))
    said = "; ".join(
        f"{dot.name} {format_change(dot.change, dot.low, dot.high, metric=metric)}, {dot.verdict}" for dot in dots
    )
    size = f"0 0 {WIDTH} {foot + BELOW}"
    floors = "; ".join(
        f"{dot.name} {format_floor(dot.noise_floor, metric=metric)}" for dot in dots if dot.noise_floor is not None
    )
    words = f"{title}: {said}." + (f" {NOISE_FLOOR.capitalize()}: {floors}." if floors else "")
    return element("svg", *parts, css="dots", viewBox=size, role="img", **{"aria-label": words})


def _line(dot: Dot, y: float, metric: str, scale: float, far: float, x: Callable[[float], float]) -> Markup:
    """Draw one line: name, interval, dot, figures."""
    change, low, high, noise = (_scaled(each, scale) for each in (dot.change, dot.low, dot.high, dot.noise_floor))
    parts = [_text(shorten(dot.name, NAME), LEFT - 14, y + 4.5, css="name")]
    if noise is not None:
        floor = min(noise, far)
        wide = {"x": x(-floor), "width": round(x(floor) - x(-floor), 1), "y": y - 10, "height": 20}
        parts.append(_shape("rect", css="floor", **wide))
    if low is not None and high is not None:
        ends = [max(-far, min(far, end)) for end in (low, high)]
        parts.append(_shape("line", css="reach", x1=x(ends[0]), x2=x(ends[1]), y1=y, y2=y))
        parts += [_arrow(x(ends[0]), y, -1)] if low < -far else []
        parts += [_arrow(x(ends[1]), y, 1)] if high > far else []
    if change is not None:
        at = f"translate({x(max(-far, min(far, change)))} {y})"
        shape = _SHAPES.get(dot.verdict)
        parts.append(
            _shape("path", css="dot", d=shape, transform=at)
            if shape
            else _shape("circle", css="dot", r=6, transform=at)
        )
    parts.append(_text(format_change(dot.change, dot.low, dot.high, metric=metric), FIGURES, y + 4.5, css="figure"))
    parts.append(_text(dot.verdict, WIDTH - 4, y + 4.5, css="word"))
    told = element("title", f"{dot.name}: {dot.detail}" if dot.detail else dot.name)
    return element("g", told, *parts, css=f"mark {dot.verdict.replace(' ', '-')}")


def _scaled(figure: float | None, scale: float) -> float | None:
    """Write a figure in the axis's unit; one that is no number is missing."""
    return None if figure is None or math.isnan(figure) else scale * figure


def _arrow(x: float, y: float, way: int) -> Markup:
    """Say that an interval goes on."""
    return _shape("path", css="arrow", d=f"M{x} {y - 6}l{8 * way} 6l{-8 * way} 6Z")


def _shape(tag: str, *, css: str, **attributes: object) -> Markup:
    """Write a shape."""
    return element(tag, css=css, **{name: str(value) for name, value in attributes.items()})


def _text(text: str, x: float, y: float, *, css: str) -> Markup:
    """Write a text."""
    return element("text", text, css=css, x=str(x), y=str(y))
