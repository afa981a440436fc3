"""Text files in dialects that DuckDB does not read as we mean it: rewritten as plain CSV, cell by cell.

Quotes of another kind, escapes, blanks around cells, rows that end early: each is read here by one pattern a cell, and
written as RFC 4180 has it, a missing cell bare and an empty text as ``""``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.ingest.encodings import full, scratch_file
from workbench.ingest.faults import TextFault
from workbench.ingest.options import ReadOptions
from workbench.ingest.textlines import Kept, LineMap

BLANKS = " \t\u00a0"


@dataclass(frozen=True)
class Dialect:
    """How cells are written.

    Attributes
    ----------
    delimiter : str
        Between them.
    quote, escape : str
        Around them, and before a character that is to be taken as it is; empty: none.
    trim : bool
        Blanks around cells belong to none.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    trim: bool = False

    def records(self, lines: Iterator[tuple[int, str]], name: str) -> Iterator[tuple[int, list[str | None]]]:
        """Yield records with the lines they begin at; a cell is None where it is missing.

        Raises
        ------
        DataError
            A quote is never closed, or there is text after one.
        """
        pattern = self._pattern()
        start, text = 0, ""
        for number, line in lines:
            start, text = (start, text + line) if text else (number, line)
            end = 2 if text.endswith("\r\n") else 1 if text.endswith(("\n", "\r")) else 0
            cells = self._cells(pattern, text[: len(text) - end], start, name)
            if cells is not None:
                yield start, cells
                text = ""
        if text:
            raise TextFault(
                "a quote is opened here and never closed", kind="quote", source=name, line=start,
                hint='Write a quote inside a quoted cell as "".',
            )  # fmt: skip

    def _pattern(self) -> re.Pattern[str]:
        """Make the pattern of one cell: quoted, or bare."""
        d, q, e = re.escape(self.delimiter), re.escape(self.quote), re.escape(self.escape)
        blanks = f"[{''.join(b for b in BLANKS if b != self.delimiter)}]*" if self.trim else ""
        bare = rf"(?P<bare>(?:{e}.|[^{d}{e}])*+)" if e else rf"(?P<bare>[^{d}]*+)"
        if not q:
            return re.compile(rf"{bare}", re.DOTALL)
        inside = rf"(?:[^{q}{e}]++|{e}.|{q}{q})*+" if e else rf"(?:[^{q}]++|{q}{q})*+"
        return re.compile(rf"{blanks}(?P<open>{q})(?P<quoted>{inside})(?P<close>{q})?{blanks}|{bare}", re.DOTALL)

    def _cells(self, pattern: re.Pattern[str], text: str, start: int, name: str) -> list[str | None] | None:
        """Cut a record's text into cells; None: it goes on in the next line."""
        cells: list[str | None] = []
        at = 0
        while True:
            found = pattern.match(text, at)
            assert found is not None  # a bare cell may be empty
            at = found.end()
            if self.quote and found["open"]:
                if not found["close"]:
                    return None
                if at < len(text) and text[at] != self.delimiter:
                    rest = text[at:].partition(self.delimiter)[0]
                    raise _blanks(name, start) if not rest.strip(BLANKS) else TextFault(
                        "there is text after a closing quote", kind="quote", source=name, line=start,
                        hint='Write a quote inside a quoted cell as "".',
                    )  # fmt: skip
                cell: str | None = self._plain(found["quoted"], quoted=True)
            else:
                bare = found["bare"]
                if self.escape and at < len(text) and text[at] == self.escape:
                    return None
                if self.quote and bare[:1] in (" ", "\t") and bare.lstrip(BLANKS).startswith(self.quote):
                    raise _blanks(name, start)
                cell = self._plain(bare, quoted=False) or None
            cells.append(cell.strip(BLANKS) if self.trim and cell else cell)
            if self.trim and not cells[-1] and not (self.quote and found["open"]):
                cells[-1] = None
            if at >= len(text):
                return cells
            at += 1

    def _plain(self, text: str, *, quoted: bool) -> str:
        """Take away what only protects a character."""
        if self.escape:
            pairs = f"|{re.escape(self.quote * 2)}" if quoted else ""
            return re.sub(
                rf"{re.escape(self.escape)}(.){pairs}", lambda found: found[1] or self.quote, text, flags=re.DOTALL
            )
        return text.replace(self.quote * 2, self.quote) if quoted else text


