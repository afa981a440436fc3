"""The sidebar: which dataset and version, in which lake, as whom. The choice stands in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.api import OpenLake
from workbench.drafts import Draft
from workbench.errors import UnknownName
from workbench.lake import Version
from workbench.reporting import count_of
from workbench.ui.components.importing import show_import_button
from workbench.ui.components.markup import element
from workbench.ui.session import is_choice
from workbench.ui.wording import PAGES, place_of
from workbench.versions import list_versions, resolve

NEWEST = ""
"""Stands for the newest version, whichever that is; the address then names none."""


def choose(lake: OpenLake) -> Version | None:
    """Let the visitor choose a dataset and a version.

    Returns
    -------
    Version or None
        None where the lake has no dataset.

    Raises
    ------
    UnknownName
        The address names a dataset or version that is not there. The sidebar still offers those that are.
    """
    with st.sidebar:
        try:
            names = lake.names()
            if not names:
                return None
            found = _version(lake, _dataset(names))
            show_import_button(found.dataset)
            return found
        finally:
            st.space("small")
            _say("Lake", place_of(lake.lake.url))
            _say("You are recorded as", lake.author)


def show_drafts(drafts: Sequence[Draft]) -> None:
    """Show in the sidebar which drafts are open, with a way to them."""
    with st.sidebar:
        for draft in drafts:
            title = f" “{draft.title}”" if draft.title else ""
            _say("Open draft", f"{draft.draft}{title} by {draft.author}: {count_of(draft.corrections, 'correction')}")
        if drafts:
            chosen = {"dataset": drafts[0].dataset, "draft": str(drafts[0].draft)}
            st.page_link(
                PAGES / "drafts.py", label="Look and publish", icon=":material/edit_note:", query_params=chosen
            )


def _dataset(names: list[str]) -> str:
    """Choose a dataset; the first where the address names none."""
    wanted = st.query_params.get("dataset", names[0])
    st.session_state["dataset"] = wanted if wanted in names else None
    st.selectbox("Dataset", names, key="dataset", placeholder="Choose a dataset", on_change=_to_address)
    if wanted not in names:
        raise UnknownName("dataset", wanted, names, where="this lake")
    st.query_params["dataset"] = wanted
    return wanted


def _version(lake: OpenLake, dataset: str) -> Version:
    """Choose a version by number; the address may name a tag as well."""
    versions = list_versions(lake.lake, dataset)
    named = {str(version.version): "".join(f" · {tag}" for tag in version.tags) for version in versions}
    wanted = st.query_params.get("version", NEWEST)
    found, unknown = versions[-1], None
    if wanted:
        # A version that `workbench maintain` let go has no rows any more, but still its figures.
        by_name = {name: each for each in versions for name in (str(each.version), f"v{each.version}", *each.tags)}
        try:
            found = by_name.get(wanted) or resolve(lake.lake, f"{dataset}@{wanted}")
        except UnknownName as error:
            unknown = error
    st.session_state["version"] = None if unknown else str(found.version) if wanted else NEWEST
    options = [NEWEST, *reversed(named)]
    st.selectbox(
        "Version",
        options,
        key="version",
        placeholder="Choose a version",
        format_func=lambda number: f"v{number}{named[number]}" if number else f"newest (v{versions[-1].version})",
        on_change=_to_version,
        args=(options,),
    )
    if unknown:
        raise unknown
    return found


def _to_version(options: Sequence[str]) -> None:
    """Write the version that was chosen into the address."""
    if is_choice("version", options):
        _to_address()


def _to_address() -> None:
    """Write what was chosen into the address; another dataset begins at its newest version."""
    dataset, version = st.session_state.get("dataset"), st.session_state.get("version")
    if dataset != st.query_params.get("dataset"):
        version = NEWEST
    st.query_params.from_dict(
        {name: value for name, value in (("dataset", dataset), ("version", version)) if value is not None and value}
    )


def _say(name: str, value: str) -> None:
    """Show a fact under its name."""
    st.html(element("p", element("strong", name), Markup("<br>"), value, css="wb-plain wb-small"))
