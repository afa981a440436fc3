"""A newer delivery of a source becomes the next version, and what people corrected stays corrected.

The merge has three sides: what the source last said, what the dataset holds, and what the source says now. A cell that
the team corrected keeps its correction as long as the source repeats what it said before; a cell that the source
changed takes the new value. Rows are matched by key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import DataError, Doubt, DoubtfulRefresh, LakeBusy, UsageError
from workbench.ingest.casting import read_typed
from workbench.ingest.checking import check_rows
from workbench.ingest.deliveries import delivery_digest, overtaken, why_not_merged
from workbench.ingest.doubts import doubts, header_doubts, older_delivery, renamed, same_but_for_spelling
from workbench.ingest.lanes import lane
from workbench.ingest.matching import Match, by_content, by_key
from workbench.ingest.meaning import logical_columns, second_spellings
from workbench.ingest.merging import merged
from workbench.ingest.options import AS_IT_COMES, ReadOptions
from workbench.ingest.overriding import note_source
from workbench.ingest.reading import Reading
from workbench.ingest.respelling import only_respelt
from workbench.ingest.results import RefreshResult
from workbench.ingest.shaping import Shape, check_delivery, refresh_choices, shaped
from workbench.ingest.sources import located, opened, source_name
from workbench.ingest.types import Cell
from workbench.ingest.watching import watched
from workbench.lake import (
    Lake,
    Session,
    Version,
    data_table,
    keep_in_files,
    newest,
    publish_rows,
    quote,
    read_version,
    read_versions,
    view_of,
)
from workbench.progress import Progress, silent
from workbench.versions.logical import TypeNote, unreadable

MODES = ("upsert", "full", "append")
_ATTEMPTS = 5


class _MovedError(Exception):
    """Somebody published while the merge was being worked out."""


def refresh(
    lake: Lake,
    name: str,
    source: Any = None,
    *,
    mode: str = "upsert",
    options: ReadOptions = AS_IT_COMES,
    author: str,
    message: str = "",
    confirmed: bool = False,
    rename: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> RefreshResult:
    """Merge a newer delivery into a dataset, all or nothing.

    Parameters
    ----------
    lake : Lake
        Where the dataset is.
    name : str
        The dataset.
    source : optional
        As for :func:`import_source`; default: the source that the dataset remembers, read again. It is not merged where
        it is as it was when a version was made of it and another source was merged since.
    mode : {"upsert", "full", "append"}
        ``upsert``: rows are updated and added, none leaves. ``full``: the delivery is everything, so rows and columns
        that it lacks leave. ``append``: only rows with new keys are taken.
    options : ReadOptions
        How the delivery is to be read; what they do not say is as for the source of the import.
    author, message : str
        Recorded with the version.
    confirmed : bool
        Merge it though it looks like a mistake.
    rename : mapping, optional
        Column of the delivery → column of the dataset that it is; later refreshes know it again.
    progress : Progress
        Told how far the work is; may raise :class:`workbench.errors.Cancelled`.

    Returns
    -------
    RefreshResult
        Its ``version`` is None where nothing changed; no version is made then.

    Raises
    ------
    UsageError
        The mode makes no sense here, or the dataset remembers no source.
    UnknownName
        There is no such dataset, or no column to be renamed.
    DoubtfulRefresh
        The delivery looks like a mistake (:mod:`workbench.ingest.doubts`), and nobody confirmed it.
    DataError
        The delivery cannot be taken whole, or a split column names no lane.
    KeyColumnError
        A key is missing, null or repeated.
    LakeBusy
        Others published again and again while the merge was worked out.
    """
    if mode not in MODES:
        raise UsageError(f"'{mode}' is no mode of a refresh.", hint=f"Modes: {', '.join(MODES)}.")
    head = newest(lake, name)
    if source is None and head.definition.source is None:
        raise UsageError(f"'{name}' remembers no source, since it came from memory.", hint="Name the newer source.")
    if mode == "upsert" and not head.definition.key:
        raise UsageError(
            f"'{name}' has no key, so no row of a delivery can be told to be an update of one it has.",
            hint="Use --mode full (the delivery is everything) or --mode append (only new rows are taken).",
        )
    own = source is None
    name_of_source = head.definition.source if own else source_name(source, lake.url)
    if own:
        source = located(str(head.definition.source), lake.url)
    remembered = ReadOptions.from_dict(head.definition.reading)
    with lake.session() as session, opened(lake, session, source, options, remembered) as reading:
        digest = delivery_digest(session, source, reading, options.over(remembered))
        delivery = {"source": name_of_source, "digest": digest}
        session.make_room(max(len(reading.names), len(head.columns)), reading.rows or 0)
        for _ in range(_ATTEMPTS):
            head = newest(lake, name)
            found = overtaken(read_versions(session, name), name_of_source, digest)
            if own and found is not None:
                return RefreshResult(
                    name, mode, None, not_merged=why_not_merged(name, str(name_of_source), found, lake.url)
                )
            doubt = older_delivery(found) if found is not None else []
            try:
                return _refreshed(
                    lake, session, reading, head, mode, author, message, confirmed, rename or {}, delivery, doubt,
                    progress,
                )  # fmt: skip
            except _MovedError:
                continue
    raise LakeBusy(
        f"Others published '{name}' {_ATTEMPTS} times while the refresh was worked out. Nothing was changed.",
        hint="Try again when they are done.",
    )


def _refreshed(
    lake: Lake,
    session: Session,
    reading: Reading,
    head: Version,
    mode: str,
    author: str,
    message: str,
    confirmed: bool,
    rename: Mapping[str, str],
    delivery: Mapping[str, str | None],
    older: list[Doubt],
    progress: Progress,
) -> RefreshResult:
    """Work the merge out against one head, and publish it unless the head moved meanwhile."""
    full = mode == "full"
    versions = read_versions(session, head.dataset)
    written = reading.names
    reading = renamed(reading, head, versions, rename)
    spelt = same_but_for_spelling(reading, head)
    if spelt and not confirmed and set(spelt.values()) & set(head.definition.key):
        # Without its key nothing more can be said of the delivery.
        raise DoubtfulRefresh(head.dataset, header_doubts(spelt, reading.source))
    check_delivery(head, reading, full=full)
    rows = view_of(lake, head).rows
    options = refresh_choices(session, reading, head, rows, _narrow(versions))

    def stage(cells: Sequence[Cell]) -> None:
        _stage(session, reading, cells, head, progress)

    _, cells = read_typed(session, reading, options, stage, progress)
    shape, incoming = _laid_out(session, reading, cells, head, versions, full=full)
    count = int(session.rows("SELECT count(*) FROM incoming")[0][0])
    check_rows(session, incoming, head.definition, shape.read, reading, count, progress)
    if full and not count:
        raise DataError(
            "it has no rows, and a full refresh would remove every row", source=reading.source, hint="Is it complete?"
        )
    match = _matched(session, lake, rows, incoming, shape, versions)
    narrow = only_respelt(session, reading, cells, shape, match, head, mode) if shape.widened else {}
    if narrow:
        cells = [narrow.get(name, cell) for name, cell in zip(reading.names, cells, strict=True)]
        shape, incoming = _laid_out(session, reading, cells, head, versions, full=full)
        match = _matched(session, lake, rows, incoming, shape, versions)
    shape, notes = _meaning(session, shape, incoming, head, reading, progress)
    progress(f"comparing with {head.name}", 0, 0)
    merge = merged(session, lake, match, shape, versions, mode, reading.source)
    notes += second_spellings(session, match.base, shape.read, versions)
    if not confirmed:
        found = header_doubts(spelt, reading.source)
        if older and session.row("SELECT 1 FROM new_rows UNION ALL SELECT 1 FROM gone_rows LIMIT 1"):
            found += older
        found += doubts(session, reading, match, shape, head, mode, lake.settings)
        if found:
            raise DoubtfulRefresh(head.dataset, found)
    detail = {
        "types": [note.to_dict() for note in notes],
        "mode": mode, "source": reading.source, "delivery": dict(delivery), "next_rid": merge.next_rid,
        **merge.counts(),
        "widened": {name: column.type for column in head.columns for name in shape.widened if name == column.name},
    }  # fmt: skip
    if written != reading.names:
        detail["renamed"] = {old: new for old, new in zip(written, reading.names, strict=True) if old != new}

    def work(current: Session) -> int | None:
        if newest(current, head.dataset).version != head.version:
            raise _MovedError
        _widen(current, head, shape)
        number = publish_rows(
            current, head, kind="refresh", author=author, message=message, columns=shape.columns, source_spoke=True,
            detail=detail,
        )  # fmt: skip
        note_source(current, head.dataset, shape, mode)
        return number

    progress(f"publishing {head.dataset}", 0, 0)
    number = lake.write(work, author=author, message=message, session=session)
    made = read_version(lake, head.dataset, number) if number is not None else None
    read = set(shape.read)
    return RefreshResult(
        dataset=head.dataset,
        mode=mode,
        version=made,
        added=made.rows_added if made else 0,
        removed=made.rows_removed if made else 0,
        updated_cells=made.cells_changed if made else 0,
        **merge.counts(),
        columns_added=shape.added,
        columns_removed=shape.removed,
        columns_missing=tuple(column.name for column in shape.columns if column not in read),
        columns_widened=shape.widened,
        types=tuple(notes),
        not_merged="",
        recipes=(),
    )


def _laid_out(
    session: Session, reading: Reading, cells: Sequence[Cell], head: Version, versions: Sequence[Version], *, full: bool
) -> tuple[Shape, str]:
    """Settle the columns, and lay the staged delivery out under their physical names."""
    shape = shaped(session, reading, cells, head, versions, full=full)
    names = ", ".join(f"c{n} AS {quote(column.physical)}" for n, column in enumerate(shape.read))
    return shape, f"(SELECT _rid, _lane, {names} FROM incoming)"


def _matched(
    session: Session, lake: Lake, rows: str, incoming: str, shape: Shape, versions: Sequence[Version]
) -> Match:
    """Say which row of the delivery is which row of the dataset."""
    if versions[-1].definition.key:
        return by_key(rows, incoming, shape, versions[-1])
    return by_content(session, lake, rows, incoming, shape, versions)


def _meaning(
    session: Session, shape: Shape, incoming: str, head: Version, reading: Reading, progress: Progress
) -> tuple[Shape, list[TypeNote]]:
    """Record what new columns mean, and tell which cells of the others cannot be read as theirs."""
    new = [column for column in shape.columns if column.name in shape.added]
    settled, notes = logical_columns(session, incoming, head.definition, new, reading, progress=progress)
    notes += unreadable(session, incoming, [column for column in shape.read if column.name not in shape.added])
    return shape.settled(settled), notes


def _narrow(versions: Sequence[Version]) -> dict[str, str]:
    """Find the columns that were widened on the way, and the type each had before."""
    narrow: dict[str, str] = {}
    for version in versions:
        here = {column.name for column in version.columns}
        narrow = {name: kind for name, kind in narrow.items() if name in here} | version.detail.get("widened", {})
    return narrow


def _stage(session: Session, reading: Reading, cells: Sequence[Cell], head: Version, progress: Progress) -> None:
    """Read the delivery into the temporary table ``incoming``: record number, lane where a column tells it, cells."""
    texts = {name: cell.canonical for name, cell in zip(reading.names, cells, strict=True)}
    told = head.definition.split_column in texts
    values = ", ".join(f"{cell.guarded} AS c{position}" for position, cell in enumerate(cells))
    session.run("CREATE OR REPLACE TEMP SEQUENCE rids")
    record = "nextval('rids')" if reading.large else "row_number() OVER ()"
    query = (
        f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT {record} AS _rid, "
        f"{lane(head.definition, texts) if told else 'NULL::UTINYINT'} AS _lane, {values} FROM {reading.relation}"
    )
    watched(session, query, f"reading {reading.source}", progress)


def _widen(session: Session, head: Version, shape: Shape) -> None:
    """Give the table the columns it lacks, and those that replace a narrower one its values."""
    table = data_table(head.table)
    if shape.stored:
        keep_in_files(session, head.table, shape.columns)
    for column in shape.stored:
        session.run(f"ALTER TABLE {table} ADD COLUMN {quote(column.physical)} {column.type}")
    moved = [column for column in shape.stored if column.name in shape.widened]
    if moved:
        assignments = ", ".join(f"{quote(column.physical)} = {shape.old[column.name]}" for column in moved)
        session.run(f"UPDATE {table} SET {assignments}")
