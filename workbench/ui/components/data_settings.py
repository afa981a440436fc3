"""What a dataset is: shown and changed, with its name, and dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import WorkbenchError
from workbench.iterations import NewDefinition, set_definition
from workbench.lake import Version
from workbench.models import PRESETS
from workbench.ui.components.message import show_error
from workbench.versions import DefinitionChange, consequences, definition_changes

TASKS = ("classification", "regression")


def show_settings(lake: OpenLake, version: Version) -> None:
    """Show what the dataset is at a version; of the newest it can be changed."""
    for said in st.session_state.pop("settings-said", ()):
        st.info(said)
    editable = version.version == lake[version.dataset].newest.version
    if not editable:
        st.text(f"This is what the dataset was at {version.name}. It is changed at the newest version.")
    wanted, message = _form(version, editable)
    if wanted is not None:
        _tried(lambda: _set(lake, version, wanted, message), "The settings cannot be changed")
    if editable:
        with st.container(horizontal=True):
            _ask_name(lake, version.dataset)
            _ask_drop(lake, version.dataset)


def _form(version: Version, editable: bool) -> tuple[NewDefinition | None, str]:
    """Ask for a definition; None until it was submitted."""
    now, names = version.definition, [column.name for column in version.columns]
    with st.form(f"settings-{version.name}"):
        label = st.selectbox(
            "Label", names, index=names.index(now.label) if now.label in names else None, disabled=not editable,
            format_func=visible,
            key=f"settings-label-{version.name}", placeholder="No label", help="Column that the model predicts.",
        )  # fmt: skip
        task = st.selectbox(
            "Task", TASKS, index=TASKS.index(now.task), disabled=not editable, key=f"settings-task-{version.name}"
        )
        model = st.selectbox(
            "Model", list(dict.fromkeys([now.model, *PRESETS])), accept_new_options=True, disabled=not editable,
            key=f"settings-model-{version.name}", help="A preset, or module:function of your own.",
        )  # fmt: skip
        key = st.multiselect(
            "Key", names, default=list(now.key), disabled=not editable, format_func=visible,
            key=f"settings-key-{version.name}",
            help="Columns that identify a row: there in every row, and different in each.",
        )  # fmt: skip
        ignore = st.multiselect(
            "Ignored columns", names, default=[name for name in now.ignore if name in names], disabled=not editable,
            format_func=visible,
            key=f"settings-ignore-{version.name}", help="The model does not see them.",
        )  # fmt: skip
        schema = st.text_input(
            "Schema", now.schema or "", disabled=not editable, key=f"settings-schema-{version.name}",
            placeholder="schemas/people.py",
        )  # fmt: skip
        source = st.text_input(
            "Source", now.source or "", disabled=not editable, key=f"settings-source-{version.name}",
            placeholder="deliveries/people.csv", help="What a refresh and a run read.",
        )  # fmt: skip
        message = st.text_input("Message", disabled=not editable, key=f"settings-message-{version.name}")
        st.text("A change is a new version with the same rows. It is checked first, and Restore on History undoes it.")
        if not st.form_submit_button("Change settings", disabled=not editable):
            return None, ""
    given: dict[str, Any] = {
        "label": label, "task": task, "model": model, "key": tuple(key), "ignore": tuple(ignore),
        "schema": schema.strip() or None, "source": source.strip() or None,
    }  # fmt: skip
    changed = {name: value for name, value in given.items() if value != getattr(now, name)}
    unset = [name for name, value in changed.items() if value in (None, ())]
    kept = {name: value for name, value in changed.items() if name not in unset}
    return NewDefinition(**kept, unset=unset), message


def _set(lake: OpenLake, version: Version, wanted: NewDefinition, message: str) -> None:
    """Change the definition, and say on the next page what it means."""
    made = set_definition(lake.lake, version.dataset, wanted, author=lake.author, message=message)
    changes: tuple[DefinitionChange, ...] = definition_changes(version, made)
    st.session_state["settings-said"] = [
        f"{made.name}: {'; '.join(map(str, changes)) or 'nothing changed'}",
        *consequences(changes),
    ]
    st.query_params.pop("version", None)


def _ask_name(lake: OpenLake, dataset: str) -> None:
    """Ask for another name."""
    with st.popover("Rename …"):
        new = st.text_input("New name", dataset, key=f"rename-{dataset}")
        st.text("Versions, drafts, findings, answers, runs, recipes, tags and views go with it.")
        if st.button("Rename dataset", key="rename-go", disabled=new in ("", dataset)):
            _tried(lambda: _rename(lake, dataset, new), "The dataset cannot be renamed")


def _rename(lake: OpenLake, dataset: str, new: str) -> None:
    """Rename, and go to the dataset under its new name."""
    lake.rename(dataset, new)
    st.query_params["dataset"] = new


def _ask_drop(lake: OpenLake, dataset: str) -> None:
    """Ask whether to drop."""
    with st.popover("Drop …"):
        days = lake.lake.settings.retention_days
        st.text(
            f"Hides '{dataset}' everywhere. For {days} days Overview, or `workbench undrop {dataset}`, brings it back."
        )
        if st.button("Drop dataset", key="drop-go"):
            _tried(lambda: _drop(lake, dataset), "The dataset cannot be dropped")


def _drop(lake: OpenLake, dataset: str) -> None:
    """Drop, and leave the dataset's page."""
    lake.drop(dataset)
    st.query_params.clear()


def _tried(work: Callable[[], None], title: str) -> None:
    """Do something and lay the page anew, or say why not."""
    try:
        work()
    except WorkbenchError as error:
        show_error(error, title=title)
    else:
        st.rerun()
