"""What a recipe would do as tables: step by step, and class by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import streamlit as st
from markupsafe import Markup

from workbench.recipes import BrokenStep, DryRun, ExcludeStep, MergeStep, SetStep, Step, kind_of
from workbench.reporting.cases import shorten
from workbench.transforms import described
from workbench.ui.components.markup import element
from workbench.ui.wording import marked

SIGNS = {"applies": "✓", "nothing to do": "–", "conflicts": "!", "cannot": "✕"}
COLOURS = {"applies": "wb-badge wb-gain", "conflicts": "wb-badge wb-loss", "cannot": "wb-badge wb-loss"}
STEPS = 100
"""Steps shown; a recipe may have many more."""


def steps_table(run: DryRun) -> None:
    """Show a dry run: each step, and what it would do."""
    lines = []
    for step, outcome in list(zip(run.recipe.steps, run.steps, strict=True))[:STEPS]:
        status = element(
            "span", f"{SIGNS[outcome.status]} {outcome.status}", css=COLOURS.get(outcome.status, "wb-badge")
        )
        said = outcome.said.removeprefix(f"{outcome.status}: ")
        lines.append(
            element(
                "tr",
                element("td", outcome.number, css="wb-number"),
                element("td", outcome.column or "rows"),
                element("td", _does(step), css="wb-long"),
                element("td", status),
                element("td", "" if outcome.status == "nothing to do" else said, css="wb-long"),
            )
        )
    names = ("step", "column", "what it does", "status", "on these rows")
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    st.html(element("table", head, element("tbody", *lines), css="wb-table wb-figures wb-steps"))
    if len(run.steps) > STEPS:
        st.caption(f"The first {STEPS} of {len(run.steps):,} steps.")


def _does(step: Step) -> str:
    """Say what a step does, in short."""
    if isinstance(step, BrokenStep):
        return step.kind
    if isinstance(step, SetStep):
        said = f"{_named(step.old)} → {_named(step.new)}"
    elif isinstance(step, MergeStep):
        said = f"{', '.join(_named(value) for value in step.values if value != step.value)} → {_named(step.value)}"
    elif isinstance(step, ExcludeStep):
        said = kind_of(step)
    else:
        said = described(step.transform)
    where = ", ".join(f"{name} is {_named(value)}" for name, value in step.where)
    return shorten(f"{said} where {where}" if where else said, 200)


def _named(value: str | None) -> str:
    """Write a value in a sentence."""
    return "missing" if value is None else f"'{value}'"


def balance_table(balance: Sequence[tuple[str | None, int, int]]) -> None:
    """Show the rows of each class, before and after."""
    lines = [("missing" if name is None else name, before, after, after - before) for name, before, after in balance]
    counted = {name: st.column_config.NumberColumn(format="localized") for name in ("before", "after")}
    signed = st.column_config.NumberColumn(format="%+d")
    shown = marked(pd.DataFrame(lines, columns=["class", "before", "after", "change"]))
    st.dataframe(shown, hide_index=True, column_config={**counted, "change": signed})


def cells_table(names: Sequence[str], lines: Iterable[Sequence[str | Markup]]) -> None:
    """Show a small table; a column called "rows" holds figures.

    Parameters
    ----------
    names : sequence of str
        Heads of the columns.
    lines : iterable of sequence of str or Markup
        Cells; values of the data as :func:`workbench.ui.components.finding_card.shown_value` writes them.
    """
    css = ["wb-number" if name == "rows" else "wb-long" for name in names]
    rows = [
        element("tr", *(element("td", cell, css=each) for cell, each in zip(line, css, strict=True))) for line in lines
    ]
    head = [
        element("th", name, css=each.replace("wb-long", ""), scope="col") for name, each in zip(names, css, strict=True)
    ]
    parts = [element("thead", element("tr", *head)), element("tbody", *rows)]
    st.html(element("table", *parts, css="wb-table wb-figures"))
