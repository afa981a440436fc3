"""Restore and tag: what will happen, what must be said, and what happened."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import WorkbenchError
from workbench.lake import Lake, read_version
from workbench.progress import Progress
from workbench.reporting import count_of, format_count
from workbench.ui import jobs
from workbench.ui.components.job import show_job
from workbench.ui.session import moment
from workbench.ui.standing import Standing
from workbench.versions import diff

ASKED, DONE = "history-asked", "history-done"
"""Session state: which dialog is open for which version, and what was done last."""


def ask(what: str, number: int) -> None:
    """Open a dialog at the next run."""
    st.session_state[ASKED] = (what, number)
    st.session_state.pop(DONE, None)


def show_dialogs(lake: OpenLake, state: Standing) -> None:
    """Show what is being done or was done last, and the dialog that is open."""
    restoring = show_job(_key(lake, state), done=_restored, stoppable=False)
    done = st.session_state.get(DONE)
    if done:
        with st.container(border=True, key="history-done"):
            st.success(done[0], icon=":material/check_circle:")
            st.text(done[1])
    asked = st.session_state.get(ASKED)
    if asked is None:
        return
    what, number = asked
    if not any(document["version"] == number for document in state.documents):
        _close()
    elif what == "tag":
        _tag_dialog(lake, state, number)
    else:
        _restore_dialog(lake, state, number, restoring)


def _key(lake: OpenLake, state: Standing) -> str:
    """Name the job that restores a version."""
    return f"restore:{lake.lake.url}:{state.version.dataset}"


def _close() -> None:
    """Close whichever dialog is open."""
    st.session_state.pop(ASKED, None)


@st.dialog("Restore an old version", on_dismiss=_close)
def _restore_dialog(lake: OpenLake, state: Standing, number: int, restoring: bool) -> None:
    """Say what restoring will do, and do it once a message was given."""
    dataset, newest = state.version.dataset, state.newest
    said = _way_back((*moment(lake), dataset, newest, number), lake.lake, dataset, newest, number)
    st.text(
        f"A new version v{newest + 1} is published that equals v{number}: {said}. "
        f"v{number + 1} to v{newest} stay as they are, and can be restored in the same way."
        if number + 1 < newest
        else f"A new version v{newest + 1} is published that equals v{number}: {said}. "
        f"v{newest} stays as it is, and can be restored in the same way."
    )
    message = st.text_input("Why", key="restore-message", placeholder="say why, for those who come after you")
    disabled = restoring or not message.strip()
    if st.button(f"Restore v{number}", type="primary", key="restore-now", disabled=disabled):
        key = _key(lake, state)

        def work(progress: Progress) -> tuple[str, str]:
            made = lake[dataset].restore(number, message=message.strip())
            if made.version == newest:
                return f"Nothing to restore: v{newest} equals v{number}", "No version was made."
            changed = f"{count_of(made.cells_changed, 'cell')} changed, {format_count(made.rows_added)} rows added, "
            return f"v{made.version} equals v{number} again", f"{changed}{format_count(made.rows_removed)} removed."

        job = jobs.start(key, f"Restoring v{number} of {dataset}", work)
        if not job.wait(jobs.SOON):
            _close()
            st.rerun()
        jobs.dismiss(key)
        if job.error is not None:
            _refused(job.error)
            return
        _done(*job.result)


def _restored(job: jobs.Job) -> None:
    """Note what a restore that took longer did."""
    st.session_state[DONE] = job.result


@st.cache_data(show_spinner="Reading what differs …", max_entries=16)
def _way_back(key: tuple[object, ...], _lake: Lake, dataset: str, newest: int, number: int) -> str:
    """Count what restoring a version would change, at a moment."""
    back = diff(_lake, read_version(_lake, dataset, newest), read_version(_lake, dataset, number), limit=0)
    said = [f"{count_of(back.cells_changed, 'cell')} changed back in {count_of(back.rows_changed, 'row')}"]
    said += [f"{count_of(back.rows_added, 'row')} put back"] if back.rows_added else []
    said += [f"{count_of(back.rows_removed, 'row')} removed"] if back.rows_removed else []
    return ", ".join(said)


@st.dialog("Tag a version", on_dismiss=_close)
def _tag_dialog(lake: OpenLake, state: Standing, number: int) -> None:
    """Take a name for a version; one that names another version moves."""
    dataset = state.version.dataset
    tags = {tag: document["version"] for document in state.documents for tag in document["tags"]}
    st.text(f"A tag is a name for v{number} of {dataset} that commands and addresses understand: {dataset}@production.")
    name = st.text_input("Tag", key="tag-name", placeholder="production").strip()
    if tags.get(name, number) != number:
        st.text(f"'{name}' names v{tags[name]} now; it moves to v{number}.")
    if st.button(f"Tag v{number}", type="primary", key="tag-now", disabled=not name):
        try:
            lake[dataset].tag(number, name)
        except WorkbenchError as error:
            _refused(error)
            return
        _done(f"v{number} is tagged", f"{dataset}@{name} is v{number}.")


def _refused(error: WorkbenchError) -> None:
    """Say in the dialog why it could not be done."""
    st.error("This was not done.", icon=":material/error:")
    st.text(str(error))


def _done(title: str, text: str) -> None:
    """Close the dialog and say on the page what was done."""
    st.session_state[DONE] = (title, text)
    _close()
    st.rerun()
