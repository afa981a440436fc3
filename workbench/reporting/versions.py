"""Versions and comparisons as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.reporting.figures import (
    NOISE_FLOOR,
    badge_of,
    count_of,
    format_change,
    format_floor,
    format_level,
    format_metric,
    format_points,
    format_score,
    metric_name,
    settled_by,
    widened_by,
)

if TYPE_CHECKING:
    from workbench.compare import Comparison, Comparisons, Effect

NOT_COMPARABLE = "not comparable"

SLICES = 8
"""Slices, and classes, listed in a text."""


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
    return format_score(metric, document["metrics"][metric])


def verdict_of(document: Mapping[str, Any]) -> str:
    """Write a version's verdict against the measured one before it; a dash where there is none."""
    found = document["comparison"]
    return "–" if found is None else badge_of(found)


def report_comparison(comparison: Comparison) -> str:
    """Write a comparison as text: the verdict, each metric and the slices side by side, what moved it, what to know."""
    metric = comparison.metric
    lines = [
        f"{comparison.b} against {comparison.a}: {badge_of(vars(comparison))}",
        f"{metric} on {comparison.test_rows:,} shared test rows, under the test labels of {comparison.test_labels}",
        *harmed(comparison),
        *_lines(unsettled(vars(comparison))),
        asked_about(comparison),
        "",
    ]
    sides = {name: [format_metric(name, *side) for side in effect.sides] for name, effect in comparison.metrics.items()}
    width, left, right = (max(map(len, texts)) for texts in (sides, *zip(*sides.values(), strict=True)))
    for name, effect in comparison.metrics.items():
        a, b = sides[name]
        change = format_points(effect.change, metric=name)
        lines.append(f"  {name:<{width}}  {a:>{left}} → {b:<{right}}  {change:>10}  {effect.verdict}")
    moved = [f"{name} {format_points(part, metric=metric)}" for name, part in comparison.parts.items()]
    lines += _classes(comparison)
    lines += _slices(comparison)
    whose = "figure of the samples" if comparison.resampled else "published figure"
    lines += ["", f"what moved the {whose}: {' · '.join(moved)}"]
    lines += [f"Note: {note}" for note in comparison.notes]
    return "\n".join(lines)


def report_comparisons(found: Comparisons) -> str:
    """Write several comparisons with one base as text: a line each, with what was harmed and what must be known."""
    metric, many = found.comparisons[0].metric, len(found.comparisons)
    lines = [
        f"{count_of(many, 'version')} against {found.base}: {metric}, under the test labels of "
        f"{found.comparisons[0].test_labels}",
        f"Each interval of a change is at {format_level(found.level)}: together they claim a change that is not there "
        "in at most 5 % of cases (Bonferroni; Dunn 1961).",
        *([asked_about(found.comparisons[0])] if found.comparisons[0].resampled else []),
        "",
    ]
    sides = [[format_metric(metric, *side) for side in each.metrics[metric].sides] for each in found.comparisons]
    names = [each.b for each in found.comparisons]
    width, left, right = (max(map(len, texts)) for texts in (names, *zip(*sides, strict=True)))
    for each, (a, b) in zip(found.comparisons, sides, strict=True):
        lines.append(f"  {each.b:<{width}}  {a:>{left}} → {b:<{right}}  {badge_of(vars(each))}")
        lines += [f"  {'':<{width}}  {line}" for line in (*harmed(each), *_lines(unsettled(vars(each))))]
    everywhere = set.intersection(*(set(each.notes) for each in found.comparisons))
    notes = [
        note if note in everywhere else f"against {each.b}: {note}" for each in found.comparisons for note in each.notes
    ]
    return "\n".join([*lines, "", *(f"Note: {note}" for note in dict.fromkeys(notes))]).rstrip()


