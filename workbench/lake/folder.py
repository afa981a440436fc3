"""Whose a data folder is: it holds the files of one catalogue and nobody else's.

Every catalogue has an identity from birth, the uuid that DuckLake gave its first schema. A new lake keeps its files in
a folder that is named by it, below the place that the settings name, and a marker in that folder says which lake and
which catalogue it belongs to. So two catalogues at one place never share a folder, and :func:`workbench.lake.maintain`
never meets the files of another.

A copy or a backup of a catalogue has the identity of the original. The marker tells them apart as far as that can be
told: it names the catalogue that the folder belongs to, and the number of the last maintenance, which the catalogue
remembers too. A catalogue that is behind is an older backup, and files that it needs may be gone.

Lakes that were made before there were markers have their files directly at the place that the settings name. Their
folder gets a marker at the first maintenance, but only where the catalogue knows every file in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from workbench.errors import StoreError
from workbench.lake.recall import CATALOGUE
from workbench.lake.scratch import SCRATCH
from workbench.lake.sql import literal
from workbench.settings import without_password

MARKER = "lake.json"

_MAINTAINED = "workbench_maintained"
"""The catalogue's own note: how often the folder was maintained. Without it the lake has no marked folder yet."""

_LISTED = 5

Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Catalogue:
    """What a catalogue says of itself and its files.

    Attributes
    ----------
    lake : str
        The lake's identity.
    stored : str
        The data folder that DuckLake remembers.
    maintained : int or None
        How often its folder was maintained; None: it has no marked folder yet.
    url : str
        Where the catalogue is.
    """

    lake: str
    stored: str
    maintained: int | None
    url: str


@dataclass(frozen=True)
class Marker:
    """What the file in a data folder says.

    Attributes
    ----------
    lake : str
        Identity of the lake whose files lie there.
    catalogue : str
        Its URL, without password; a SQLite catalogue above the folder by its relative path, so that both may be moved.
    folder, host : str
        Where the folder was when the catalogue's URL was written.
    maintained : int
        How often the folder was maintained.
    before : int
        The number before that, while a maintenance has not yet told the catalogue.
    """

    lake: str
    catalogue: str = ""
    folder: str = ""
    host: str = ""
    maintained: int = 0
    before: int = 0


def ask_catalogue(ask: Ask, url: str) -> Catalogue:
    """Read what the attached catalogue says of itself."""
    lake, stored, maintained = ask(
        f"SELECT (SELECT schema_uuid::VARCHAR FROM {CATALOGUE}.ducklake_schema WHERE schema_id = 0), "
        f"(SELECT max(value) FROM {CATALOGUE}.ducklake_metadata WHERE key = 'data_path'), "
        f"(SELECT max(value) FROM {CATALOGUE}.ducklake_metadata WHERE key = {literal(_MAINTAINED)})"
    )[0]
    return Catalogue(lake, (stored or "").rstrip("/"), None if maintained is None else int(maintained), url)


def find_folder(ask: Ask, catalogue: Catalogue, base: str) -> str | None:
    """Find the folder that holds a lake's files.

    Parameters
    ----------
    ask : callable
        Answers a query.
    catalogue : Catalogue
        What the catalogue says.
    base : str
        The place that the settings name.

    Returns
    -------
    str or None
        None where the lake has no files yet, and no folder.

    Raises
    ------
    StoreError
        The place belongs to another lake, the folder to another catalogue of the same identity, or it is not there.
    """
    own = f"{base}/{catalogue.lake}"
    for folder in dict.fromkeys((own, base, catalogue.stored)):
        marker = read_marker(ask, folder) if folder else None
        if marker is None:
            continue
        if marker.lake == catalogue.lake:
            _refuse_second(ask, catalogue, marker, folder)
            return folder
        if folder != catalogue.stored or folder == base:
            raise _foreign(folder, marker)
    if catalogue.maintained is None and not _has_files(ask):
        return None
    if _is_there(ask, own):
        return own
    if catalogue.maintained is not None:
        raise StoreError(
            f"The data folder of the lake {without_password(catalogue.url)} is not there: {own}.",
            hint=f"Bring it back, or set data_path to the folder that holds '{catalogue.lake}'.",
        )
    if not _is_there(ask, base) and _is_there(ask, catalogue.stored):
        return catalogue.stored
    return base


def mark_folder(ask: Ask, catalogue: Catalogue, folder: str, *, maintained: int = 0, before: int | None = None) -> None:
    """Write into a data folder whose it is."""
    kind, _, rest = without_password(catalogue.url).partition(":")
    if kind == "sqlite":
        path = Path(rest).resolve()
        within = "://" not in folder and Path(folder).is_relative_to(path.parent)
        rest = os.path.relpath(path, folder) if within else str(path)
    fields: dict[str, str | int] = {
        "lake": catalogue.lake, "catalogue": f"{kind}:{rest}", "folder": folder, "host": socket.gethostname(),
        "maintained": maintained, "before": maintained if before is None else before,
    }  # fmt: skip
    if "://" in folder:
        values = ", ".join(f"{literal(value)} AS {name}" for name, value in fields.items())
        ask(f"COPY (SELECT {values}) TO {literal(f'{folder}/{MARKER}')} (FORMAT json)")
        return
    beside = Path(folder) / f"{MARKER}.{os.getpid()}"
    beside.write_text(json.dumps(fields) + "\n", encoding="utf-8")
    beside.replace(Path(folder) / MARKER)


