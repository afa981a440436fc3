"""A first look at a source, before anybody decides what its columns mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.ingest.casting import explained
from workbench.ingest.options import AS_IT_COMES, ReadOptions
from workbench.ingest.sources import opened
from workbench.lake import Lake
from workbench.lake.values import to_json


@dataclass(frozen=True)
class Preview:
    """The beginning of a source.

    Attributes
    ----------
    names : tuple of str
        Its columns.
    rows : tuple of tuple
        Its first rows, as JSON values; the cells of a text file are texts.
    key : tuple of str
        Columns that look like a key, by their names.
    dataset : str
        A name for a dataset of it.
    notes : tuple of str
        What a person should know of how it was read.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    key: tuple[str, ...]
    dataset: str
    notes: tuple[str, ...] = ()


def preview(
    lake: Lake,
    source: Any,
    *,
    options: ReadOptions = AS_IT_COMES,
    remembered: ReadOptions = AS_IT_COMES,
    limit: int = 5,
) -> Preview:
    """Open a source as an import would, and read its first rows.

    Parameters
    ----------
    source
        As for :func:`workbench.ingest.import_source`.
    options, remembered : ReadOptions
        How it is to be read, and how the dataset's source was read before.
    limit : int
        Rows.

    Raises
    ------
    DataError, UsageError
        The import would be refused.
    """
    with lake.session() as session, opened(lake, session, source, options, remembered) as reading:
        names = reading.names
        try:
            rows = session.rows(f"SELECT * FROM {reading.relation} LIMIT {int(limit)}")
        except Exception as error:
            raise explained(error, reading, session) from error
    likely = [name for name in names if re.fullmatch(r"(?i)(.*[_ ])?(id|key|uuid)", name)]
    stem = Path(str(source).partition("?")[0].partition("*")[0]).name.partition(".")[0] if source else ""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")
    return Preview(
        names=names,
        rows=tuple(tuple(to_json(value) for value in row) for row in rows),
        key=tuple(likely[:1]),
        dataset=re.sub(r"^[^A-Za-z]+", "", plain)[:63] or "data",
        notes=reading.notes,
    )
