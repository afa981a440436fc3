"""Text files that are not UTF-8: rewritten as UTF-8 piece by piece, and which encoding one seems to have.

What an encoding is guessed from: byte order marks, NUL bytes at every second or fourth place, and else the characters
that each candidate makes of the lines that are not ASCII. Letters where letters are likely count for a candidate,
symbols and rare characters against it. A guess is only proposed, with what it makes of a line, and never used unasked.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import DataError, StoreError
from workbench.ingest.faults import TextFault

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_CANDIDATES = (
    "cp1252", "gb18030", "shift_jis", "cp932", "euc_jp", "big5", "cp949", "cp1251", "koi8_r", "cp1250", "cp1253",
    "mac_roman", "cp850", "latin-1",
)  # fmt: skip
_MOST = 64 << 20
"""Bytes of a file that a guess is held against."""


@dataclass(frozen=True)
class Guess:
    """An encoding that reads a file, and what it makes of its first line that is not ASCII."""

    encoding: str
    sample: str


def is_utf8(encoding: str | None) -> bool:
    """Tell whether an encoding is UTF-8, which needs no rewriting."""
    return encoding is None or codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def as_utf8(path: Path, name: str, encoding: str | None, scratch: Path) -> Path:
    """Rewrite a file as UTF-8, in no more memory than a chunk of it; UTF-8 itself is left where it is.

    Raises
    ------
    DataError
        A byte is not of that encoding; its line is named.
    """
    if is_utf8(encoding):
        return path
    target = scratch_file(scratch, path)
    decoder, line, first = codecs.getincrementaldecoder(str(encoding))(), 1, True
    try:
        with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as file:
            while True:
                chunk = source.read(_CHUNK)
                text = decoder.decode(chunk, final=not chunk)
                if first and text:
                    text, first = text.removeprefix("\ufeff"), False
                file.write(text)
                line += text.count("\n")
                if not chunk:
                    return target
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        data = getattr(error, "object", b"")
        if at:
            line += data[:at].decode(str(encoding), errors="ignore").count("\n")
        what = f"byte 0x{data[at]:02x} is not {encoding}" if at < len(data) else f"this is not {encoding}"
        raise TextFault(what, kind="encoding", source=name, line=line) from error
    except OSError as error:
        raise full(error, name) from error


def full(error: OSError, name: str) -> StoreError | DataError:
    """Say that there was no room for a rewritten file, or what else went wrong with it."""
    if error.errno == 28:
        return StoreError(f"The disk is full; {name} was not read. Nothing was changed.", hint="Free space.")
    return DataError(f"cannot be read: {error.strerror or error}", source=name)


def scratch_file(scratch: Path, path: Path) -> Path:
    """Choose a new file in the scratch folder, below folders that are called as those of a partitioned file are."""
    folder = scratch / str(sum(1 for _ in scratch.iterdir()))
    partitions = []
    for parent in path.absolute().parents:
        if "=" not in parent.name:
            break
        partitions.append(parent.name)
    folder = folder.joinpath(*reversed(partitions))
    folder.mkdir(parents=True)
    return folder / path.name


def marked(head: bytes) -> str | None:
    """Tell the encoding that the first bytes of a file name, or that its NUL bytes betray."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    head = head[: len(head) // 4 * 4]
    if not head.count(0):
        return None
    counts = [head[place::4].count(0) for place in range(4)]
    for encoding, zeros in (
        ("utf-32-le", (1, 2, 3)),
        ("utf-32-be", (0, 1, 2)),
        ("utf-16-le", (1, 3)),
        ("utf-16-be", (0, 2)),
    ):
        others = [count for place, count in enumerate(counts) if place not in zeros]
        if not any(others) and all(counts[place] for place in zeros) and len(head) >= 8:
            if encoding.startswith("utf-32") and counts[zeros[1]] < len(head) // 4:
                continue
            return encoding
    return None


