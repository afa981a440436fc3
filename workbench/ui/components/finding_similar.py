"""The rows most like the finding's, and what labels they have; nothing of it for a test row.

What makes rows alike is learnt once per version, by a job in the background: the page is on screen before it begins.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import streamlit as st
from markupsafe import Markup
from streamlit.delta_generator import DeltaGenerator

from workbench.api import OpenLake
from workbench.errors import WorkbenchError
from workbench.findings import Finding
from workbench.lake import Version, view_of
from workbench.progress import Progress
from workbench.reporting import count_of
from workbench.reporting.cases import shorten
from workbench.reviewing import rows_at
from workbench.settings import without_password
from workbench.similar import HIDDEN, Likeness, SimilarRow, SimilarRows, likeness
from workbench.ui import jobs
from workbench.ui.components.finding_card import WIDEST, shown_value
from workbench.ui.components.markup import element
from workbench.ui.components.review_desk import Desk

LINE, HEIGHT = 44, 260
"""Pixels of the line and of the rows below it, whatever they show: the buttons below them stay where they are."""

PULSE = 2.0
"""Seconds between two looks at whether the rows can be compared."""

KEPT = 2
"""Versions whose rows stay comparable in this process, up to 250 MB each."""

LABEL = 32
"""Characters of a label."""

_CELLS = 5
# Differing cells that are named; a row with more is not very similar.


def show_similar(lake: OpenLake, desk: Desk, finding: Finding) -> None:
    """Show what labels the most similar rows have, and the rows themselves to those who want them."""
    if finding.rid is None:
        _say("Similar rows: this finding is not about a single row.")
    elif finding.lane == "test":
        _say(HIDDEN)
    else:
        _show(lake, desk, finding)


@st.cache_resource(show_spinner=False)
def _kept() -> dict[str, Likeness]:
    """What was learnt in this process: by lake and version, newest last."""
    return {}


def _show(lake: OpenLake, desk: Desk, finding: Finding) -> None:
    """Show the similar rows, or how it stands with learning what makes rows alike."""
    kept, key = _kept(), _key(lake, desk.version)
    learnt, job = kept.get(key), jobs.find(key)
    if learnt is not None and learnt.view.lake is lake.lake:
        _show_found(lake, desk, finding, learnt)
    elif job is not None and job.error is not None:
        _show_failure(job)
    elif st.session_state.get("similar-asked") != key:
        # Work that keeps a core busy begins with the next look, when the page is on screen.
        st.session_state["similar-asked"] = key
        _wait(key, time.monotonic())
    else:
        _learn(lake, desk.version, key, kept)
        _wait(key, time.monotonic())


def _key(lake: OpenLake, version: Version) -> str:
    """Name the job for a version."""
    return f"similar:{lake.lake.url}:{version.name}:{version.content_hash}"


def _learn(lake: OpenLake, version: Version, key: str, kept: dict[str, Likeness]) -> None:
    """Learn what makes a version's rows alike, in the background."""
    handle = lake.lake

    def work(progress: Progress) -> None:
        learnt = likeness(handle, version, progress=progress)
        kept.pop(key, None)
        kept[key] = learnt
        for old in list(kept)[:-KEPT]:
            kept.pop(old, None)

    jobs.start(key, f"Comparing the rows of {version.name}", work)


@st.fragment(run_every=PULSE)
def _wait(key: str, since: float) -> None:
    """Say that rows will be compared; the page is shown anew when that may begin, and when it is done."""
    job = jobs.find(key)
    if time.monotonic() - since > PULSE / 2 and (job is None or not job.running):
        st.rerun()
    _say("looking for similar rows …", css="wb-plain wb-small wb-waiting")


@st.fragment
def _show_found(lake: OpenLake, desk: Desk, finding: Finding, learnt: Likeness) -> None:
    """Show the line, and the rows below it where the visitor wants them; its button shows only this part anew."""
    try:
        found = learnt.similar(finding.rid or 0)
        if not found.rows:
            _say(found.hidden or "Similar rows: there is no other train or validation row.")
            return
        with _row_of_line():
            st.html(element("p", *_line(found, desk, finding), css="wb-plain"))
            _show_switch()
        if _folded_out():
            with st.container(height=HEIGHT, key="similar-rows"):
                st.html(_table(lake, desk, found))
    except WorkbenchError as error:
        _say(f"Similar rows: {without_password(error.message)}")


