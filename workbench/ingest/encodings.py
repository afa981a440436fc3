"""Text files that are not UTF-8: rewritten as UTF-8 piece by piece, and which encoding one seems to have.

What an encoding is guessed from: byte order marks, NUL bytes at every second or fourth place, and else the characters
that each candidate makes of the lines that are not ASCII. Letters where letters are likely count for a candidate,
symbols and rare characters against it. A guess is only proposed, with what it makes of a line, and never used unasked.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
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
_CANDIDATES = {
    "cp1252": 1.0, "gb18030": 1.0, "shift_jis": 1.0, "cp932": 1.0, "euc_jp": 1.0, "big5": 1.0, "cp949": 1.0,
    "cp1251": 1.0, "koi8_r": 0.97, "cp866": 0.97, "cp1250": 0.96, "cp1253": 1.0, "cp1254": 0.95, "mac_roman": 0.93,
    "cp850": 0.93, "latin-1": 0.93,
}  # fmt: skip
"""Encodings that are tried, and how common each is among files of its alphabet."""
_EQUAL = 0.95
"""A guess within this share of the best one reads the file as well."""
_LANGUAGES = (
    "äöüß", "àâæçèéêëîïôœùûü", "áéíñóúü", "àáâãçéêíóôõúü", "åäæéöø", "àèéìíòóù", "áæéíðóöúýþ", "äõöüšž",
    "óąćęłńśźż", "áéíóúýčďěňřšťůž", "áäéíóôúýčďĺľňŕšťž", "áéíóöúüőű", "âîășşțţ", "ćčđšž", "âçîöüğış",
)  # fmt: skip
"""Small letters beyond ASCII of languages that are written in Latin letters."""
_RUSSIAN = {**dict.fromkeys("оеаинтсрвл", 1.0), **dict.fromkeys("ъэщёцюфхшжч", 0.55)}
_FREQUENT = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第"
    "公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回"
    "特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电"
    "数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基书非则听白界达光"
    "放强即难权思王完设式色路记南品住告类求据程北边死张该交规万取格望术领共确传师观清今切院让识候带导争运编号姓李京广州城"
    "時後東円話電語車万毎読聞会業発員開動題強野売画集別終広町転楽質試銀親験英医図週歩風黒館屋駅旅番県村田鈴佐藤橋伊渡辺井"
    "阪株式部長間個們來這為國說對過裡經麼學現當沒還進樣從實軍無與機關點將兩問應戰頭體見產給門聲論處義認條氣變總數報結場務"
    "計資統區隊決馬書則聽達難權設記類據張該規覺術領確傳師觀讓識帶導爭運編號臺台灣檢查"
    "이다는에의가을를하고지로한은아도서사나기자리인어들그대시일해으있정라니보수여전부장제게과만원성면스오구동주화무적안조신마"
    "우진상연방소모생실문경관계물민비중분용공학선미세차터행명내요했었것년국회당개반음입운드트발간결강김박최울산천광데품질번호름"
)
"""Characters that are frequent in Chinese, Japanese and Korean."""
_EASTERN = re.compile("[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff66-\uff9f]+")
_MOST = 64 << 20
"""Bytes of a file that a guess is held against."""


@dataclass(frozen=True)
class Guess:
    """An encoding that reads a file, and what it makes of its first line that is not ASCII.

    Attributes
    ----------
    encoding : str
        As Python names it.
    sample : str
        The line, cut to what fits in a message.
    equal : bool
        It reads the file as well as the likeliest guess does.
    """

    encoding: str
    sample: str
    equal: bool = True


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
    scores: list[tuple[float, str, str]] = []
    for encoding, usual in _CANDIDATES.items():
        try:
            text = "\n".join(line.decode(encoding) for line in lines)
        except UnicodeDecodeError:
            continue
        if text and _decodes(path, encoding):
            scores.append((_likelihood(text, encoding) * usual, encoding, text))
    scores.sort(key=lambda each: -each[0])
    found: list[Guess] = []
    seen: set[str] = set()
    for score, encoding, text in scores:
        if score >= 0.6 * scores[0][0] and text not in seen:
            differs = next((line for line in _differing(text, scores[0][2])), text.partition("\n")[0])
            found.append(Guess(encoding, _shown(differs), score >= _EQUAL * scores[0][0]))
            seen.add(text)
    single = (
        found and len("é".encode(found[0].encoding, errors="ignore")) == 1 and found[0].encoding not in ("gb18030",)
    )
    if single and any(_holds_utf8(line) for line in _foreign_lines(path, utf8=True)):
        return []
    return found[:3]


def likeliest(known: list[Guess]) -> str | None:
    """Return the encoding that reads a file better than any other does; None: nobody can tell."""
    return known[0].encoding if sum(guess.equal for guess in known) == 1 else None


def readings(known: list[Guess]) -> str:
    """Tell a person what a file reads like, where several encodings read it alike."""
    said = [f'With --encoding {guess.encoding} a line of it reads "{guess.sample}".' for guess in known if guess.equal]
    return " ".join(["Several encodings read it; choose the one whose text is right.", *said])


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


def _likelihood(text: str, encoding: str) -> float:
    """Score a text between about -1 and 1 by its characters that are not ASCII."""
    text = text[:20_000]
    weights = [_eastern(text, match, encoding) for match in _EASTERN.finditer(text)]
    total = sum(weight * count for weight, count in weights)
    letters: Counter[str] = Counter()
    for run in re.finditer(r"[^\x00-\x7f]+", text):
        latin = re.search(r"[^\W\d_]{3}", run.group()) is None
        for at in range(run.start(), run.end()):
            char = text[at]
            if _EASTERN.match(char):
                continue
            before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
            weight = _weight(char, before, after)
            if weight is None:
                letters[char.lower() if latin else ""] += 1
            else:
                weights.append((weight, 1))
                total += weight
    count = sum(count for _, count in weights) + letters.total()
    known = max(sum(letters[char] for char in language) for language in _LANGUAGES)
    total += 0.9 * known + 0.45 * (letters.total() - known - letters[""]) + 0.2 * letters[""]
    return total / count if count else 0.0


def _eastern(text: str, run: re.Match[str], encoding: str) -> tuple[float, int]:
    """Say how likely a run of Chinese, Japanese or Korean characters is, and how long it is.

    A lone one within a Latin word, or at its edge, is none of them: it is two letters of that word.
    """
    before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    beside = sum(other.isascii() and other.isalpha() for other in (before, after))
    chars, length = run.group(), len(run.group())
    if beside and (length == 1 or beside == 2 and length < 4 or any(char >= "\uff66" for char in chars)):
        return 0.0, length
    return sum(_character(char, encoding) for char in chars) / length, length


def _character(char: str, encoding: str) -> float:
    """Say how likely a Chinese, Japanese or Korean character is in a text of an encoding."""
    if char in _FREQUENT or "\u3041" <= char <= "\u30ff":
        return 1.0
    if char >= "\uff66":
        return 0.75
    if "\uac00" <= char <= "\ud7a3":
        return 0.5 if char.encode("euc_kr", errors="ignore") else 0.05
    if encoding == "cp949":
        return 0.3
    for usual, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97)):
        raw = char.encode(usual, errors="ignore")
        if len(raw) == 2 and first <= raw[0] <= last:
            return 0.6
    return 0.15


def _weight(char: str, before: str, after: str) -> float | None:
    """Say how likely a character is beside its neighbours; None for a Latin letter that may be of some language."""
    code = ord(char)
    if unicodedata.category(char) in ("Cc", "Co", "Cn"):
        return -1.0
    if 0x3000 <= code <= 0x303F or 0xFF01 <= code <= 0xFF5E:
        return 0.7
    if not char.isalpha():
        return _symbol(char, before, after)
    if char.isupper() and before.islower():
        return 0.1
    neighbours = [other for other in (before, after) if other.isalpha()]
    if 0x370 <= code <= 0x52F:
        alike = neighbours and all(0x370 <= ord(other) <= 0x52F for other in neighbours)
        return 0.95 * _RUSSIAN.get(char.lower(), 0.85) if alike else 0.1
    if not neighbours and char not in "àáéíóöåÅÀÉ":
        return 0.2
    return None


def _symbol(char: str, before: str, after: str) -> float:
    """Say how likely a sign is where it stands."""
    word = before.isalnum(), after.isalnum()
    if char in "’" and all(word):
        return 0.9
    if char in "“‘„«¿¡" and not word[0] and after.strip():
        return 0.9
    if char in "”’»…" and not word[1] and before.strip():
        return 0.9
    if char in "–—" and (word[0] == word[1]) and not (before.isalpha() and after.isalpha()):
        return 0.9
    if char in "€£§±·µ\xa0" and not (before.isalpha() and after.isalpha()):
        return 0.7
    if char in "°" and not before.isalpha():
        return 0.8
    if char in "²³½" and before.isalnum() and not after.isalpha():
        return 0.8
    return 0.0 if any(word) else 0.1


def _differing(text: str, other: str) -> Iterator[str]:
    """Yield the lines that two readings have differently."""
    for line, found in zip(text.splitlines(), other.splitlines(), strict=False):
        if line != found:
            yield line


def _shown(text: str) -> str:
    """Cut a line to what fits in a message."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", "·", text)
    spot = next((at for at, char in enumerate(text) if not char.isascii()), 0)
    start = max(0, spot - 20)
    return ("…" if start else "") + text[start : start + 40] + ("…" if len(text) > start + 40 else "")
