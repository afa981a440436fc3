"""Whether the rows of a version are still those that were published, and which file is at fault where they are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from workbench.errors import LakeBusy, StoreError
from workbench.lake.changes import kept_snapshots
from workbench.lake.publish import view_of
from workbench.lake.recall import CATALOGUE
from workbench.lake.records import Version
from workbench.lake.sql import content_hash, digest_halves, digest_sums, identity_digest, literal, row_digest
from workbench.lake.store import Lake
from workbench.lake.view import View
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    import pyarrow as pa

_CELLS = 1_000_000
"""Cells of a batch at most, so that a table of many columns is read in batches of few rows."""


def checked_batches(
    view: View, cells: Sequence[str], *, result: str | None = None, excluded: bool = False
) -> Iterator[pa.RecordBatch]:
    """Stream the rows of a version, by row identity, and hold what was read against the content hash.

    One scan gives both the cells and the digests, so what is handed out is what is hashed. The last batch has been
    handed out when a fault comes to light: what was made of them is to be thrown away then.

    Parameters
    ----------
    view : View
        Without a known content hash there is nothing to hold the rows against.
    cells : sequence of str
        SQL for each cell.
    result : str, optional
        SQL over the cells, which it knows as ``c0``, ``c1`` …; default: the cells themselves.
    excluded : bool
        Hand out excluded rows too.

    Yields
    ------
    pyarrow.RecordBatch
        At least one, perhaps without rows.

    Raises
    ------
    StoreError
        The rows are not those that were published.
    """
    import numpy as np
    import pyarrow as pa

    named = ", ".join(f"{cell} AS c{position}" for position, cell in enumerate(cells))
    wanted = result or ", ".join(f"c{position}" for position in range(len(cells)))
    query = (
        f"SELECT {wanted}, {digest_halves('row_digest')}, NOT hidden FROM (SELECT {named}, "
        f"{row_digest(view.columns)} AS row_digest, _excluded AS hidden, _rid FROM {view.rows}) ORDER BY _rid"
    )
    rows = low = high = 0
    size = max(1_000, min(100_000, _CELLS // max(1, len(cells))))
    with view.session() as session:
        reader = session.batches(query, size=size)
        width = len(reader.schema) - 3
        shape = pa.schema(list(reader.schema)[:width])
        for batch in reader:
            rows += len(batch)
            low += int(np.add.reduce(batch.column(width).to_numpy()))
            high += int(np.add.reduce(batch.column(width + 1).to_numpy()))
            shown = batch.select(range(width))
            yield shown if excluded else shown.filter(batch.column(width + 2))
    if not rows:
        yield pa.RecordBatch.from_arrays([pa.array([], field.type) for field in shape], schema=shape)
    found = content_hash(view.columns, (rows, low, high))
    if view.known_hash and found != view.known_hash:
        raise damaged(view)


def damaged(view: View) -> StoreError:
    """Say that the rows of a version are not those that were published."""
    return StoreError(
        f"{view.label} is damaged: its rows are not those that were published (their content hash differs). "
        "Nothing was written.",
        hint=f"`workbench verify {view.label}` names the file; bring that back from a backup of the lake.",
    )


@dataclass(frozen=True)
class Verified:
    """What became of one version's check.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    version : int
        Its version.
    state : {"sound", "damaged", "not kept"}
        ``not kept``: ``maintain`` has let its snapshot go, so there is nothing to check.
    rows : int
        Rows that the version has by its record.
    identity : {"sound", "damaged", "not recorded"} or None
        Row identities and splits, which have a hash of their own; versions made before it was kept have none. None
        where the rows could not be read.
    detail : str
        What was seen.
    files : tuple of str
        Files that are at fault; where that cannot be told, all that may be.
    """

    dataset: str
    version: int
    state: Literal["sound", "damaged", "not kept"]
    rows: int
    identity: Literal["sound", "damaged", "not recorded"] | None = None
    detail: str = ""
    files: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Write as ``adult@3``."""
        return f"{self.dataset}@{self.version}"

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return {**dataclasses.asdict(self), "files": list(self.files)}


def verify(lake: Lake, versions: Sequence[Version], *, progress: Progress = silent) -> list[Verified]:
    """Read every row of some versions and hold them against the hashes that were recorded when they were published.

    A fault of one version does not keep the others from being checked.

    Raises
    ------
    StoreError
        The catalogue itself cannot be read.
    """
    kept = kept_snapshots(lake)
    found: list[Verified] = []
    named: dict[str, set[str]] = {}
    for done, version in enumerate(versions):
        progress("verifying versions", done, len(versions))
        if version.snapshot not in kept:
            detail = "its snapshot was let go by `workbench maintain`"
            found.append(Verified(version.dataset, version.version, "not kept", version.rows, detail=detail))
            continue
        named[version.name] = set(_files(lake, version))
        found.append(_verified(lake, version))
    return [_narrowed(each, found, named) for each in found]


