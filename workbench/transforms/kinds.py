"""Transforms of text into text: trim, case, replace, regex, split, fill, map.

A transform is a value that can be compared, stored and written down. It says in SQL what becomes of a text, and, where
it leaves a text alone although it was meant for it, why. The kinds and their names follow OpenRefine's common
transforms (https://openrefine.org/docs/manual/cellediting).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from workbench.errors import DataError
from workbench.lake import literal
from workbench.lake.patterns import pattern_fault

BLANKS = r"[\s\p{Z}]+"
"""A run of white space, no-break and other wide blanks included."""


class Transform(Protocol):
    """What every kind of transform has."""

    name: ClassVar[str]

    def sql(self, value: str) -> tuple[str, str]:
        """SQL for the new text of a value, and for the reason why it is left alone (NULL where it is not).

        Parameters
        ----------
        value : str
            SQL of the text; NULL is missing.
        """


@dataclass(frozen=True)
class Trim:
    """Take blanks off both ends, and make one blank of each run within."""

    name: ClassVar[str] = "trim"

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`."""
        return f"trim(regexp_replace({value}, {literal(BLANKS)}, ' ', 'g'))", "NULL"


@dataclass(frozen=True)
class Case:
    """Write in lower case, upper case, Title Case, or with the first letter in upper case."""

    name: ClassVar[str] = "case"
    to: Literal["lower", "upper", "title", "first"]

    def __post_init__(self) -> None:
        if self.to not in ("lower", "upper", "title", "first"):
            raise DataError(f"'{self.to}' is no case", source="field 'to'", hint="Use lower, upper, title or first.")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`."""
        if self.to == "title":
            words = f"list_transform(string_split({value}, ' '), lambda w: upper(w[1]) || lower(w[2:]))"
            return f"array_to_string({words}, ' ')", "NULL"
        return (f"upper({value}[1]) || {value}[2:]" if self.to == "first" else f"{self.to}({value})"), "NULL"


@dataclass(frozen=True)
class Replace:
    """Put one text in place of another, wherever it stands in the value."""

    name: ClassVar[str] = "replace"
    old: str
    new: str

    def __post_init__(self) -> None:
        if not self.old:
            raise DataError("is empty, so there is nothing to look for", source="field 'old'")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`."""
        return f"replace({value}, {literal(self.old)}, {literal(self.new)})", "NULL"


@dataclass(frozen=True)
class Regex:
    r"""Replace all that a regular expression matches; ``\1`` in the replacement is its first group.

    Patterns are RE2's and take time linear in the text, so that none can hang (see :mod:`workbench.lake.patterns`).
    """

    name: ClassVar[str] = "regex"
    pattern: str
    replacement: str = ""
    ignore_case: bool = False

    def __post_init__(self) -> None:
        fault = pattern_fault(self.pattern)
        if fault:
            raise DataError(
                f"is no pattern that can be used: {fault}{_position(self.pattern, fault)}",
                source="field 'pattern'",
                hint="Look-ahead, look-behind and back references are not supported; write \\( for a bracket itself."
                if re.search(r"perl operator|escape sequence: \\\d", fault)
                else "The syntax is RE2's: https://github.com/google/re2/wiki/Syntax.",
            )
        groups = _groups(self.pattern)
        for found in re.finditer(r"\\(.?)", self.replacement):
            if found[1] != "\\" and not (found[1].isdecimal() and int(found[1]) <= groups):
                raise DataError(
                    f"has '{found[0]}' at position {found.start() + 1}, and the pattern has {groups} groups",
                    source="field 'replacement'",
                    hint="\\1 is the first group, \\0 the whole match, \\\\ a backslash.",
                )

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`."""
        options = "gi" if self.ignore_case else "g"
        found = f"regexp_replace({value}, {literal(self.pattern)}, {literal(self.replacement)}, '{options}')"
        return found, "NULL"


@dataclass(frozen=True)
class Split:
    """Keep one part of a value that a delimiter divides; parts count from 1, or from the end with −1."""

    name: ClassVar[str] = "split"
    delimiter: str
    part: int

    def __post_init__(self) -> None:
        if not self.delimiter:
            raise DataError("is empty", source="field 'delimiter'", hint="Give the text that divides the parts.")
        if not self.part:
            raise DataError("parts count from 1, or from the end with -1", source="field 'part'")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`."""
        parts = f"string_split({value}, {literal(self.delimiter)})"
        divided = f"contains({value}, {literal(self.delimiter)})"
        short = f"{divided} AND len({parts}) < {abs(self.part)}"
        return (
            f"CASE WHEN {divided} THEN trim({parts}[{int(self.part)}]) ELSE {value} END",
            f"CASE WHEN {short} THEN {literal(f'has no part {self.part}')} END",
        )


@dataclass(frozen=True)
class Fill:
    """Give missing cells a value: a constant, or the commonest one among train rows with the same value in ``by``.

    Test and validation rows have no say in what is common, so that nothing of them reaches a training row.
    """

    name: ClassVar[str] = "fill"
    value: str | None = None
    by: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.by is None):
            raise DataError("a fill takes either a value or the column to go by", source="field 'value'")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`; with ``by``, the commonest value of the row's group is the column ``most``."""
        if self.by is None:
            return f"coalesce({value}, {literal(self.value)})", "NULL"
        return f"coalesce({value}, most)", f"CASE WHEN {value} IS NULL AND most IS NULL THEN 'nothing to go by' END"


@dataclass(frozen=True)
class Map:
    """Put one whole value in place of another; None as a new value makes the cell missing."""

    name: ClassVar[str] = "map"
    values: tuple[tuple[str | None, str | None], ...]

    def __post_init__(self) -> None:
        if isinstance(self.values, Mapping):
            object.__setattr__(self, "values", tuple(self.values.items()))
        if not self.values:
            raise DataError("is empty", source="field 'values'", hint="Give at least one old and new value.")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`Transform`."""
        pairs = dict(self.values)
        cases = "".join(f" WHEN {literal(old)} THEN {literal(new)}" for old, new in pairs.items() if old is not None)
        found = f"CASE {value}{cases} ELSE {value} END" if cases else value
        return (
            f"CASE WHEN {value} IS NULL THEN {literal(pairs[None])} ELSE {found} END" if None in pairs else found
        ), ("NULL")


def _position(pattern: str, fault: str) -> str:
    """Say where in a pattern the part stands that the fault quotes."""
    quoted = fault.rpartition(": ")[2]
    place = pattern.find(quoted) if quoted else -1
    return f" at position {place + 1}" if place >= 0 else ""


def _groups(pattern: str) -> int:
    """Count the groups of a valid pattern that can be referred to."""
    bare = re.sub(r"\\Q.*?(\\E|$)|\\.|\[\^?\]?(\[:\^?\w+:\]|\\.|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    return len(re.findall(r"\((?!\?)|\(\?P?<", bare))
