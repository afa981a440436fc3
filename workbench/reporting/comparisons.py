"""The report of two versions as one HTML file: whether the change helped the fixed model, where, and what was changed.

Its figures are those of ``workbench compare --json`` and of the page Compare, written alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from workbench.reporting.differences import (
    CHANGES,
    changes_section,
    findings_section,
    versions_section,
)
from workbench.reporting.dots import Dot, dot_chart
from workbench.reporting.figures import (
    NOISE_FLOOR,
    SHARES,
    WORDS,
    badge_of,
    count_of,
    format_change,
    format_count,
    format_level,
    format_metric,
    format_points,
    metric_name,
)
from workbench.reporting.markup import element, figure, verdict_badge
from workbench.reporting.page import STYLE, document, folded, paragraph, section, table
from workbench.reporting.predictions import confusion_section, flips_section
from workbench.reporting.versions import harmed, held_together, unsettled

if TYPE_CHECKING:
    from workbench.compare import Comparison
    from workbench.iterations import ComparisonReport

Attributed = tuple[str, float | None, float | None, float | None, str]
"""What one group of corrections did: its name, the change, the ends of its interval, the verdict."""

DRAWN = 20
"""Classes or slices in a chart; the table below it has all."""


def report_versions(
    report: ComparisonReport,
    *,
    written_at: datetime,
    changes: int = CHANGES,
    attribution: Sequence[Attributed] | None = None,
) -> str:
    """Write all that is known about two versions as an HTML document.

    It needs no script and nothing from elsewhere, follows the reader's light or dark theme, and can be printed.

    Parameters
    ----------
    report : ComparisonReport
        What was gathered.
    written_at : datetime
        When, in UTC; stands on the page.
    changes : int
        Changed cells listed, and changed rows; the counts are of all.
    attribution : sequence of (name, change, low, high, verdict), optional
        What each group of corrections did to the comparison's metric, in the order in which it is to be shown. Without
        it the page has no such part.
    """
    a, b, found = report.a, report.b, report.found
    parts: list[tuple[str, str, list[Markup]]] = []
    if found is not None:
        parts.append(("metrics", "Metrics", _metrics(found)))
        differ = found.verdict != "no change"
        if found.per_class and differ:
            parts.append(("classes", "Recall by class", _classes(found)))
        if found.slices is not None and found.slices.found and differ:
            parts.append(("slices", f"{_capital(metric_name(found.slices.metric))} by slice", _slices(found)))
        parts.append(("moved", "What moved the published figure", _moved(found)))
        if attribution is not None:
            parts.append(("attribution", "What each group of corrections did", _attributed(found, attribution)))
        if report.rows is not None and report.rows.rows and differ:
            parts.append(("confusion", "Predictions by class", confusion_section(report, report.rows)))
            parts.append(("flips", "Test rows that flipped", flips_section(report, report.rows)))
    parts.append(("findings", "Findings gone and new", findings_section(report)))
    parts.append(("versions", "Versions", versions_section(report)))
    parts.append(("changes", "What was changed", changes_section(report, limit=changes)))
    if found is not None:
        parts.append(("notes", "How to read this", _notes(found)))
    links = [element("a", title, href=f"#{name}") for name, title, _ in parts]
    verdict = badge_of(vars(found)) if found is not None else ""
    return document(
        " · ".join(part for part in (f"{b.name} against {a.name}", verdict) if part),
        element("h1", f"{a.dataset} · v{a.version} → v{b.version}"),
        paragraph(
            f"What changed between these two versions, and whether it helped the fixed model. "
            f"Written {_moment(written_at)}.",
            css="soft",
        ),
        *_verdict(report),
        element("nav", *links, **{"aria-label": "Contents"}),
        *(section(title, *content, name=name) for name, title, content in parts),
        element(
            "footer",
            "Written by the data-centric quality workbench: ",
            element("code", f"workbench report {a.name} {b.name} -o FILE"),
            css="soft",
        ),
        style=STYLE,
    )


def _verdict(report: ComparisonReport) -> list[Markup]:
    """Say first whether it helped, on what that rests, and who was harmed all the same."""
    found = report.found
    if found is None:
        return [paragraph(f"The fixed model's figures cannot be compared: {report.why_not}", css="warning")]
    before, after = (figure(format_metric(found.metric, *side)) for side in found.metrics[found.metric].sides)
    said = [
        element("p", verdict_badge(badge_of(vars(found)), found.verdict), css="verdict"),
        paragraph(
            Markup("{} {} → {} on {} that both have, under the test labels of {}.").format(
                _capital(metric_name(found.metric)), before, after, count_of(found.test_rows, "test row"),
                found.test_labels,
            )
        ),
    ]  # fmt: skip
    if found.verdict == "no change":
        said.append(paragraph("The model learns from the same rows and is asked about the same rows in both."))
    elif found.detectable is not None:
        smallest = format_points(found.detectable, metric=found.metric).removeprefix("+")
        said.append(
            paragraph(f"The smallest change that these test rows and seeds would show in 80 % of cases: {smallest}.")
        )
    needed = unsettled(vars(found))
    said += [paragraph(needed)] if needed else []
    return said + [paragraph(line, css="warning") for line in harmed(found)]


def _metrics(found: Comparison) -> list[Markup]:
    """Write each metric of both versions with its change."""
    rows = [
        [
            metric_name(name),
            *(figure(format_metric(name, *side)) for side in effect.sides),
            figure(format_change(effect.change, effect.low, effect.high, metric=name)),
            verdict_badge(WORDS[effect.verdict], effect.verdict),
        ]
        for name, effect in found.metrics.items()
    ]
    titles = ["metric", *(f"{_short(name)} (95 % interval)" for name in (found.a, found.b))]
    return [table([*titles, "change (95 % interval)", "verdict"], rows, numbers=(1, 2, 3), caption="Metrics")]


def _classes(found: Comparison) -> list[Markup]:
    """Draw the change of each class's recall, and write the figures below."""
    moved = sorted(found.per_class.items(), key=lambda item: -abs(item[1].change or 0.0))
    drawn = {name for name, _ in moved[:DRAWN]}
    dots = [
        Dot(name, each.change, each.low, each.high, each.verdict, _sides("recall", each.sides), each.noise_floor)
        for name, each in sorted(found.per_class.items())
        if name in drawn
    ]
    cut = f" The {DRAWN} of {len(moved)} classes that moved most." if len(moved) > DRAWN else ""
    title = f"Change of recall by class, {_short(found.a)} to {_short(found.b)}"
    rows = [
        [
            name,
            *(figure(format_metric("recall", *side)) for side in each.sides),
            figure(format_change(each.change, each.low, each.high, metric="recall")),
            verdict_badge(WORDS[each.verdict], each.verdict),
        ]
        for name, each in sorted(found.per_class.items())
    ]
    level = format_level(found.per_class_level)
    titles = ["class", _short(found.a), _short(found.b), f"change ({level} interval)", "verdict"]
    held = held_together(len(moved), "classes", found.per_class_level) or f"{level} interval"
    return [
        paragraph(f"{title}; {held}; right of zero is better; grey: {NOISE_FLOOR}.{cut}", css="soft"),
        _chart(dots, title=title, axis="change of recall", metric="recall"),
        folded("All figures of this chart", table(titles, rows, numbers=(1, 2, 3), caption="Recall by class")),
    ]


