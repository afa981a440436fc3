"""Which two versions are compared. The choice stands in the address as ``a`` and ``b``."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import UnknownName
from workbench.lake import Version
from workbench.ui.session import is_choice
from workbench.ui.standing import Standing
from workbench.versions import resolve

SAID = 48
"""Letters of a version's message that fit beside its number."""


def choose_pair(lake: OpenLake, state: Standing) -> tuple[Version, Version]:
    """Let the visitor choose two versions: by default the chosen one and the measured one before it.

    Raises
    ------
    UnknownName
        The address names a version that is not there, or was let go. The pickers still offer those that are.
    """
    texts = {str(document["version"]): _text(document) for document in state.documents}
    left, right = st.columns(2)
    second, missing_b = _picked(lake, state, "b", str(state.version.version))
    first, missing_a = _picked(lake, state, "a", _before(state, second))
    for column, name, label, chosen in ((left, "a", "From", first), (right, "b", "To", second)):
        key = f"compare-{name}"
        st.session_state[key] = str(chosen.version) if chosen else None
        column.selectbox(
            label,
            list(reversed(texts)),
            key=key,
            format_func=lambda number: visible(texts[number]),
            placeholder="Choose a version",
            on_change=_to_address,
            args=(name, texts),
        )
    for missing in (missing_a, missing_b):
        if missing:
            raise missing
    assert first is not None and second is not None
    return first, second


def _picked(lake: OpenLake, state: Standing, name: str, default: str) -> tuple[Version | None, UnknownName | None]:
    """Find the version that the address names."""
    try:
        return resolve(lake.lake, f"{state.version.dataset}@{st.query_params.get(name, default)}"), None
    except UnknownName as error:
        return None, error


def _before(state: Standing, b: Version | None) -> str:
    """Choose what to compare with: the measured version before, or else the one it was made from."""
    number = b.version if b else state.newest
    measured = [version for version in state.results if version < number]
    return str(max(measured, default=max(1, number - 1)))


def _text(document: dict[str, object]) -> str:
    """Write a version for the picker."""
    message = str(document["message"])
    said = message if len(message) <= SAID else message[: SAID - 1] + "…"
    tags = document["tags"]
    named = [f"v{document['version']}", *(tags if isinstance(tags, list) else [])]
    return " · ".join([*named, *([said] if said else [])])


def _to_address(name: str, texts: dict[str, str]) -> None:
    """Write a choice into the address, and forget which row and page of the other pair was open."""
    if not is_choice(f"compare-{name}", texts):
        return
    for gone in ("row", "page", "label"):
        st.query_params.pop(gone, None)
    st.query_params[name] = st.session_state[f"compare-{name}"]
