"""Text files with a delimiter: CSV, TSV and their relatives, plain or gzipped.

What the file is (delimiter, header) is decided here from its first lines and told to DuckDB, which decides nothing: its
own sniffer would drop lines, merge ragged ones and guess types. Two things about a file are settled without DuckDB, so
that its answer can be checked: that there is no NUL byte, and how many records there are.

A field is missing if it is empty and the empty text if it is written ``""``. Blanks between a delimiter and a quote
belong to neither cell. A blank line is no row, except in a file of one column, where it is a missing cell.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbench.errors import DataError, WorkbenchError
from workbench.ingest.faults import find_fault, records
from workbench.ingest.naming import check_names, same_names, union
from workbench.ingest.reading import Reading
from workbench.ingest.scan import scan
from workbench.lake import literal

DELIMITERS = (",", ";", "\t", "|")
MAX_LINE = 16_000_000
"""Bytes of the longest line that is read."""

BUFFER = 32_000_000
"""Bytes of the buffers DuckDB reads with: its own default, which would be 16 × the longest line."""

LARGE = 64 * 1024 * 1024
"""Bytes above which rows are numbered in parallel and lines are not looked up."""

_HEAD = 1 << 20
_SAMPLE = 200


@dataclass(frozen=True)
class _File:
    """One file: where it is (unpacked, if it was packed), for people, and what its first lines say."""

    path: Path
    name: str
    delimiter: str
    names: tuple[str, ...]
    records: int


def open_delimited(paths: Sequence[Path], source: str, scratch: Path) -> Reading:
    """Open text files of one kind as one source.

    Parameters
    ----------
    paths : sequence of Path
        In the order of their rows.
    source : str
        For people.
    scratch : Path
        Folder in which a gzipped file is unpacked.

    Raises
    ------
    DataError
        A file is empty, binary, not UTF-8 or truncated, has no usable header, or other columns than the first.
    """
    files = [_look(path, scratch) for path in paths]
    first = files[0]
    for file in files[1:]:
        same_names(first.names, file.names, file.name, first.name)
    shapes: dict[tuple[str, tuple[str, ...]], list[_File]] = {}
    for file in files:
        shapes.setdefault((file.delimiter, file.names), []).append(file)
    relation = union(
        first.names,
        [(names, _read_csv(group, delimiter, len(names))) for (delimiter, names), group in shapes.items()],
    )
    size = sum(file.path.stat().st_size for file in files)
    return Reading(
        source=source,
        names=first.names,
        types=("VARCHAR",) * len(first.names),
        relation=relation,
        text=True,
        large=size > LARGE,
        rows=sum(file.records for file in files),
        recount=partial(_recount, files),
        explain=partial(_explain, files),
        lines=partial(_lines, files, size),
    )


def _look(path: Path, scratch: Path) -> _File:
    """Unpack a file if need be, refuse what is no text, and read its header."""
    name = str(path)
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(b"\x1f\x8b"):
        path = _unpack(path, name, scratch)
    if not path.stat().st_size:
        raise DataError("the file is empty", source=name, hint="The first line must name the columns.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(
            "the file is UTF-16, not UTF-8", source=name, hint="Convert it: iconv -f UTF-16 -t UTF-8 IN > OUT"
        )
    found = scan(path)
    if found.nul_line is not None:
        raise DataError(
            "there is a NUL byte: this is a binary file or a damaged one", source=name, line=found.nul_line,
            hint="Give a CSV, Parquet, JSON lines or Excel file.",
        )  # fmt: skip
    text = _head(path, name)
    delimiter = "\t" if name.removesuffix(".gz").endswith((".tsv", ".tab")) else _delimiter(text)
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    if not header:
        raise DataError("the first line is blank", source=name, line=1, hint="It must name the columns.")
    check_names(header, name)
    return _File(path, name, delimiter, tuple(header), found.records(len(header)))


def _unpack(path: Path, name: str, scratch: Path) -> Path:
    """Unpack a gzipped file, which shows whether it is whole."""
    plain = scratch / f"{len(list(scratch.iterdir()))}.csv"
    try:
        with gzip.open(path) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"the gzip file is damaged or cut off: {error}", source=name, hint="Fetch it again.") from error
    return plain


def _head(path: Path, name: str) -> str:
    """Read the first lines; a character cut in two at the end of them is left out."""
    with path.open("rb") as file:
        raw = file.read(_HEAD)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(raw) == _HEAD and error.start > len(raw) - 4:
            return raw[: error.start].decode("utf-8-sig")
        fault = find_fault(path, name, ",", 0)
        raise fault or DataError("the file is not UTF-8", source=name) from error


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts the header in two or more and the following lines most alike."""
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(len(row))
            if len(rows) > _SAMPLE:
                break
        if len(rows) > 1 and len(text) >= _HEAD - 4 and len(rows) <= _SAMPLE:
            rows.pop()
        if rows and rows[0] > 1:
            found = (rows.count(rows[0]) / len(rows), rows[0])
            if found > score:
                best, score = delimiter, found
    return best


def _read_csv(files: Sequence[_File], delimiter: str, width: int) -> str:
    """SQL that reads files of one shape, with nothing left to be guessed."""
    paths = ", ".join(literal("".join(f"[{c}]" if c in "*?[" else c for c in str(file.path))) for file in files)
    columns = ", ".join(f"c{position}: 'VARCHAR'" for position in range(width))
    return (
        f"read_csv([{paths}], columns = {{{columns}}}, auto_detect = false, header = true, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', skip = 0, comment = '', strict_mode = true, "
        "null_padding = false, nullstr = '', "
        f"allow_quoted_nulls = false, hive_partitioning = false, max_line_size = {MAX_LINE}, "
        f"buffer_size = {BUFFER})"
    )


def _explain(files: Sequence[_File], error: Exception, source: str) -> WorkbenchError:
    """Find the line that DuckDB stumbled over, by reading the files ourselves."""
    for file in files:
        fault = find_fault(file.path, file.name, file.delimiter, len(file.names))
        if fault:
            return fault
    text = str(error).strip()
    if "maximum line size" in text.lower():
        return DataError(f"a line is longer than {MAX_LINE:,} bytes", source=source, hint="Is a quote left open?")
    if "not a gzip stream" in text.lower():
        return DataError(
            "the name says gzip, the content is none", source=source, hint="Rename it to end as what it is."
        )
    return DataError(f"cannot be read: {text.splitlines()[0]}", source=source)


def _recount(files: Sequence[_File]) -> int:
    """Count the records by reading them; quotes in the middle of a cell mislead the quick count."""
    count = -len(files)
    for file in files:
        try:
            count += sum(1 for _ in records(file.path, file.delimiter, len(file.names)))
        except csv.Error as error:
            raise _explain(files, error, file.name) from error
    return count


def _lines(files: Sequence[_File], size: int, wanted: Sequence[int]) -> Mapping[int, int]:
    """Look up the lines at which records begin, in one file that is not large."""
    if len(files) != 1 or size > LARGE or not wanted:
        return {}
    file, found, last = files[0], {}, max(wanted)
    for number, (line, _) in enumerate(records(file.path, file.delimiter, len(file.names))):
        if number in wanted:
            found[number] = line
        if number >= last:
            break
    return found


csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
