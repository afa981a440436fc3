"""Lines that are left out of a text file before anything reads it: preamble, footer, comments, a delimiter hint.

What is left is written to a scratch file, together with a map back to the lines of the file itself, so that errors name
the line that a person sees in it.
"""

from __future__ import annotations

import bisect
import shutil
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.ingest.encodings import full, scratch_file
from workbench.ingest.options import ReadOptions


@dataclass
class LineMap:
    """Lines of a rewritten file → those of the file it was made of, both from 1.

    Attributes
    ----------
    base : LineMap, optional
        Of the file it was made of, where that was rewritten too.
    starts, originals : list of int
        Where the difference of the two changes, and the line of the other file there.
    """

    base: LineMap | None = None
    starts: list[int] = field(default_factory=list)
    originals: list[int] = field(default_factory=list)

    def add(self, line: int, original: int) -> None:
        """Note a line, unless it follows from the one before."""
        if self._before(line) != original:
            self.starts.append(line)
            self.originals.append(original)

    def __call__(self, line: int) -> int:
        """Return the line of the file that a person has."""
        before = self._before(line)
        return self.base(before) if self.base else before

    def _before(self, line: int) -> int:
        """Return the line before this one rewriting."""
        at = bisect.bisect_right(self.starts, line) - 1
        return line if at < 0 else self.originals[at] + line - self.starts[at]


@dataclass(frozen=True)
class Kept:
    """What is left of a text file.

    Attributes
    ----------
    path : Path
        Where.
    lines : LineMap
        Back to the file itself.
    above : tuple of str
        Rows of the header above its last one, which begins the file.
    """

    path: Path
    lines: LineMap
    above: tuple[str, ...] = ()


def hinted_delimiter(head: str) -> str | None:
    """Return the delimiter that a first line like Excel's ``sep=;`` names."""
    first = head.partition("\n")[0].rstrip("\r").strip('"')
    return first[4] if len(first) == 5 and first[:4].lower() == "sep=" else None


def kept_lines(path: Path, name: str, options: ReadOptions, scratch: Path, *, hint: bool) -> Kept:
    """Leave out the lines that options name; where that is none, the file is left where it is.

    Parameters
    ----------
    path : Path
        UTF-8.
    hint : bool
        The first line is a delimiter hint.
    """
    first, last = options.header_rows
    top, end = (options.skip_rows or 0) + hint, options.skip_end or 0
    comment = options.comment or None
    if not (top or end or comment or last > 1):
        return Kept(path, LineMap())
    target, lines, above, written = scratch_file(scratch, path), LineMap(), [], 0
    try:
        with (
            path.open(encoding="utf-8-sig", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as file,
        ):
            for _ in range(top):
                if not source.readline():
                    break
            if not end and not comment and last == 1:
                lines.add(1, top + 1)
                shutil.copyfileobj(source, file, 1 << 20)
                return Kept(target, lines)
            row, waiting = 0, deque[tuple[int, str]]()
            for number, line in _uncommented(source, top, comment):
                row += 1
                if row < first:
                    continue
                if row < last:
                    above.append(line)
                    continue
                waiting.append((number, line))
                if len(waiting) > end:
                    number, line = waiting.popleft()
                    written += 1
                    lines.add(written, number)
                    file.write(line)
    except UnicodeDecodeError:
        # Said with line and proposal by whoever reads the file's head.
        return Kept(path, LineMap())
    except OSError as error:
        raise full(error, name) from error
    return Kept(target, lines, tuple(above))


def _uncommented(source: Iterator[str], top: int, comment: str | None) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, but those that begin as comments do and not inside quotes."""
    quoted = False
    for number, line in enumerate(source, start=top + 1):
        if comment and not quoted and line.startswith(comment):
            continue
        if comment and line.count('"') % 2:
            quoted = not quoted
        yield number, line
