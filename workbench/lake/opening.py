"""Open a lake, or make one: its folders, its catalogue, the extensions, and the bookkeeping tables."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from workbench.addresses import connection_fault, remember_secrets
from workbench.errors import ConfigurationError, StoreError, UnknownName
from workbench.lake import folder, migrations
from workbench.lake.extensions import OFFLINE, load_extension
from workbench.lake.modes import make_folder, mask_for, mask_of, share, umasked
from workbench.lake.scratch import SCRATCH, own_scratch, scratch
from workbench.lake.sql import literal
from workbench.lake.store import INLINED_ROWS, Lake
from workbench.settings import DEFAULT_POSTGRES_FILES, Settings, without_password


def open_lake(settings: Settings, *, create: bool = False) -> Lake:
    """Open the lake that the settings name.

    A SQLite catalogue that may not be written (an archive, a read-only mount) is read through a private copy of it.

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
        The catalogue cannot be opened: not a catalogue, not reachable, no right to read, made by a newer workbench. Or
        its data folder is not there or another lake's, or a new lake would come to lie where data files are.
    """
    kind, _, rest = settings.lake.partition(":")
    if kind not in ("sqlite", "postgres") or not rest:
        raise StoreError(
            f"'{without_password(settings.lake)}' is not the URL of a lake.",
            hint="Use sqlite:PATH/catalog.sqlite or postgres:dbname=… host=….",
        )
    remember_secrets(settings.lake)
    if kind == "postgres" and (fault := connection_fault(rest)):
        shown = without_password(settings.lake)
        raise ConfigurationError(f"The lake's address {shown} cannot be understood: {fault[0]}.", hint=fault[1])
    if "://" in settings.data_path and without_password(settings.data_path) != settings.data_path:
        raise ConfigurationError(
            "The setting data_path holds a secret, which would be stored in the lake's catalogue.",
            hint="Leave it out: S3 takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the environment.",
        )
    if kind == "sqlite" and Path(rest).is_dir():
        raise StoreError(f"{rest} is a folder, not a lake's catalogue.", hint="Give the catalog.sqlite in it.")
    base = settings.data_path or (str(Path(rest).parent / "files") if kind == "sqlite" else DEFAULT_POSTGRES_FILES)
    base = base.rstrip("/") if "://" in base else str(Path(base).resolve())
    if kind == "sqlite" and not create and not Path(rest).exists() and not Path(base).exists():
        raise _absent(settings.lake)
    held = contextlib.ExitStack()
    try:
        root = duckdb.connect(config=OFFLINE)
        held.callback(root.close)
        root.execute("SET GLOBAL TimeZone = 'UTC'")
        root.execute(f"SET memory_limit = {literal(settings.memory_limit)}")
        if settings.threads:
            root.execute(f"SET threads = {settings.threads}")
        for name in ("ducklake", "sqlite_scanner" if kind == "sqlite" else "postgres_scanner"):
            load_extension(root, name)
        if "://" in base:
            load_extension(root, "httpfs")
        root.execute("SET allow_unsigned_extensions = false")
        readonly = kind == "sqlite" and Path(rest).exists() and not _may_write(Path(rest))
        url = f"sqlite:{held.enter_context(_copied(Path(rest), settings))}" if readonly else settings.lake
        lake = Lake(root, url=settings.lake, settings=settings, files=base, catalogue=url, held=held)
        lake.files = lake.retried(lambda: _attach(root, settings, url, base, create=create), "opening", reconnect=False)
        lake.mask = None if "://" in lake.files else mask_of(Path(lake.files))
        lake.scratch = held.enter_context(_spill(lake, settings))
        root.execute(f"SET temp_directory = {literal(str(lake.scratch))}")
        migrations.migrate(lake)
        lake.readonly = readonly
        return lake
    except BaseException:
        held.close()
        raise


def _attach(root: duckdb.DuckDBPyConnection, settings: Settings, url: str, base: str, *, create: bool) -> str:
    """Attach the catalogue, make it where it is missing and may be made, and return its data folder.

    Where the folder is not where the catalogue remembers it (the lake was moved) it is attached anew. Everything that
    touches a SQLite catalogue goes through DuckDB's own SQLite: a second copy of that library in one process, and be it
    only for a look, would drop the locks of the first and delete the journal it is writing.
    """

    def ask(query: str) -> list[tuple[Any, ...]]:
        return root.execute(query).fetchall()

    def attach(more: str) -> None:
        with contextlib.suppress(duckdb.Error):
            root.execute("DETACH lake")
        options = f"DATA_INLINING_ROW_LIMIT {INLINED_ROWS}"
        if url.startswith("sqlite:"):
            # DuckDB's SQLite waits in whole seconds for a lock that is held for a thousandth of one; we wait ourselves.
            options += ", META_BUSY_TIMEOUT 0"
        root.execute(f"ATTACH {literal('ducklake:' + url)} AS lake ({options}, {more})")

    # Overlapping commits are ours to repeat: DuckLake's own retry would not read and check again.
    root.execute("SET ducklake_max_retry_count = 0")
    if not _attached(attach, url):
        if url.startswith("sqlite:") and Path(url.removeprefix("sqlite:")).exists():
            _refuse_foreign(root, Path(url.removeprefix("sqlite:")))
        if not create:
            folder.refuse_occupied(ask, base, url)
            raise _absent(url)
        try:
            folder.refuse_occupied(ask, base, url)
        except StoreError:
            # Another process may have made this very lake since we looked.
            if not _attached(attach, url):
                raise
        else:
            _make(attach, url, base, settings)
    catalogue = folder.ask_catalogue(ask, settings.lake)
    found = folder.find_folder(ask, catalogue, base)
    if found is None:
        if url != settings.lake:
            return base
        found = _new_folder(root, catalogue, base, settings)
    if found != catalogue.stored:
        attach(f"CREATE_IF_NOT_EXISTS false, DATA_PATH {literal(found + '/')}, OVERRIDE_DATA_PATH true")
    return found


def _attached(attach: Any, url: str) -> bool:
    """Attach a catalogue that is there already; tell whether there was one."""
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:")).exists():
        return False
    try:
        attach("CREATE_IF_NOT_EXISTS false")
    except duckdb.Error as error:
        if "explicitly disabled" not in str(error):
            raise
        return False
    return True


def _make(attach: Any, url: str, base: str, settings: Settings) -> None:
    """Make a catalogue; only its owner, or the group that the settings name, may read and write it."""
    data = f"DATA_PATH {literal(base + '/')}"
    if not url.startswith("sqlite:"):
        attach(data)
        return
    path = Path(url.removeprefix("sqlite:"))
    make_folder(path.parent, settings.group_access)
    with umasked(mask_for(settings.group_access)):
        # SQLite gives its other files the rights of this one.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
        share(path, settings.group_access)
        # The catalogue stays in write-ahead mode, whoever opens it later.
        attach(f"{data}, META_JOURNAL_MODE 'WAL'")


def _new_folder(root: duckdb.DuckDBPyConnection, catalogue: folder.Catalogue, base: str, settings: Settings) -> str:
    """Make the data folder of a lake that has no files yet."""
    found = f"{base}/{catalogue.lake}"

    def ask(query: str) -> list[tuple[Any, ...]]:
        return root.execute(query).fetchall()

    if "://" not in base:
        make_folder(Path(base), settings.group_access)
        make_folder(Path(found), settings.group_access)
    with umasked(None if "://" in base else mask_of(Path(found))):
        folder.mark_folder(ask, catalogue, found)
    root.execute("BEGIN")
    try:
        folder.note_folder(ask, found, 0)
        root.execute("COMMIT")
    except duckdb.Error:
        with contextlib.suppress(duckdb.Error):
            root.execute("ROLLBACK")
        raise
    return found


def _may_write(path: Path) -> bool:
    """Tell whether a catalogue can be opened in place: SQLite writes beside it even to read it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


