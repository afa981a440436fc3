"""What is in each column: how much is missing, how many different values, and how they lie."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import WorkbenchError
from workbench.lake import Version, View, view_of
from workbench.lake.records import LOGICAL
from workbench.reporting import count_of, format_count
from workbench.ui.components.data_grid import MARGIN, ROW
from workbench.ui.components.message import show_error
from workbench.ui.session import moment
from workbench.versions.browse import ColumnProfile, profile

LONGEST = 40
"""Letters of a value in the list of frequent ones."""


def show_profile(lake: OpenLake, version: Version) -> None:
    """Show the profile of a version, column by column, and let the types of the newest one be set."""
    found = _profile((*moment(lake)[:2], version.name), view_of(lake.lake, version))
    if not found:
        st.text("This version has no columns.")
        return
    st.text(f"{count_of(len(found), 'column')} of {count_of(found[0].rows, 'row')}, excluded ones included.")
    frame = pd.DataFrame([_row(column) for column in found])
    frame["histogram"] = frame["histogram"].astype("object")
    config = {
        "column": st.column_config.TextColumn("column", pinned=True),
        "type": st.column_config.TextColumn("type", width="small", help="What the column means to models and checks."),
        "stored": st.column_config.TextColumn("stored as", width="small", help="How its cells are stored."),
        "missing": st.column_config.ProgressColumn("missing (%)", format="%.1f", min_value=0, max_value=100),
        "distinct": st.column_config.TextColumn("different values", alignment="right"),
        "range": st.column_config.TextColumn("smallest to largest"),
        "histogram": st.column_config.BarChartColumn("histogram (values from smallest to largest)", y_min=0),
        "top": st.column_config.TextColumn("most frequent", width="large"),
    }
    st.dataframe(
        frame,
        key="profile",
        hide_index=True,
        height=min(20, len(found) + 1) * ROW + MARGIN,
        row_height=ROW,
        column_config=config,
        alt=f"Profile of the columns of {version.name}",
        placeholder="",
    )
    if version.version == lake[version.dataset].newest.version:
        _ask_type(lake, version)


def _ask_type(lake: OpenLake, version: Version) -> None:
    """Ask for the logical type of a column."""
    with st.popover("Set type"):
        names = [column.name for column in version.columns]
        name = st.selectbox("Column", names, key="type-column", format_func=lambda each: visible(each) or " ")
        now = next(column.logical_type for column in version.columns if column.name == name)
        kinds = [*LOGICAL]
        kind = st.selectbox(
            "Type", kinds, index=kinds.index(now) if now in kinds else None, key=f"type-of-{version.name}-{name}",
            help="What the column means to models, checks and statistics. Its cells stay as they are written.",
        )  # fmt: skip
        if not st.button("Set type", key="type-set", disabled=kind in (None, now)) or kind is None:
            return
        try:
            made = lake[version.dataset].set_types({name: kind})
        except WorkbenchError as error:
            show_error(error, title="The type cannot be set")
            return
    for note in made.detail.get("types", ()):
        st.toast(note["message"])
    st.query_params.pop("version", None)
    st.rerun()


def _row(found: ColumnProfile) -> dict[str, Any]:
    """Lay out one column's profile."""
    share = 100 * found.missing / found.rows if found.rows else 0.0
    top = [f"{_short(value)} ({100 * times / found.rows:.1f} %)" for value, times in found.top]
    return {
        "column": visible(found.column.name),
        "type": found.column.logical_type,
        "stored": found.column.type.lower(),
        "missing": share,
        "distinct": ("" if found.exact else "about ") + format_count(found.distinct),
        "range": None if found.low is None else f"{_number(found.low)} to {_number(found.high)}",
        "histogram": list(found.bins) if found.bins else None,
        "top": ", ".join(top) or None,
    }


def _number(value: Any) -> str:
    """Write an end of a range."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}".replace("-", "−")
    return visible(str(value))


def _short(value: str) -> str:
    """Cut a long value, and show an empty one."""
    return "“”" if value == "" else visible(value if len(value) <= LONGEST else value[: LONGEST - 1] + "…")


@st.cache_data(show_spinner="Looking through the columns …", max_entries=32)
def _profile(key: tuple[object, ...], _view: View) -> list[ColumnProfile]:
    """Profile a version."""
    return profile(_view)
