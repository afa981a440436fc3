"""What the queue rests on: the newest version has to be checked, and what was published is to be measured."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.findings import outcomes
from workbench.iterations import version_documents
from workbench.lake import Version
from workbench.reporting import accuracy_of, verdict_of
from workbench.ui import jobs, tasks
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import badge, element, figure
from workbench.ui.components.review_desk import leave


def show_checks(lake: OpenLake, newest: Version) -> tuple[Any, ...]:
    """Offer to check the newest version where nobody has, and to measure one that was published from here.

    Returns
    -------
    tuple
        Stands for what the checks last said; empty where they were never asked.
    """
    key = f"check:{lake.lake.url}:{newest.name}"
    running = show_job(key, done=lambda job: _done(job))
    answered = outcomes(lake.lake, newest.dataset)
    checked = max((each.version for each in answered), default=None)
    just_published = st.session_state.get("review-published") == newest.name
    document = _document(lake, newest) if just_published else None
    if document is not None:
        _show_published(document)
    unmeasured = newest.definition.label is not None and (document is None or document["metrics"] is None)
    if not running and (checked != newest.version or (document is not None and unmeasured)):
        number = newest.version
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="review-unchecked"):
            if checked is None:
                st.text(f"v{number} has not been checked: nothing is known yet of what may be wrong in it.")
            elif checked != number:
                st.text(f"v{number} has not been checked yet; the queue is what v{checked} had, less what was fixed.")
            else:
                st.text(f"v{number} has been checked, but not measured.")
            if checked != number:
                st.button(f"Check v{number}", key="check", on_click=_start, args=(lake, newest, key, False))
            if unmeasured:
                label = f"Check and measure v{number}"
                st.button(label, key="check-measure", on_click=_start, args=(lake, newest, key, True))
    return (checked, max((each.created_at for each in answered), default=None)) if answered else ()


def _start(lake: OpenLake, version: Version, key: str, measured: bool) -> None:
    """Begin the work."""
    verb = "Checking and measuring" if measured else "Checking"
    jobs.start_apart(key, f"{verb} {version.name}", lake, tasks.check, version, measured)


def _done(job: jobs.Job) -> None:
    """Say that it is done; the queue is another now."""
    leave()
    st.success(f"{job.title}: done in {job.seconds:.0f} s", icon=":material/check_circle:")


def _document(lake: OpenLake, version: Version) -> dict[str, Any]:
    """Return a version's document."""
    documents = version_documents(lake.lake, version.dataset)
    return next(document for document in documents if document["version"] == version.version)


def _show_published(document: dict[str, Any]) -> None:
    """Say which version was published, and its verdict once it is measured."""
    said = [element("span", f"v{document['version']} is published.")]
    if document["metrics"] is not None:
        said += [
            element("span", figure(accuracy_of(document)), css="wb-figure"),
            badge(verdict_of(document), document["verdict"]),
        ]
    st.html(element("div", *said, css="wb-verdict wb-published"))
