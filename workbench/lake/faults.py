"""What a store can suffer from outside, told apart from mistakes in a statement."""

from __future__ import annotations

import errno
import os
import re

import duckdb

from workbench.errors import ConnectionLost, StoreError
from workbench.settings import without_password

_LOCKED = ("database is locked", "database table is locked")
_BUSY = (
    *_LOCKED,
    "database schema has changed",
    # The same on PostgreSQL, told of a later statement of the transaction that failed.
    "current transaction is aborted",
    "conflict",
    "could not serialize",
    "deadlock detected",
    "duplicate key value violates unique constraint",
    "unique constraint failed",
    # Two processes make one lake at the same time.
    'relation "ducklake_metadata" already exists',
)
_DROPPED = (
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "ssl connection has been closed",
    "ssl syscall error",
    # DuckLake rolls back after a failure and tells that error in place of the first; only a dead connection refuses it.
    'failed to execute query "rollback"',
)
_UNREACHABLE = "unable to connect to postgres"


# A statement was planned on a state whose small changes, or files, another process has put elsewhere since.
_MOVED = re.compile(r"ducklake_inlined_\w+.{0,40}does not exist|no such table: ducklake_inlined_", re.DOTALL)


def is_locked(error: duckdb.Error) -> bool:
    """Tell whether a statement failed only because of what another process did to the catalogue at that moment.

    The same statement succeeds a moment later, unless it is one of a transaction.
    """
    text = str(error).lower()
    return any(sign in text for sign in _LOCKED) or bool(_MOVED.search(text))


def is_busy(error: duckdb.Error) -> bool:
    """Tell whether a statement, or the transaction that it is in, failed only because another process was writing."""
    text = str(error).lower()
    return any(sign in text for sign in _BUSY) or bool(_MOVED.search(text))


def is_dropped(error: duckdb.Error) -> bool:
    """Tell whether the connection to PostgreSQL was lost, or cannot be made."""
    text = str(error).lower()
    return any(sign in text for sign in (*_DROPPED, _UNREACHABLE))


def data_folder_fault(error: Exception, files: str) -> StoreError | None:
    """Tell a failure of the lake's own data folder from one of whatever else a statement reads; None for the latter.

    What lies in its scratch folder is a copy of a source: what is wrong in there is the source's.
    """
    if not files or files not in str(error).replace(f"{files.rstrip('/')}/scratch/", ""):
        return None
    said = without_password(str(error).strip().splitlines()[0])
    bucket = "See whether the bucket is there and the credentials let you write to it: setting data_path."
    return StoreError(
        f"The lake's data folder {files} cannot be read or written: {said}. Nothing was changed.",
        hint=bucket if "://" in files else "See whether it is there, and check the rights on it.",
    )


def explained(error: duckdb.Error, url: str) -> StoreError | None:
    """Turn a failure of disk, catalogue, data file, network or memory into an error of ours.

    Returns
    -------
    StoreError or None
        None where the statement itself is at fault, which is a programming error and stays what it is.
    """
    lake = without_password(url)
    said = without_password(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
    lowered = str(error).lower()

    def any_of(*signs: str) -> bool:
        return any(sign in lowered for sign in signs)

    if any_of(_UNREACHABLE):
        why = str(error).partition("connection to server")
        told = without_password((why[1] + why[2]).strip().splitlines()[0] if why[1] else said)
        return ConnectionLost(
            f"The PostgreSQL server of the lake {lake} cannot be reached: {told}",
            hint="See whether it runs and lets you in: `workbench doctor`.",
        )
    if is_dropped(error):
        return ConnectionLost(
            f"The connection to the PostgreSQL server of the lake {lake} was lost. Nothing was changed.",
            hint="See whether the server was restarted, and try again.",
        )
    if any_of("too many open files") or (any_of("unable to open database file") and _out_of_files()):
        return StoreError(
            "This process may not open any more files: the limit of the system (`ulimit -n`) is too low.",
            hint="Raise it, for instance with `ulimit -n 4096`, and start again. Nothing was changed.",
        )
    if any_of("duckdb_temp", "temp_directory", "temporary directory", "offload data block"):
        return StoreError(
            f"DuckDB has no room for what does not fit in memory: {said}",
            hint="Free some space there, set temp_directory to a folder on a larger disk, or raise memory_limit.",
        )
    if any_of("no snapshot found at version"):
        return StoreError(
            f"A version that is being read was let go by `workbench maintain` meanwhile: {said}",
            hint="Start again; a tag, or a longer retention_days, keeps a version.",
        )
    if any_of("no space left", "disk is full", "disk full", "could not write all"):
        return StoreError(f"The disk that holds the lake {lake} is full. Nothing was changed.", hint="Free some space.")
    if any_of("disk i/o error"):
        # SQLite's word also for a full disk, where not even its journal can be made.
        return StoreError(
            f"The disk that holds the lake {lake} is full, or fails ({said}). Nothing was changed.",
            hint="Free some space, and look at the system's log if there is enough.",
        )
    if any_of("readonly", "read-only", "permission denied"):
        return StoreError(f"The lake {lake} cannot be written: {said}", hint="Check the rights on its folder.")
    if any_of("unable to open database file"):
        return StoreError(
            f"The lake {lake} cannot be opened: its folder cannot be written, or is not there.",
            hint="Check the rights on it: whoever reads a SQLite catalogue writes beside it, too.",
        )
    if any_of("not a database"):
        return StoreError(
            f"{lake} is not a lake's catalogue.", hint="Give the catalog.sqlite of a lake, or a path that is free."
        )
    if any_of(".parquet") and any_of("no such file"):
        return StoreError(
            f"A data file of the lake {lake} is missing: {said}",
            hint="`workbench verify --all` names what it belongs to; bring it back from a backup.",
        )
    odd_file = isinstance(error, duckdb.InvalidInputException) and any_of(".parquet", "parquet footer", "parquet file")
    if any_of("malformed", "corrupt") or odd_file:
        lost = odd_file or any_of(".parquet")
        names = "`workbench verify --all` names what it belongs to; bring it back from a backup."
        return StoreError(
            f"{'A file' if lost else 'The catalogue'} of the lake {lake} is damaged: {said}",
            hint=names if lost else "Bring it back from a backup: it tells what the data files are.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            f"DuckDB needs more memory than the setting memory_limit allows: {said}",
            hint="Raise it: WORKBENCH_MEMORY_LIMIT=4GB, or memory_limit in workbench.toml.",
        )
    # DuckLake reports what its catalogue's database says as a bare Error.
    if isinstance(error, (duckdb.IOException, duckdb.ConnectionException)) or type(error) is duckdb.Error:
        return StoreError(f"The lake {lake} cannot be read or written: {said}")
    return None


def _out_of_files() -> bool:
    """Tell whether this process can open no file at all."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