def guesses(path: Path) -> list[Guess]:
    """List the encodings that a file which is not UTF-8 may have, the likeliest first.

    None is listed where most of the file is UTF-8 and a line or two were written otherwise: no encoding reads that.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    known = marked(head)
    if known:
        sample = head.decode(known, errors="ignore").lstrip("\ufeff").splitlines()
        return [Guess(known, _shown(sample[0] if sample else ""))] if _decodes(path, known) else []
    if b"\0" in head:
        return []
    lines = list(_foreign_lines(path))
    scores: list[tuple[float, Guess]] = []
    for encoding in _CANDIDATES:
        try:
            texts = [line.decode(encoding) for line in lines]
        except UnicodeDecodeError:
            continue
        if not texts or not _decodes(path, encoding):
            continue
        scores.append((_likelihood("\n".join(texts)), Guess(encoding, _shown(texts[0]))))
    scores.sort(key=lambda pair: -pair[0])
    found: list[Guess] = []
    for score, guess in scores:
        if score >= 0.6 * scores[0][0] and guess.sample not in [other.sample for other in found]:
            found.append(guess)
    single = (
        found and len("é".encode(found[0].encoding, errors="ignore")) == 1 and found[0].encoding not in ("gb18030",)
    )
    if single and any(_holds_utf8(line) for line in _foreign_lines(path, utf8=True)):
        return []
    return found[:3]


def _holds_utf8(line: bytes) -> bool:
    """Tell whether a line has characters of UTF-8 and nothing else."""
    try:
        return not line.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _foreign_lines(path: Path, *, utf8: bool = False) -> Iterator[bytes]:
    """Read the first lines that are not ASCII and not UTF-8, or else those that are UTF-8."""
    count = 0
    with path.open("rb") as file:
        for line in file:
            if line.isascii() or _holds_utf8(line) != utf8:
                continue
            yield line.rstrip(b"\r\n")
            count += 1
            if count == 200 or file.tell() > _MOST:
                return


def _decodes(path: Path, encoding: str) -> bool:
    """Tell whether the whole file, or all that is looked at of it, is of an encoding."""
    decoder, done = codecs.getincrementaldecoder(encoding)(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                done += len(chunk)
                if done > _MOST:
                    return True
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _likelihood(text: str) -> float:
    """Score a text between about -1 and 1 by its characters that are not ASCII."""
    total = count = 0.0
    for at, char in enumerate(text[:20_000]):
        if char.isascii():
            continue
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        total += _weight(char, before, after)
        count += 1
    return total / count if count else 0.0


def _weight(char: str, before: str, after: str) -> float:
    """Say how likely a character is beside its neighbours."""
    code = ord(char)
    if unicodedata.category(char) in ("Cc", "Co", "Cn"):
        return -1.0
    if 0x3041 <= code <= 0x30FF or 0xAC00 <= code <= 0xD7A3:
        return 1.0
    if 0x4E00 <= code <= 0x9FFF:
        return 0.95 if _is_common(char) else 0.4
    if 0x3000 <= code <= 0x303F or 0xFF01 <= code <= 0xFF5E:
        return 0.7
    if 0xFF61 <= code <= 0xFF9F:
        return 0.1
    if not char.isalpha():
        return 0.3 if char in "€£°–—’“”„«»§±·…µ²³½¿¡ " else 0.1
    neighbours = [other for other in (before, after) if other.isalpha()]
    if char.isupper() and before.islower():
        return 0.1
    if 0x370 <= code <= 0x52F:
        return 0.9 if any(0x370 <= ord(n) <= 0x52F for n in neighbours) and not _ascii(neighbours) else 0.1
    if neighbours and not _ascii(neighbours):
        return 0.4
    return 0.85 if char in "àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœÀÁÂÃÄÅÆÇÈÉÊËÍÎÑÓÔÕÖØÚÜ" else 0.6


def _ascii(neighbours: list[str]) -> bool:
    """Tell whether a neighbour is an ASCII letter."""
    return any(other.isascii() for other in neighbours)


def _is_common(char: str) -> bool:
    """Tell whether a Chinese character is among those in daily use in China, Taiwan or Japan."""
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97)):
        raw = char.encode(encoding, errors="ignore")
        if len(raw) == 2 and first <= raw[0] <= last:
            return True
    return False


def _shown(text: str) -> str:
    """Cut a line to what fits in a message."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", "·", text)
    spot = next((at for at, char in enumerate(text) if not char.isascii()), 0)
    start = max(0, spot - 20)
    return ("…" if start else "") + text[start : start + 40] + ("…" if len(text) > start + 40 else "")
