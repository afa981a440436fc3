"""The read options under which a refused text file would be read.

What is proposed was tried: option after option is added, each for the fault that is left, until the whole file can be
read. Where no option helps nothing is proposed. A proposal is said, never taken.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from workbench.errors import DataError
from workbench.ingest.encodings import guesses, likeliest, readings
from workbench.ingest.faults import TextFault
from workbench.ingest.options import ReadOptions
from workbench.ingest.textlines import Kept

LARGEST = 256 << 20
"""Bytes of the largest file for which more than its encoding is proposed."""

_STEPS = 5
_TOP, _ODD = 100, 10_000
_DELIMITERS = (",", ";", "\t", "|")
_COMMENTS = ("#", "%", "//", "!", "--")
TOTAL = re.compile(r"(?i)\s*(grand total|sub-?total|totals?|sum|summe|gesamt|insgesamt|somme|total général|totale)\b.*")
_NUMBER = re.compile(r"\s*[-+]?[\d.,]*\d[\d.,]*%?\s*")


def proposed(
    fault: TextFault,
    path: Path,
    options: ReadOptions,
    attempt: Callable[[ReadOptions], DataError | None],
    prepared: Callable[[ReadOptions], Kept],
) -> DataError:
    """Return a fault whose hint names the options that would read the file, where there are such.

    Parameters
    ----------
    fault : TextFault
        Why the file was refused.
    path : Path
        The file.
    options : ReadOptions
        Under which it was refused.
    attempt : callable
        Tries options on the whole file, and returns what is wrong then.
    prepared : callable
        Writes the file as UTF-8 and without the lines that options leave out.
    """
    if fault.kind == "encoding":
        known = guesses(path)
        if not known:
            mixed = "No one encoding reads the whole file: mend that line, or fetch the file again."
            return fault.at(fault.line, mixed) if fault.line else fault
        if likeliest(known) is None:
            return fault.at(fault.line, readings(known)) if fault.line else _hinted(fault, readings(known))
    tried, problem = options, fault
    for _ in range(_STEPS):
        step = _step(problem, path, tried, prepared)
        if step is None or step.over(tried) == tried:
            return fault
        tried = step.over(tried)
        left = attempt(tried)
        if left is None:
            return _with(fault, path, options, tried)
        if not isinstance(left, TextFault):
            return fault
        problem = left
    return fault


def _with(fault: TextFault, path: Path, options: ReadOptions, tried: ReadOptions) -> DataError:
    """Say which options read the file, and what they make of it."""
    added = ReadOptions.from_dict(
        {name: value for name, value in tried.to_dict().items() if options.to_dict().get(name) != value}
    )
    said = [f"It can be read with {' '.join(_quoted(each) for each in added.arguments())}."]
    if added.encoding:
        known = guesses(path)
        said += [f'In {guess.encoding} a line of it reads "{guess.sample}".' for guess in known]
    if added.ragged:
        said.append("Rows that end early get missing cells then, and empty cells beyond the header are left out.")
    if added.skip_rows or added.skip_end:
        said.append("Those lines are left out then.")
    if added.trim:
        said.append("Blanks around names and cells are taken away then.")
    named = fault.at(fault.line, " ".join(said)) if fault.line else _hinted(fault, " ".join(said))
    named.options = tried.to_dict()
    return named


def _hinted(fault: TextFault, hint: str) -> TextFault:
    """Return a fault that names no line with another hint."""
    return TextFault(fault.what, kind=fault.kind, source=fault.source, hint=hint)


def _quoted(argument: str) -> str:
    """Write an argument as a shell reads it."""
    return shlex.quote(argument)


def _step(
    fault: TextFault, path: Path, options: ReadOptions, prepared: Callable[[ReadOptions], Kept]
) -> ReadOptions | None:
    """Choose one option more for a fault."""
    if fault.kind == "encoding":
        encoding = likeliest(guesses(path))
        return ReadOptions(encoding=encoding) if encoding else None
    if fault.kind == "blanks":
        return ReadOptions(trim="yes")
    if fault.kind in ("binary", "ends") or path.stat().st_size > LARGEST:
        return None
    kept = prepared(options)
    if fault.kind == "quote":
        return _for_quotes(kept, options)
    layouts = [_layout(kept, delimiter) for delimiter in ([options.separator] if options.separator else _DELIMITERS)]
    layout = max((found for found in layouts if found), key=lambda found: found.share, default=None)
    if layout is None:
        return None
    if fault.kind == "names":
        return _for_names(layout, options)
    return _for_shape(layout, options)


@dataclass(frozen=True)
class _Layout:
    """How a delimiter cuts a file: records as (line of the file, cells), most of them left out.

    Attributes
    ----------
    width : int
        Cells of most records.
    share : float
        Of the records that have so many; 0 where that is one.
    top : list
        The first records, blank lines left out.
    odd : list
        Records of another width.
    last : int
        Line of the last record of the usual width.
    before_last : list
        The last records of the usual width.
    lines : int
        Lines of the file.
    """

    width: int
    share: float
    top: list[tuple[int, list[str]]]
    odd: list[tuple[int, list[str]]]
    last: int
    before_last: list[tuple[int, list[str]]]
    lines: int


def _layout(kept: Kept, delimiter: str) -> _Layout | None:
    """Cut a file with a delimiter; None: its quotes are not closed."""

    def read() -> Iterator[tuple[int, list[str]]]:
        with kept.path.open(encoding="utf-8-sig", newline="") as file:
            reader, start = csv.reader(file, delimiter=delimiter), 1
            for record in reader:
                yield start, record
                start = reader.line_num + 1
            yield start, []

    try:
        widths = Counter(len(record) for _, record in read() if record)
    except (csv.Error, UnicodeDecodeError):
        return None
    if not widths:
        return None
    width = max(widths, key=lambda found: (widths[found], found))
    top: list[tuple[int, list[str]]] = []
    odd: list[tuple[int, list[str]]] = []
    usual: deque[tuple[int, list[str]]] = deque(maxlen=5)
    line = 1
    for line, record in read():
        if not record:
            continue
        row = (kept.lines(line), record)
        if len(top) < _TOP:
            top.append(row)
        if len(record) == width:
            usual.append(row)
        elif len(odd) < _ODD:
            odd.append(row)
    share = widths[width] / widths.total() if width > 1 else 0.0
    return _Layout(width, share, top, odd, usual[-1][0], list(usual), kept.lines(line - 1))


def _for_shape(layout: _Layout, options: ReadOptions) -> ReadOptions | None:
    """Choose an option for records of different widths, or a first line that is blank."""
    first = layout.top[0]
    header = next((row for row in layout.top if _names_columns(row[1], layout.width)), None)
    if (
        layout.width > 1
        and header is not None
        and options.has_header
        and (header[0] != first[0] or first[0] > (options.skip_rows or 0) + 1)
    ):
        return _without_preamble(layout, header, options)
    if layout.width == 1 or len(first[1]) == 1:
        return ReadOptions(delimiter="none")
    marks = {mark for mark in _COMMENTS if all(_begins(row, mark) for row in layout.odd)} if layout.odd else set()
    if marks and not options.comment:
        return ReadOptions(comment=min(marks))
    after = [row for row in layout.odd if row[0] > layout.last]
    footer = list(takewhile(lambda row: _is_footer(row, layout), reversed(after)))
    if footer:
        start = footer[-1][0]
        for line, cells in reversed(layout.before_last):
            if len(footer) < len(after) or not TOTAL.fullmatch(cells[0]):
                break
            start = line
        return ReadOptions(skip_end=layout.lines - start + 1 + (options.skip_end or 0))
    if all(len(cells) < layout.width or not any(cells[layout.width :]) for _, cells in layout.odd):
        return ReadOptions(ragged="fill")
    return None


def _without_preamble(layout: _Layout, header: tuple[int, list[str]], options: ReadOptions) -> ReadOptions:
    """Leave out what stands above the header."""
    above = [row for row in layout.top if row[0] < header[0]]
    marks = [mark for mark in _COMMENTS if above and all(_begins(row, mark) for row in above)]
    if marks and not options.comment:
        return ReadOptions(comment=marks[0])
    return ReadOptions(skip_rows=header[0] - 1)


def _for_names(layout: _Layout, options: ReadOptions) -> ReadOptions | None:
    """Choose an option for a header with blank or repeated names."""
    if isinstance(options.header, tuple):
        return None
    first = layout.top[0][1]
    if first and all(_NUMBER.fullmatch(cell) for cell in first):
        return ReadOptions(header="no")
    header = next((row for row in layout.top[1:] if _names_columns(row[1], layout.width)), None)
    if header is not None and sum(bool(cell.strip()) for cell in first) == 1:
        return _without_preamble(layout, header, options)
    return ReadOptions(header="unique")


def _for_quotes(kept: Kept, options: ReadOptions) -> ReadOptions | None:
    """Choose an option for quotes that are not closed, or closed in the middle of a cell."""
    with kept.path.open(encoding="utf-8-sig", newline="") as file:
        escaped = any('\\"' in line for line in file)
    if escaped and not options.escape:
        return ReadOptions(escape="\\")
    if options.quote is None and options.escape is None:
        return ReadOptions(quote="none")
    return None


def _names_columns(cells: Sequence[str], width: int) -> bool:
    """Tell whether a record may be a header: as wide as most, no cell blank, a number or there twice."""
    plain = [cell.strip() for cell in cells]
    return len(cells) == width and all(plain) and len(set(plain)) == width and not any(map(_NUMBER.fullmatch, plain))


def _begins(row: tuple[int, list[str]], mark: str) -> bool:
    """Tell whether a record's line begins with a mark."""
    return row[1][0].startswith(mark)


def _is_footer(row: tuple[int, list[str]], layout: _Layout) -> bool:
    """Tell whether a last record is a remark, and no row that ends early."""
    filled = [cell for cell in row[1] if cell.strip()]
    if len(filled) > 1 and not TOTAL.fullmatch(row[1][0]):
        return False
    numbers = all(_NUMBER.fullmatch(cells[0]) for _, cells in layout.before_last if cells[0])
    first = filled[0] if filled else ""
    return (
        bool(TOTAL.fullmatch(first))
        or ":" in first
        or " " in first.strip()
        or (numbers and not _NUMBER.fullmatch(first))
    )
