"""The way into the lake: a button that asks for data, and how far an import is, on every page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from workbench.characters import visible
from workbench.ingest import RefreshResult
from workbench.reporting import count_of
from workbench.ui.components.import_dialog import KEY, import_dialog, merge
from workbench.ui.components.job import show_job
from workbench.ui.jobs import Job
from workbench.ui.tasks import Delivery, drop
from workbench.ui.wording import plain

_DOUBT = "refresh-doubt-asked"


def show_import_button(dataset: str | None, *, primary: bool = False) -> None:
    """Show the button; ``dataset`` is the one that a newer delivery may be merged into."""
    if st.button(
        "Import data", icon=":material/upload_file:", key="import-open", type="primary" if primary else "secondary"
    ):
        st.session_state.pop("import-upload", None)
        import_dialog(dataset)


def show_import_job() -> None:
    """Show how far an import is, or what became of it."""
    if not show_job(KEY, done=_done):
        _ask_doubt()


def _ask_doubt() -> None:
    """Ask whether a delivery that looks like a mistake is to be merged all the same."""
    delivery: Delivery | None = st.session_state.get(_DOUBT)
    if delivery is None:
        return
    with st.container(border=True, key="refresh-doubt"):
        st.warning(f"{delivery.dataset} was not refreshed: is this delivery a mistake?", icon=":material/help:")
        for each in delivery.doubts:
            st.text(visible(f"{each.why[:1].upper()}{each.why[1:]}."))
        if delivery.rename:
            names = ", ".join(f"'{plain(name)}' as '{plain(target)}'" for name, target in delivery.rename.items())
            st.button(
                "Use the known names", key="refresh-rename", type="primary", help=f"Reads {names}.",
                on_click=_answer, kwargs={"renamed": True},
            )  # fmt: skip
        st.button("Merge anyway", key="refresh-confirm", on_click=_answer)
        st.button("Do not merge", key="refresh-drop", on_click=_drop)


def _answer(renamed: bool = False) -> None:
    """Merge a doubtful delivery as it is; or read it under the known names, and ask what else is doubtful."""
    delivery: Delivery = st.session_state.pop(_DOUBT)
    if renamed:
        merge(replace(delivery, agreed=delivery.agreed | delivery.rename))
    else:
        merge(delivery, confirmed=True)


def _drop() -> None:
    """Leave the dataset as it is."""
    drop(st.session_state.pop(_DOUBT))


def _done(job: Job) -> None:
    """Say what came in, and show it."""
    result: Any = job.result
    if isinstance(result, Delivery):
        st.session_state[_DOUBT] = result
        return
    if isinstance(result, RefreshResult):
        dataset, said = result.dataset, result.summary()
    else:
        dataset, said = result.dataset, f"{result.name}: {count_of(result.rows, 'row')} imported"
    st.success("The data is in the lake", icon=":material/check_circle:")
    st.text(visible(said, lines=True))
    for note in () if isinstance(result, RefreshResult) else result.detail.get("types", ()):
        st.text(visible(note["message"]))
    st.query_params.from_dict({"dataset": dataset})
