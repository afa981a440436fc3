"""Which key does what on Review."""

from __future__ import annotations

import streamlit as st

from workbench.ui.components.markup import element
from workbench.ui.components.review_desk import Desk

KEYS = (
    ("W", "use the suggestion"),
    ("1 … 9", "give the row this class, the most probable first"),
    ("K", "keep: it is right as it is"),
    ("E", "exclude the row from training, test and checks"),
    ("U", "unsure: set it aside for somebody else"),
    ("Z", "undo what you did last"),
    ("B", "back to the finding before"),
    ("N", "next: leave it for later"),
    ("S", "show the most similar rows, or fold them in"),
    ("H", "these keys"),
    ("Tab, Enter", "from button to button and field to field, and press"),
)


def show_keys(desk: Desk) -> None:
    """Show the keys over the page, where that was asked for."""
    if desk.help:
        desk.help = False
        _overlay()


def open_keys(desk: Desk) -> None:
    """Ask for the keys."""
    desk.help = True


@st.dialog("Keys", width="small")
def _overlay() -> None:
    """Lay the keys over the page."""
    rows = [element("tr", element("td", element("kbd", key)), element("td", what)) for key, what in KEYS]
    st.html(element("table", element("tbody", *rows), css="wb-table wb-keys"))
    st.text("Every answer is saved at once; closing the page loses nothing.")
