"""Test rows whose prediction changed between right and wrong, and what is in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.characters import visible
from workbench.compare import Flip, RowChanges
from workbench.errors import UnknownName
from workbench.lake import Version, view_of
from workbench.reporting import count_of, format_count
from workbench.ui.comparing import Pair
from workbench.ui.components.data_grid import show_grid
from workbench.ui.components.history_story import show_story
from workbench.ui.components.markup import element
from workbench.ui.components.message import show_error
from workbench.versions import Event, blame
from workbench.versions.browse import rows_of

HEIGHT = 330
"""Of the table, in pixels."""

LISTED = 50
"""Rows in the table."""


def show_flips(rows: RowChanges, pair: Pair) -> None:
    """List the rows that flipped; the one that was chosen is opened below."""
    st.subheader("Test rows that flipped")
    if not rows.flips:
        st.text(f"None of the {format_count(rows.rows)} shared test rows changed between right and wrong.")
        return
    of_label = _of_label(rows.flips)
    flips, total = of_label[:LISTED], rows.gained + rows.lost
    label, cut = st.query_params.get("label"), ""
    if len(flips) < total:
        most = " that moved most" if len(flips) < len(of_label) or len(rows.flips) < total else ""
        cut = f" Listed are the {format_count(len(flips))}{f' of label {label}' if label else ''}{most}."
    became = f"{count_of(rows.gained, 'row')} became right, {format_count(rows.lost)} became wrong."
    st.text(f"{became}{cut} Tick one to see its cells and its history.")
    # The pair is part of the key, so that a mark does not pass to another pair's row.
    key = f"flips-{pair.a.version}-{pair.b.version}-{st.query_params.get('label', '')}"
    keys = list(rows.flips[0].key)
    show_grid(
        [*keys, "label", f"predicted at v{pair.a.version}", f"at v{pair.b.version}", "now", "probability of the label"],
        [
            [
                *flip.key.values(),
                flip.label,
                flip.before,
                flip.after,
                "right" if flip.gained else "wrong",
                f"{flip.before_share:.2f} → {flip.after_share:.2f}",
            ]
            for flip in flips
        ],
        key=key,
        alt="Test rows whose prediction changed between right and wrong",
        height=HEIGHT,
        on_select=lambda: _to_address(key, flips),
    )
    wanted = st.query_params.get("row")
    if wanted is None:
        return
    opened = next((flip for flip in rows.flips if str(flip.rid) == wanted), None)
    if opened is None:
        show_error(UnknownName("flipped row", wanted, where="this list", hint="Choose one of those listed above."))
        return
    _show_row(opened, pair)


def _of_label(flips: Sequence[Flip]) -> list[Flip]:
    """Let the visitor choose one label's rows; a click on a class in the chart above chooses it too."""
    labels = sorted({flip.label for flip in flips})
    wanted = st.query_params.get("label", "")
    if wanted and wanted not in labels:
        labels.append(wanted)
    st.session_state["flips-label"] = wanted
    st.selectbox(
        "Label",
        ["", *labels],
        key="flips-label",
        format_func=lambda name: visible(name) or "all",
        on_change=_choose,
        width=240,
    )
    return [flip for flip in flips if wanted in ("", flip.label)]


def _choose() -> None:
    """Write the label into the address; the row that was open may be none of its own."""
    st.query_params.pop("row", None)
    if st.session_state["flips-label"]:
        st.query_params["label"] = st.session_state["flips-label"]
    else:
        st.query_params.pop("label", None)


def _to_address(key: str, flips: Sequence[Flip]) -> None:
    """Write the row that was chosen into the address."""
    chosen: list[int] = st.session_state[key]["selection"]["rows"]
    if chosen and chosen[0] < len(flips):
        st.query_params["row"] = str(flips[chosen[0]].rid)
    else:
        st.query_params.pop("row", None)


def _show_row(flip: Flip, pair: Pair) -> None:
    """Show a row's cells in both versions, and its history."""
    key = ", ".join(f"{name} {value}" for name, value in flip.key.items())
    said = f"label {flip.label} · predicted {flip.before} → {flip.after} · {'right' if flip.gained else 'wrong'} now"
    with st.container(border=True, key="flipped-row"):
        st.html(element("p", element("strong", key), f" · {said}", css="wb-plain"))
        before, after, events = _read(pair.key, pair, flip.rid)
        left, right = st.columns([2, 3])
        with left:
            st.html(_cells(before, after, pair))
        with right:
            show_story(events, pair.lake[pair.b.dataset].documents())


def _cells(before: dict[str, Any], after: dict[str, Any], pair: Pair) -> Markup:
    """Write the cells of both versions beside each other."""
    heads = ("column", f"v{pair.a.version}", f"v{pair.b.version}")
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    body = []
    for name in dict.fromkeys([*after, *before]):
        changed = before.get(name) != after.get(name)
        shown = (name + (" (changed)" if changed else ""), _text(before, name), _text(after, name))
        body.append(
            element("tr", *(element("td", cell, css="wb-long") for cell in shown), css="wb-chosen" if changed else "")
        )
    return element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-both")


def _text(cells: dict[str, Any], name: str) -> str:
    """Write a cell; a dash where the version lacks it."""
    if name not in cells:
        return "–"
    value = cells[name]
    return "missing" if value is None else str(value)


@st.cache_data(show_spinner="Reading the row …", max_entries=64)
def _read(key: tuple[object, ...], _pair: Pair, rid: int) -> tuple[dict[str, Any], dict[str, Any], list[Event]]:
    """Read a row of both versions, and its history."""

    def cells(version: Version) -> dict[str, Any]:
        return rows_of(view_of(_pair.lake.lake, version), [rid]).cells_of(rid)

    return cells(_pair.a), cells(_pair.b), blame(_pair.lake.lake, _pair.b.dataset, rid)
