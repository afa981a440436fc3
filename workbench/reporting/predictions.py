"""The test rows behind a comparison, as parts of the report: predictions by class, and the rows that flipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from workbench.reporting.differences import correction_text, key_cell, key_text
from workbench.reporting.figures import count_of, format_count
from workbench.reporting.markup import element, verdict_badge
from workbench.reporting.page import paragraph, table

if TYPE_CHECKING:
    from workbench.compare import RowChanges
    from workbench.iterations import ComparisonReport

PAIRS = 12
"""Pairs of classes listed, those that moved most."""


def confusion_section(report: ComparisonReport, rows: RowChanges) -> list[Markup]:
    """List how many test rows of each class are predicted as which, before and after."""
    moved = rows.moved
    if not moved:
        return [paragraph("No pair of class and prediction has more or fewer test rows than before.")]
    listed = [
        [
            pair.label,
            pair.predicted,
            format_count(pair.before),
            format_count(pair.after),
            f"{pair.after - pair.before:+,}".replace("-", "−"),
            verdict_badge(pair.word, "gain" if pair.helps else "loss"),
        ]
        for pair in moved[:PAIRS]
    ]
    cut = f" The {PAIRS} of {len(moved)} pairs that moved most." if len(moved) > PAIRS else ""
    titles = ["label", "predicted", f"v{report.a.version}", f"v{report.b.version}", "change", ""]
    return [
        paragraph(f"{count_of(rows.rows, 'test row')}, predictions averaged over the fits.{cut}", css="soft"),
        table(titles, listed, numbers=(2, 3, 4), caption="Predictions by class", narrow=True),
    ]


def flips_section(report: ComparisonReport, rows: RowChanges) -> list[Markup]:
    """List test rows whose prediction changed between right and wrong, with the corrections near them."""
    if not rows.flips:
        return [paragraph(f"None of the {format_count(rows.rows)} shared test rows changed between right and wrong.")]
    total = rows.gained + rows.lost
    cut = f" Listed are the {len(rows.flips)} that moved most." if len(rows.flips) < total else ""
    by_row: dict[int, list[str]] = {}
    keys: dict[int, str] = {}
    for change in report.differs.changes:
        by_row.setdefault(change.rid, []).append(correction_text(change))
        keys[change.rid] = key_text(change.key)

    def near(rid: int) -> Markup:
        own = [f"this row itself: {'; '.join(by_row[rid])}"] if rid in by_row else []
        others = [
            f"{keys[each.rid]} ({each.distance:.1f}): {'; '.join(by_row[each.rid])}"
            for each in report.near.get(rid, ())
        ]
        return element("div", *(element("div", line) for line in own + others or ["–"]), css="near")

    listed = [
        [
            key_cell(flip.key),
            flip.label,
            flip.before,
            flip.after,
            verdict_badge("right" if flip.gained else "wrong", "gain" if flip.gained else "loss"),
            element("span", f"{flip.before_share:.2f} → {flip.after_share:.2f}", css="nowrap"),
            near(flip.rid),
        ]
        for flip in rows.flips
    ]
    said = [f"predicted at v{report.a.version}", f"at v{report.b.version}", "now", "probability of the label"]
    titles = ["row", "label", *said, "corrected train rows near it (distance)"]
    return [
        paragraph(f"{count_of(rows.gained, 'row')} became right, {format_count(rows.lost)} became wrong.{cut}"),
        paragraph(
            "The train rows most like a row among those that were corrected: at 0 they are alike, at 1 they differ as "
            "much as two unrelated values of one column. Near is not why: the model learns from all rows.",
            css="soft",
        ),
        table(titles, listed, caption="Test rows that flipped"),
    ]