def _verified(lake: Lake, version: Version) -> Verified:
    """Check one version; the files are named where one of them cannot be what was written."""
    view = view_of(lake, version)
    digests = f"SELECT {row_digest(version.columns)} AS row_digest, _rid, _lane FROM {view.rows}"
    both = f"SELECT row_digest, {identity_digest('row_digest')} AS identity FROM ({digests})"
    base = Verified(version.dataset, version.version, "damaged", version.rows)
    try:
        sums = lake.read(f"SELECT {digest_sums('row_digest')}, {digest_sums('identity')} FROM ({both})")[0]
    except LakeBusy:
        raise
    except (StoreError, duckdb.Error) as error:
        faults = _file_faults(lake, version)
        detail = "; ".join(faults.values()) or f"its rows cannot be read: {str(error).strip().splitlines()[0]}"
        return dataclasses.replace(base, detail=detail, files=tuple(faults))
    low = (int(sums[0]), int(sums[1]), int(sums[2]))
    identity: Literal["sound", "damaged", "not recorded"] = "not recorded"
    if version.identity_hash is not None:
        same = content_hash(version.columns, (int(sums[3]), int(sums[4]), int(sums[5]))) == version.identity_hash
        identity = "sound" if same else "damaged"
    sound = content_hash(version.columns, low) == version.content_hash
    if sound and identity != "damaged":
        told = f"{version.rows:,} rows" + (
            "; row identities and splits: not recorded" if identity == "not recorded" else ""
        )
        return dataclasses.replace(base, state="sound", identity=identity, detail=told)
    faults = _file_faults(lake, version)
    what = "row identities or splits" if sound else f"{version.rows:,} rows" if low[0] == version.rows else "rows"
    count = f" (it has {low[0]:,} rows instead of {version.rows:,})" if low[0] != version.rows else ""
    seen = "; ".join([f"its {what} are not those that were published{count}", *faults.values()])
    return dataclasses.replace(base, identity=identity, detail=seen, files=tuple(faults))


def _narrowed(one: Verified, found: Sequence[Verified], named: dict[str, set[str]]) -> Verified:
    """Name the files of a damaged version that no sound version of the dataset holds too, where none is named yet."""
    if one.state != "damaged" or one.files:
        return one
    sound = [named[each.name] for each in found if each.dataset == one.dataset and each.state == "sound"]
    suspects = tuple(sorted(named[one.name].difference(*sound)))
    if not suspects:
        return dataclasses.replace(one, detail=f"{one.detail}; look at the catalogue, which holds small changes")
    told = f"in {suspects[0]}" if len(suspects) == 1 else f"in one of {len(suspects)} files: {', '.join(suspects)}"
    return dataclasses.replace(one, detail=f"{one.detail}, {told}", files=suspects)


def _files(lake: Lake, version: Version) -> list[str]:
    """List the data and delete files of a version."""
    listed = lake.read(
        f"SELECT data_file, delete_file FROM ducklake_list_files('lake', {literal(version.table)}, "
        f"schema => 'data', snapshot_version => {version.snapshot})"
    )
    return [str(file) for row in listed for file in row if file is not None]


def _file_faults(lake: Lake, version: Version) -> dict[str, str]:
    """Tell which files of a version are missing, were replaced by others, or cannot be read."""
    sizes = lake.read(
        "SELECT data_file, data_file_size_bytes, delete_file, delete_file_size_bytes FROM "
        f"ducklake_list_files('lake', {literal(version.table)}, schema => 'data', "
        f"snapshot_version => {version.snapshot})"
    )
    counts = dict(lake.read(f"SELECT path, record_count FROM {CATALOGUE}.ducklake_data_file"))
    faults = {}
    for file, size in [(row[n], row[n + 1]) for row in sizes for n in (0, 2) if row[n] is not None]:
        fault = _file_fault(lake, str(file), size, {int(n) for path, n in counts.items() if str(file).endswith(path)})
        if fault:
            faults[str(file)] = fault
    return faults


def _file_fault(lake: Lake, file: str, size: int | None, counts: set[int]) -> str:
    """Say what is wrong with one file; empty where nothing is seen from outside."""
    if "://" not in file:
        if not Path(file).is_file():
            return f"{file} is missing"
        there = Path(file).stat().st_size
        if size is not None and there != size:
            return f"{file} was replaced by another file, or cut: it has {there:,} bytes instead of {size:,}"
    try:
        rows = lake.read(f"SELECT count(*), count(COLUMNS(*)) FROM read_parquet({literal(file)})")[0][0]
    except (StoreError, duckdb.Error) as error:
        return f"{file} cannot be read: {str(error).strip().splitlines()[0]}"
    if counts and int(rows) not in counts:
        return f"{file} was replaced by another file: it has {int(rows):,} rows instead of {min(counts):,}"
    return ""
