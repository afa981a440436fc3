"""Keep the lake small and fast: let go of snapshots nobody needs, and merge what small commits left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workbench.lake.publish import read_versions
from workbench.lake.store import Lake

FITS_KEPT = timedelta(days=7)
"""How long the fits of work that was cancelled or crashed wait to be used by another try."""

_FILES = "SELECT coalesce(sum(file_count + delete_file_count), 0)::BIGINT FROM ducklake_table_info('lake')"


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
    """

    snapshots: int
    versions: tuple[str, ...]
    files_before: int
    files_after: int


def maintain(lake: Lake, *, retention_days: int | None = None, now: datetime | None = None) -> Maintained:
    """Expire snapshots that are no version, flush inlined rows, merge small files, delete files nobody names.

    The fits of work that was not finished within a week are deleted, too.

    The newest version of each dataset, tagged versions, versions that an open draft is based on and versions younger
    than the retention stay.

    Parameters
    ----------
    retention_days : int, optional
        Default: the setting.
    now : datetime, optional
        Default: the clock.
    """
    retention = lake.settings.retention_days if retention_days is None else retention_days
    oldest = (now or datetime.now(UTC)) - timedelta(days=retention)
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
    unfinished = (now or datetime.now(UTC)) - FITS_KEPT
    if lake.read("SELECT 1 FROM lake.workbench.fits WHERE created_at < ? LIMIT 1", [unfinished]):
        lake.write(
            lambda session: session.run("DELETE FROM lake.workbench.fits WHERE created_at < ?", [unfinished]),
            message="maintain: fits of work that was not finished",
        )
    with lake.session() as session:
        present = [row[0] for row in session.rows("SELECT snapshot_id FROM ducklake_snapshots('lake') ORDER BY 1")]
        files = session.rows(_FILES)[0][0]
        gone = [snapshot for snapshot in present[:-1] if snapshot not in kept]
    lake.call("CALL ducklake_flush_inlined_data('lake')")
    if gone:
        lake.call(f"CALL ducklake_expire_snapshots('lake', versions => [{', '.join(map(str, gone))}])")
    lake.call("CALL ducklake_merge_adjacent_files('lake')")
    lake.call("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")
    # A day's grace: an import that runs now has written files that no snapshot names yet.
    lake.call("CALL ducklake_delete_orphaned_files('lake', older_than => now() - INTERVAL 1 DAY)")
    lost = tuple(version.name for version in versions if version.snapshot in set(gone))
    with lake.session() as session:
        after = session.rows(_FILES)[0][0]
    return Maintained(len(gone), lost, files, after)
