"""A page of rows as a grid whose column names are anything that people and files may have chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from workbench.characters import visible

ROW, MARGIN = 35, 3
"""Pixels per row, and what the grid's border takes."""


def show_grid(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    key: str,
    alt: str,
    height: int | None = None,
    widths: Mapping[int, Literal["small", "medium", "large"]] | None = None,
    colours: dict[tuple[int, int], str] | None = None,
    pinned: int = 0,
    on_select: Callable[[], None] | None = None,
    selection_mode: Literal["single-row", "single-cell"] = "single-row",
) -> None:
    """Show rows under names that may be equal, empty or anything else.

    Parameters
    ----------
    names : sequence of str, length n_columns
        As they are to be read.
    rows : sequence of sequences, shape (n_rows, n_columns)
        JSON values; numbers align right, everything else is text.
    key, alt : str
        Streamlit's key, and what the table shows in words.
    height : int, optional
        In pixels; default: all rows.
    widths : mapping, optional
        Position of a column → how wide it is; default: by its contents.
    colours : dict, optional
        (row, column) → CSS of a cell.
    pinned : int
        How many of the first columns stay in sight.
    on_select : callable, optional
        Called when a row or cell is chosen.
    selection_mode : {"single-row", "single-cell"}
        Which of the two can be.
    """
    columns = {f"c{place}": _series([_seen(row[place]) for row in rows]) for place in range(len(names))}
    frame = pd.DataFrame(columns)
    config = {
        f"c{place}": _config(visible(name), frame[f"c{place}"], (widths or {}).get(place), place < pinned)
        for place, name in enumerate(names)
    }
    styled: Any = frame
    if colours:
        css = pd.DataFrame("", index=frame.index, columns=frame.columns)
        for (row, column), style in colours.items():
            css.iat[row, column] = style
        styled = frame.style.apply(lambda _: css, axis=None)
    chosen: dict[str, Any] = {"on_select": on_select, "selection_mode": selection_mode} if on_select else {}
    st.dataframe(
        styled,
        key=key,
        hide_index=True,
        height=height or ROW * (len(rows) + 1) + MARGIN,
        row_height=ROW,
        column_config=config,
        alt=alt,
        placeholder="",
        **chosen,
    )


def _config(name: str, values: pd.Series[Any], width: str | None, pinned: bool) -> Any:
    """Say how a column is shown."""
    shown: dict[str, Any] = {"label": name or " ", "pinned": pinned, "width": width}
    if pd.api.types.is_bool_dtype(values):
        return st.column_config.CheckboxColumn(**shown)
    return (
        st.column_config.NumberColumn(**shown)
        if pd.api.types.is_numeric_dtype(values)
        else (st.column_config.TextColumn(**shown))
    )


def _seen(value: Any) -> Any:
    """Mark in a text what would not be seen in a cell."""
    return visible(value) if isinstance(value, str) else value


def _series(values: list[Any]) -> pd.Series[Any]:
    """Keep numbers as numbers, without turning a whole one into a fraction where others are missing."""
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, int) and not isinstance(value, bool) for value in there):
        # What a browser's numbers cannot hold exactly is shown as text.
        if max(map(abs, there)) < 2**53:
            return pd.Series(values, dtype="Int64")
    elif there and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return pd.Series(values, dtype="Float64")
    return pd.Series([None if value is None else _text(value) for value in values], dtype="object")


def _text(value: Any) -> str:
    """Write a value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
