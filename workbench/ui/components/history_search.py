"""Search for a key: what happened to that row, cell by cell. The key stands in the address."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import UnknownName, WorkbenchError
from workbench.ui.components.history_story import show_story
from workbench.ui.components.message import show_error
from workbench.ui.session import moment
from workbench.ui.standing import Standing
from workbench.ui.wording import plain
from workbench.versions import Event


def show_search(lake: OpenLake, state: Standing) -> None:
    """Ask for a key, and show the story of its row."""
    names = state.version.definition.key or ("rid",)
    given = st.query_params.get_all("key")
    if given and len(given) != len(names):
        raise UnknownName(
            "key", ", ".join(given), where=f"'{state.version.dataset}'", hint=f"Its key is {', '.join(names)}."
        )
    boxes = st.columns([*[2] * len(names), max(1, 5 - 2 * len(names))], vertical_alignment="bottom")
    for place, (box, name) in enumerate(zip(boxes, names, strict=False)):
        if given:
            st.session_state[f"story-{place}"] = given[place]
        box.text_input(
            f"Story of a row: its {plain(name)}",
            key=f"story-{place}",
            placeholder=visible(f"search {name}"),
            on_change=_to_address,
            args=(len(names),),
        )
    if not given:
        return
    key = dict(zip(names, given, strict=True))
    with st.container(border=True, key="story"):
        try:
            events = _story((*moment(lake), state.version.dataset), lake, state.version.dataset, key)
            show_story(events, state.documents)
        except UnknownName as error:
            show_error(error, title="No version has such a row")
        except WorkbenchError as error:
            show_error(error)


@st.cache_data(show_spinner="Reading the row's story …", max_entries=64)
def _story(moment: tuple[object, ...], _lake: OpenLake, dataset: str, key: dict[str, str]) -> list[Event]:
    """Read what happened to a row."""
    return _lake[dataset].blame(key)


def _to_address(names: int) -> None:
    """Write the key into the address once all of it is there."""
    given = [st.session_state[f"story-{place}"].strip() for place in range(names)]
    if all(given):
        st.query_params["key"] = given
    else:
        st.query_params.pop("key", None)
