"""From what a person calls a source to something that can be read."""

from __future__ import annotations

import glob
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.addresses import stored_source
from workbench.errors import DataError, UsageError
from workbench.ingest.databases import KINDS, open_table
from workbench.ingest.delimited import open_delimited
from workbench.ingest.excel import open_excel
from workbench.ingest.frames import open_frame
from workbench.ingest.jsonlines import open_json
from workbench.ingest.options import AS_IT_COMES, ReadOptions
from workbench.ingest.packed import unpacked
from workbench.ingest.parquet import open_parquet
from workbench.ingest.reading import Reading
from workbench.lake import Lake, Session
from workbench.settings import project_folder

FORMATS = "CSV, TSV, Parquet, JSON, Excel (.xlsx), packed or not"
_ENDINGS = {
    ".parquet": "Parquet", ".pq": "Parquet", ".jsonl": "JSON", ".ndjson": "JSON", ".json": "JSON",
    ".xlsx": "Excel", ".xlsm": "Excel",
}  # fmt: skip
_FOREIGN = {".xml", ".html", ".pkl", ".feather", ".avro", ".orc", ".rar", ".7z", ".tar"}


def source_name(source: Any, url: str) -> str | None:
    """Write a source as the dataset's definition remembers it; a frame cannot be read again and is None.

    A file of the lake's project is remembered by its path in there, so that the project can be moved; any other by its
    absolute path, so that it is found from any working directory.
    """
    if not isinstance(source, (str, Path)):
        return None
    text = str(source)
    kind, _, rest = text.partition(":")
    if isinstance(source, str) and kind in KINDS:
        where, mark, table = rest.rpartition("?table=")
        return stored_source(text) if kind == "postgres" else f"{kind}:{_remembered(where, url)}{mark}{table}"
    return _remembered(text, url)


def located(name: str, url: str) -> str:
    """Find what :func:`source_name` remembered."""
    kind, _, rest = name.partition(":")
    if kind in KINDS:
        where, mark, table = rest.rpartition("?table=")
        return name if kind == "postgres" else f"{kind}:{_found(where, url)}{mark}{table}"
    return _found(name, url)


def files_digest(place: str) -> str:
    """Digest what the files that a path or glob names hold, whatever they are called.

    Raises
    ------
    DataError
        There is no such file.
    """
    digests = []
    for path in _files(place):
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256(";".join(sorted(digests)).encode()).hexdigest()


def _remembered(path: str, url: str) -> str:
    """Write a path as seen from the project, or else in full."""
    full, project = Path(os.path.abspath(path)), project_folder(url)
    return full.relative_to(project).as_posix() if project and full.is_relative_to(project) else str(full)


def _found(path: str, url: str) -> str:
    """Resolve a remembered path."""
    project = project_folder(url)
    return str(project / path) if project and not Path(path).is_absolute() else path


@contextmanager
def opened(
    lake: Lake,
    session: Session,
    source: Any,
    options: ReadOptions = AS_IT_COMES,
    remembered: ReadOptions = AS_IT_COMES,
) -> Iterator[Reading]:
    """Open a source for the length of a block.

    Parameters
    ----------
    options : ReadOptions
        How it is to be read; one that means nothing for its form is refused.
    remembered : ReadOptions
        How the dataset's source was read before; counts where ``options`` say nothing, if it means something here.
    source
        Path or glob of files of one kind; ``duckdb:PATH?table=T``, ``sqlite:PATH?table=T``,
        ``postgres:CONNECTION?table=T``; a pandas DataFrame (in which NaN is a missing value) or a pyarrow Table.

    Raises
    ------
    UsageError
        It is none of these.
    DataError
        There is no such file, or it cannot be read.
    """
    if not isinstance(source, (str, Path)):
        options.checked("data in memory", given=options)
        yield open_frame(session, source)
        return
    text = str(source)
    kind = text.partition(":")[0]
    if isinstance(source, str) and kind in KINDS:
        options.checked("a table of a database", given=options)
        _refuse_own_catalogue(lake, text)
        with _scratch(lake) as scratch, open_table(lake, session, text, scratch) as reading:
            yield reading
        return
    with _scratch(lake) as scratch:
        paths = {unpacked(path, scratch): str(path) for path in _files(text)}
        form = _form(paths)
        wanted = options.over(remembered).checked(form, given=options)
        if form == "Parquet":
            yield open_parquet(session, paths, text, scratch)
        elif form == "Excel":
            yield open_excel(session, paths, text, wanted)
        elif form == "JSON":
            yield open_json(session, paths, text, wanted, scratch)
        else:
            yield open_delimited(paths, text, wanted, scratch)


