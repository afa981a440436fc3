"""What the lake remembers about a dataset and its versions, as plain values."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Task = Literal["classification", "regression"]
Logical = Literal["number", "text", "boolean", "date", "timestamp"]
LOGICAL: dict[str, str] = {
    "number": "DOUBLE",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
"""Logical types, and the DuckDB type as which a column stored in another way is read."""

WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
FLOATING = {"FLOAT", "DOUBLE"}

Lane = Literal["train", "validation", "test"]
LANES: tuple[Lane, ...] = ("train", "validation", "test")
"""Stored as 0, 1, 2 in the column ``_lane``."""


@dataclass(frozen=True)
class Column:
    """One column of a dataset.

    Attributes
    ----------
    name : str
        As the source wrote it.
    physical : str
        As it is stored: unique without regard to case, never a reserved name.
    type : str
        DuckDB's storage type, such as ``BIGINT`` or ``VARCHAR``.
    logical : str
        What the column means, one of :data:`LOGICAL` or the natural meaning of its storage type; empty where nothing
        was recorded, which means the same as the natural one.
    written : {"", "short", "full", "exact"}
        How the source writes the cells: of a DOUBLE column the whole numbers are ``5`` or ``5.0``, of a VARCHAR column
        the texts are the source's; empty where that was not recorded.
    """

    name: str
    physical: str
    type: str
    logical: str = ""
    written: str = ""

    @property
    def logical_type(self) -> str:
        """What the column means: number, text, boolean, date, timestamp, or else the name of its storage type."""
        return self.logical or natural_type(self.type)

    @property
    def reads(self) -> str:
        """DuckDB type as which checks, models and statistics read the column."""
        return self.type if self.logical_type == natural_type(self.type) else LOGICAL[self.logical]


def natural_type(storage_type: str) -> str:
    """Return the logical type that a storage type has by itself."""
    if storage_type in WHOLE | FLOATING or storage_type.startswith("DECIMAL"):
        return "number"
    if storage_type.startswith("TIMESTAMP"):
        return "timestamp"
    return {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date"}.get(storage_type, storage_type.lower())


@dataclass(frozen=True)
class Definition:
    """What a dataset is; versioned with it.

    Attributes
    ----------
    dataset : str
        Name.
    key : tuple of str
        Columns that identify a row across refreshes; empty: rows have no key of their own and ``rid`` stands in.
    label : str or None
        Column the fixed model learns to predict.
    task : {"classification", "regression"}
        What kind of label it is.
    model : str
        Preset name or ``module:function``.
    schema : str or None
        Path of the schema file.
    split_column : str or None
        Column that names each row's lane; None: the lane follows from the md5 of the features.
    ignore : tuple of str
        Columns that are neither key, label nor feature (comments, for instance).
    source : str or None
        Where the data came from, for a refresh that names no source.
    types : dict
        Types the importer was told with ``--type``.
    reading : dict
        How the source is to be read (:class:`workbench.ingest.ReadOptions`), where that was said.
    table : str
        The dataset's first name, which its rows' table and the identity of its findings keep; empty where it is still
        called so.
    """

    dataset: str
    key: tuple[str, ...] = ()
    label: str | None = None
    task: Task = "classification"
    model: str = "tabular"
    schema: str | None = None
    split_column: str | None = None
    ignore: tuple[str, ...] = ()
    source: str | None = None
    types: dict[str, str] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    table: str = ""

    def to_json(self) -> str:
        """Write as JSON with sorted names."""
        values = dataclasses.asdict(self)
        if not self.table:
            del values["table"]
        return json.dumps(values, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Definition:
        """Read what :meth:`to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        return from_stored(cls, {**values, "key": tuple(values["key"]), "ignore": tuple(values["ignore"])})


@dataclass(frozen=True)
class Version:
    """An immutable published state of a dataset.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    version : int
        1, 2, 3 …
    parent : int or None
        The version it was made from.
    kind : {"import", "refresh", "publish", "restore", "set"}
        How it came about; ``set`` changed what the dataset is, and no cell.
    author, message : str
        Who, and why.
    created_at : datetime
        When, in UTC.
    rows, excluded : int
        Rows in it, and how many of them are excluded.
    rows_added, rows_removed, cells_changed : int
        Against the parent.
    content_hash : str
        Equal for equal data, however it came about.
    snapshot : int
        The DuckLake snapshot that holds it.
    definition : Definition
        The dataset's definition at this version.
    columns : tuple of Column
        The columns at this version, in the source's order.
    draft : int or None
        The draft it was published from.
    detail : dict
        What a refresh or a restore counted.
    tags : tuple of str
        Names that point at it now.
    identity_hash : str or None
        Covers what the content hash leaves out: which row identity and which split each row has. None for versions
        made before it was recorded.
    """

    dataset: str
    version: int
    parent: int | None
    kind: str
    author: str
    message: str
    created_at: datetime
    rows: int
    excluded: int
    rows_added: int
    rows_removed: int
    cells_changed: int
    content_hash: str
    snapshot: int
    definition: Definition = field(repr=False)
    columns: tuple[Column, ...] = field(repr=False)
    draft: int | None = None
    detail: dict[str, Any] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    identity_hash: str | None = None

    @property
    def name(self) -> str:
        """Write as ``adult@3``."""
        return f"{self.dataset}@{self.version}"

    @property
    def table(self) -> str:
        """Name of the table in schema ``data`` that holds the rows: the dataset's first name."""
        return self.definition.table or self.dataset


def columns_to_json(columns: tuple[Column, ...]) -> str:
    """Write columns as JSON."""
    return json.dumps(
        [
            [
                column.name,
                column.physical,
                column.type,
                *([column.logical, column.written] if column.logical or column.written else []),
            ]
            for column in columns
        ],
        ensure_ascii=False,
    )


def columns_from_json(text: str) -> tuple[Column, ...]:
    """Read what :func:`columns_to_json` wrote."""
    return tuple(Column(*item) for item in json.loads(text))


def from_stored(kind: type[T], document: Mapping[str, Any]) -> T:
    """Make a dataclass of what an older or newer workbench wrote: a field that it does not know is left out.

    Raises
    ------
    TypeError
        A field without a default is missing.
    """
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in document.items() if name in known})