def note_folder(ask: Ask, folder: str, maintained: int) -> None:
    """Write into the catalogue that its folder is marked; inside a transaction."""
    table = f"{CATALOGUE}.ducklake_metadata"
    ask(f"DELETE FROM {table} WHERE key = {literal(_MAINTAINED)}")
    ask(f"INSERT INTO {table} (key, value) VALUES ({literal(_MAINTAINED)}, {literal(str(maintained))})")
    ask(f"UPDATE {table} SET value = {literal(folder + '/')} WHERE key = 'data_path'")


def read_marker(ask: Ask, folder: str) -> Marker | None:
    """Read whose a folder is; None where nothing says.

    Raises
    ------
    StoreError
        The marker cannot be read.
    """
    file = f"{folder}/{MARKER}"
    try:
        if "://" not in folder:
            text = Path(file).read_text(encoding="utf-8")
        # A bucket is only asked where there is something to expand; without it any name is said to be there.
        elif (file,) in ask(f"SELECT file FROM glob({literal(file + '*')})"):
            text = ask(f"SELECT content FROM read_text({literal(file)})")[0][0]
        else:
            return None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{file} cannot be read: {error}.", hint="Check the rights on the data folder.") from error
    try:
        fields = json.loads(text)
        return Marker(**{name: fields[name] for name in Marker.__dataclass_fields__ if name in fields})
    except (ValueError, TypeError) as error:
        raise StoreError(f"{file} does not say which lake the folder belongs to.", hint=_ADOPT) from error


_ADOPT = (
    "Remove that file if you are sure whose folder it is. `workbench maintain` then takes the folder over, "
    "if the lake knows every file in it."
)


def refuse_occupied(ask: Ask, base: str, url: str) -> None:
    """Refuse to make a lake at a place where data files lie.

    Folders of other lakes whose catalogues are elsewhere are no obstacle: the new lake gets a folder beside them.

    Raises
    ------
    StoreError
        Data files lie there that no other lake claims, or that a catalogue at this very URL had.
    """
    marker = read_marker(ask, base)
    if marker is not None:
        raise _foreign(base, marker)
    files, marked = _walk(ask, base)
    for folder in marked:
        marker = read_marker(ask, f"{base}/{folder}")
        if marker is not None and _named(marker, f"{base}/{folder}") == _own_name(url):
            raise StoreError(
                f"{base}/{folder} holds the data of a lake whose catalogue was {without_password(url)}. "
                "No new lake was made.",
                hint="Bring the catalogue back from a backup, or move that folder elsewhere.",
            )
    data = sorted(name for name in files if name.endswith(".parquet"))
    if data:
        raise StoreError(
            f"Data files lie in {base}: {_some(data)}. No new lake was made.",
            hint="If they are a lake's, bring its catalogue back from a backup; else set data_path to another folder.",
        )


def claim_folder(ask: Ask, catalogue: Catalogue, folder: str) -> tuple[int, list[str]]:
    """Make sure that a folder is the lake's own, before maintenance changes anything.

    Returns
    -------
    (int, list of str)
        How often it was maintained, and the files in it that the catalogue does not know.

    Raises
    ------
    StoreError
        It is another lake's; the catalogue is older than the files; or it has no marker and unknown files lie in it.
    """
    marker = read_marker(ask, folder)
    unknown = unknown_files(ask, folder)
    if marker is not None and marker.lake != catalogue.lake:
        raise _foreign(folder, marker)
    if marker is None or catalogue.maintained is None:
        if unknown:
            raise StoreError(
                f"The data folder {folder} holds {_counted(unknown)} that this lake does not know: {_some(unknown)}. "
                "Nothing was changed.",
                hint="They may be another lake's. Move them elsewhere, then run `workbench maintain` again.",
            )
        return (marker.maintained if marker else catalogue.maintained or 0), unknown
    if catalogue.maintained not in (marker.maintained, marker.before):
        raise StoreError(
            f"The catalogue {without_password(catalogue.url)} is older than its data folder {folder}, which another "
            "copy of it has maintained since. Nothing was changed.",
            hint="Bring the newer catalogue back, or, if it is gone for good, remove "
            f"{folder}/{MARKER}: `workbench maintain` then takes the folder over, if the lake knows every file in it.",
        )
    return max(marker.maintained, catalogue.maintained), unknown


def unknown_files(ask: Ask, folder: str) -> list[str]:
    """List the files in a data folder that the catalogue does not name, by their paths in it."""
    files, _ = _walk(ask, folder)
    return sorted(files - _known(ask, folder))


