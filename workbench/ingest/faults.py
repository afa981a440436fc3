"""Where a text file is not what it should be: found by reading it line by line, after DuckDB refused it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.errors import DataError


class TextFault(DataError):
    """A text file that is not what it should be.

    Attributes
    ----------
    kind : str
        ``encoding``, ``header``, ``names``, ``shape``, ``quote``, ``blanks`` or ``ends``: what an option may help with.
    what : str
        The message without the place.
    """

    def __init__(self, what: str, *, kind: str, source: str, line: int | None = None, hint: str = "") -> None:
        super().__init__(what, source=source, line=line, hint=hint)
        self.kind = kind
        self.what = what

    def at(self, line: int, hint: str | None = None) -> TextFault:
        """Return the same of another line, and with another hint."""
        hint = self.hint if hint is None else hint
        return TextFault(self.what, kind=self.kind, source=self.source, line=line, hint=hint)


_ENDS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}


def find_fault(
    path: Path, name: str, delimiter: str, width: int, lines: Callable[[int], int] = int
) -> TextFault | None:
    """Find the first line that is not UTF-8, ragged, badly quoted or ended unlike the others.

    Parameters
    ----------
    path, name
        The file, and what people call it.
    delimiter : str
        Between cells.
    width : int
        Cells that each line must have; 0: look no further than the encoding.
    lines : callable
        Lines here → lines of the file that a person has.
    """
    fault = _not_utf8(path, name) or (_misshapen(path, name, delimiter, width) if width else None)
    return fault.at(lines(fault.line or 1)) if fault else None


def records(path: Path, delimiter: str, width: int) -> Iterator[tuple[int, list[str]]]:
    """Read records with the lines they begin at; blank lines are none unless there is one column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start = 1
        for record in reader:
            if record or width == 1:
                yield start, record or [""]
            start = reader.line_num + 1


def _not_utf8(path: Path, name: str) -> TextFault | None:
    """Find the first byte that is not UTF-8."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(1 << 20)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                return TextFault(
                    f"byte 0x{error.object[error.start]:02x} is not UTF-8", kind="encoding", source=name, line=line,
                )  # fmt: skip
            if not chunk:
                return None
            line += chunk.count(b"\n")


def _misshapen(path: Path, name: str, delimiter: str, width: int) -> TextFault | None:
    """Find the first record with another number of cells, an unclosed quote or another kind of line end."""
    start = 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        ends: list[str] = []

        def watched() -> Iterator[str]:
            for text in file:
                ends[:] = [text[len(text.rstrip("\r\n")) :]]
                yield text

        reader = csv.reader(watched(), delimiter=delimiter, strict=True)
        usual = ""
        try:
            for record in reader:
                end = ends[0]
                usual = usual or end
                if end and end != usual:
                    return TextFault(
                        f"the line ends with {_ENDS.get(end, repr(end))}, those before with {_ENDS.get(usual, usual)}",
                        kind="ends", source=name, line=reader.line_num,
                        hint="Make line ends alike (dos2unix), or put quotes around a cell with a line break.",
                    )  # fmt: skip
                if (record or width == 1) and len(record or [""]) != width:
                    return TextFault(
                        f"expected {width} fields as in the header, found {len(record)}",
                        kind="shape", source=name, line=start,
                        hint='A cell that holds the delimiter or a line break needs quotes: "a,b".',
                    )  # fmt: skip
                start = reader.line_num + 1
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                what = "a quote is opened here and never closed"
            else:
                what = "there is text after a closing quote"
            return TextFault(
                what, kind="quote", source=name, line=start, hint='Write a quote inside a quoted cell as "".'
            )
    return None
