"""JSON documents that are not one object a line: an array, objects one after another, or records deep inside.

The records are cut out as they are written, character by character, and written one a line; nothing is parsed and
written anew, so every digit stays. The document is read in pieces, and no record is looked at twice.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workbench.errors import DataError
from workbench.ingest.encodings import as_utf8, full, guesses, likeliest, marked, readings, scratch_file
from workbench.ingest.options import ReadOptions

_CHUNK = 1 << 20
_MOST = 256 << 20
_BLANKS = " \t\r\n"


@dataclass(frozen=True)
class JsonLines:
    """A file of one object a line.

    Attributes
    ----------
    path : Path
        Where.
    name : str
        For people.
    starts : array or None
        The lines at which its records begin in the document that it was cut out of.
    """

    path: Path
    name: str
    starts: array[int] | None = None

    def line(self, number: int) -> int:
        """Return the line of the document for one of this file."""
        return number if self.starts is None or number > len(self.starts) else self.starts[number - 1]


def as_lines(path: Path, name: str, options: ReadOptions, scratch: Path, *, lines: bool) -> JsonLines:
    """Write a document's records one a line; a file that is written so already is left where it is.

    Parameters
    ----------
    lines : bool
        The name says that it is one object a line.

    Raises
    ------
    DataError
        It is no JSON, or its records are deep inside and nobody said where.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    encoding = options.encoding or marked(head)
    if encoding and not options.encoding:
        error = DataError(f"the file is {encoding.upper()}, not UTF-8", source=name, hint=f"Use --encoding {encoding}.")
        error.options = ReadOptions(encoding=encoding).over(options).to_dict()
        raise error
    path = as_utf8(path, name, encoding, scratch)
    marked_utf8 = head.startswith(b"\xef\xbb\xbf")
    if not options.records and not marked_utf8 and _is_lines(path, lines=lines):
        return JsonLines(path, name)
    target, starts = scratch_file(scratch, path), array("q")
    try:
        with path.open(encoding="utf-8-sig", newline="") as source, target.open("w", encoding="utf-8") as file:
            document = _Document(source, name)
            whole, single = 0, ""
            for line, text in document.records(options.records):
                starts.append(line)
                file.write(text.replace("\r", " ").replace("\n", " ") + "\n")
                whole, single = whole + 1, text if len(text) < _MOST else ""
    except UnicodeDecodeError as error:
        raise not_utf8(path, name, "this is not UTF-8", options) from error
    except OSError as error:
        raise full(error, name) from error
    if whole == 1 and not lines and not options.records and not document.in_array:
        _refuse_nested(single, name, options)
    return JsonLines(target, name, starts)


def not_utf8(path: Path, name: str, what: str, options: ReadOptions, *, line: int | None = None) -> DataError:
    """Refuse a file that is not UTF-8, with the encodings that read it."""
    known = guesses(path)
    encoding = likeliest(known)
    if not known:
        return DataError(what, source=name, line=line, hint="No one encoding reads the whole file: fetch it again.")
    if encoding is None:
        return DataError(what, source=name, line=line, hint=readings(known))
    hint = f'It can be read with --encoding {encoding}. A line of it then reads "{known[0].sample}".'
    error = DataError(what, source=name, line=line, hint=hint)
    error.options = ReadOptions(encoding=encoding).over(options).to_dict()
    return error


def _is_lines(path: Path, *, lines: bool) -> bool:
    """Tell whether a file is one object a line, by its first one."""
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
        more = any(line.strip() for line in file)
    if not first.lstrip().startswith(b"{"):
        return lines and not first.lstrip().startswith(b"[")
    try:
        json.loads(first)
    except (UnicodeDecodeError, RecursionError):
        return lines
    except ValueError:
        return lines and more and first.strip() != b"{"
    return more or lines


