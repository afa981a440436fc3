"""How a file is read: the fields of the import dialog, folded away until a file needs them."""

from __future__ import annotations

import shlex
from typing import Any

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.ingest import ReadOptions, parse_header

_TEXTS = {
    "encoding": ("Encoding", "UTF-8", "For instance cp1252, utf-16, shift_jis."),
    "delimiter": ("Delimiter", "found out", "One character, tab, or none for a file of one column."),
    "header": ("Header", "first line", "no, unique (number blank or repeated names), a row (3), rows (3-4), names."),
    "comment": ("Comment lines begin with", "no comments", "For instance #: such lines are left out."),
    "sheet": ("Sheet", "the only visible one", "Of an Excel workbook."),
    "records": ("Records", "the document itself", "Where the records are in a JSON document: data.items."),
    "quote": ("Quote", '"', "none: quotes are text."),
    "escape": ("Escape", "none", "For instance \\."),
}  # fmt: skip


def ask_options(remembered: ReadOptions) -> ReadOptions:
    """Show the fields, and return what they say.

    Parameters
    ----------
    remembered : ReadOptions
        How the dataset's source was read before; shown where a field is empty.
    """
    before = remembered.to_dict()
    found: dict[str, Any] = {}
    opened = any(st.session_state.get(f"read-{name}") for name in (*_TEXTS, "skip_rows", "skip_end", "ragged", "trim"))
    with st.expander("How the file is read", expanded=opened):
        columns = st.columns(2)
        for position, (name, (label, usual, help_)) in enumerate(_TEXTS.items()):
            shown = ReadOptions.from_dict({name: before[name]}).arguments()[1] if name in before else usual
            given = columns[position % 2].text_input(label, key=f"read-{name}", placeholder=shown, help=help_).strip()
            found[name] = given or None
        for column, (name, label) in zip(
            columns, (("skip_rows", "Lines to skip at the top"), ("skip_end", "Lines to skip at the end")), strict=True
        ):
            found[name] = column.number_input(
                label, min_value=0, value=None, step=1, key=f"read-{name}", placeholder=str(before.get(name, 0))
            )
        ragged = columns[0].checkbox(
            "Fill rows that end early", key="read-ragged", help="They get missing cells; otherwise they are refused."
        )
        trim = columns[1].checkbox("Trim blanks", key="read-trim", help="Around column names and cells.")
    found |= {"header": parse_header(found["header"]), "ragged": "fill" if ragged else None}
    return ReadOptions(**found, trim="yes" if trim else None)


def offer_options(error: WorkbenchError) -> None:
    """Show a button that sets the options under which a refused file can be read."""
    proposal = ReadOptions.from_dict(getattr(error, "options", {}))
    if proposal.to_dict():
        said = shlex.join(proposal.arguments())
        st.text(f"It can be read with {said}")
        st.button("Read it this way", type="primary", key="read-proposal", on_click=_set, args=(proposal,))


def forget_options() -> None:
    """Empty the fields, for another file."""
    for name in (*_TEXTS, "skip_rows", "skip_end", "ragged", "trim"):
        st.session_state.pop(f"read-{name}", None)


def _set(options: ReadOptions) -> None:
    """Fill the fields in."""
    for name, value in options.to_dict().items():
        if name in ("ragged", "trim"):
            st.session_state[f"read-{name}"] = value in ("fill", "yes")
        elif isinstance(value, list):
            st.session_state[f"read-{name}"] = ReadOptions.from_dict({name: value}).arguments()[1]
        else:
            st.session_state[f"read-{name}"] = value