def _known(ask: Ask, folder: str) -> set[str]:
    """List the files that the catalogue names, or that DuckLake will delete, by their paths in the data folder."""
    own = " UNION ".join(
        "SELECT CASE WHEN NOT f.path_is_relative THEN f.path WHEN NOT t.path_is_relative THEN t.path || f.path "
        "ELSE s.path || t.path || f.path END "
        f"FROM {CATALOGUE}.{table} f JOIN {CATALOGUE}.ducklake_table t USING (table_id) "
        f"JOIN {CATALOGUE}.ducklake_schema s USING (schema_id)"
        for table in ("ducklake_data_file", "ducklake_delete_file")
    )
    scheduled = f"SELECT path FROM {CATALOGUE}.ducklake_files_scheduled_for_deletion"
    return {path.removeprefix(f"{folder}/") for (path,) in ask(f"{own} UNION {scheduled}")}


def _has_files(ask: Ask) -> bool:
    """Tell whether the catalogue names any file."""
    tables = ("ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
    return any(ask(f"SELECT 1 FROM {CATALOGUE}.{table} LIMIT 1") for table in tables)


def _walk(ask: Ask, folder: str) -> tuple[set[str], set[str]]:
    """List the files below a folder, and the folders below it that have markers, whose files are left out.

    The folder's own marker and its scratch folder are left out too.
    """
    if "://" in folder:
        listed = ask(f"SELECT file FROM glob({literal(folder + '/**')})")
        found = {path.removeprefix(f"{folder}/") for (path,) in listed}
        marked = {path.rpartition("/")[0] for path in found if path.endswith(f"/{MARKER}")}
        inside = re.compile("|".join(f"{re.escape(name)}/" for name in sorted(marked)) or "(?!)")
        return {path for path in found if path != MARKER and not inside.match(path)}, marked
    files: set[str] = set()
    marked = set()
    for place, folders, names in os.walk(folder):
        here = os.path.relpath(place, folder)
        if here == ".":
            folders[:] = [name for name in folders if name != SCRATCH]
            files.update(name for name in names if not name.startswith(MARKER))
        elif MARKER in names:
            marked.add(here)
            folders.clear()
        else:
            files.update(f"{here}/{name}" for name in names)
    return files, marked


def _is_there(ask: Ask, folder: str) -> bool:
    """Tell whether a folder exists, or a prefix holds anything."""
    if "://" in folder:
        return bool(ask(f"SELECT 1 FROM glob({literal(folder + '/**')}) LIMIT 1"))
    return bool(folder) and Path(folder).is_dir()


def _own_name(url: str) -> str:
    """Write a catalogue's URL as markers are compared by."""
    kind, _, rest = without_password(url).partition(":")
    return f"{kind}:{Path(rest).resolve()}" if kind == "sqlite" else f"{kind}:{rest}"


def _named(marker: Marker, folder: str) -> str:
    """Write the URL of the catalogue that a marker names; empty where that is no longer certain."""
    kind, _, rest = marker.catalogue.partition(":")
    if kind == "sqlite" and not Path(rest).is_absolute():
        return f"sqlite:{(Path(folder) / rest).resolve()}"
    return marker.catalogue if (marker.folder, marker.host) == (folder, socket.gethostname()) else ""


def _refuse_second(ask: Ask, catalogue: Catalogue, marker: Marker, folder: str) -> None:
    """Refuse a copy of the catalogue that a folder belongs to; where that one is gone, the copy takes its place."""
    named = _named(marker, folder)
    if named == _own_name(catalogue.url) or not catalogue.url.startswith("sqlite:"):
        return
    other, own = (Path(url.partition(":")[2]) for url in (named, catalogue.url))
    if named and other.is_file():
        if other.samefile(own):
            return
        if _identity_of(ask, other) == catalogue.lake:
            raise StoreError(
                f"{own} is a copy of the catalogue {other}, and {folder} holds the data of that one.",
                hint="Copy the data folder as well, and set data_path to the copy; or use the other catalogue.",
            )
    with contextlib.suppress(OSError):
        mark_folder(ask, catalogue, folder, maintained=marker.maintained, before=marker.before)


def _identity_of(ask: Ask, path: Path) -> str:
    """Read the identity of another SQLite catalogue; empty where it is none."""
    with contextlib.suppress(duckdb.Error):
        for (found,) in ask(
            f"SELECT schema_uuid FROM sqlite_scan({literal(str(path))}, 'ducklake_schema') WHERE schema_id = 0"
        ):
            return str(found)
    return ""


def _foreign(folder: str, marker: Marker) -> StoreError:
    """Say that a folder is another lake's."""
    whose = f" (catalogue {marker.catalogue})" if marker.catalogue else ""
    return StoreError(
        f"The data folder {folder} belongs to another lake{whose}.",
        hint="Set data_path to a folder of this lake's own.",
    )


def _counted(files: list[str]) -> str:
    """Write how many files."""
    return "1 file" if len(files) == 1 else f"{len(files):,} files"


def _some(files: list[str]) -> str:
    """Name the first of some files."""
    return ", ".join(files[:_LISTED]) + (", …" if len(files) > _LISTED else "")
