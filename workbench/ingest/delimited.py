"""Text files with a delimiter: CSV, TSV and their relatives.

What the file is (delimiter, header) is decided here from its first lines and told to DuckDB, which decides nothing: its
own sniffer would drop lines, merge ragged ones and guess types. Two things about a file are settled without DuckDB, so
that its answer can be checked: that there is no NUL byte, and how many records there are.

A field is missing if it is empty and the empty text if it is written ``""``. Blanks between a delimiter and a quote
are refused, since nobody can say whether they belong to the cell. A blank line is no row, except in a file of one
column, where it is a missing cell. A file in UTF-8 is read where it is; what read options change is written to a
scratch file first, line by line or cell by cell.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbench.errors import DataError, WorkbenchError
from workbench.ingest.dialects import check_blanks, needs_rewriting, rewritten
from workbench.ingest.encodings import as_utf8, is_utf8, marked
from workbench.ingest.faults import TextFault, find_fault, records
from workbench.ingest.naming import check_names, same_names, union
from workbench.ingest.options import ReadOptions
from workbench.ingest.partitions import Partitions
from workbench.ingest.proposals import proposed
from workbench.ingest.reading import Reading
from workbench.ingest.scan import scan
from workbench.ingest.textlines import Kept, LineMap, hinted_delimiter, kept_lines
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
    """One file: where it is as it is read, where it comes from, and what its first lines say."""

    path: Path
    name: str
    delimiter: str
    names: tuple[str, ...]
    records: int
    header: bool
    lines: LineMap
    original: Path
    notes: tuple[str, ...]

    @property
    def fault(self) -> TextFault | None:
        """What is wrong with it, if anything is."""
        return find_fault(self.path, self.name, self.delimiter, len(self.names), self.lines)


def open_delimited(paths: Mapping[Path, str], source: str, options: ReadOptions, scratch: Path) -> Reading:
    """Open text files of one kind as one source.

    Parameters
    ----------
    paths : mapping
        Files in the order of their rows, and what people call them.
    source : str
        For people.
    options : ReadOptions
        How they are to be read.
    scratch : Path
        Folder for what is rewritten.

    Raises
    ------
    DataError
        A file is empty, binary, in another encoding, has no usable header, or other columns than the first.
    """
    files = []
    for path, name in paths.items():
        try:
            files.append(_look(path, name, options, scratch))
        except TextFault as fault:
            raise _proposed(fault, path, options, scratch) from fault
    first = files[0]
    for file in files[1:]:
        same_names(first.names, file.names, file.name, first.name)
    partitions = Partitions.of([file.path for file in files], first.names, source)
    shapes: dict[tuple[str, tuple[str, ...], bool], list[_File]] = {}
    for file in files:
        shapes.setdefault((file.delimiter, file.names, file.header), []).append(file)
    parts = [
        (
            (*names, *partitions.names),
            partitions.added(len(names), partial(_read_csv, group, delimiter, len(names), header)),
        )
        for (delimiter, names, header), group in shapes.items()
    ]
    size = sum(file.path.stat().st_size for file in files)
    columns = (*first.names, *partitions.names)
    return Reading(
        source=source,
        names=columns,
        types=("VARCHAR",) * len(columns),
        relation=union(columns, parts),
        text=True,
        large=size > LARGE,
        rows=sum(file.records for file in files),
        recount=partial(_recount, files),
        explain=partial(_explain, files, options, scratch),
        lines=partial(_lines, files, size),
        notes=(*dict.fromkeys(note for file in files for note in file.notes), *partitions.notes),
    )


def _prepared(path: Path, name: str, options: ReadOptions, scratch: Path) -> tuple[Kept, str | None]:
    """Write a file as UTF-8 and without the lines that are left out; and the delimiter that it names itself."""
    if not path.stat().st_size:
        raise DataError("the file is empty", source=name, hint="The first line must name the columns.")
    if is_utf8(options.encoding):
        _check_text(path, name)
    plain = as_utf8(path, name, options.encoding, scratch)
    hint = None if options.skip_rows else hinted_delimiter(_head(plain, name, LineMap())[:20])
    return kept_lines(plain, name, options, scratch, hint=hint is not None), hint


def _look(path: Path, name: str, options: ReadOptions, scratch: Path) -> _File:
    """Prepare a file as options say, refuse what is no text, and read its header."""
    kept, hint = _prepared(path, name, options, scratch)
    text = _head(kept.path, name, kept.lines)
    tabs = name.lower().split(".")[-1] in ("tsv", "tab") or ".tsv." in name.lower()
    delimiter = options.separator or hint or ("\t" if tabs else _delimiter(text))
    above = [next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), []) for line in kept.above]
    if needs_rewriting(options):
        kept = rewritten(kept, name, options, delimiter, scratch)
        text = _head(kept.path, name, kept.lines)
    found = scan(kept.path)
    if found.nul_line is not None:
        raise _binary(name, kept.lines(found.nul_line))
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    if not first:
        what = "the first line is blank" if text else "there are no lines left"
        raise TextFault(what, kind="header", source=name, line=kept.lines(1), hint="It must name the columns.")
    if len(first) == 1 and options.delimiter is None and hint is None and not tabs:
        _check_one_column(text, name, kept.lines)
    names = options.column_names([*above, first])
    if len(names) != len(first):
        raise TextFault(
            f"{len(names)} names are given, and there are {len(first)} fields", kind="names", source=name,
            line=kept.lines(1),
        )  # fmt: skip
    try:
        check_names(names, name)
    except DataError as error:
        raise TextFault(error.message.removeprefix(f"{name}: "), kind="names", source=name, hint=error.hint) from error
    if found.loose:
        check_blanks(kept.path, name, delimiter, kept.lines)
    notes = [f"the first line of {name} names the delimiter '{hint}' and is no row"] if hint else []
    blanks = [each for each in names if each != each.strip()]
    if blanks:
        notes.append(
            f"{len(blanks)} column name{'s begin or end' if len(blanks) > 1 else ' begins or ends'} with a blank "
            f"({', '.join(map(repr, blanks[:3]))}{', …' if len(blanks) > 3 else ''}), which was kept; --trim yes takes "
            "blanks around names and cells away"
        )
    header = options.has_header
    return _File(
        kept.path, name, delimiter, tuple(names), found.records(len(first), header=header), header, kept.lines, path,
        tuple(notes),
    )  # fmt: skip


def _proposed(fault: TextFault, path: Path, options: ReadOptions, scratch: Path) -> DataError:
    """Add the options under which a file would be read, where there are such."""

    def attempt(tried: ReadOptions) -> DataError | None:
        try:
            return _look(path, fault.source, tried, scratch).fault
        except DataError as error:
            return error

    def prepared(tried: ReadOptions) -> Kept:
        return _prepared(path, fault.source, tried, scratch)[0]

    return proposed(fault, path, options, attempt, prepared)


def _check_text(path: Path, name: str) -> None:
    """Refuse a file whose first bytes are another encoding's, or no text's."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    encoding = marked(head)
    if encoding:
        raise TextFault(f"the file is {encoding.upper()}, not UTF-8", kind="encoding", source=name)
    if b"\0" in head:
        raise _binary(name, head.count(b"\n", 0, head.index(b"\0")) + 1)


