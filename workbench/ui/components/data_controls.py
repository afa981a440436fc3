"""What is to be shown: search, filters, order and how many rows a page."""

from __future__ import annotations

import streamlit as st

from workbench.characters import visible
from workbench.lake import View
from workbench.ui.browsing import SIZES, Asked, in_words, put, read_filter, write_filter
from workbench.versions.browse import TESTS, Filter

WORDS = {"equals": "equals", "contains": "contains", "between": "between", "missing": "is missing"}
AS_STORED = ""
"""Stands for the order of row identity."""


def show_controls(view: View, wanted: Asked) -> None:
    """Let the visitor search, filter and sort; what is chosen stands in the address."""
    names = [column.name for column in view.columns]
    search, order, direction, size = st.columns([4, 3, 2, 2], vertical_alignment="bottom")
    keys = ", ".join(view.definition.key) or "rid"
    st.session_state["data-q"] = wanted.search
    search.text_input("Search the key", key="data-q", placeholder=visible(keys), on_change=_search)
    st.session_state["data-sort"] = wanted.order[0] if wanted.order else AS_STORED
    st.session_state["data-down"] = bool(wanted.order and wanted.order[1])
    order.selectbox(
        "Sort by",
        [AS_STORED, *names],
        key="data-sort",
        format_func=lambda name: visible(name) or "as imported",
        on_change=_sort,
    )
    direction.toggle("largest first", key="data-down", disabled=wanted.order is None, on_change=_sort)
    st.session_state["data-rows"] = wanted.size
    size.selectbox("Rows a page", SIZES, key="data-rows", on_change=_resize)
    _show_filters(names)


def _show_filters(names: list[str]) -> None:
    """Show the filters that hold, each with a way to drop it, and a place to add one."""
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        with st.popover("Add filter", icon=":material/filter_alt:", key="add-filter"):
            st.selectbox("Column", names, key="filter-column", format_func=visible)
            test = st.selectbox("Test", TESTS, key="filter-test", format_func=lambda name: WORDS[name])
            if test != "missing":
                st.text_input("From" if test == "between" else "Value", key="filter-value")
            if test == "between":
                st.text_input("To", key="filter-upper")
            st.button("Add", key="filter-add", on_click=_add)
        for place, text in enumerate(st.query_params.get_all("filter")):
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="xxsmall"):
                st.text(visible(in_words(read_filter(text))))
                st.button(
                    "", icon=":material/close:", help="Drop this filter", key=f"drop-{place}", on_click=_drop,
                    args=(place,), type="tertiary",
                )  # fmt: skip


def _search() -> None:
    """Write the search into the address."""
    put(q=st.session_state["data-q"].strip())


def _sort() -> None:
    """Write the order into the address."""
    name = st.session_state["data-sort"]
    put(sort=("-" if st.session_state["data-down"] else "") + name if name else None)


def _resize() -> None:
    """Write the size of a page into the address."""
    size = st.session_state["data-rows"]
    put(rows=None if size == SIZES[0] else str(size))


def _add() -> None:
    """Write one more filter into the address."""
    state = st.session_state
    ends = [str(state.get(name, "")).strip() for name in ("filter-value", "filter-upper")]
    text = write_filter(Filter(state["filter-column"], state["filter-test"], *ends))
    filters = st.query_params.get_all("filter")
    put(filter=filters if text in filters else [*filters, text])


def _drop(place: int) -> None:
    """Take a filter out of the address."""
    put(filter=[text for position, text in enumerate(st.query_params.get_all("filter")) if position != place])
