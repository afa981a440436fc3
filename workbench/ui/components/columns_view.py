"""Review, a whole column at once: variants of a value, transforms, and the recipes that are kept."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import UnknownName, WorkbenchError
from workbench.findings import Filter, tally
from workbench.lake import Column, Version
from workbench.reporting import count_of
from workbench.ui.components.columns_bench import (
    Bench,
    bench,
    said_wrong,
    settle,
    show_staging,
    staged_here,
    undo,
)
from workbench.ui.components.columns_recipes import show_recipes
from workbench.ui.components.columns_transform import show_transform
from workbench.ui.components.columns_variants import show_variants
from workbench.ui.components.draft_panel import show_draft
from workbench.ui.components.markup import element
from workbench.ui.session import is_choice

WAYS = {"variants": "Variants of a value", "transform": "Transform", "recipes": "Recipes"}
"""What can be done, as the address says (``do=``) → for people."""

ADDRESS = ("column", "do", "method", "kind", "recipe")
"""What the address holds beside the dataset and the view."""


def show_columns(lake: OpenLake, version: Version) -> None:
    """Show the way to work on columns that the address names."""
    way = st.query_params.get("do", "variants")
    if way not in WAYS:
        raise UnknownName("way to work on a column", way, WAYS)
    here = bench(lake, version)
    settle(here)
    columns = _columns(lake, version)
    with st.container(horizontal=True, vertical_alignment="center", key="columns-head"):
        st.session_state["columns-do"] = way
        st.segmented_control(
            "What to do", [*WAYS], key="columns-do", format_func=WAYS.__getitem__, required=True,
            on_change=_to_address, args=("do", "columns-do", "variants"), label_visibility="collapsed",
        )  # fmt: skip
        column = _choose(version, columns) if way != "recipes" else None
    _show_said(lake, here)
    busy = show_staging(here)
    try:
        if column is None:
            show_recipes(lake, here, busy)
        elif way == "variants":
            show_variants(lake, here, column, busy)
        else:
            show_transform(lake, here, column, busy)
    except WorkbenchError as error:
        st.html(said_wrong(error))
    show_draft(lake, here.desk)


def _columns(lake: OpenLake, version: Version) -> dict[str, int]:
    """List the columns that can be corrected, with their open findings: those with most first, then texts."""
    counts: dict[str | None, int] = {
        column: count for (column,), count in tally(lake.lake, version.dataset, Filter("open"), by=("column",)).items()
    }
    columns = [column for column in version.columns if column.name not in version.definition.key]
    columns.sort(key=lambda column: (-counts.get(column.name, 0), column.reads != "VARCHAR"))
    return {column.name: counts.get(column.name, 0) for column in columns}


def _choose(version: Version, columns: dict[str, int]) -> Column:
    """Let the visitor choose a column; the one with most open findings where the address names none."""
    wanted = st.query_params.get("column", next(iter(columns), ""))
    st.session_state["columns-column"] = wanted if wanted in columns else None

    def named(name: str) -> str:
        return visible(f"{name} · {count_of(columns[name], 'open finding')}" if columns[name] else name)

    st.selectbox(
        "Column", [*columns], key="columns-column", format_func=named, label_visibility="collapsed", width=340,
        placeholder="Choose a column", on_change=_to_column, args=(columns,),
    )  # fmt: skip
    if wanted not in columns:
        hint = "Columns of the key are never corrected." if wanted in version.definition.key else ""
        raise UnknownName("column", wanted, columns, where=f"what can be corrected in {version.dataset}", hint=hint)
    return next(column for column in version.columns if column.name == wanted)


def _show_said(lake: OpenLake, here: Bench) -> None:
    """Say what was done last, or what went wrong; with the way back."""
    with (
        st.container(height=72, border=False, key="columns-said"),
        st.container(horizontal=True, vertical_alignment="center", key="columns-line"),
    ):
        st.button("Undo", key="step-undo", shortcut="Z", on_click=undo, args=(lake, here))
        if here.problem is not None:
            st.html(said_wrong(here.problem))
        elif here.notice:
            st.html(element("p", here.notice, css="wb-plain wb-notice", role="status"))
            if st.query_params.get("do") != "recipes" and staged_here(lake, here):
                st.button("Save as a recipe …", key="columns-keep", on_click=_to_recipes)
        else:
            said = "What you stage here is one step of your draft. Nothing changes the data until you publish."
            st.html(element("p", said, css="wb-plain wb-small"))


def _to_recipes() -> None:
    """Go to the recipes."""
    st.query_params["do"] = "recipes"
    st.query_params.pop("recipe", None)


def _to_column(columns: dict[str, int]) -> None:
    """Write the column that was chosen into the address."""
    if is_choice("columns-column", columns):
        _to_address("column", "columns-column", "")


def _to_address(name: str, key: str, usual: str) -> None:
    """Write a choice into the address."""
    value = st.session_state.get(key)
    known: Bench | None = st.session_state.get("columns")
    if known is not None:
        known.problem, known.notice, known.page = None, "", 1
        if name == "column":
            known.ticked.clear()
            known.typed.clear()
    if value and value != usual:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
