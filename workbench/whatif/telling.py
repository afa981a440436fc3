"""What an edit would do, in the words of the command line and the app."""

from __future__ import annotations

from workbench.compare import Comparison
from workbench.reporting import badge, badge_of, count_of, format_change, format_count, format_metric, metric_name
from workbench.whatif.records import Outcome

SHOWN = 8
"""Slices, checks and classes named."""


def lines(outcome: Outcome) -> list[tuple[str, str]]:
    """Say what an edit would do, as pairs of what and how much; its classes and notes are told apart."""
    told = [] if outcome.findings is None else [("findings", _findings(outcome))]
    told.append(("rows", _rows(outcome)))
    failures = outcome.failures
    told.append(("failures", "no schema" if failures is None else _failures(outcome)))
    told.append(("model", _model(outcome)))
    if outcome.comparison is not None and outcome.verdict != "no change":
        if outcome.moved_classes or len(outcome.comparison.per_class) > 1:
            told.append(("recall", _classes(outcome)))
        told.append(("slices", _slices(outcome)))
    return told


def verdict_text(outcome: Outcome) -> str:
    """Write the verdict on an edit as everywhere: ``GAIN +1.6 pt (0.9 to 2.3)``; a dash where nothing was measured."""
    if outcome.comparison is not None:
        return badge_of(vars(outcome.comparison))
    return "–" if outcome.verdict is None else badge(outcome.verdict, None, None, None, None)


def against_text(comparison: Comparison) -> str:
    """Say which of two edits does better: ``exclude against fix: CANNOT TELL (…)``."""
    a, b = (name.partition(" + ")[2] or name for name in (comparison.a, comparison.b))
    return f"{b} against {a}: {badge_of(vars(comparison))}"


def _findings(outcome: Outcome) -> str:
    """Say how many findings are answered and which are not."""
    left = "; ".join(f"left out: {format_count(number)} {why}" for why, number in outcome.left_out.items())
    return f"{format_count(outcome.findings or 0)} answered" + (f"; {left}" if left else "")


def _rows(outcome: Outcome) -> str:
    """Say what would be touched."""
    if not outcome.rows:
        return "none would differ"
    parts = [
        (outcome.cells, "cell"), (outcome.excluded, "excluded"), (outcome.restored, "brought back"),
        (outcome.deleted, "deleted"),
    ]  # fmt: skip
    what = ", ".join(
        count_of(number, word) if word == "cell" else f"{format_count(number)} {word}"
        for number, word in parts
        if number
    )
    lanes = ", ".join(f"{format_count(number)} {lane}" for lane, number in outcome.lanes.items())
    return f"{format_count(outcome.rows)} touched ({what}): {lanes}"


def _failures(outcome: Outcome) -> str:
    """Say how the schema's failures would change, and where."""
    failures = outcome.failures
    assert failures is not None, "asked for only with a schema"
    moved = [(code, before, after) for code, before, after in failures.checks if before != after]
    named = "; ".join(f"{code} {format_count(b)} → {format_count(a)}" for code, b, a in moved[:SHOWN])
    more = f" and {len(moved) - SHOWN} more checks" if len(moved) > SHOWN else ""
    whole = f"{format_count(failures.before)} → {format_count(failures.after)}"
    return f"{whole}: {named}{more}" if moved else f"{whole}, none changes"


def figure_text(outcome: Outcome) -> str:
    """Write the model's figure before and after; a dash where it was not measured."""
    c = outcome.comparison
    if c is None:
        return "–"
    return f"{metric_name(c.metric)} {format_metric(c.metric, c.a_mean)} → {format_metric(c.metric, c.b_mean)}"


def _model(outcome: Outcome) -> str:
    """Write the model's figure before and after, with the verdict."""
    c = outcome.comparison
    if c is None:
        return "NO CHANGE: nothing would differ" if outcome.verdict else "not measured"
    if c.verdict == "no change":
        return f"{badge_of(vars(c))}: what the model learns stays the same"
    return f"{figure_text(outcome)} · {badge_of(vars(c))}"


def _classes(outcome: Outcome) -> str:
    """Name the classes whose recall would move."""
    metric = "recall"
    moved = [
        f"{name} {effect.verdict.upper()} {format_change(effect.change, effect.low, effect.high, metric=metric)}"
        for name, effect in sorted(outcome.moved_classes.items(), key=lambda item: item[1].verdict != "loss")
    ]
    return "; ".join(moved[:SHOWN]) if moved else "no class is shown to move"


def _slices(outcome: Outcome) -> str:
    """Name the slices that would move, or the nearest to it."""
    c = outcome.comparison
    assert c is not None, "asked for only with a figure"
    if c.slices is None or not c.slices.found:
        return "none has test rows enough"
    metric = c.slices.metric
    moved = [
        f"{each.name} {each.effect.verdict.upper()} "
        + format_change(each.effect.change, each.effect.low, each.effect.high, metric=metric)
        for each in outcome.moved_slices
    ]
    if moved:
        more = f" and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
        return "; ".join(moved[:SHOWN]) + more + f" (of {outcome.looked_at})"
    return f"none of {outcome.looked_at} is shown to move"
