"""Open a lake, or make one: its folder, its catalogue, the extensions, and the bookkeeping tables."""

from __future__ import annotations

import contextlib
from pathlib import Path

import duckdb

from workbench.errors import StoreError, UnknownName
from workbench.lake import migrations
from workbench.lake.sql import literal
from workbench.lake.store import OFFLINE, Lake, load_extension
from workbench.settings import Settings, without_password


def open_lake(settings: Settings, *, create: bool = False) -> Lake:
    """Open the lake that the settings name.

    Parameters
    ----------
    settings : Settings
        ``lake`` is ``sqlite:PATH`` or ``postgres:CONNECTION STRING``.
    create : bool
        Make it where there is none.

    Raises
    ------
    UnknownName
        There is no lake and ``create`` is off.
    StoreError
        The catalogue cannot be opened: not a catalogue, not reachable, no right to write, made by a newer workbench.
    """
    kind, _, rest = settings.lake.partition(":")
    if kind not in ("sqlite", "postgres") or not rest:
        raise StoreError(
            f"'{without_password(settings.lake)}' is not the URL of a lake.",
            hint="Use sqlite:PATH/catalog.sqlite or postgres:dbname=… host=….",
        )
    if kind == "sqlite":
        if Path(rest).is_dir():
            raise StoreError(f"{rest} is a folder, not a lake's catalogue.", hint="Give the catalog.sqlite in it.")
        if not Path(rest).exists():
            if not create:
                raise _absent(settings.lake)
            _make_folder(Path(rest).parent)
    files = settings.data_path or (str(Path(rest).parent / "files") if kind == "sqlite" else "data/lake/files")
    remote = "://" in files
    if not remote:
        _make_folder(Path(files))
        files = str(Path(files).resolve())
    root = duckdb.connect(config=OFFLINE)
    try:
        root.execute("SET GLOBAL TimeZone = 'UTC'")
        root.execute(f"SET memory_limit = {literal(settings.memory_limit)}")
        if settings.threads:
            root.execute(f"SET threads = {settings.threads}")
        if not remote:
            root.execute(f"SET temp_directory = {literal(str(Path(files).parent / 'spill'))}")
        for name in ("ducklake", "sqlite_scanner" if kind == "sqlite" else "postgres_scanner"):
            load_extension(root, name)
        if remote:
            load_extension(root, "httpfs")
        root.execute("SET allow_unsigned_extensions = false")
        lake = Lake(root, url=settings.lake, settings=settings, files=files)
        lake.retried(lambda: _attach(root, settings.lake, files, create=create), "opening")
        migrations.migrate(lake)
        return lake
    except BaseException:
        root.close()
        raise


def _attach(root: duckdb.DuckDBPyConnection, url: str, files: str, *, create: bool) -> None:
    """Attach the catalogue, and make it where it is missing and may be made.

    The data path is given anew, since the catalogue remembers where it was made. Everything that touches a SQLite
    catalogue goes through DuckDB's own SQLite: a second copy of that library in one process, and be it only for a
    look, would drop the locks of the first and delete the journal it is writing.
    """
    with contextlib.suppress(duckdb.Error):
        root.execute("DETACH lake")
    options = f"DATA_PATH {literal(files + '/')}, OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 50"
    if url.startswith("sqlite:"):
        # DuckDB's SQLite waits in whole seconds for a lock that is held for a thousandth of one; we wait ourselves.
        options += ", META_BUSY_TIMEOUT 0"
    # Overlapping commits are ours to repeat: DuckLake's own retry would not read and check again.
    root.execute("SET ducklake_max_retry_count = 0")
    statement = f"ATTACH {literal('ducklake:' + url)} AS lake ({options}{{more}})"
    try:
        root.execute(statement.format(more=", CREATE_IF_NOT_EXISTS false"))
        return
    except duckdb.Error as error:
        if "explicitly disabled" not in str(error):
            raise
    if url.startswith("sqlite:"):
        _refuse_foreign(root, Path(url.removeprefix("sqlite:")))
    if not create:
        raise _absent(url)
    # The catalogue stays in write-ahead mode, whoever opens it later.
    root.execute(statement.format(more=", META_JOURNAL_MODE 'WAL'" if url.startswith("sqlite:") else ""))


def _absent(url: str) -> UnknownName:
    """Say that there is no lake, and how to come by one."""
    return UnknownName("lake", without_password(url), hint="`workbench demo` or `workbench import` makes one.")


def _refuse_foreign(root: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse to make a lake in a SQLite database that holds something else."""
    query = (
        "SELECT count(*), count(*) FILTER (WHERE name = 'ducklake_metadata') "
        f"FROM sqlite_scan({literal(str(path))}, 'sqlite_master')"
    )
    tables, own = root.execute(query).fetchall()[0]
    # Another process may have made the lake since: then it is there at the next try.
    if tables and not own:
        raise StoreError(
            f"{path} is not a lake's catalogue but another database.",
            hint="Give the catalog.sqlite of a lake, or a path that is free.",
        )


def _make_folder(path: Path) -> None:
    """Make a folder of the lake."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {path} cannot be made: {error.strerror}.", hint="Check the rights on the folder above it."
        ) from error