def _binary(name: str, line: int) -> TextFault:
    """Say that a file is no text."""
    return TextFault(
        "there is a NUL byte: this is a binary file or a damaged one", kind="binary", source=name, line=line,
        hint="Give a CSV, Parquet, JSON or Excel file.",
    )  # fmt: skip


def _head(path: Path, name: str, lines: LineMap) -> str:
    """Read the first lines; a character cut in two at the end of them is left out."""
    with path.open("rb") as file:
        raw = file.read(_HEAD)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(raw) == _HEAD and error.start > len(raw) - 4:
            return raw[: error.start].decode("utf-8-sig")
        fault = find_fault(path, name, ",", 0, lines)
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


def _check_one_column(text: str, name: str, lines: LineMap) -> None:
    """Refuse a file whose first line is one field and half of whose other lines are cut alike by a delimiter."""
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        widths = [len(row) for row, _ in zip(reader, range(_SAMPLE), strict=False) if row][1:]
        usual = max(set(widths), key=widths.count, default=1)
        if usual > 1 and widths.count(usual) > 1 and 2 * widths.count(usual) >= len(widths):
            raise TextFault(
                f"the first line is one field, and others are {usual} with the delimiter {delimiter!r}",
                kind="shape", source=name, line=lines(1),
            )  # fmt: skip


def _read_csv(files: Sequence[_File], delimiter: str, width: int, header: bool, place: str) -> str:
    """SQL that reads files of one shape, with nothing left to be guessed."""
    paths = ", ".join(literal("".join(f"[{c}]" if c in "*?[" else c for c in str(file.path))) for file in files)
    columns = ", ".join(f"c{position}: 'VARCHAR'" for position in range(width))
    return (
        f"read_csv([{paths}], columns = {{{columns}}}, auto_detect = false, header = {'true' if header else 'false'}, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', skip = 0, comment = '', strict_mode = true, "
        "null_padding = false, nullstr = '', "
        f"allow_quoted_nulls = false, hive_partitioning = false, max_line_size = {MAX_LINE}, "
        f"buffer_size = {BUFFER}{place})"
    )


def _explain(
    files: Sequence[_File], options: ReadOptions, scratch: Path, error: Exception, source: str
) -> WorkbenchError:
    """Find the line that DuckDB stumbled over, by reading the files ourselves, and the option that helps."""
    for file in files:
        fault = file.fault
        if fault:
            return _proposed(fault, file.original, options, scratch)
    text = str(error).strip()
    if "maximum line size" in text.lower():
        return DataError(f"a line is longer than {MAX_LINE:,} bytes", source=source, hint="Is a quote left open?")
    return DataError(f"cannot be read: {text.splitlines()[0]}", source=source)


def _recount(files: Sequence[_File]) -> int:
    """Count the records by reading them; quotes in the middle of a cell mislead the quick count."""
    count = -sum(file.header for file in files)
    for file in files:
        try:
            count += sum(1 for _ in records(file.path, file.delimiter, len(file.names)))
        except csv.Error as error:
            raise file.fault or DataError(f"cannot be read: {error}", source=file.name) from error
    return count


def _lines(files: Sequence[_File], size: int, wanted: Sequence[int]) -> Mapping[int, int]:
    """Look up the lines at which records begin, in one file that is not large."""
    if len(files) != 1 or size > LARGE or not wanted:
        return {}
    file, found, last = files[0], {}, max(wanted)
    for number, (line, _) in enumerate(
        records(file.path, file.delimiter, len(file.names)), start=0 if file.header else 1
    ):
        if number in wanted:
            found[number] = file.lines(line)
        if number >= last:
            break
    return found


csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
