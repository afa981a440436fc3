"""Versions and comparisons as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.reporting.figures import badge, format_metric, format_points

if TYPE_CHECKING:
    from workbench.compare import Comparison

NOT_COMPARABLE = "not comparable"


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
    """Write a comparison as text: the verdict, each metric side by side, what moved the figure, and what to know."""
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
        "",
    ]
    sides = {name: [format_metric(name, *side) for side in effect.sides] for name, effect in comparison.metrics.items()}
    width, left, right = (max(map(len, texts)) for texts in (sides, *zip(*sides.values(), strict=True)))
    for name, effect in comparison.metrics.items():
        a, b = sides[name]
        change = format_points(effect.change, metric=name)
        lines.append(f"  {name:<{width}}  {a:>{left}} → {b:<{right}}  {change:>10}  {effect.verdict}")
    moved = [f"{name} {format_points(part, metric=metric)}" for name, part in comparison.parts.items()]
    lines += ["", f"what moved the published figure: {' · '.join(moved)}"]
    lines += [f"Note: {note}" for note in comparison.notes]
    return "\n".join(lines)