@contextlib.contextmanager
def _copied(path: Path, settings: Settings) -> Iterator[Path]:
    """Copy a catalogue that cannot be opened in place, for as long as the lake is open.

    What was committed but is not in the file yet lies in the journal beside it, so both are copied, again where one
    changed meanwhile.
    """
    journal = path.with_name(path.name + "-wal")

    def state() -> list[tuple[int, int] | None]:
        found = [file.stat() if file.exists() else None for file in (path, journal)]
        return [(file.st_mtime_ns, file.st_size) if file else None for file in found]

    with own_scratch(settings.temp_directory, "catalogue") as place:
        copy = place / path.name
        try:
            while True:
                before = state()
                shutil.copyfile(path, copy)
                if before[1]:
                    shutil.copyfile(journal, place / journal.name)
                if state() == before:
                    break
        except OSError as error:
            raise StoreError(
                f"The catalogue {path} cannot be read: {error.strerror}.", hint="Check the rights on it."
            ) from error
        yield copy


@contextlib.contextmanager
def _spill(lake: Lake, settings: Settings) -> Iterator[Path]:
    """Make the folder into which this process moves what does not fit in memory: beside the data, else where it can."""
    beside = None
    if not settings.temp_directory:
        if "://" not in lake.files:
            beside = Path(lake.files)
        elif lake.url.startswith("sqlite:"):
            beside = Path(lake.url.removeprefix("sqlite:")).parent
    with contextlib.ExitStack() as held:
        place = None
        if beside is not None and os.access(beside, os.W_OK):
            # A disk that is full can still be read from.
            with contextlib.suppress(StoreError), umasked(mask_of(beside)):
                place = held.enter_context(scratch(beside / SCRATCH, "memory"))
        yield place or held.enter_context(own_scratch(settings.temp_directory, "memory"))


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
