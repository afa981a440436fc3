"""What the bytes of a text file say without parsing it: NUL bytes, and the number of records.

The count rests on quotes alone (a line break after an even number of them ends a record), so it is independent of the
parser whose work it checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Scan:
    """What was found in a file.

    Attributes
    ----------
    nul_line : int or None
        Line of the first NUL byte.
    lines : int
        Records, the header and blank ones included.
    blank : int
        How many of them are blank lines.
    loose : bool
        Blanks stand beside a quote somewhere, perhaps between it and a delimiter.
    """

    nul_line: int | None
    lines: int
    blank: int
    loose: bool = False

    def records(self, width: int, *, header: bool = True) -> int:
        """Count the records below the header, in a file of ``width`` columns."""
        return max(0, self.lines - header - (self.blank if width > 1 else 0))


def scan(path: Path) -> Scan:
    """Read a file once, byte by byte, in no more memory than one chunk."""
    import numpy as np

    chunk = bytearray(_CHUNK)
    breaks = lines = blank = 0
    odd = loose = False
    tail = b"\n"
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(chunk):
            nul = chunk.find(b"\0", 0, size)
            if nul >= 0:
                return Scan(breaks + chunk.count(b"\n", 0, nul) + 1, 0, 0)
            plain = chunk.find(b'"', 0, size) < 0
            loose = loose or (tail.endswith(b'"') and chunk[0] == 32)
            after_break = tail.endswith((b"\n", b"\n\r")) and chunk[0] in b"\n\r"
            if plain and not after_break and chunk.find(b"\n\n", 0, size) < 0 and chunk.find(b"\n\r", 0, size) < 0:
                here = chunk.count(b"\n", 0, size)
                lines += 0 if odd else here
            else:
                whole = np.frombuffer(tail + chunk[:size], dtype=np.uint8)
                content = whole[len(tail) :]
                ends = np.flatnonzero(content == 10)
                quotes = np.flatnonzero(content == 34)
                loose = loose or _is_loose(whole, quotes + len(tail), odd)
                ends = ends[(np.searchsorted(quotes, ends) + odd) % 2 == 0]
                lines += len(ends)
                at = ends + len(tail)
                before = whole[at - 1]
                carriage = (before == 13) & (whole[np.maximum(at - 2, 0)] == 10)
                blank += int(np.count_nonzero((before == 10) | carriage))
                odd = bool((odd + len(quotes)) % 2)
                here = chunk.count(b"\n", 0, size)
            breaks += here
            tail = (tail + chunk[max(0, size - 2) : size])[-2:]
    return Scan(None, lines + (tail[-1:] != b"\n"), blank, loose)


def _is_loose(content: np.ndarray, quotes: np.ndarray, odd: bool) -> bool:
    """Tell whether a blank stands before an opening quote or after a closing one, by the number of quotes before it."""
    import numpy as np

    opening = quotes[int(odd) :: 2]
    closing = quotes[1 - int(odd) :: 2]
    after = content[np.minimum(closing + 1, len(content) - 1)]
    return bool((content[opening - 1] == 32).any() or ((after == 32) & (closing + 1 < len(content))).any())
