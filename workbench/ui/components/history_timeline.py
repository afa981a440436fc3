"""The versions of a dataset, newest first, a page at a time; each can be restored, tagged, compared and looked into."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.reporting import count_of, format_count, verdict_of
from workbench.reporting.versions import held_singly
from workbench.ui.components.history_dialogs import ask
from workbench.ui.components.markup import badge, element
from workbench.ui.components.searching import fits, page_in_address, search_box
from workbench.ui.standing import Standing
from workbench.ui.wording import PAGES, ago
from workbench.versions import DefinitionChange, consequences

PAGE = 10
"""Versions shown at once."""

KINDS = {"import": "imported", "refresh": "refreshed", "publish": "published", "restore": "restored", "set": "set"}


def show_timeline(state: Standing, kept: set[int]) -> None:
    """Show who made which version when and why, and what can be done with it.

    Parameters
    ----------
    kept : set of int
        Versions whose rows are still there.
    """
    sought = search_box("search", placeholder="Search version, author, message or tag")
    documents = [document for document in reversed(state.documents) if fits(sought, _searched(document))]
    if not documents:
        st.text(f"No version of {count_of(len(state.documents), 'version')} is like that.")
        return
    pages = -(-len(documents) // PAGE)
    page = page_in_address(pages)
    singly = held_singly(state.documents)
    if singly:
        st.caption(singly)
    for document in documents[(page - 1) * PAGE : page * PAGE]:
        _show_version(state, document, document["version"] in kept)
    if pages > 1:
        st.pagination(pages, default=page, key=f"history-page-{page}", on_change=_turn, args=(page,))


def _searched(document: dict[str, Any]) -> list[str]:
    """Write what a version is searched by."""
    own = (document["author"], document["message"], KINDS[document["kind"]], document["verdict"] or "")
    return [f"v{document['version']}", *own, *document["tags"]]


def _show_version(state: Standing, document: dict[str, Any], kept: bool) -> None:
    """Show one version."""
    number = document["version"]
    with st.container(border=True, key=f"version-{number}"):
        text, actions = st.columns(2, vertical_alignment="center")
        with text:
            st.html(_told(document))
        with actions.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="xsmall"
        ):
            if not kept:
                st.text("Its rows were let go by maintain.")
                return
            address = {"dataset": state.version.dataset, "version": str(number)}
            if number > 1:
                st.page_link(PAGES / "compare.py", label="Compare", query_params=address)
            st.page_link(PAGES / "data.py", label="Rows", query_params=address)
            st.button("Tag …", key=f"tag-{number}", on_click=ask, args=("tag", number))
            if number != state.newest:
                st.button("Restore …", key=f"restore-{number}", on_click=ask, args=("restore", number))


def _told(document: dict[str, Any]) -> Markup:
    """Write a version: number and tags, who, when, how, what it changed, what became of the figure, and why."""
    made = datetime.fromisoformat(document["created_at"])
    tags = Markup(" ").join(element("span", tag, css="wb-badge") for tag in document["tags"])
    when = element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC")
    first = [element("strong", f"v{document['version']}"), " ", tags, f" {KINDS[document['kind']]} by "]
    first += [document["author"], " ", when]
    verdict = element("span", badge(verdict_of(document), document["verdict"])) if document["verdict"] else ""
    return element(
        "div",
        element("p", *first, css="wb-plain"),
        element("p", document["message"], css="wb-plain wb-message"),
        element("p", _changed(document), " ", verdict, css="wb-plain wb-small"),
        *(element("p", line, css="wb-plain wb-small") for line in _redefined(document)),
        css="wb-version",
    )


def _changed(document: dict[str, Any]) -> str:
    """Count what a version changed: ``512 cells changed · 3 rows added · 16,060 rows, 60 excluded``."""
    said = []
    if document["version"] > 1:
        said.append(count_of(document["cells_changed"], "cell") + " changed")
        said += [f"{count_of(document['rows_added'], 'row')} added"] if document["rows_added"] else []
        said += [f"{count_of(document['rows_removed'], 'row')} removed"] if document["rows_removed"] else []
    excluded = f", {format_count(document['excluded'])} excluded" if document["excluded"] else ""
    return " · ".join([*said, count_of(document["rows"], "row") + excluded])


def _redefined(document: dict[str, Any]) -> list[str]:
    """Say what a version changed in what the dataset is, and what no longer compares."""
    changes = [DefinitionChange(**each) for each in document["definition"]]
    return [*map(str, changes), *consequences(changes)]


def _turn(page: int) -> None:
    """Write the page that was turned to into the address."""
    st.query_params["page"] = str(st.session_state[f"history-page-{page}"])