def _refuse_own_catalogue(lake: Lake, source: str) -> None:
    """Refuse the catalogue of the open lake, whose locks a second SQLite library in the process would drop."""
    where, own = Path(source.partition(":")[2].rpartition("?table=")[0]), Path(lake.url.partition(":")[2])
    if lake.url.startswith("sqlite:") and where.is_file() and own.is_file() and where.samefile(own):
        raise UsageError(f"{where} is the catalogue of this lake itself.", hint="Use `workbench show` to see its rows.")


def _files(text: str) -> list[Path]:
    """List the files that a path or glob names, in order of their names."""
    if Path(text).is_file():
        return [Path(text)]
    if Path(text).is_dir():
        raise DataError("this is a folder", source=text, hint=f"Name its files with a glob: '{text.rstrip('/')}/*.csv'")
    if not glob.has_magic(text):
        close = sorted(path.name for path in Path(text).parent.glob("*") if path.is_file())[:12]
        raise DataError(
            "there is no such file", source=text, hint=f"In that folder: {', '.join(close)}" if close else ""
        )
    paths = sorted(Path(path) for path in glob.glob(text, recursive=True))
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise DataError("no file fits this pattern", source=text)
    return paths


def _form(paths: Mapping[Path, str]) -> str:
    """Tell what form files have, by their endings and first bytes."""
    forms = {name: _form_of(path, name) for path, name in paths.items()}
    if len(set(forms.values())) > 1:
        listed = ", ".join(f"{Path(name).name} is {form}" for name, form in list(forms.items())[:6])
        raise UsageError(f"The files are not of one kind: {listed}.", hint="Narrow the pattern.")
    return next(iter(forms.values()))


def _form_of(path: Path, name: str) -> str:
    """Tell what form one file has, once it is unpacked."""
    ending = path.suffix.lower()
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DataError(f"cannot be opened: {error.strerror}", source=name) from error
    if ending in (".xls", ".ods") or (ending in (".xlsx", ".xlsm") and head.startswith(b"\xd0\xcf\x11\xe0")):
        what = "an old or a password-protected Excel workbook" if ending != ".ods" else "an OpenDocument spreadsheet"
        raise UsageError(
            f"{name} is {what}, which is not read.",
            hint="Open it and save it as .xlsx without a password, or: soffice --headless --convert-to xlsx FILE",
        )
    if ending in _FOREIGN:
        raise UsageError(f"{name} is of a kind that is not read.", hint=f"Convert it to one of: {FORMATS}.")
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(b"SQLite format 3") or head[8:12] == b"DUCK":
        kind = "sqlite" if head.startswith(b"SQLite") else "duckdb"
        raise UsageError(f"{name} is a database.", hint=f"Name one of its tables: {kind}:{name}?table=NAME")
    return _ENDINGS.get(ending, "text")


@contextmanager
def _scratch(lake: Lake) -> Iterator[Path]:
    """Make a folder for what is unpacked or copied; one that a killed process leaves is swept away with the rest."""
    with tempfile.TemporaryDirectory(prefix="source-", dir=lake.scratch) as name:
        yield Path(name)
