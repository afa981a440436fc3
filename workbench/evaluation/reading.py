"""How the rows of a version become model inputs: which columns count, and as what.

Numbers and truth values are read as DOUBLE, times as TIMESTAMP in UTC, vectors as DOUBLE[], everything else as text; a
value that does not convert is missing. Whoever reads two versions by the same :class:`Reading` reads them alike, even
where the columns differ in type.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.errors import UsageError
from workbench.lake import LANES, View, canonical_text, low_bits, quote
from workbench.lake.records import Task
from workbench.lake.sql import digest_sums
from workbench.lake.values import read_as

Kind = Literal["number", "time", "vector", "text"]

_NUMBERS = {
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("UHUGEINT", "FLOAT", "DOUBLE", "BOOLEAN"),
}
_VECTOR = re.compile(r"(.+)\[\d*\]")


@dataclass(frozen=True)
class Reading:
    """How rows are read.

    Attributes
    ----------
    label : str
        The label column.
    label_type : str
        DuckDB type that the label is read as.
    task : {"classification", "regression"}
        What kind of label it is.
    features : tuple of (str, str)
        Name and DuckDB type of each feature, in the order of the sorted names.
    """

    label: str
    label_type: str
    task: Task
    features: tuple[tuple[str, str], ...]

    @property
    def shape(self) -> str:
        """32 hexadecimal digits that stand for label, task, and the names and kinds of the features."""
        content = [self.label, self.task, [[name, kind_of(wanted)] for name, wanted in self.features]]
        return _md5(json.dumps(content, ensure_ascii=False))

    @property
    def exactly(self) -> str:
        """32 hexadecimal digits that stand for the very types, too."""
        return _md5(json.dumps([self.label, self.label_type, self.task, self.features], ensure_ascii=False))

    def label_text(self, view: View) -> str:
        """SQL for a row's label as canonical text; NULL where it is missing or, in regression, no finite number."""
        cell = _cell(view, self.label, self.label_type)
        if self.task == "regression":
            number = f"TRY_CAST({cell} AS DOUBLE)"
            return f"CASE WHEN isfinite({number}) THEN {canonical_text(number, 'DOUBLE')} END"
        text = canonical_text(cell, self.label_type)
        return f"CASE WHEN NOT isnan({cell}) THEN {text} END" if self.label_type in ("FLOAT", "DOUBLE") else text

    def feature_texts(self, view: View) -> str:
        """SQL for a row's features as a JSON array of canonical texts, in the order of the sorted names."""
        cells = ", ".join(canonical_text(_cell(view, name, wanted), wanted) for name, wanted in self.features)
        return f"json_array({cells})::VARCHAR"

    def feature_values(self, view: View) -> list[str]:
        """SQL for each feature as the model reads it, in the order of the sorted names."""
        return [_value(_cell(view, name, wanted), wanted) for name, wanted in self.features]


def reading_of(view: View, types: Mapping[str, str] | None = None) -> Reading:
    """Settle how a version is read.

    Parameters
    ----------
    view : View
        The version or draft.
    types : mapping, optional
        Column name → DuckDB type, from the dataset's schema; other columns are read as their logical type.

    Raises
    ------
    UsageError
        The dataset has no label column.
    UnknownName
        The label column is not among the columns.
    """
    label = view.definition.label
    if label is None:
        raise UsageError(
            f"{view.label} has no label column, so there is nothing that a model could learn.",
            hint=f"If it has one: workbench set {view.dataset} --label COLUMN",
        )
    types = types or {}
    features = tuple(sorted((column.name, types.get(column.name, column.reads)) for column in view.features))
    return Reading(label, types.get(label, view.column(label).reads), view.definition.task, features)


def hash_query(view: View, reading: Reading) -> str:
    """SQL for lane, row count and digest sums of the model inputs, one row per lane."""
    digest = f"md5_number({view.key_json('r')} || coalesce({reading.label_text(view)}, chr(1)) || chr(2) || "
    digest += f"{reading.feature_texts(view)})"
    inner = f"SELECT r._lane, {digest} AS d FROM {view.rows} r WHERE NOT r._excluded"
    return f"SELECT _lane, {digest_sums('d')} FROM ({inner}) GROUP BY _lane"


def hash_text(reading: Reading, sums: list[tuple[int, int, int, int]]) -> str:
    """Write the hash of the model inputs: shape, train, test and validation rows, each 32 hexadecimal digits."""
    by_lane = {lane: f"{rows}:{low % 2**64}:{high % 2**64}" for lane, rows, low, high in sums}
    lanes = [by_lane.get(LANES.index(lane), "0:0:0") for lane in ("train", "test", "validation")]
    return "-".join([reading.shape, *(_md5(lane) for lane in lanes)])


def trained_on(input_hash: str) -> str:
    """The part of an input hash that decides what a model learns: shape and train rows."""
    return "-".join(input_hash.split("-")[:2])


def scored_on(input_hash: str) -> str:
    """The part of an input hash that decides an evaluation: shape, train and test rows."""
    return "-".join(input_hash.split("-")[:3])


def tested_on(input_hash: str) -> str:
    """The part of an input hash that decides what a figure is measured on: shape and test rows, labels included."""
    parts = input_hash.split("-")
    return f"{parts[0]}-{parts[2]}"


def chosen_by(view: View, salt: str) -> str:
    """SQL for 64 bits that depend on a row's key and on ``salt`` alone."""
    return low_bits(f"md5_number('{salt}:' || {view.key_json('r')})")


def kind_of(wanted: str) -> Kind:
    """Say what a DuckDB type is to a model."""
    if wanted in _NUMBERS or wanted.startswith("DECIMAL"):
        return "number"
    if wanted == "DATE" or wanted.startswith("TIMESTAMP"):
        return "time"
    item = _VECTOR.fullmatch(wanted)
    return "vector" if item and kind_of(item[1]) == "number" else "text"


def _cell(view: View, name: str, wanted: str) -> str:
    """SQL for a cell of the rows ``r`` read as a type; NULL where the version lacks the column."""
    column = next((column for column in view.columns if column.name == name), None)
    if column is None:
        return f"NULL::{wanted}"
    cell = f"r.{quote(column.physical)}"
    return read_as(cell, column.type, wanted)[0]


def _value(cell: str, wanted: str) -> str:
    """SQL for a cell as the model reads it."""
    kind = kind_of(wanted)
    if kind == "number":
        return f"{cell}::DOUBLE"
    if kind == "time":
        moment = f"TRY_CAST({cell} AS TIMESTAMP)"
        return f"CASE WHEN isfinite({moment}) THEN {moment} END"
    return f"TRY_CAST({cell} AS DOUBLE[])" if kind == "vector" else canonical_text(cell, wanted)


def _md5(text: str) -> str:
    """32 hexadecimal digits of a text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
