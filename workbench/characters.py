"""Characters that are not seen, or do something when they are printed: shown as marks wherever people read a text.

A terminal obeys ESC, GitHub obeys a line that begins with ``::``, a bidirectional override turns a line around, and a
no-break space looks like a blank. JSON and files keep what the data holds; texts for people show it.
"""

from __future__ import annotations

import re

_UNSEEN = (
    "\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800"
    "\u3000\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_ANY = re.compile(f"[{_UNSEEN}]")
UNSEEN = re.compile(f"(?!\n)[{_UNSEEN}]")
"""What is not seen, but for line breaks."""

_COMMAND = re.compile(r"^(\s*)(?=::)", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(\w*)(?=\[)")


def visible(text: str, *, lines: bool = False) -> str:
    r"""Show characters that are not seen: controls as their pictures (ESC is ``␛``), others as ``<U+00A0>``.

    Parameters
    ----------
    text : str
        A cell, a name, a message.
    lines : bool
        Leave line breaks as they are.

    Examples
    --------
    >>> visible("Oslo\xa0\x1b[31m")
    'Oslo<U+00A0>␛[31m'
    """
    return (UNSEEN if lines else _ANY).sub(lambda found: _mark(found[0]), text)


def printable(text: str) -> str:
    """Write a text of several lines for a terminal or a log: nothing in it is obeyed.

    Besides :func:`visible`: a line that begins with ``::`` and the older ``##[…]`` are commands to GitHub, Azure and
    TeamCity, so a backslash is put before them.
    """
    shown = _COMMAND.sub(r"\1\\", visible(text, lines=True))
    return _OLD_COMMAND.sub(r"##\1\\", shown)


def escaped_json(text: str) -> str:
    """Escape, in a JSON document, what :func:`printable` marks: the document means the same and does nothing."""
    text = UNSEEN.sub(lambda found: _escape(found[0]), text)
    return _OLD_COMMAND.sub(r"#\\u0023\1", text)


def _mark(character: str) -> str:
    """Write one unseen character."""
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else f"<U+{code:04X}>"


def _escape(character: str) -> str:
    """Write one character as JSON escapes it."""
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + ((code - 0x10000) >> 10):04x}\\u{0xDC00 + ((code - 0x10000) & 0x3FF):04x}"
