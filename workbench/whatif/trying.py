"""Try edits: count what they touch, validate, compare. Nothing is staged, and no draft comes about."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack

from workbench.compare import Comparison, compare
from workbench.errors import DataError
from workbench.impact import together
from workbench.impact.intervals import LEVEL
from workbench.iterations import schema_of, schema_types, validate
from workbench.lake import LANES, Lake, View, canonical_text, quote, view_of
from workbench.lake.sql import sum_of
from workbench.progress import Progress, silent
from workbench.whatif.edits import Edit, Laid, laid_over
from workbench.whatif.records import Failures, Outcome, WhatIf

Counts = list[tuple[int, int, int, int, int, int]]


def what_if(lake: Lake, edits: Sequence[Edit], *, measured: bool = True, progress: Progress = silent) -> WhatIf:
    """Say what edits would do to a dataset, each against the version that it would change.

    Nothing is written to the lake but what is kept under the hash of its content: failure cases of the version itself,
    and predictions of the fixed model, so that asking again fits nothing.

    Parameters
    ----------
    edits : sequence of Edit
        Of one dataset, at least one.
    measured : bool
        Fit and compare the fixed model, too.
    progress : Progress
        Told of each fit; to raise from it cancels.

    Raises
    ------
    ModelError, SchemaError
        The dataset's model or schema fails.
    """
    with ExitStack() as stack:
        laid = [stack.enter_context(laid_over(lake, edit)) for edit in edits]
        counts = [_counted(each, progress) for each in laid]
        idle = [not count or each.edit.base.definition.label is None for each, count in zip(laid, counts, strict=True)]
        able = [each for each, nothing in zip(laid, idle, strict=True) if not nothing and measured]
        pairs = [(a, b) for a, b in itertools.combinations(able, 2) if a.edit.base == b.edit.base]
        looks = len(able) + len(pairs)
        level = together(looks)
        outcomes = [
            _outcome(lake, each, count, measured=measured, level=level, progress=progress)
            for each, count in zip(laid, counts, strict=True)
        ]
        against = [_against(lake, *pair, level=level, progress=progress) for pair in pairs]
    said = [
        f"{looks} comparisons are looked at, so each one's interval is at {100 * level:.2f} %: they hold together at "
        f"{100 * LEVEL:.0f} % (Bonferroni; Dunn 1961)"
    ]
    compared = tuple(each for each in against if each is not None)
    return WhatIf(edits[0].base.dataset, tuple(outcomes), compared, tuple(said if looks > 1 else ()))


def _outcome(lake: Lake, laid: Laid, counts: Counts, *, measured: bool, level: float, progress: Progress) -> Outcome:
    """Say what one edit would do."""
    edit, base = laid.edit, view_of(lake, laid.edit.base)
    rows = sum(count[1] for count in counts)
    classes = _classes(base, laid.view)
    failures = _failures(lake, laid, rows, progress)
    comparison, why = _compared(lake, laid, base, level, progress) if measured and rows else (None, "")
    lanes: dict[str, int] = {LANES[lane]: count for lane, count, *_ in counts}
    notes = [*edit.notes, *([why] if why else [])]
    if comparison is not None and comparison.verdict == "no change":
        notes.append("what the model learns and is asked stays the same, so its figure does")
    if edit.draft is not None and lanes.get("test"):
        notes.append("labels of test rows that the draft corrects count once it is published")
    if comparison is not None:
        notes += comparison.notes
    return Outcome(
        name=edit.name,
        base=edit.base.name,
        findings=edit.findings,
        left_out=edit.left_out,
        rows=rows,
        cells=sum(count[2] for count in counts),
        excluded=sum(count[3] for count in counts),
        restored=sum(count[4] for count in counts),
        deleted=sum(count[5] for count in counts),
        lanes=lanes,
        classes=classes,
        failures=failures,
        comparison=comparison,
        notes=tuple(dict.fromkeys(notes)),
    )


def _counted(laid: Laid, progress: Progress) -> Counts:
    """Count by lane what differs: lane, rows, cells, rows excluded, brought back, deleted."""
    progress(f"counting what {laid.edit.name} would change", 0, 0)
    base = view_of(laid.view.lake, laid.edit.base)
    names = [quote(column.physical) for column in base.columns]
    cells = sum_of([f"(b._rid IS NOT NULL AND a.{name} IS DISTINCT FROM b.{name})::BIGINT" for name in names])
    touched = f"_rid IN (SELECT rid FROM {laid.corrections})"
    rows = base.lake.read(
        "SELECT lane, count(*), sum(cells)::BIGINT, count(*) FILTER (taken), count(*) FILTER (back), "
        f"count(*) FILTER (gone) FROM (SELECT a._lane AS lane, {cells} AS cells, "
        "coalesce(b._excluded AND NOT a._excluded, false) AS taken, "
        "coalesce(a._excluded AND NOT b._excluded, false) AS back, b._rid IS NULL AS gone "
        f"FROM (SELECT * FROM {base.rows} WHERE {touched}) a "
        f"LEFT JOIN (SELECT * FROM {laid.view.rows} WHERE {touched}) b ON a._rid = b._rid) "
        "WHERE cells > 0 OR taken OR back OR gone GROUP BY lane ORDER BY lane"
    ) if laid.edit.draft is not None or laid.edit.corrections else []  # fmt: skip
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


def _classes(base: View, view: View) -> dict[str, tuple[int, int]]:
    """Count the rows of each class that count, before and after, the most frequent first."""
    definition = base.definition
    if definition.label is None or definition.task != "classification":
        return {}
    label = base.column(definition.label)
    text = canonical_text(quote(label.physical), label.type)
    query = f"SELECT {text} AS class, count(*) FROM {{rows}} WHERE NOT _excluded AND {text} IS NOT NULL GROUP BY 1"
    before, after = (dict(state.fetch(query)) for state in (base, view))
    names = sorted({*before, *after}, key=lambda name: (-before.get(name, 0), name))
    return {name: (before.get(name, 0), after.get(name, 0)) for name in names}


def _failures(lake: Lake, laid: Laid, rows: int, progress: Progress) -> Failures | None:
    """Validate the rows as the edit would leave them, beside its base; None without a schema."""
    schema = schema_of(lake, laid.edit.base)
    if schema is None:
        return None
    from workbench.validation import validated

    before = validate(lake, laid.edit.base, progress=progress)
    after = before
    if rows:
        touched = [row[0] for row in lake.read(f"SELECT DISTINCT rid FROM {laid.corrections} ORDER BY rid")]
        after = validated(lake, laid.view, schema, touched=touched, progress=progress)
    return Failures(before.failures, after.failures, after.failing_beside(before))


def _compared(lake: Lake, laid: Laid, base: View, level: float, progress: Progress) -> tuple[Comparison | None, str]:
    """Compare the fixed model with and without an edit, or say why that cannot be done."""
    if base.definition.label is None:
        return None, f"{base.dataset} has no label column, so there is no figure of a model"
    types = schema_types(lake, laid.edit.base)
    try:
        return compare(lake, base, laid.view, schema_types=types, slices=True, level=level, progress=progress), ""
    except DataError as error:
        return None, f"the model could not be measured: {error.message}"


def _against(lake: Lake, a: Laid, b: Laid, *, level: float, progress: Progress) -> Comparison | None:
    """Compare two edits with each other; None where one of them cannot be measured."""
    types = schema_types(lake, a.edit.base)
    try:
        return compare(lake, a.view, b.view, schema_types=types, level=level, progress=progress)
    except DataError:
        return None