def _slices(found: Comparison) -> list[Markup]:
    """Draw the change in each slice, the most harmed first, and write the figures below."""
    slices = found.slices
    assert slices is not None, "asked only where there are some"
    name = metric_name(slices.metric)
    shown = slices.found[:DRAWN]
    dots = [
        Dot(
            each.name, each.effect.change, each.effect.low, each.effect.high, each.effect.verdict,
            f"{_sides(slices.metric, each.effect.sides)}, {count_of(each.rows, 'test row')}",
            each.effect.noise_floor,
        )
        for each in shown
    ]  # fmt: skip
    better = "right" if slices.metric in SHARES else "left"
    level = format_level(slices.level)
    title = f"Change of {name} by slice, {_short(found.a)} to {_short(found.b)}"
    cut = f" The {len(shown)} most harmed of {len(slices.found)} are drawn." if len(shown) < len(slices.found) else ""
    rows = [
        [
            each.column,
            each.value,
            format_count(each.rows),
            *(figure(format_metric(slices.metric, *side)) for side in each.effect.sides),
            figure(format_change(each.effect.change, each.effect.low, each.effect.high, metric=slices.metric)),
            verdict_badge(WORDS[each.effect.verdict], each.effect.verdict),
        ]
        for each in slices.found
    ]
    titles = ["column", "value", "test rows", _short(found.a), _short(found.b), f"change ({level} interval)", "verdict"]
    return [
        paragraph(
            f"{title}, the most harmed first; {better} of zero is better. A slice is the test rows with one value of a "
            f"column, or a quarter of its numbers. Many are looked at, so each interval is at {level} (see the notes). "
            f"Grey: {NOISE_FLOOR}.{cut}",
            css="soft",
        ),
        _chart(dots, title=title, axis=f"change of {name}", metric=slices.metric),
        folded(
            f"All {count_of(len(slices.found), 'slice')}",
            table(titles, rows, numbers=(2, 3, 4, 5), caption=f"{_capital(name)} by slice"),
        ),
    ]


