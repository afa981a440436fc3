"""Keep the lake small and fast: let go of snapshots nobody needs, and merge what small commits left behind.

Files are deleted only in the lake's own folder, and only those that DuckLake's bookkeeping lists as no longer needed.
What nobody names is left alone and reported: it may be what a lost or newer catalogue would bring back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from workbench.errors import UsageError
from workbench.lake import folder
from workbench.lake.claims import claimed
from workbench.lake.publish import read_versions
from workbench.lake.recall import CATALOGUE
from workbench.lake.renaming import delete_dropped
from workbench.lake.scratch import SCRATCH, sweep
from workbench.lake.session import Session
from workbench.lake.sql import literal
from workbench.lake.store import Lake

GRACE = timedelta(days=1)
"""Age from which files that nobody needs any more are deleted: whoever began to read them has long finished."""

LONGEST = 36_500
"""Days of the longest retention."""

FITS_KEPT = timedelta(days=7)
"""How long the fits of work that was cancelled or crashed wait to be used by another try."""

_FILES = "SELECT coalesce(sum(file_count + delete_file_count), 0)::BIGINT FROM ducklake_table_info('lake')"
_SCHEDULED = f"{CATALOGUE}.ducklake_files_scheduled_for_deletion"


@dataclass(frozen=True)
class Maintained:
    """What maintenance did.

    Attributes
    ----------
    snapshots : int
        Snapshots let go, most of them of decisions and drafts.
    versions : tuple of str
        Versions that can no longer be read: untagged, not the newest, older than the retention.
    files_before, files_after : int
        Data files the catalogue names.
    deleted : int
        Files deleted: replaced or let go by a maintenance at least a day ago.
    unknown : tuple of str
        Files in the data folder that nobody names; they were left alone.
    dropped : tuple of str
        Datasets that were dropped longer ago than the retention, and are deleted for good now.
    """

    snapshots: int
    versions: tuple[str, ...]
    files_before: int
    files_after: int
    deleted: int
    unknown: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def maintain(lake: Lake, *, retention_days: int | None = None, now: datetime | None = None) -> Maintained:
    """Expire snapshots that are no version, flush inlined rows, merge small files, delete files no longer needed.

    The fits of work that was not finished within a week are deleted, too.

    The newest version of each dataset, tagged versions, versions that an open draft is based on and versions younger
    than the retention stay. Datasets that were dropped longer ago than the retention are deleted for good.

    Parameters
    ----------
    retention_days : int, optional
        Default: the setting.
    now : datetime, optional
        Default: the clock.

    Raises
    ------
    UsageError
        The retention is negative, or longer than :data:`LONGEST`.
    StoreError
        The data folder is not this lake's, or holds files that it does not know and no marker, or the catalogue is
        older than its files. Nothing is changed then.
    AlreadyUnderWay
        Another process maintains the lake.
    """
    now = now or datetime.now(UTC)
    retention = lake.settings.retention_days if retention_days is None else retention_days
    if not 0 <= retention <= LONGEST:
        raise UsageError(f"{retention:,} days are no retention: it is from 0 to {LONGEST:,}.")
    with claimed(lake, "maintenance"), lake.writing():
        unknown = _take(lake)
        if "://" not in lake.files:
            sweep(Path(lake.files) / SCRATCH)
        before = lake.read(_FILES)[0][0]
        _forget_fits(lake, now - FITS_KEPT)
        gone = delete_dropped(lake, now - timedelta(days=retention))
        _flush(lake)
        snapshots, lost = _expire(lake, now - timedelta(days=retention))
        lake.call("CALL ducklake_merge_adjacent_files('lake')")
        moment = literal((now - GRACE).isoformat())
        deleted = lake.call(f"CALL ducklake_cleanup_old_files('lake', older_than => {moment}::TIMESTAMPTZ)")
        return Maintained(snapshots, lost, before, lake.read(_FILES)[0][0], len(deleted), tuple(unknown), gone)


def _flush(lake: Lake) -> None:
    """Write small changes into files.

    Of a table that got columns DuckLake drops the catalogue's older tables of small changes then. Processes that are
    open know those from the state of the lake's tables which they remember, until that state changes: so it does.
    """
    altered = lake.read(
        f"SELECT s.schema_name, t.table_name FROM {CATALOGUE}.ducklake_inlined_data_tables i "
        f"JOIN {CATALOGUE}.ducklake_table t ON t.table_id = i.table_id AND t.end_snapshot IS NULL "
        f"JOIN {CATALOGUE}.ducklake_schema s ON s.schema_id = t.schema_id AND s.end_snapshot IS NULL "
        "GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"
    )
    for schema, table in altered:
        one = f"schema_name => {literal(schema)}, table_name => {literal(table)}"
        lake.move(f"CALL ducklake_flush_inlined_data('lake', {one})")
        said = literal(f"{schema}.{table} was flushed at {datetime.now(UTC).isoformat()}")
        query = f"COMMENT ON TABLE lake.workbench.migrations IS {said}"
        lake.write(partial(Session.run, query=query), message="maintain: older tables of small changes were dropped")
    lake.move("CALL ducklake_flush_inlined_data('lake')")


def _forget_fits(lake: Lake, oldest: datetime) -> None:
    """Delete the fits of work that was not finished."""
    if lake.read("SELECT 1 FROM lake.workbench.fits WHERE created_at < ? LIMIT 1", [oldest]):
        lake.write(
            lambda session: session.run("DELETE FROM lake.workbench.fits WHERE created_at < ?", [oldest]),
            message="maintain: fits of work that was not finished",
        )


def _take(lake: Lake) -> list[str]:
    """Make sure that the folder is the lake's own, count this maintenance, and list the files that nobody names.

    The folder learns the number before the catalogue does and once more after it, so that a kill between the two
    leaves neither behind.
    """
    catalogue = folder.ask_catalogue(lake.read, lake.url)
    maintained, unknown = folder.claim_folder(lake.read, catalogue, lake.files)
    before = maintained if catalogue.maintained is None else catalogue.maintained
    folder.mark_folder(lake.read, catalogue, lake.files, maintained=maintained + 1, before=before)

    def note(session: Session) -> list[str]:
        folder.note_folder(session.rows, lake.files, maintained + 1)
        # Files outside the folder are somebody else's, whatever the bookkeeping says.
        outside = f"FROM {_SCHEDULED} WHERE NOT path_is_relative OR contains('/' || path || '/', '/../')"
        found = [path for (path,) in session.rows(f"SELECT path {outside}")]
        session.run(f"DELETE {outside}")
        return found

    outside = lake.write(note)
    folder.mark_folder(lake.read, catalogue, lake.files, maintained=maintained + 1)
    return unknown + outside


def _expire(lake: Lake, oldest: datetime) -> tuple[int, tuple[str, ...]]:
    """Let go of snapshots that nobody needs; whoever tags a version or opens a draft waits until it is done."""

    def work() -> tuple[int, tuple[str, ...]]:
        versions = read_versions(lake)
        newest = {version.dataset: version.version for version in versions}
        based = set(lake.read("SELECT dataset, base FROM lake.workbench.drafts WHERE state = 'open'"))
        kept = {
            version.snapshot
            for version in versions
            if version.tags
            or version.created_at >= oldest
            or newest[version.dataset] == version.version
            or (version.dataset, version.version) in based
        }
        present = [row[0] for row in lake.read("SELECT snapshot_id FROM ducklake_snapshots('lake') ORDER BY 1")]
        gone = [snapshot for snapshot in present[:-1] if snapshot not in kept]
        if gone:
            lake.read(f"CALL ducklake_expire_snapshots('lake', versions => [{', '.join(map(str, gone))}])")
        return len(gone), tuple(version.name for version in versions if version.snapshot in set(gone))

    return lake.alone(work)