def held_singly(documents: Sequence[Mapping[str, Any]]) -> str:
    """Say how to read several verdicts in one list; empty where there are not several."""
    verdicts = [document["verdict"] for document in documents if document["verdict"] not in (None, "no change")]
    if len(verdicts) < 2:
        return ""
    return (
        "Each verdict holds at 95 % by itself: of 20 versions whose changes did nothing, one may read gain or loss "
        "by chance. Compared at once (workbench compare NAME@1 NAME@2 NAME@3), verdicts hold together."
    )


def asked_about(comparison: Comparison) -> str:
    """Say what the verdict is about: these very train rows, with what other seeds would do, or train rows like them."""
    if comparison.resampled:
        return (
            f"Would it help on data like this? {comparison.fits} fits of each version, each on another bootstrap "
            "sample of the train rows; the interval counts that these were drawn, too."
        )
    return f"{NOISE_FLOOR}: {format_floor(comparison.noise_floor, metric=comparison.metric)}"


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


def unsettled(comparison: Mapping[str, Any]) -> str:
    """Say what would settle a verdict that cannot be told; empty where there is nothing to say.

    Parameters
    ----------
    comparison : mapping
        A comparison as JSON; one kept before this was worked out has nothing to say.
    """
    if comparison["low"] is None or "rows_needed" not in comparison:
        return ""
    needed = settled_by(
        comparison["verdict"],
        comparison["change"],
        comparison["rows_needed"],
        comparison["seeds_needed"],
        test_rows=comparison["test_rows"],
        resampled=comparison["resampled"],
    )
    widened = widened_by(
        comparison["verdict"],
        comparison.get("widening"),
        comparison["seeds_needed"],
        fits=comparison.get("fits", 0),
        resampled=comparison["resampled"],
    )
    return " ".join(filter(None, (needed, widened)))


def _lines(text: str) -> list[str]:
    """Return a text as a line, and none where there is no text."""
    return [text] if text else []


def held_together(many: int, what: str, level: float) -> str:
    """Say at which level the intervals of many things are, so that they hold together; empty for one."""
    if many < 2:
        return ""
    return f"{format_level(level)} intervals, which hold together at 95 % for all {many:,} {what} (Bonferroni)"


def _classes(comparison: Comparison) -> list[str]:
    """List the classes, those harmed most first."""
    if not comparison.per_class or comparison.verdict == "no change":
        return []
    found = sorted(comparison.per_class.items(), key=lambda item: (item[1].verdict != "loss", item[1].change or 0.0))
    level = held_together(len(found), "classes", comparison.per_class_level)
    title = f"recall by class, the most harmed first{_cut(len(found))}" + (f"; {level}" if level else "")
    return _listed(title, "recall", [(name, "", effect) for name, effect in found[:SLICES]])


def _slices(comparison: Comparison) -> list[str]:
    """List the slices that were harmed most."""
    slices = comparison.slices
    if slices is None or not slices.found:
        return []
    title = f"{metric_name(slices.metric)} by slice, the most harmed first{_cut(len(slices.found))}"
    shown = [(each.name, count_of(each.rows, "row"), each.effect) for each in slices.found[:SLICES]]
    return _listed(title, slices.metric, shown)


def _cut(many: int) -> str:
    """Say how many of them are listed, where not all are."""
    return f", {SLICES} of {many}" if many > SLICES else ""


def _listed(title: str, metric: str, shown: list[tuple[str, str, Effect]]) -> list[str]:
    """List parts of the test rows by name and count, each with both figures, change and verdict."""
    sides = [[format_metric(metric, *side) for side in effect.sides] for _, _, effect in shown]
    names, counts = [each[0] for each in shown], [each[1] for each in shown]
    width, wide, left, right = (max(map(len, texts)) for texts in (names, counts, *zip(*sides, strict=True)))
    lines = ["", f"{title}:"]
    for (name, count, effect), (a, b) in zip(shown, sides, strict=True):
        change = format_change(effect.change, effect.low, effect.high, metric=metric)
        rows = f"  {count:>{wide}}" if wide else ""
        lines.append(f"  {name:<{width}}{rows}  {a:>{left}} → {b:<{right}}  {change}  {effect.verdict}")
    return lines
