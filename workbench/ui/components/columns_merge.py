"""What a merge would do, shown before it is staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from workbench import iterations
from workbench.api import OpenLake
from workbench.errors import WorkbenchError
from workbench.lake import canonical_text, quote, rid_list
from workbench.lake.values import logical_text
from workbench.recipes import DryRun, Recipe
from workbench.recipes.trying import tried
from workbench.reporting import count_of
from workbench.ui.components.columns_bench import Bench, said_wrong, stage, worked_out
from workbench.ui.components.columns_outcome import balance_table, cells_table
from workbench.ui.components.finding_card import shown_value

EXAMPLES = 5
"""Rows shown."""


@dataclass(frozen=True)
class Ahead:
    """What a recipe for one column would do.

    Attributes
    ----------
    run : DryRun
        Step by step.
    examples : list of tuple of str
        The first rows that would change: their key, the value now, the value then.
    balance : list of (class, rows before, rows after)
        Where the column is the label, else empty.
    """

    run: DryRun
    examples: list[tuple[str, str | None, str | None]]
    balance: list[tuple[str | None, int, int]]


def look_ahead(lake: OpenLake, dataset: str, column: str, recipe: Recipe, draft: int | None) -> Ahead:
    """Try a recipe for one column on the rows as a draft leaves them."""
    view = iterations.rows_of(lake.lake, dataset, draft)
    found = tried(view, recipe, draft=draft)
    first = found.corrections[:EXAMPLES]
    names = [view.column(name) for name in view.definition.key]
    cells = ", ".join(["_rid", *(canonical_text(quote(each.physical), each.type) for each in names)])
    rids = [each.rid for each in first if each.rid is not None]
    asked = f"SELECT {cells} FROM {{rows}} WHERE _rid IN ({rid_list(rids)})" if rids else ""
    keys = {rid: ", ".join(map(str, key)) for rid, *key in view.fetch(asked)} if asked else {}
    balance: list[tuple[str | None, int, int]] = []
    if column == view.definition.label:
        place = view.column(column)
        text = logical_text(quote(place.physical), place)
        before = dict(view.fetch(f"SELECT {text}, count(*) FROM {{rows}} GROUP BY 1 ORDER BY 1"))
        after = dict(before)
        for each in found.corrections:
            after[each.old] = after.get(each.old, 0) - 1
            after[each.new] = after.get(each.new, 0) + 1
        balance = [(name, before.get(name, 0), rows) for name, rows in after.items()]
    examples = [(keys.get(each.rid or -1, ""), each.old, each.new) for each in first]
    return Ahead(found.run, examples, balance)


def _close() -> None:
    """Close the preview."""
    here: Bench | None = st.session_state.get("columns")
    if here is not None:
        here.asking = None


@st.dialog("Merge variants", width="medium", on_dismiss=_close)
def ask_merge(lake: OpenLake, here: Bench, column: str) -> None:
    """Show what the merge would do, and ask."""
    recipe = here.asking
    if recipe is None:
        # A button of the dialog shows only the dialog anew; the page without it takes it away.
        st.rerun()
    number = here.number
    try:
        seen: Ahead | None = worked_out(
            here, ("ahead", recipe), f"Trying the merge on {here.version.name}",
            lambda: look_ahead(lake, here.dataset, column, recipe, number),
        )  # fmt: skip
    except WorkbenchError as error:
        st.html(said_wrong(error))
        st.button("Close", key="merge-cancel", on_click=_close)
        return
    if seen is None:
        return
    count = count_of(seen.run.cells, "cell")
    st.text(f"{count_of(len(recipe.steps), 'cluster')} of '{column}': {count} would change.")
    for line in left_out(seen.run):
        st.text(f"Left out: {line}.")
    if seen.balance:
        st.text("Rows of each class, before and after:")
        balance_table(seen.balance)
    if seen.examples:
        st.text("The first of them:" if seen.run.cells > EXAMPLES else "They are:")
        key = ", ".join(here.version.definition.key) or "row"
        cells_table(
            [key, "now", "then"], [(row, shown_value(old), shown_value(new)) for row, old, new in seen.examples]
        )
    with st.container(horizontal=True):
        st.button(
            f"Merge: {count}", key="merge-confirm", disabled=not seen.run.cells, on_click=stage,
            args=(lake, here, recipe),
        )  # fmt: skip
        st.button("Cancel", key="merge-cancel", on_click=_close)
    st.text("It is staged in your draft as one step; one undo takes it back.")


def left_out(run: DryRun) -> Sequence[str]:
    """Say which rows are left alone, and why, each reason once."""
    rows: dict[str, int] = {}
    for step in run.steps:
        for held in step.conflicts:
            rows[held.reason] = rows.get(held.reason, 0) + held.rows
    return [f"{why} ({count_of(count, 'row')})" if count else why for why, count in rows.items()]
