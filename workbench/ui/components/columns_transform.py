"""A transform of a column, seen on its real rows before it is staged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UnknownName
from workbench.lake import Column
from workbench.recipes import DryRun, Recipe, TransformStep
from workbench.reporting import count_of, format_count
from workbench.transforms import TRANSFORMS, Preview, Transform
from workbench.ui.components.columns_bench import Bench, as_seen, said_wrong, stage, worked_out
from workbench.ui.components.columns_fields import show_fields
from workbench.ui.components.columns_merge import left_out
from workbench.ui.components.columns_outcome import balance_table, cells_table
from workbench.ui.components.finding_card import shown_value

NAMES = {
    "trim": "Trim blanks", "case": "Upper and lower case", "replace": "Replace a text", "regex": "Replace a pattern",
    "parse number": "Read numbers", "parse date": "Read dates", "parse unit": "Read quantities with units",
    "split": "Keep one part", "fill": "Fill missing cells", "map": "Put values in place of others",
}  # fmt: skip
"""Kind → its name for people."""

EXAMPLES = 12
"""Values shown."""


@dataclass(frozen=True)
class Seen:
    """What a transform would do.

    Attributes
    ----------
    preview : Preview
        To the values of the column.
    run : DryRun
        To its cells: what people put there, and the labels of test rows, are left alone.
    """

    preview: Preview
    run: DryRun


def show_transform(lake: OpenLake, here: Bench, column: Column, busy: bool) -> None:
    """Show the choice of a transform beside what it would do."""
    kind = st.query_params.get("kind", "trim")
    if kind not in TRANSFORMS:
        raise UnknownName("transform", kind, TRANSFORMS)
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(key="transform-form"):
        st.session_state["transform-kind"] = kind
        st.selectbox("What to do with each value", [*NAMES], key="transform-kind", format_func=NAMES.__getitem__,
                     on_change=_choose, args=(here,))  # fmt: skip
        others = [each.name for each in here.version.columns if each.name != column.name]
        filled = show_fields(kind, others)
        chosen = filled.transform
        recipe = Recipe(f"{kind} {column.name}"[:100], (TransformStep(column.name, chosen),)) if chosen else None
        stage_button = st.container()
    with right, st.container(key="transform-preview"):
        seen = _see(lake, here, column, recipe, chosen) if recipe and chosen else None
        if seen is not None and chosen is not None:
            _show_preview(here, seen)
        elif filled.fault is not None:
            st.html(said_wrong(filled.fault))
        elif recipe is None:
            st.text("Fill in the fields: what the transform would do to the rows is shown here.")
    seen_fields = {"transform-kind": kind, "columns-column": column.name, **filled.typed}
    cells = seen.run.cells if seen is not None else 0
    stage_button.button(
        f"Stage: {count_of(cells, 'cell')}" if cells else "Stage", key="transform-stage", type="primary",
        disabled=busy or not cells, on_click=_stage, args=(lake, here, recipe, seen_fields),
        help="One step of your draft; one undo takes it back.",
    )  # fmt: skip


def _see(lake: OpenLake, here: Bench, column: Column, recipe: Recipe, chosen: Transform) -> Seen | None:
    """Try the transform."""
    dataset, number = lake[here.dataset], here.number

    def work() -> Seen:
        preview = dataset.preview(column.name, chosen, draft=number, limit=EXAMPLES)
        return Seen(preview, dataset.dry_run(recipe, draft=number))

    found: Seen | None = worked_out(here, ("transform", recipe), f"Trying it on {here.version.name}", work)
    return found


def _show_preview(here: Bench, seen: Seen) -> None:
    """Show what a transform would do."""
    preview, run = seen.preview, seen.run
    st.text(
        f"{format_count(run.cells)} of {count_of(preview.rows, 'row')} would change; "
        f"{count_of(preview.distinct, 'value')} would become {format_count(preview.distinct_after)}."
    )
    for line in left_out(run)[:3]:
        st.text(f"Left alone: {line}.")
    if preview.balance and run.cells == preview.changed_rows > 0:
        st.text("Rows of each class, before and after:")
        balance_table(preview.balance)
    if preview.examples:
        key = ", ".join(here.version.definition.key) or "row"
        moves = [
            (
                ", ".join(map(str, each.key.values())),
                shown_value(each.old),
                shown_value(each.new),
                format_count(each.rows),
            )
            for each in preview.examples
        ]
        cells_table([f"{key}, the first", "now", "then", "rows"], moves)
        if preview.changed_values > len(preview.examples):
            st.caption(f"The {len(preview.examples)} values of most rows, of {format_count(preview.changed_values)}.")
    if preview.refused:
        st.text(f"Cannot be read, and stays as it is: {count_of(preview.refused_values, 'value')}")
        lines = [(shown_value(each.value), each.reason, format_count(each.rows)) for each in preview.refused]
        cells_table(["value", "why", "rows"], lines)


def _stage(lake: OpenLake, here: Bench, recipe: Recipe, seen_fields: dict[str, Any]) -> None:
    """Stage the transform that was seen."""
    if as_seen(here, seen_fields):
        stage(lake, here, recipe)


def _choose(here: Bench) -> None:
    """Write the kind into the address."""
    here.problem, here.notice = None, ""
    st.query_params["kind"] = st.session_state["transform-kind"]
