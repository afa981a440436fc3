"""A search box over a list that the page holds, and its pages; what is sought and shown stands in the address."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from workbench.errors import UnknownName


def search_box(name: str, *, placeholder: str) -> str:
    """Show the box, and return what is sought, in lower case; empty for everything.

    Parameters
    ----------
    name : str
        Its name in the address, and its key.
    """
    st.session_state[name] = st.query_params.get(name, "")
    st.text_input(
        "Search", key=name, placeholder=placeholder, icon=":material/search:", label_visibility="collapsed",
        on_change=_to_address, args=(name,),
    )  # fmt: skip
    return str(st.session_state[name]).strip().casefold()


def fits(sought: str, texts: Iterable[object]) -> bool:
    """Tell whether what is sought is part of one of the texts."""
    return not sought or any(sought in str(text).casefold() for text in texts)


def page_in_address(pages: int) -> int:
    """Read the page of a list from the address; beyond the last is the last.

    Raises
    ------
    UnknownName
        It is no number from 1.
    """
    wanted = st.query_params.get("page", "1")
    if not wanted.isdecimal() or int(wanted) < 1:
        raise UnknownName("page", wanted, hint=f"There are pages 1 to {pages}.")
    return min(int(wanted), pages)


def _to_address(name: str) -> None:
    """Write what is sought into the address; it begins at the first page."""
    st.query_params.pop("page", None)
    value = st.session_state[name].strip()
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
