"""Versions and comparisons as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.reporting.figures import badge, count_of, format_change, format_metric, format_points, metric_name

if TYPE_CHECKING:
    from workbench.compare import Comparison

NOT_COMPARABLE = "not comparable"

SLICES = 8
"""Slices listed in a text."""


def main_metric(document: Mapping[str, Any]) -> str:
    """Name the metric a version is judged by: accuracy, or R² in regression."""
    return "accuracy" if "accuracy" in (document["metrics"] or {}) else "r2"


def accuracy_of(document: Mapping[str, Any]) -> str:
    """Write a version's main figure with its interval; a dash where it was not evaluated.

    Parameters
    ----------
    document : mapping
        A version as :func:`workbench.iterations.version_documents` lays it out.
    """
    if document["metrics"] is None:
        return "–"
    if not document["comparable"]:
        return NOT_COMPARABLE
    metric = main_metric(document)
    return format_metric(metric, **document["metrics"][metric])


def verdict_of(document: Mapping[str, Any]) -> str:
    """Write a version's verdict against the measured one before it; a dash where there is none."""
    found = document["comparison"]
    if found is None:
        return "–"
    return badge(
        found["verdict"], found["change"], found["low"], found["high"], found["detectable"], metric=found["metric"]
    )


def report_comparison(comparison: Comparison) -> str:
    """Write a comparison as text: the verdict, each metric and the slices side by side, what moved it, what to know."""
    metric = comparison.metric
    lines = [
        f"{comparison.b} against {comparison.a}: "
        + badge(
            comparison.verdict,
            comparison.change,
            comparison.low,
            comparison.high,
            comparison.detectable,
            metric=metric,
        ),
        f"{metric} on {comparison.test_rows:,} shared test rows, under the test labels of {comparison.test_labels}",
        *harmed(comparison),
        "",
    ]
    sides = {name: [format_metric(name, *side) for side in effect.sides] for name, effect in comparison.metrics.items()}
    width, left, right = (max(map(len, texts)) for texts in (sides, *zip(*sides.values(), strict=True)))
    for name, effect in comparison.metrics.items():
        a, b = sides[name]
        change = format_points(effect.change, metric=name)
        lines.append(f"  {name:<{width}}  {a:>{left}} → {b:<{right}}  {change:>10}  {effect.verdict}")
    moved = [f"{name} {format_points(part, metric=metric)}" for name, part in comparison.parts.items()]
    lines += _slices(comparison)
    lines += ["", f"what moved the published figure: {' · '.join(moved)}"]
    lines += [f"Note: {note}" for note in comparison.notes]
    return "\n".join(lines)


def harmed(comparison: Comparison) -> list[str]:
    """Name the classes and slices that lost although the verdict is no loss; no line where there is none."""
    if comparison.verdict == "loss":
        return []
    lost = [
        f"class {name} {format_change(effect.change, effect.low, effect.high, metric='recall')}"
        for name, effect in comparison.per_class.items()
        if effect.verdict == "loss"
    ]
    if comparison.slices:
        lost += [
            f"{each.name} "
            + format_change(each.effect.change, each.effect.low, each.effect.high, metric=comparison.slices.metric)
            for each in comparison.slices.found
            if each.effect.verdict == "loss"
        ]
    more = f"; and {len(lost) - SLICES} more" if len(lost) > SLICES else ""
    return [f"But LOSS for {'; '.join(lost[:SLICES])}{more}"] if lost else []


def _slices(comparison: Comparison) -> list[str]:
    """List the slices that were harmed most."""
    slices = comparison.slices
    if slices is None or not slices.found:
        return []
    shown = slices.found[:SLICES]
    names = [each.name for each in shown]
    sides = [[format_metric(slices.metric, *side) for side in each.effect.sides] for each in shown]
    rows = [count_of(each.rows, "row") for each in shown]
    width, wide, left, right = (max(map(len, texts)) for texts in (names, rows, *zip(*sides, strict=True)))
    cut = f", {len(shown)} of {len(slices.found)}" if len(shown) < len(slices.found) else ""
    lines = ["", f"{metric_name(slices.metric)} by slice, the most harmed first{cut}:"]
    for each, name, count, (a, b) in zip(shown, names, rows, sides, strict=True):
        change = format_change(each.effect.change, each.effect.low, each.effect.high, metric=slices.metric)
        figures = f"{a:>{left}} → {b:<{right}}  {change}  {each.effect.verdict}"
        lines.append(f"  {name:<{width}}  {count:>{wide}}  {figures}")
    return lines