def _folded_out() -> bool:
    """Tell whether the visitor wants the rows; so it stays for the findings that follow."""
    return bool(st.session_state.get("similar-shown"))


def _show_switch() -> None:
    """Show the button that folds the rows out or in."""

    def fold() -> None:
        st.session_state["similar-shown"] = not _folded_out()

    st.button(
        "hide" if _folded_out() else "show", key="similar-show", type="tertiary", shortcut="S",
        help="The rows most like this one.", on_click=fold,
    )  # fmt: skip


def _line(found: SimilarRows, desk: Desk, finding: Finding) -> list[Markup | str]:
    """Say in one line what labels the similar rows have."""
    rows, label = found.rows, desk.version.definition.label
    said: list[Markup | str] = ["similar rows: "]
    if found.counts:
        (most, count), *others = found.counts
        said += [element("strong", f"{count} of {len(rows)} are "), shown_value(shorten(most, LABEL))]
        if others and others[0][1] == count:
            said += [", as many ", shown_value(shorten(others[0][0], LABEL))]
        elif finding.column == label and most in (finding.suggestion, finding.value):
            said.append(", the label suggested" if most == finding.suggestion else ", the label given")
    elif label is not None:
        values = sorted(float(row.label) for row in rows if row.label is not None)
        said += [f"{label} ", shown_value(f"{values[0]:g} to {values[-1]:g}"), ", the middle one "]
        said.append(shown_value(f"{statistics.median(values):g}"))
    else:
        said.append(f"{count_of(len(rows), 'row')}, the nearest at a distance of {rows[0].distance:.2f}")
    equal = sum(row.equal for row in rows)
    return [*said, element("span", f" · {equal} equal in every feature", css="wb-small")] if equal else said


def _table(lake: OpenLake, desk: Desk, found: SimilarRows) -> Markup:
    """Write the rows: key, label, distance, and the cells that are not those of the finding's row."""
    features = [column.name for column in view_of(lake.lake, desk.version).features]
    cells = rows_at(lake.lake, desk.version, [found.rid, *(row.rid for row in found.rows)], columns=features)
    label = desk.version.definition.label
    heads = [*found.rows[0].key, *([label] if label else []), "distance", "what differs in it"]
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    own = cells[found.rid].cells
    body = [_row(row, own, cells[row.rid].cells, bool(label)) for row in found.rows]
    table = element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-similar")
    note = element("p", found.note, css="wb-plain wb-small") if found.note else Markup()
    return note + table


def _row(row: SimilarRow, own: Mapping[str, str | None], cells: Mapping[str, str | None], labelled: bool) -> Markup:
    """Write a row of the table."""
    unlike = [name for name in cells if cells[name] != own[name]]
    said = [element("span", f"{name} ", shown_value(cells[name])) for name in unlike[:_CELLS]]
    if len(unlike) > _CELLS:
        said.append(element("span", f"and {len(unlike) - _CELLS} more", css="wb-small"))
    if not unlike:
        said.append(element("span", "nothing: equal in every feature", css="wb-small"))
    return element(
        "tr",
        *(element("td", shorten(str(value), WIDEST)) for value in row.key.values()),
        element("td", shorten(row.label or "missing", LABEL), css="wb-short") if labelled else "",
        element("td", f"{row.distance:.2f}", css="wb-number"),
        element("td", element("div", *said, css="wb-facts")),
    )


def _show_failure(job: jobs.Job) -> None:
    """Say in one line why rows cannot be compared."""
    error = job.error
    with _row_of_line():
        told = without_password(error.message) if error is not None else ""
        hint = without_password(error.hint) if error is not None else ""
        st.html(element("p", f"Similar rows cannot be shown: {shorten(told, WIDEST)}", css="wb-plain", title=hint))
        st.button("try again", key="similar-again", type="tertiary", on_click=jobs.dismiss, args=(job.key,))


def _row_of_line() -> DeltaGenerator:
    """Make the place of the line."""
    return st.container(height=LINE, border=False, horizontal=True, vertical_alignment="center", key="finding-similar")


def _say(text: str, *, css: str = "wb-plain wb-small") -> None:
    """Write the line where there are no rows; their place stays as long as rows are folded out."""
    with _row_of_line():
        st.html(element("p", text, css=css))
        if _folded_out():
            _show_switch()
    if _folded_out():
        st.container(height=HEIGHT, key="similar-rows").text("No rows are shown here.")
