"""The store: a DuckLake catalogue plus its Parquet data, versions in it, and the only place that knows DuckDB."""

from workbench.lake.changes import feed, kept_snapshots, latest_images, touch, touch_stored
from workbench.lake.claims import claim_held, claimed
from workbench.lake.faults import data_folder_fault
from workbench.lake.foreign import foreign_database
from workbench.lake.integrity import Verified, checked_batches, verify
from workbench.lake.latest import MOMENT, latest
from workbench.lake.maintenance import Maintained, maintain
from workbench.lake.names import Dropped, check_name, dataset_names, dropped, names_of
from workbench.lake.opening import open_lake
from workbench.lake.publish import (
    PARQUET,
    data_table,
    keep_in_files,
    newest,
    publish_first,
    publish_rows,
    read_version,
    read_versions,
    view_of,
)
from workbench.lake.records import LANES, Column, Definition, Lane, Task, Version, from_stored
from workbench.lake.renaming import drop, rename, undrop
from workbench.lake.session import Session
from workbench.lake.sql import canonical_text, lane_of, literal, low_bits, quote, rid_list
from workbench.lake.store import Lake
from workbench.lake.view import View

__all__ = [
    "LANES",
    "MOMENT",
    "PARQUET",
    "Column",
    "Definition",
    "Dropped",
    "Lake",
    "Lane",
    "Maintained",
    "Session",
    "Task",
    "Verified",
    "Version",
    "View",
    "canonical_text",
    "check_name",
    "checked_batches",
    "claim_held",
    "claimed",
    "data_folder_fault",
    "data_table",
    "dataset_names",
    "drop",
    "dropped",
    "feed",
    "foreign_database",
    "from_stored",
    "kept_snapshots",
    "lane_of",
    "latest",
    "latest_images",
    "literal",
    "low_bits",
    "maintain",
    "names_of",
    "newest",
    "open_lake",
    "publish_first",
    "keep_in_files",
    "publish_rows",
    "quote",
    "read_version",
    "read_versions",
    "rename",
    "rid_list",
    "touch",
    "touch_stored",
    "undrop",
    "verify",
    "view_of",
]
