"""Bring data in: a file from the visitor's machine, or a path on the machine that runs the app."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.characters import visible
from workbench.errors import WorkbenchError
from workbench.ingest import ReadOptions, preview
from workbench.models import PRESETS
from workbench.settings import load
from workbench.ui import jobs, tasks
from workbench.ui.components.message import show_error
from workbench.ui.components.read_options import ask_options, forget_options, offer_options
from workbench.ui.tasks import Delivery, named

KEY = "import"
"""The job's key: one import at a time for this app."""

TYPES = ["csv", "tsv", "txt", "gz", "bz2", "xz", "zst", "zip", "parquet", "jsonl", "ndjson", "json", "xlsx", "xlsm"]


@st.dialog("Import data", width="large")
def import_dialog(newest_of: str | None = None) -> None:
    """Ask what to import and what its columns mean, and begin.

    Parameters
    ----------
    newest_of : str, optional
        A dataset that a newer delivery may be merged into.
    """
    kinds = ["A new dataset", *([f"A newer delivery of {newest_of}"] if newest_of else [])]
    newer = bool(newest_of) and st.segmented_control("This is", kinds, default=kinds[0], key="import-what") == kinds[1]
    source, upload = _source()
    if source is None:
        st.text("CSV, TSV, Parquet, JSON or Excel, packed or not. Every cell arrives, or the import says where not.")
        return
    try:
        with _settled_lake() as lake, st.spinner("Looking at it …"):
            before = lake[newest_of].definition.reading if newer and newest_of else {}
            remembered = ReadOptions.from_dict(before)
            options = ask_options(remembered)
            seen = preview(lake.lake, source, options=options, remembered=remembered)
    except WorkbenchError as error:
        show_error(named(error, source, upload), title="This cannot be imported")
        offer_options(error)
        return
    for note in seen.notes:
        st.text(visible(f"Note: {note}"))
    frame = pd.DataFrame(seen.rows, columns=[visible(name) for name in seen.names]).astype(str).map(visible)
    st.dataframe(frame, hide_index=True, width="stretch", height=215)
    if newer and newest_of:
        _ask_mode(newest_of, source, options, upload)
    else:
        _ask_columns(seen, source, options, upload)


@st.cache_resource(show_spinner=False)
def _uploads() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for uploaded files, which goes when the app ends."""
    return tempfile.TemporaryDirectory(prefix="workbench-uploads-")


def _source() -> tuple[str | None, bool]:
    """Ask for a file or a path; an uploaded file is put into a folder of its own."""
    limit = f"{st.get_option('server.maxUploadSize'):,} MB"
    given = st.file_uploader(f"A file of up to {limit}", type=TYPES, key="import-file")
    path = st.text_input(
        f"or a path on the machine that runs this app: for files over {limit}, several at once, and databases",
        placeholder="data/people.csv, 'sales/*.parquet', duckdb:FILE?table=T",
        key="import-path",
        disabled=given is not None,
    )
    if given is None:
        return path.strip() or None, False
    known = st.session_state.get("import-upload")
    if known is None or known[0] != given.file_id:
        folder = Path(tempfile.mkdtemp(dir=_uploads().name))
        place = folder / Path(given.name).name
        place.write_bytes(given.getbuffer())
        forget_options()
        st.session_state["import-upload"] = known = (given.file_id, str(place))
    return known[1], True


def _ask_columns(seen: Any, source: str, reading: ReadOptions, upload: bool) -> None:
    """Ask what the columns of a new dataset mean, and begin to import."""
    with st.form("import-form", border=False):
        name = st.text_input("Name", seen.dataset, key="import-name")
        left, right = st.columns(2)
        key = left.multiselect(
            "Key", seen.names, default=list(seen.key), key="import-key", format_func=visible,
            help="Columns that tell rows apart and match them with later deliveries. Without one rows are numbered.",
        )  # fmt: skip
        label = right.selectbox(
            "Label", seen.names, index=None, key="import-label", placeholder="None", format_func=visible,
            help="The column that the fixed model learns to predict.",
        )  # fmt: skip
        split = left.selectbox(
            "Split column", seen.names, index=None, key="import-split", placeholder="None: by the md5 of the features",
            format_func=visible,
            help="Says train, validation or test for each row.",
        )  # fmt: skip
        ignore = right.multiselect(
            "Not for the model", seen.names, key="import-ignore", help="Comments, for instance.", format_func=visible
        )
        model = left.selectbox(
            "Fixed model", [*PRESETS], format_func=lambda m: f"{m}: {PRESETS[m]}", key="import-model"
        )
        schema = right.selectbox("Schema", _schemas(), index=None, key="import-schema", placeholder="None")
        message = st.text_input("Message", key="import-message", placeholder="Why, or where it is from")
        if st.form_submit_button("Import", type="primary"):
            options: dict[str, Any] = {
                "key": key, "label": label, "split_column": split, "ignore": ignore, "model": model, "schema": schema,
                "message": message,
            }  # fmt: skip
            _begin(
                f"Import of {name.strip()}", tasks.import_file, source, upload, name.strip(), options, reading.to_dict()
            )
            st.rerun()


def _ask_mode(dataset: str, source: str, reading: ReadOptions, upload: bool) -> None:
    """Ask how a newer delivery is to be merged, and begin."""
    modes = {
        "upsert": "rows are updated and added; none leaves",
        "full": "this is everything: rows it lacks leave",
        "append": "only rows with new keys are taken",
    }
    with st.form("refresh-form", border=False):
        mode = st.radio("How", [*modes], format_func=lambda m: f"{m}: {modes[m]}", key="import-mode")
        st.text("What people corrected stays corrected, unless the source itself says something new.")
        message = st.text_input("Message", key="import-message", placeholder="December delivery")
        if st.form_submit_button("Merge", type="primary"):
            merge(Delivery(dataset, source, mode, message, upload, reading=reading.to_dict()))
            st.rerun()


def merge(delivery: Delivery, *, confirmed: bool = False) -> None:
    """Merge a delivery in the background; one that looks like a mistake is the result, with what speaks against it."""
    _begin(f"Refresh of {delivery.dataset}", tasks.refresh, delivery.source, delivery.upload, delivery, confirmed)


def _begin(title: str, task: Callable[..., Any], source: str, upload: bool, *args: Any) -> None:
    """Start the work in the background, and close the dialog."""
    jobs.start_apart(KEY, title, None, task, source, upload, *args, create=True)


@contextlib.contextmanager
def _settled_lake() -> Any:
    """Open the lake, and make it where there is none yet."""
    with OpenLake.from_settings(load(), create=True) as lake:
        yield lake


def _schemas() -> list[str]:
    """List the schema files of the project."""
    folder = Path(load().schema_dir)
    kinds = (".py", ".yaml", ".yml", ".json")
    return sorted(str(path) for path in folder.iterdir() if path.suffix in kinds) if folder.is_dir() else []