def _refuse_nested(text: str, name: str, options: ReadOptions) -> None:
    """Refuse a document that is one object with arrays of records in it, unless somebody said which are meant."""
    try:
        places = dict(_arrays(json.loads(text), ""))
    except (ValueError, RecursionError):
        return
    if not places:
        return
    best = max(places, key=lambda place: places[place])
    listed = ", ".join(f"{place} ({count:,})" for place, count in list(places.items())[:6])
    error = DataError(
        f"the document is one object, with records inside: {listed}", source=name,
        hint=f"Say which are meant, for instance --records {best}; --records . takes the whole document as one record.",
    )  # fmt: skip
    error.options = ReadOptions(records=best).over(options).to_dict()
    raise error


def _arrays(value: Any, place: str) -> Iterator[tuple[str, int]]:
    """Find arrays of objects in a document's objects."""
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{place}.{name}" if place else name
            if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
                yield here, len(inner)
            else:
                yield from _arrays(inner, here)


class _Document:
    """A JSON document, read in pieces.

    Attributes
    ----------
    in_array : bool
        The records were found in an array.
    """

    def __init__(self, file: IO[str], name: str) -> None:
        self._file = file
        self._name = name
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False
        self._decoder = json.JSONDecoder()
        self.in_array = False

    def records(self, place: str | None) -> Iterator[tuple[int, str]]:
        """Yield records, as they are written, with the lines they begin at."""
        if place == ".":
            place = ""
            yield from self._values()
            return
        for step in place.replace("/", ".").strip(".").split(".") if place else ():
            self._enter(step, str(place))
        if place and self._peek() != "[":
            raise self._fault(f"there is no array of records at '{place}'")
        if place:
            yield from self._array()
            return
        while self._peek():
            if self._peek() == "[":
                self.in_array = True
                yield from self._array()
            else:
                yield self._value()

    def _values(self) -> Iterator[tuple[int, str]]:
        """Yield whole documents."""
        while self._peek():
            yield self._value()

    def _array(self) -> Iterator[tuple[int, str]]:
        """Yield the elements of an array."""
        self._skip("[")
        if self._peek() == "]":
            self._skip("]")
            return
        while True:
            yield self._value()
            if self._peek() != ",":
                self._skip("]")
                return
            self._skip(",")

    def _enter(self, name: str, place: str) -> None:
        """Go to a member of an object."""
        if self._peek() != "{":
            raise self._fault(f"there is no object on the way to '{place}'")
        self._skip("{")
        while self._peek() == '"':
            _, found = self._value()
            self._skip(":")
            if json.loads(found) == name:
                return
            self._value()
            if self._peek() == ",":
                self._skip(",")
        raise self._fault(f"there is no member '{name}' on the way to '{place}'")

    def _peek(self) -> str:
        """Return the next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _skip(self, char: str) -> None:
        """Go on past a character."""
        found = self._peek()
        if found != char:
            raise self._fault(f"no JSON: expected '{char}', found {repr(found) if found else 'the end'}")
        self._at += 1

    def _value(self) -> tuple[int, str]:
        """Take one whole value, as it is written, and the line it begins at."""
        self._peek()
        while True:
            try:
                _, end = self._decoder.raw_decode(self._text, self._at)
                # A number may go on in the next piece.
                if end < len(self._text) or self._ended or not self._more():
                    break
            except ValueError as error:
                if not self._more():
                    raise self._fault(f"no JSON: {error.args[0].partition(': line')[0]}") from error
            except RecursionError as error:
                raise self._fault("the JSON is nested too deeply") from error
        line = self._line + self._text.count("\n", 0, self._at)
        text = self._text[self._at : end]
        self._at = end
        return line, text

    def _more(self) -> bool:
        """Read another piece, twice as long as what is left."""
        piece = self._file.read(max(_CHUNK, len(self._text) - self._at))
        if not piece:
            self._ended = True
            return False
        self._line += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + piece, 0
        return True

    def _fault(self, what: str) -> DataError:
        """Say what is wrong here."""
        return DataError(what, source=self._name, line=self._line + self._text.count("\n", 0, self._at))