def _blanks(name: str, line: int) -> TextFault:
    """Say that blanks stand between a delimiter and a quote, so that nobody can say whose they are."""
    return TextFault(
        "there are blanks between a quote and the delimiter", kind="blanks", source=name, line=line,
        hint="Take them away at the source.",
    )  # fmt: skip


def check_blanks(path: Path, name: str, delimiter: str, lines: LineMap) -> None:
    """Refuse a file with blanks between a quote and a delimiter, by reading it cell by cell.

    Raises
    ------
    DataError
        Naming the line.
    """

    def doubtful(source: Iterable[str]) -> Iterator[tuple[int, str]]:
        inside = False
        for number, line in enumerate(source, start=1):
            odd = line.count('"') % 2 == 1
            if inside or odd or ' "' in line or '" ' in line:
                yield number, line
            inside = inside != odd

    with path.open(encoding="utf-8-sig", newline="") as source:
        try:
            for _ in Dialect(delimiter).records(doubtful(source), name):
                pass
        except TextFault as fault:
            if fault.kind == "blanks":
                raise fault.at(lines(fault.line or 1)) from fault


def needs_rewriting(options: ReadOptions) -> bool:
    """Tell whether a file's cells are written in another way than DuckDB is told to read."""
    other_quote = options.quote not in (None, '"')
    return bool(
        other_quote or options.escape not in (None, "", "none") or options.ragged == "fill" or options.trim == "yes"
    )


def dialect_of(options: ReadOptions, delimiter: str) -> Dialect:
    """Make the dialect that options describe."""

    def char(value: str | None, default: str) -> str:
        return default if value is None else "" if value in ("none", "") else value

    return Dialect(delimiter, char(options.quote, '"'), char(options.escape, ""), options.trim == "yes")


def rewritten(kept: Kept, name: str, options: ReadOptions, delimiter: str, scratch: Path) -> Kept:
    """Write a file anew as plain CSV with the same delimiter.

    Raises
    ------
    DataError
        A record is badly quoted or, where rows are filled up, too long.
    """
    target, lines = scratch_file(scratch, kept.path), LineMap(kept.lines)
    dialect, fill = dialect_of(options, delimiter), options.ragged == "fill"
    width = len(options.header) if isinstance(options.header, tuple) else 0
    line = 1
    try:
        with (
            kept.path.open(encoding="utf-8-sig", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as file,
        ):
            for start, cells in dialect.records(enumerate(source, start=1), name):
                width = width or len(cells)
                blank = cells == [None]
                if fill and not blank:
                    while len(cells) > width and not cells[-1]:
                        cells.pop()
                    if len(cells) > width:
                        raise TextFault(
                            f"expected {width} fields as in the header, found {len(cells)}", kind="shape",
                            source=name, line=start,
                        )  # fmt: skip
                    cells += [None] * (width - len(cells))
                text = "" if blank else delimiter.join(_written(cell, delimiter) for cell in cells)
                lines.add(line, start)
                line += len(re.findall(r"\r\n|\r|\n", text)) + 1
                file.write(text + "\n")
    except TextFault as fault:
        raise fault.at(kept.lines(fault.line or 1)) from fault
    except OSError as error:
        raise full(error, name) from error
    return Kept(target, lines, kept.above)


def _written(cell: str | None, delimiter: str) -> str:
    """Write one cell as RFC 4180 has it."""
    if cell is None:
        return ""
    if not cell or cell[0] in BLANKS or cell[-1] in BLANKS or any(char in cell for char in f'{delimiter}"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