def _moved(found: Comparison) -> list[Markup]:
    """Say what moved the figure as published."""
    if not found.comparable:
        return [paragraph("This cannot be told: one of the two published figures is not comparable (see the notes).")]
    rows = [[name, format_points(part, metric=found.metric)] for name, part in found.parts.items()]
    whole = None if found.a_published is None or found.b_published is None else found.b_published - found.a_published
    published = [format_metric(found.metric, each) for each in (found.a_published, found.b_published)]
    return [
        paragraph(
            f"Each version's own {metric_name(found.metric)}, on its own test rows and under its own test labels: "
            f"{_short(found.a)} ",
            element("span", published[0], css="nowrap"),
            f", {_short(found.b)} ",
            element("span", published[1], css="nowrap"),
            ". These parts sum to the difference.",
            css="soft",
        ),
        table(
            ["part", "change"],
            rows,
            numbers=(1,),
            caption="Parts of the change",
            narrow=True,
            total=["together", format_points(whole, metric=found.metric)],
        ),
    ]


def _attributed(found: Comparison, groups: Sequence[Attributed]) -> list[Markup]:
    """Draw what each group of corrections did."""
    if not groups:
        return [paragraph("There are no corrections between these versions whose part could be told.")]
    dots = [Dot(name, change, low, high, verdict) for name, change, low, high, verdict in groups]
    name = metric_name(found.metric)
    title = f"Part of each group of corrections in the change of {name}"
    return [
        paragraph(f"{title}, with its interval.", css="soft"),
        _chart(dots, title=title, axis=f"change of {name}", metric=found.metric),
    ]


def _notes(found: Comparison) -> list[Markup]:
    """Say what a reader of the figures must know."""
    words = (
        "GAIN and LOSS: the whole 95 % interval of the change is on one side of zero. CANNOT TELL: it is not, which is "
        "no proof that nothing changed. NO CHANGE: the model's inputs are the same.",
        "Intervals count both the test rows and the seeds of the fits (Bouthillier et al. 2021; Owen 2007; "
        "Satterthwaite 1946). Whether two versions differ is what the interval of the change says, not whether their "
        "own intervals overlap.",
    )
    return [element("ul", *(element("li", line) for line in (*found.notes, *words)))]


def _chart(dots: Sequence[Dot], *, title: str, axis: str, metric: str) -> Markup:
    """Draw a chart that scrolls by itself where the page is too narrow."""
    return element("div", dot_chart(dots, title=title, axis=axis, metric=metric), css="scroll", tabindex="0")


def _sides(metric: str, sides: Sequence[tuple[float | None, float | None, float | None]]) -> str:
    """Write both figures."""
    return " → ".join(format_metric(metric, *side) for side in sides)


def _short(name: str) -> str:
    """Write ``v3`` for ``adult@3``."""
    return f"v{name.rpartition('@')[2]}"


def _capital(text: str) -> str:
    """Begin with a capital."""
    return text[:1].upper() + text[1:]


def _moment(when: datetime) -> str:
    """Write a time to the minute."""
    return f"{when:%Y-%m-%d %H:%M} UTC"
